"""A way to the store that loses answers: each mutation is carried out, and the first answer of each is lost."""

from __future__ import annotations

import json
import re
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any


class Dropping:
    """An Admin API at `url` that passes everything on to the store at `target`. `lost` are the mutations whose first
    answer was lost; `carried_out` how often each was asked for."""

    def __init__(self, target: str) -> None:
        self.lost: list[str] = []
        self.carried_out: dict[str, int] = {}
        outer = self

        class Passing(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                name = _mutation(json.loads(body)["query"])
                headers = {
                    key: value
                    for key, value in self.headers.items()
                    if key.lower() in ("content-type", "authorization", "vendure-token")
                }
                request = urllib.request.Request(target, body, headers)
                try:
                    answer: Any = urllib.request.urlopen(request, timeout=60)
                except urllib.error.HTTPError as error:
                    answer = error
                with answer:
                    content = answer.read()
                if name and name != "login":
                    outer.carried_out[name] = outer.carried_out.get(name, 0) + 1
                    if name not in outer.lost:
                        outer.lost.append(name)
                        self.close_connection = True
                        return
                self.send_response(answer.status)
                for key in ("Content-Type", "vendure-auth-token"):
                    if answer.headers.get(key):
                        self.send_header(key, answer.headers[key])
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Passing)
        self.host = f"127.0.0.1:{self.server.server_port}"
        self.url = f"http://{self.host}/admin-api"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)

    def __enter__(self) -> Dropping:
        self.thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(5)


def _mutation(document: str) -> str | None:
    found = re.match(r"\s*mutation[^{]*\{\s*(\w+)", document)
    return found.group(1) if found else None
