"""`sereno serve` as it is started and stopped, and the same application under a server of somebody else's."""

from __future__ import annotations

import json
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import closing
from pathlib import Path

import pytest
from crowd import Crowd, send, set_up

from sereno.ingest import protocol
from sereno_process import Serving, environment_of, free_port


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    found = environment_of(tmp_path)
    set_up(found)
    return found


def get(address: str, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://{address}{path}", timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_everything_in_one_process(environment, tmp_path):
    server = Serving(environment, tmp_path / "log")
    server.wait_until_ready()
    address = environment["SERENO_BIND"]
    assert get(address, "/healthz") == (200, "ok\n")
    assert json.loads(get(address, "/readyz")[1])["status"] == "ready"
    assert "sereno_runs_live" in get(address, "/metrics")[1]
    assert get(address, "/")[0] == 200
    assert get(address, "/no-such-page")[0] == 404
    import http.client

    line = http.client.HTTPConnection(address, timeout=60)
    assert send(line, "one") == 200
    deadline = time.monotonic() + 120
    while 'sereno_inbox_pending{kind="delivery"} 0.0' not in get(address, "/metrics")[1]:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    # A second one on the same address says so and leaves.
    second = Serving(environment, tmp_path / "second")
    assert second.process.wait(60) == 1
    assert "SERENO_BIND" in (tmp_path / "second").read_text()
    # A connection kept open by a client does not hold up the stop.
    assert server.stop() == 0
    assert "Traceback" not in (tmp_path / "log").read_text()
    line.close()


def test_a_worker_of_its_own(environment, tmp_path):
    server = Serving(environment, tmp_path / "log", "work")
    path = Path(environment["SERENO_DATA_DIR"]) / "sereno.sqlite3"
    deadline = time.monotonic() + 120
    while not workers(path):
        assert server.process.poll() is None and time.monotonic() < deadline, (tmp_path / "log").read_text()
        time.sleep(0.1)
    assert server.stop() == 0
    assert workers(path) == 0


def workers(path: Path) -> int:
    with closing(sqlite3.connect(path, timeout=10)) as connection:
        return connection.execute("SELECT count(*) FROM worker").fetchone()[0]


def test_heads_that_never_end_are_hung_up_on():
    class Line:
        def __init__(self) -> None:
            self.closed = False

        def close(self) -> None:
            self.closed = True

    def connection(began: float | None) -> protocol.DoorProtocol:
        found = object.__new__(protocol.DoorProtocol)
        found.head_began = began
        found.transport = Line()
        return found

    slow, quick, answering = connection(0.0), connection(95.0), connection(None)
    assert protocol.close_idle_heads({slow, quick, answering}, 100.0) == 1
    assert slow.transport.closed and not quick.transport.closed and not answering.transport.closed


def test_under_plain_uvicorn(environment, tmp_path):
    port = free_port()
    options = ["--port", str(port), "--log-level", "warning"]
    command = [sys.executable, "-m", "uvicorn", *options, "sereno.site.asgi:application"]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 120
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                assert process.poll() is None and time.monotonic() < deadline, (tmp_path / "log").read_text()
                time.sleep(0.1)
        assert get(f"127.0.0.1:{port}", "/healthz") == (200, "ok\n")
        crowd = Crowd(f"127.0.0.1:{port}")
        threads = crowd.start(4)
        time.sleep(0.5)
        crowd.stopping.set()
        for thread in threads:
            thread.join(120)
        assert set(crowd.statuses) == {200}
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(120)
