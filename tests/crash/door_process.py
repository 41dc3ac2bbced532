"""`sereno serve` as a process of its own, and a crowd of senders who note what was acknowledged."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from sereno.connectors.signatures import sign

SECRET = "a secret of the crash tests"
OPTIONS = ["--signature-header", "X-Sig", "--topic-header", "X-Topic", "--delivery-header", "X-Delivery"]


def sereno(environment: dict[str, str], *arguments: str) -> str:
    """Run the command line to its end."""
    command = [sys.executable, "-c", "from sereno.site.command import main; main()", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
    return done.stdout


def environment_of(folder: Path, database_url: str | None = None) -> dict[str, str]:
    found = {**os.environ, "SERENO_DATA_DIR": str(folder), "SERENO_BIND": f"127.0.0.1:{free_port()}"}
    found.pop("SERENO_DATABASE_URL", None)
    if database_url:
        found["SERENO_DATABASE_URL"] = database_url
    return found


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def set_up(environment: dict[str, str]) -> None:
    sereno(environment, "init")
    sereno(environment, "shop", "add", "Shop", "--currency", "EUR", "--timezone", "UTC", "--locale", "en")
    sereno(environment, "connect", "generic", "--shop", "shop", "--name", "till", "--secret", SECRET, *OPTIONS)


class Serving:
    """A running `sereno serve`."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self.address = environment["SERENO_BIND"]
        with log.open("ab") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-c", "from sereno.site.command import main; main()", "serve"],
                env=environment,
                stdout=file,
                stderr=file,
            )
        self.log = log

    def wait_until_ready(self, path: str = "/readyz") -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.log.read_text()
            try:
                with urllib.request.urlopen(f"http://{self.address}{path}", timeout=5):
                    return
            except OSError:
                time.sleep(0.05)
        raise AssertionError(f"not ready: {self.log.read_text()}")

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(40)


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
        line: http.client.HTTPConnection | None = None
        while not self.stopping.is_set():
            id_ = f"d{next(self.numbers)}"
            with self.lock:
                self.sent.add(id_)
            for _ in range(2 if id_.endswith("7") else 1):
                try:
                    line = line or http.client.HTTPConnection(self.address, timeout=15)
                    status = send(line, id_)
                except (OSError, http.client.HTTPException):
                    line = None
                    time.sleep(0.02)
                    continue
                with self.lock:
                    self.statuses[status] = self.statuses.get(status, 0) + 1
                    if status == 200:
                        self.acknowledged.add(id_)


def send(line: http.client.HTTPConnection, id_: str) -> int:
    body = f'{{"type":"custom.sold","id":"{id_}","subject":"order:{id_}","data":{{"filler":"{"x" * 2000}"}}}}'.encode()
    headers = {"X-Sig": sign(SECRET, body), "X-Topic": "custom.sold", "X-Delivery": id_}
    line.request("POST", "/hooks/till", body, headers)
    answer = line.getresponse()
    assert answer.read() == b""
    return answer.status
