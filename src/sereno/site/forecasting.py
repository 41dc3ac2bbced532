"""The process that makes one shop's forecasts: `python -m sereno.site.forecasting ID WORKER`, begun by a worker."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def command(id: int, worker: str) -> Sequence[str]:
    """How a worker begins it; it finds the installation by the same environment."""
    return [sys.executable, "-m", "sereno.site.forecasting", str(id), worker]


def main(id: int, worker: str) -> int:
    from sereno.runtime.children import hang_by_input

    hang_by_input()
    from sereno.site.command import Installation

    Installation().prepare()
    from sereno.modules.purchasing.forecasting import carry_out
    from sereno.store.database import default_database

    return 0 if carry_out(id, worker, default_database()) != "lost" else 4


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2]))
