"""`sereno` as processes of their own: the command line, and `sereno serve` until it is stopped or killed."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path


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


class Serving:
    """A running `sereno serve`, or `work`."""

    def __init__(self, environment: dict[str, str], log: Path, verb: str = "serve") -> None:
        self.address = environment["SERENO_BIND"]
        # Where the tool is there: the server goes when the tests are killed.
        guard = ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []
        with log.open("ab") as file:
            self.process = subprocess.Popen(
                [*guard, sys.executable, "-c", "from sereno.site.command import main; main()", verb],
                env=environment,
                stdout=file,
                stderr=file,
            )
        self.log = log

    def wait_until_ready(self, path: str = "/readyz") -> None:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.log.read_text()
            try:
                with urllib.request.urlopen(f"http://{self.address}{path}", timeout=60):
                    return
            except OSError:
                time.sleep(0.05)
        raise AssertionError(f"not ready: {self.log.read_text()}")

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(120)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(40)
