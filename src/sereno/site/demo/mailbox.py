"""A mail server that delivers nowhere: it takes every message and keeps it as a file, so that no demo mail leaves.

Speaks as much SMTP as a mail program needs to hand a message over (RFC 5321: EHLO, MAIL, RCPT, DATA, RSET, NOOP, QUIT).
"""

from __future__ import annotations

import itertools
import re
import socketserver
import threading
import time
from pathlib import Path

LARGEST = 10 * 1024 * 1024
UNREACHABLE = "nowhere.example"
"""Addresses here are refused, as those of people who mistyped theirs."""


class Mailbox:
    """Listens on a free port of this machine and writes `.eml` files into `folder`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._numbers = itertools.count(1)
        self._server = _Server(("127.0.0.1", 0), _Session)
        self._server.mailbox = self
        self.port: int = self._server.server_address[1]

    def start(self) -> None:
        threading.Thread(target=self._server.serve_forever, name="demo-mailbox", daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def keep(self, sender: str, recipients: list[str], message: bytes) -> Path:
        """Write one message; its name sorts by time."""
        path = self.folder / f"{time.time_ns() // 1000}-{next(self._numbers):04}.eml"
        envelope = f"X-Envelope-From: {sender}\r\nX-Envelope-To: {', '.join(recipients)}\r\n"
        part = path.with_suffix(".part")
        part.write_bytes(envelope.encode("utf-8", "replace") + message)
        part.rename(path)
        return path


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    mailbox: Mailbox


class _Session(socketserver.StreamRequestHandler):
    """One client's conversation."""

    timeout = 30
    server: _Server

    def handle(self) -> None:
        self.sender, self.recipients = "", []
        try:
            self._say(220, "demo mailbox ready")
            while line := self.rfile.readline(4096):
                verb = line[:4].decode("ascii", "replace").upper()
                if verb == "QUIT":
                    self._say(221, "bye")
                    return
                self._answer(verb, line.decode("utf-8", "replace").strip())
        except (OSError, TimeoutError):
            # The client went away; whatever was not answered with 250 was not taken.
            return

    def _answer(self, verb: str, line: str) -> None:
        if verb == "EHLO":
            self.wfile.write(f"250-demo\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE {LARGEST}\r\n".encode())
        elif verb in ("HELO", "NOOP"):
            self._say(250, "ok")
        elif verb == "RSET":
            self.sender, self.recipients = "", []
            self._say(250, "ok")
        elif verb == "MAIL":
            self.sender, self.recipients = _address(line), []
            self._say(250, "ok")
        elif verb == "RCPT":
            if _address(line).endswith(f"@{UNREACHABLE}"):
                self._say(550, "5.1.1 there is no such mailbox")
                return
            self.recipients.append(_address(line))
            self._say(250, "ok")
        elif verb == "DATA":
            self._take_message()
        else:
            self._say(502, "not spoken here")

    def _take_message(self) -> None:
        if not self.recipients:
            self._say(503, "RCPT first")
            return
        self._say(354, "go on, end with a dot")
        lines: list[bytes] = []
        size = 0
        while (line := self.rfile.readline(65536)) not in (b".\r\n", b".\n"):
            if not line:
                # Cut short: the sender keeps it and tries again.
                return
            size += len(line)
            if size <= LARGEST:
                lines.append(line[1:] if line.startswith(b"..") else line)
        if size > LARGEST:
            self._say(552, "too large")
            return
        self.server.mailbox.keep(self.sender, self.recipients, b"".join(lines))
        self.sender, self.recipients = "", []
        self._say(250, "kept")

    def _say(self, code: int, text: str) -> None:
        self.wfile.write(f"{code} {text}\r\n".encode())


def _address(line: str) -> str:
    found = re.search(r"<([^>]*)>", line)
    return found[1] if found else line.partition(":")[2].strip()
