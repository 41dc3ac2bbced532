"""The mail server of the tests, in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from messages.mailing import SERVER, MailServer, StartServer
from sereno.modules.messages.smtp import SmtpMailer


class Servers:
    """Starts server processes, and ends them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.processes: list[subprocess.Popen[str]] = []

    def start(self, *options: str) -> MailServer:
        folder = self.folder / f"mail{len(self.processes)}"
        folder.mkdir()
        process = subprocess.Popen(
            [sys.executable, str(SERVER), str(folder), *options], stdout=subprocess.PIPE, text=True
        )
        self.processes.append(process)
        assert process.stdout is not None
        return MailServer(folder, int(process.stdout.readline()))

    def stop(self) -> None:
        for process in self.processes:
            process.terminate()
            process.wait(120)
            assert process.stdout is not None
            process.stdout.close()


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[StartServer]:
    """A server of the test's own, with options."""
    servers = Servers(tmp_path)
    yield servers.start
    servers.stop()


@pytest.fixture(scope="session")
def _one_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MailServer]:
    servers = Servers(tmp_path_factory.mktemp("mail"))
    yield servers.start()
    servers.stop()


@pytest.fixture
def server(_one_server: MailServer) -> MailServer:
    """The server all tests share, with an empty inbox and no rules."""
    for path in _one_server.folder.iterdir():
        path.unlink()
    return _one_server


@pytest.fixture
def mailer(server: MailServer) -> Iterator[SmtpMailer]:
    mailer = SmtpMailer.from_url(server.url)
    yield mailer
    mailer.close()
