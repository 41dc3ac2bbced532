"""What a process that sends has begun and what came of it, a line each before and after every hand-over; so that
whoever comes after a kill knows which mail was in flight.

Invariant: a mail is begun in the journal before a byte of it leaves. A line survives the death of its process, not that
of the machine: a journal of another boot, or of another host, says nothing, and then all its pieces count as begun.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import socket
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

BEGUN, SENT, FAILED, AGAIN, UNSURE = "b", "s", "f", "r", "u"
LONGEST_REASON = 64


class JournalBusy(Exception):  # noqa: N818
    """The process that writes it is still alive."""


class Journal:
    """The journal of this process. Safe to write from several threads: a line is one write to a file that is only ever
    added to."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.claim = f"{place()}:{secrets.token_hex(8)}"
        self._path = _path(folder, self.claim)
        self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def note(self, piece: int, what: str, reason: str = "") -> None:
        os.write(self._file, f"{what} {piece} {reason[:LONGEST_REASON]}\n".encode())

    def close(self, *, is_settled: bool) -> None:
        """`is_settled`: nothing is left that it would have to tell of."""
        if is_settled:
            with suppress(OSError):
                self._path.unlink()
        os.close(self._file)


def read_journal(folder: Path, claim: str) -> Mapping[int, tuple[str, str]] | None:
    """What became of each piece that was begun, by the last line about it: (what, reason). None where nothing can be
    known. Raises JournalBusy."""
    if claim.rpartition(":")[0] != place():
        return None
    try:
        file = os.open(_path(folder, claim), os.O_RDWR)
    except OSError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with os.fdopen(os.dup(file), encoding="utf-8", errors="replace") as lines:
            found: dict[int, tuple[str, str]] = {}
            for line in lines:
                what, _space, rest = line.rstrip("\n").partition(" ")
                number, _space, reason = rest.partition(" ")
                if number.isdecimal():
                    found[int(number)] = (what, reason)
            return found
    except BlockingIOError as busy:
        raise JournalBusy(claim) from busy
    finally:
        os.close(file)


def drop_journal(folder: Path, claim: str) -> None:
    """What it told of is settled."""
    with suppress(OSError):
        _path(folder, claim).unlink()


def place() -> str:
    """This host, in this life of it."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        boot = "unknown"
    return f"{socket.gethostname()[:40]}:{boot}"


def _path(folder: Path, claim: str) -> Path:
    return folder / f"{claim.rpartition(':')[2]}.journal"
