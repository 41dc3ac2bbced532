"""Follows the attached lists of a database once: `URL JOURNAL SECONDS_AHEAD DIES`. The tool is a file: each batch is a
line of it. `DIES` is `before` or `after` (as the first batch is told: SIGKILL), or `never`."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from worker_process import AheadClock

from installation import ready


class Journal:
    def __init__(self, path: str, dies: str) -> None:
        self._path = path
        self._dies = dies

    def send(self, request: Any) -> Any:
        from sereno.sdk.ports import HttpAnswer

        if not request.url.partition("?")[0].endswith("/users"):
            return HttpAnswer(200, {}, json.dumps({"data": [{"id": "5", "name": "VIP"}]}).encode())
        if self._dies == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        rows = json.loads(request.body)["payload"]["data"]
        with Path(self._path).open("a") as file:
            file.write(json.dumps([request.method, sorted(row[0] for row in rows)]) + "\n")
        if self._dies == "after":
            os.kill(os.getpid(), signal.SIGKILL)
        return HttpAnswer(200, {}, json.dumps({"num_received": len(rows), "num_invalid_entries": 0}).encode())


def main() -> None:
    url, journal, ahead, dies = sys.argv[1:]
    ready()
    from sereno.runtime.stores import turns
    from sereno.runtime.tools import following, visiting
    from sereno.runtime.worker import worker_name
    from sereno.runtime.world import make_world
    from sereno.sdk.plugin import registry
    from sereno.sdk.stores import StoreHttp
    from sereno.store.database import open_database

    turns.SHARE = 1e9
    following.MOST, following.PAGE, visiting.SLICE = 4, 5, 600.0
    tool = Journal(journal, dies)
    world = make_world(
        open_database(url),
        registry(),
        lambda kind, shop: tool if kind is StoreHttp else None,
        AheadClock(float(ahead)),
        worker_name(),
    )
    following.Follower(world).run()


if __name__ == "__main__":
    main()
