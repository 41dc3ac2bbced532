"""Starts the real store and drives it as its customers and staff do."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[2].parent / "shared" / "stores" / "vendure"
SECRET = "the store's webhook secret"


class Vendure:
    """`start` waits until the store sells. Events go to `webhook_url`; `options` are the plugin's `WEBHOOK_*`."""

    @classmethod
    def on(cls, installed: Path, work: Path) -> Vendure:
        """A fresh store on the modules of the installed one."""
        (work / "node_modules").symlink_to(installed / "node_modules")
        return cls(FOLDER, work)

    def __init__(self, folder: Path, work: Path) -> None:
        self.folder = folder
        self.work = work
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            self.port = found.getsockname()[1]
        self.process: subprocess.Popen[bytes] | None = None
        self.log = work / "log"

    def start(self, webhook_url: str, **options: str) -> None:
        self.stop()
        self.log.write_bytes(b"")
        environment = {
            **os.environ,
            "VENDURE_PORT": str(self.port),
            "WEBHOOK_URL": webhook_url,
            "WEBHOOK_SECRET": SECRET,
            **options,
        }
        with self.log.open("ab") as log:
            # Where the tool is there: the store goes when the tests are killed.
            guard = ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []
            command = [*guard, "bash", str(self.folder / "start.sh"), str(self.work)]
            self.process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        deadline = time.monotonic() + 180
        while b"READY" not in self.log.read_bytes():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.2)

    def drive(self, *arguments: str) -> Any:
        """One command of the store's `drive.py`; gives its JSON."""
        environment = {**os.environ, "VENDURE_PORT": str(self.port)}
        command = [sys.executable, str(self.folder / "drive.py"), *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
        return json.loads(done.stdout)

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(5)
        self.process = None
