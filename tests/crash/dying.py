"""Doings that are killed before each of their statements in turn (see `dying_process`)."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hosting import Host


class Dying:
    """`kill(host, do, at, ...)`: whether the doing was killed before its statement of that number; False when it came
    to its end before."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def kill(self, host: Host, do: str, at: int, *given: str, ahead: float = 0.0) -> bool:
        assert self._process.stdin is not None and self._process.stdout is not None
        asked = {"url": host.url, "shop": host.shop, "do": do, "at": at, "ahead": ahead, "given": given}
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        said = self._process.stdout.readline().strip()
        assert said in ("killed", "left 0"), said
        return said == "killed"

    def through(self, host: Host, do: str, *given: str, ahead: float = 0.0) -> None:
        """Do it, and live."""
        assert not self.kill(host, do, 10**6, *given, ahead=ahead)


@contextmanager
def dying() -> Iterator[Dying]:
    script = str(Path(__file__).parent / "dying_process.py")
    process = subprocess.Popen([sys.executable, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield Dying(process)
    finally:
        assert process.stdin is not None and process.stdout is not None
        process.stdin.close()
        process.wait(120)
        process.stdout.close()
