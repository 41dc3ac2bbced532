"""The process that sends one newsletter: `python -m sereno.site.mailing ID WORKER`, begun by a worker."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sereno.site import process

if TYPE_CHECKING:
    from sereno.site.command import Installation

FOLDER = "newsletters"
"""In the data folder: what is in the hands of such a process."""


def command(id: int, worker: str) -> Sequence[str]:
    return process.command("sereno.site.mailing", id, worker)


def _carry_out(installation: Installation, id: int, worker: str) -> str:
    from sereno.runtime.clock import SystemClock
    from sereno.runtime.newsletters.carrying import carry_out
    from sereno.runtime.world import make_world
    from sereno.sdk.plugin import registry
    from sereno.site.composition import build_ports
    from sereno.store.database import default_database

    environment, database = installation.settings(), default_database()
    ports = build_ports(environment, database)
    world = make_world(database, registry(), ports, SystemClock(), worker, base_url=environment.base_url)
    return carry_out(world, id, worker, environment.data_dir / FOLDER)


if __name__ == "__main__":
    process.run(_carry_out)
