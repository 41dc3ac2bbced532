"""A crowd of senders at the door of a running server, who note what was acknowledged."""

from __future__ import annotations

import http.client
import threading
import time
from dataclasses import dataclass, field
from itertools import count

from sereno.connectors.signatures import sign
from sereno_process import sereno

SECRET = "a secret of the crash tests"
OPTIONS = ["--signature-header", "X-Sig", "--topic-header", "X-Topic", "--delivery-header", "X-Delivery"]


def set_up(environment: dict[str, str]) -> None:
    sereno(environment, "init")
    sereno(environment, "shop", "add", "Shop", "--currency", "EUR", "--timezone", "UTC", "--locale", "en")
    sereno(environment, "connect", "generic", "--shop", "shop", "--name", "till", "--secret", SECRET, *OPTIONS)


@dataclass
class Crowd:
    """Threads that send as fast as they are answered, each delivery twice now and then."""

    address: str
    numbers: count = field(default_factory=count)
    acknowledged: set[str] = field(default_factory=set)
    sent: set[str] = field(default_factory=set)
    statuses: dict[int, int] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    stopping: threading.Event = field(default_factory=threading.Event)

    def start(self, threads: int = 8) -> list[threading.Thread]:
        found = [threading.Thread(target=self._send_many, daemon=True) for _ in range(threads)]
        for thread in found:
            thread.start()
        return found

    def _send_many(self) -> None:
        line = http.client.HTTPConnection(self.address, timeout=60)
        while not self.stopping.is_set():
            id_ = f"d{next(self.numbers)}"
            with self.lock:
                self.sent.add(id_)
            for _ in range(2 if id_.endswith("7") else 1):
                try:
                    status = send(line, id_)
                except (OSError, http.client.HTTPException):
                    # It is opened again with the next request.
                    line.close()
                    time.sleep(0.02)
                    continue
                with self.lock:
                    self.statuses[status] = self.statuses.get(status, 0) + 1
                    if status == 200:
                        self.acknowledged.add(id_)
        line.close()


def send(line: http.client.HTTPConnection, id_: str) -> int:
    body = f'{{"type":"custom.sold","id":"{id_}","subject":"order:{id_}","data":{{"filler":"{"x" * 2000}"}}}}'.encode()
    headers = {"X-Sig": sign(SECRET, body), "X-Topic": "custom.sold", "X-Delivery": id_}
    line.request("POST", "/hooks/till", body, headers)
    answer = line.getresponse()
    assert answer.read() == b""
    return answer.status
