"""The process that scores one shop's customers: `python -m sereno.site.scoring ID WORKER`, begun by a worker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sereno.site import process

if TYPE_CHECKING:
    from sereno.site.command import Installation


def command(id: int, worker: str) -> Sequence[str]:
    return process.command("sereno.site.scoring", id, worker)


def _carry_out(installation: Installation, id: int, worker: str) -> str:
    from sereno.modules.scores.carrying import carry_out
    from sereno.runtime.arbiter.zones import known_zone
    from sereno.runtime.scoring import tell
    from sereno.store.database import default_database

    def zone_of(record: Mapping[str, Any]) -> ZoneInfo | None:
        return known_zone({"customer": record})

    return carry_out(id, worker, default_database(), tell, zone_of=zone_of)


if __name__ == "__main__":
    process.run(_carry_out)
