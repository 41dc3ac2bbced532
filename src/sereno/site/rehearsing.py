"""The process that carries out one back-test: `python -m sereno.site.rehearsing ID WORKER`, begun by a worker."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sereno.site import process

if TYPE_CHECKING:
    from sereno.site.command import Installation


def command(id: int, worker: str) -> Sequence[str]:
    return process.command("sereno.site.rehearsing", id, worker)


def _carry_out(installation: Installation, id: int, worker: str) -> str:
    from sereno.runtime.rehearsals.carrying import carry_out

    return carry_out(id, worker, base_url=installation.settings().base_url)


if __name__ == "__main__":
    process.run(_carry_out)
