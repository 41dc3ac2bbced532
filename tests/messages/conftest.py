"""The mail server of the tests, in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from messages.mailing import SERVER, MailServer, StartServer
from sereno.modules.messages.smtp import SmtpMailer


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[StartServer]:
    processes: list[subprocess.Popen[str]] = []

    def start(*options: str) -> MailServer:
        folder = tmp_path / f"mail{len(processes)}"
        folder.mkdir()
        process = subprocess.Popen(
            [sys.executable, str(SERVER), str(folder), *options], stdout=subprocess.PIPE, text=True
        )
        processes.append(process)
        assert process.stdout is not None
        return MailServer(folder, int(process.stdout.readline()))

    yield start
    for process in processes:
        process.terminate()
        process.wait(10)
        assert process.stdout is not None
        process.stdout.close()


@pytest.fixture
def server(start_server: StartServer) -> MailServer:
    return start_server()


@pytest.fixture
def mailer(server: MailServer) -> Iterator[SmtpMailer]:
    mailer = SmtpMailer.from_url(server.url)
    yield mailer
    mailer.close()
