"""The process that makes one shop's forecasts: `python -m sereno.site.forecasting ID WORKER`, begun by a worker."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sereno.site import process

if TYPE_CHECKING:
    from sereno.site.command import Installation


def command(id: int, worker: str) -> Sequence[str]:
    return process.command("sereno.site.forecasting", id, worker)


def _carry_out(installation: Installation, id: int, worker: str) -> str:
    from sereno.modules.purchasing.forecasting import carry_out
    from sereno.store.database import default_database

    return carry_out(id, worker, default_database())


if __name__ == "__main__":
    process.run(_carry_out)
