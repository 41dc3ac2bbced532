"""Long work in a process of its own: how a worker begins one, and how it begins itself."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sereno.site.command import Installation


def command(module: str, id: int, worker: str) -> Sequence[str]:
    """How a worker begins it; it finds the installation by the same environment."""
    return [sys.executable, "-m", module, str(id), worker]


def run(carry_out: Callable[[Installation, int, str], str]) -> None:
    """For the process itself: hang by who began it, carry out the job named on the command line, end with 4 where
    somebody else has it by now (`lost`)."""
    from sereno.runtime.children import hang_by_input

    hang_by_input()
    from sereno.site.command import Installation

    installation = Installation()
    installation.prepare()
    sys.exit(4 if carry_out(installation, int(sys.argv[1]), sys.argv[2]) == "lost" else 0)
