"""How a connection does, read from the newest of its deliveries along its own index, and kept for a moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from django.core.cache import cache

from sereno.store.fields import from_micros
from sereno.store.models import Connection, Delivery, Shop
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


def health_of(connection: Connection, *, sample: int = SAMPLE) -> Health:
    key = f"connection-health:{connection.pk}:{sample}"
    found = cache.get(key)
    if found is None:
        found = _read(connection, sample)
        cache.set(key, found, KEPT_FOR)
    refusals = refusals_of(connection.name)
    return Health(found[0], found[1], refusals.total if refusals is not None else None)


def silent(shop: Shop) -> list[tuple[Connection, Rhythm]]:
    """The shop's open connections that have been quiet for longer than is usual for them."""
    key = f"silent-connections:{shop.pk}"
    found = cache.get(key)
    if found is None:
        rows = [row for row in shop.connection_set.filter(is_active=True).order_by("name") if not is_deleted(row)]
        found = [(row, kept) for row in rows if (kept := health_of(row).rhythm).is_silent]
        cache.set(key, found, SILENCE_KEPT_FOR)
    return found


def is_deleted(connection: Connection) -> bool:
    return bool(connection.settings.get("deleted_at"))


def title_of_connection(connection: Connection) -> str:
    return str(connection.settings.get("title") or connection.name)


def _read(connection: Connection, sample: int) -> tuple[Rhythm, int]:
    newest = Delivery.objects.filter(connection=connection).order_by("-id")
    times = [_aware(at) for at in newest.values_list("received_at", flat=True)[:sample]]
    failed = Delivery.objects.filter(connection=connection, status="failed")[:MOST_FAILED].count()
    # By order of arrival: those who commit together may have come in the other way round.
    times.sort(reverse=True)
    return rhythm(times, datetime.now(UTC), is_cut=len(times) == sample), failed


def _aware(at: datetime | int) -> datetime:
    return from_micros(at) if isinstance(at, int) else at
