"""`sereno demo` as a person runs it: set up, served, alive, stopped, resumed."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from contextlib import closing
from pathlib import Path

import pytest

SERENO = str(Path(sys.executable).parent / "sereno")


def _port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _environment(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SERENO_", "DJANGO_", "DEMO_"))}
    return {**kept, "SERENO_DATA_DIR": str(folder)}


def _list(folder: Path, *words: str) -> list[dict[str, object]]:
    outcome = subprocess.run(
        [SERENO, *words, "--json"], env=_environment(folder), capture_output=True, check=True, timeout=120
    )
    return json.loads(outcome.stdout)


def _await(port: int, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 600
    while time.monotonic() < deadline:
        assert process.poll() is None, process.stderr.read() if process.stderr else ""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=60) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.3)
    raise AssertionError("the demo did not get ready in ten minutes")


def _past(folder: Path, before: int) -> int:
    """How many events there are of the time before this instant."""
    with closing(sqlite3.connect(folder / "sereno.sqlite3", timeout=60)) as connection:
        return connection.execute("SELECT count(*) FROM event WHERE occurred_at < ?", [before]).fetchone()[0]


def _is_alive(folder: Path) -> bool:
    """Whether its store has told of things, and a mail has come: either may be first."""
    if not list((folder / "demo" / "inbox").glob("*.eml")):
        return False
    return len(_list(folder, "delivery", "list")) > 5


@pytest.mark.timeout(1800)
def test_the_demo_lives_stops_and_resumes(tmp_path: Path) -> None:
    port = _port()
    command = [SERENO, "demo", "--port", str(port)]
    files = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    process = subprocess.Popen(command, env=_environment(tmp_path), **files)
    try:
        _await(port, process)
        deadline = time.monotonic() + 300
        while time.monotonic() < deadline and not _is_alive(tmp_path):
            time.sleep(1)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=300)
    finally:
        process.kill()
    assert process.returncode == 0, err
    assert f"http://127.0.0.1:{port}" in out
    assert re.search(r"Password\s+\S+", out)
    assert list((tmp_path / "demo" / "inbox").glob("*.eml")), "mails come by themselves"
    deliveries = _list(tmp_path, "delivery", "list")
    assert {row["status"] for row in deliveries} <= {"done", "pending", "ignored", "failed"}
    assert sum(row["status"] == "failed" for row in deliveries) <= 1, "only the one that is broken on purpose"
    assert len(deliveries) > 5
    first = _list(tmp_path, "event", "list", "--until", "350d", "--limit", "5")
    assert first, "there is a year of history"
    failed = _list(tmp_path, "effect", "list", "--status", "failed")
    # Mail to people who mistyped their address; and on a slow machine an order that was held while it was on its way.
    assert {row["error"] for row in failed} <= {"recipient.unknown", "order.held"}
    before = (tmp_path / "demo" / "password").read_text()
    yesterday = int((time.time() - 86_400) * 1e6)
    past = _past(tmp_path, yesterday)
    again = subprocess.Popen(command, env=_environment(tmp_path), **files)
    try:
        _await(port, again)
        again.send_signal(signal.SIGINT)
        out, _ = again.communicate(timeout=300)
    finally:
        again.kill()
    assert before.strip() in out
    assert 0 < _past(tmp_path, yesterday) <= past, "the second start makes no history"


def test_a_busy_port_is_said(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        outcome = subprocess.run(
            [SERENO, "demo", "--port", str(port)],
            env=_environment(tmp_path),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    assert outcome.returncode == 1
    assert f"port {port} is in use" in outcome.stderr
    assert "DEMO_PORT=" in outcome.stderr
