"""How a connection does, read from the newest of its deliveries along its own index, and kept for a moment; whether it
is silent for too long is the watch's word."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.core.cache import cache

from sereno.store.fields import from_micros
from sereno.store.models import Alert, Connection, Delivery, Shop
from sereno.store.scans import newest_values
from sereno.web.connecting.rhythm import Rhythm, rhythm
from sereno.web.wiring import refusals_of

SAMPLE = 2000
"""Of the newest deliveries: a day and more of most shops, some hours of the busiest."""
KEPT_FOR = 5
MOST_FAILED = 1000


@dataclass(frozen=True, slots=True)
class Health:
    """`failed` are deliveries that could not be read, counted up to a thousand; `refused` those the door did not let in
    since this process began, None where it has no door. `is_silent`: there is an alert that says so."""

    rhythm: Rhythm
    is_silent: bool
    failed: int
    refused: int | None

    @property
    def state(self) -> str:
        """`new`, `ok`, `silent` or `failing`."""
        if self.rhythm.last is None:
            return "new"
        return "silent" if self.is_silent else "failing" if self.failed else "ok"


def health_of(connection: Connection) -> Health:
    return healths_of([connection])[connection.pk]


def healths_of(connections: Sequence[Connection]) -> dict[int, Health]:
    """By id, for all of them in two queries."""
    rhythms = rhythms_of(connections)
    ends = [{"connection_id": row.pk, "status": "failed"} for row in connections]
    quiet = _silent_abouts([row.shop_id for row in connections])
    failed = newest_values(Delivery, ends, "id", MOST_FAILED)
    found: dict[int, Health] = {}
    for row, unread in zip(connections, failed, strict=True):
        refusals = refusals_of(row.name)
        found[row.pk] = Health(
            rhythms[row.pk],
            (row.shop_id, f"connection:{row.name}") in quiet,
            len(unread),
            refusals.total if refusals is not None else None,
        )
    return found


def rhythms_of(connections: Sequence[Connection]) -> dict[int, Rhythm]:
    """By id, for all of them in one query, kept for a moment."""
    keys = {row.pk: f"connection-rhythm:{row.pk}" for row in connections}
    held = cache.get_many(list(keys.values()))
    found: dict[int, Rhythm] = {id_: held[key] for id_, key in keys.items() if key in held}
    missing = [id_ for id_ in keys if id_ not in found]
    read = newest_values(Delivery, [{"connection_id": id_} for id_ in missing], "received_at", SAMPLE)
    now = datetime.now(UTC)
    for id_, times in zip(missing, read, strict=True):
        # By order of arrival: those who commit together may have come in the other way round.
        instants = [from_micros(at) for at in sorted(times, reverse=True)]
        found[id_] = rhythm(instants, now, is_cut=len(instants) == SAMPLE)
    cache.set_many({keys[id_]: found[id_] for id_ in missing}, KEPT_FOR)
    return found


def silent(shop: Shop, connections: Iterable[Connection]) -> list[tuple[Connection, Rhythm]]:
    """Those of the shop's open connections that have been quiet for longer than is usual for them."""
    quiet = _silent_abouts([shop.pk])
    rows = [row for row in connections if (shop.pk, f"connection:{row.name}") in quiet and not is_deleted(row)]
    rhythms = rhythms_of(rows)
    return [(row, rhythms[row.pk]) for row in sorted(rows, key=lambda row: row.name)]


def _silent_abouts(shops: Iterable[int]) -> set[tuple[int, str]]:
    rows = Alert.objects.filter(
        shop__in=sorted(set(shops)), kind="connection.silent", status__in=("open", "acknowledged", "snoozed")
    )
    return set(rows.values_list("shop", "about"))


def is_deleted(connection: Connection) -> bool:
    return bool(connection.settings.get("deleted_at"))


def title_of_connection(connection: Connection) -> str:
    return str(connection.settings.get("title") or connection.name)
