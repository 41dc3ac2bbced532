"""The process that carries out one back-test: `python -m sereno.site.rehearsing ID WORKER`, begun by a worker."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def command(id: int, worker: str) -> Sequence[str]:
    """How a worker begins it; it finds the installation by the same environment."""
    return [sys.executable, "-m", "sereno.site.rehearsing", str(id), worker]


def main(id: int, worker: str) -> int:
    from sereno.runtime.children import hang_by_input

    hang_by_input()
    from sereno.site.command import Installation

    installation = Installation()
    installation.prepare()
    from sereno.runtime.rehearsals.carrying import carry_out

    return 0 if carry_out(id, worker, base_url=installation.settings().base_url) != "lost" else 4


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2]))
