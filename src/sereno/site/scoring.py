"""The process that scores one shop's customers: `python -m sereno.site.scoring ID WORKER`, begun by a worker."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sereno.site import process

if TYPE_CHECKING:
    from sereno.site.command import Installation


def command(id: int, worker: str) -> Sequence[str]:
    return process.command("sereno.site.scoring", id, worker)


def _carry_out(installation: Installation, id: int, worker: str) -> str:
    from sereno.modules.scores.carrying import carry_out
    from sereno.runtime.scoring import tell
    from sereno.store.database import default_database

    return carry_out(id, worker, default_database(), tell)


if __name__ == "__main__":
    process.run(_carry_out)
