"""The demo's telephone network: takes the text messages Sereno hands over, keeps each as a file beside the mails, and
tells a little later that it arrived, signed as a gateway signs.

Invariant: a key is taken once, however often it is handed over; nothing leaves this machine.
"""

from __future__ import annotations

import http.client
import json
import queue
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sereno.sdk.standard_webhooks import signed_headers
from sereno.site.demo.serving import serve_json

TOKEN, SENDER = "demo-gateway", "CasaAzahar"
SECRET = "whsec_" + "ZGVtby1nYXRld2F5LXNlY3JldA=="
TRAVELS = 2.5
"""Seconds until a message is in somebody's hand."""
SEGMENT, WIDE_SEGMENT = 160, 70


class Gateway:
    """One for the demo, on a free port of this machine. `door` is the port Sereno listens at."""

    def __init__(self, folder: Path, door: int) -> None:
        self._folder = folder
        self._door = door
        self._taken: dict[str, dict[str, Any]] = {}
        self._lock = threading.Lock()
        self._under_way: queue.Queue[tuple[float, str] | None] = queue.Queue()
        self._hook = ""
        self._server = serve_json("demo-gateway", self._answer)
        self._thread = threading.Thread(target=self._deliver, name="demo-telephones", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        return self._server.server_address[1]

    def tell_at(self, path: str) -> None:
        """Where on Sereno's door it is told what became of a message."""
        self._hook = path

    def stop(self) -> None:
        self._under_way.put(None)
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, headers: Mapping[str, str], body: bytes) -> tuple[int, dict[str, Any]]:
        if headers.get("authorization") != f"Bearer {TOKEN}":
            return 401, {"message": "unknown token"}
        try:
            return self.take(json.loads(body))
        except (ValueError, AttributeError) as error:
            return 400, {"message": repr(error)}

    def take(self, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Status and answer to one message."""
        to, text, key = str(asked.get("to") or ""), str(asked.get("text") or ""), str(asked.get("key") or "")
        if not to.startswith("+") or not text or not key:
            return 422, {"code": "address.invalid", "message": "to, text and key are needed"}
        with self._lock:
            if key not in self._taken:
                most = SEGMENT if text.isascii() else WIDE_SEGMENT
                self._taken[key] = {"id": f"sms-{len(self._taken) + 1}", "segments": -(-len(text) // most)}
                self._keep(to, str(asked.get("from") or SENDER), text)
                self._under_way.put((time.monotonic() + TRAVELS, key))
            return 200, self._taken[key]

    def _keep(self, to: str, sender: str, text: str) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{time.time_ns() // 1000}-{len(self._taken):04}.txt"
        path.write_text(f"From: {sender}\nTo: {to}\n\n{text}\n")

    def _deliver(self) -> None:
        while (one := self._under_way.get()) is not None:
            due, key = one
            time.sleep(max(0.0, due - time.monotonic()))
            if self._hook and not self._tell(key):
                self._under_way.put((time.monotonic() + TRAVELS, key))

    def _tell(self, key: str) -> bool:
        body = json.dumps({"type": "status", "id": self._taken[key]["id"], "key": key, "status": "delivered"}).encode()
        headers = {"content-type": "application/json", **signed_headers(SECRET, body, f"st-{key}", datetime.now(UTC))}
        connection = http.client.HTTPConnection("127.0.0.1", self._door, timeout=10)
        try:
            connection.request("POST", self._hook, body, headers)
            return connection.getresponse().status < 500
        except OSError:
            return False
        finally:
            connection.close()
