"""How a connection does, read from the newest of its deliveries along its own index, and kept for a moment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from django.core.cache import cache

from sereno.store.fields import from_micros
from sereno.store.models import Connection, Delivery, Shop
from sereno.store.scans import newest_values
from sereno.web.connecting.rhythm import Rhythm, rhythm
from sereno.web.wiring import refusals_of

SAMPLE = 2000
"""Of the newest deliveries: a day and more of most shops, some hours of the busiest."""
KEPT_FOR = 5
SILENCE_KEPT_FOR = 60
MOST_FAILED = 1000


@dataclass(frozen=True, slots=True)
class Health:
    """`failed` are deliveries that could not be read, counted up to a thousand; `refused` those the door did not let in
    since this process began, None where it has no door."""

    rhythm: Rhythm
    failed: int
    refused: int | None

    @property
    def state(self) -> str:
        """`new`, `ok`, `silent` or `failing`."""
        if self.rhythm.last is None:
            return "new"
        return "silent" if self.rhythm.is_silent else "failing" if self.failed else "ok"


def health_of(connection: Connection) -> Health:
    failed = Delivery.objects.filter(connection=connection, status="failed")[:MOST_FAILED].count()
    refusals = refusals_of(connection.name)
    return Health(rhythm_of(connection), failed, refusals.total if refusals is not None else None)


def rhythm_of(connection: Connection) -> Rhythm:
    """In one query, kept for a moment."""
    key = f"connection-rhythm:{connection.pk}"
    found = cache.get(key)
    if found is None:
        newest = Delivery.objects.filter(connection=connection).order_by("-id")
        times = [_aware(at) for at in newest.values_list("received_at", flat=True)[:SAMPLE]]
        # By order of arrival: those who commit together may have come in the other way round.
        times.sort(reverse=True)
        found = rhythm(times, datetime.now(UTC), is_cut=len(times) == SAMPLE)
        cache.set(key, found, KEPT_FOR)
    return found


def silent(shop: Shop) -> list[tuple[Connection, Rhythm]]:
    """The shop's open connections that have been quiet for longer than is usual for them."""
    key = f"silent-connections:{shop.pk}"
    found = cache.get(key)
    if found is None:
        rows = [row for row in shop.connection_set.filter(is_active=True).order_by("name") if not is_deleted(row)]
        held = newest_values(Delivery, [{"connection_id": row.pk} for row in rows], "received_at", SAMPLE)
        rhythms = [_rhythm([_aware(at) for at in times], SAMPLE) for times in held]
        found = [(row, kept) for row, kept in zip(rows, rhythms, strict=True) if kept.is_silent]
        cache.set(key, found, SILENCE_KEPT_FOR)
    return found


def is_deleted(connection: Connection) -> bool:
    return bool(connection.settings.get("deleted_at"))


def title_of_connection(connection: Connection) -> str:
    return str(connection.settings.get("title") or connection.name)


def _aware(at: datetime | int) -> datetime:
    return from_micros(at) if isinstance(at, int) else at
