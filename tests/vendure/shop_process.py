"""A Sereno of its own beside the real store."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from store_process import SECRET

from sereno_process import Serving, environment_of, sereno
from waiting import wait_for


class Shop:
    """A Sereno of its own with a connection to the store that may write."""

    def __init__(self, folder: Path, url: str, flows: Mapping[str, str]) -> None:
        self.environment = environment_of(folder)
        sereno(self.environment, "init")
        sereno(self.environment, "shop", "add", "Shop", "--currency", "USD", "--timezone", "UTC", "--locale", "en")
        sereno(self.environment, "shop", "set", "shop", f"allowed_hosts={urlsplit(url).netloc}")
        sereno(self.environment, "connect", "vendure", "--shop", "shop", "--name", "store", "--secret", SECRET)
        access = {"url": url, "user": "superadmin", "password": "superadmin"}
        given = [part for name, value in access.items() for part in ("--set", f"{name}={value}")]
        sereno(self.environment, "connection", "access", "store", *given)
        for name, text in flows.items():
            path = folder / f"{name}.yaml"
            path.write_text(f"flow: {name}\nname: {name}\n{text}")
            sereno(self.environment, "flow", "apply", str(path))
            sereno(self.environment, "flow", "publish", name)
        self.serving = Serving(self.environment, folder / "log")
        self.serving.wait_until_ready()
        self.door = f"http://{self.environment['SERENO_BIND']}/hooks/store"

    def list(self, *arguments: str) -> list[dict[str, Any]]:
        return json.loads(sereno(self.environment, *arguments, "--json"))

    def effects(self, flow: str) -> list[tuple[str, str]]:
        return [(row["action"], row["status"]) for row in self.list("effect", "list", "--flow", flow)]

    def wait_until_through(self, flow: str) -> None:
        """Until the flow has acted and nothing of it waits any more."""

        def through() -> bool:
            statuses = {status for _, status in self.effects(flow)}
            return bool(statuses) and not statuses & {"pending", "running"}

        wait_for(through, 120)
        assert {status for _, status in self.effects(flow)} == {"done"}, self.list("effect", "list", "--flow", flow)
