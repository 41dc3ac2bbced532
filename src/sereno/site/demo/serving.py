"""Invented systems of the demo that speak JSON by HTTP on a port of this machine."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

log = logging.getLogger("sereno.demo")

MOST_BODY = 1024 * 1024


def serve_json(name: str, answer: Callable[[Mapping[str, str], bytes], tuple[int, dict[str, Any]]]) -> Any:
    """A server on a free port, in a thread of its own: each POST goes to `answer`, which gives status and document.
    `server_address`, `shutdown` and `server_close` are those of `ThreadingHTTPServer`."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            if length > MOST_BODY:
                self._say(413, {"message": "too much"})
                return
            headers = {key.lower(): value for key, value in self.headers.items()}
            self._say(*answer(headers, self.rfile.read(length)))

        def _say(self, status: int, body: dict[str, Any]) -> None:
            text = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *args: Any) -> None:
            log.debug(format, *args)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, name=name, daemon=True).start()
    return server
