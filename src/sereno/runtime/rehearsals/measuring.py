"""What a back-test counts, row by row, in memory that does not grow with the period: places, kinds of effects, ways
through the flow, days, busiest hours.

Invariant: the counts are those of all rows, also where not all rows are kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple, cast
from zoneinfo import ZoneInfo

from sereno.engine.catalog import FlowInvalid
from sereno.engine.documents import Unreadable, read_document
from sereno.engine.places import find
from sereno.engine.tallies import bare, places_of
from sereno.runtime.replays.replayed import EffectRow, RunRow, SkipRow
from sereno.sdk.plugin import Plugins
from sereno.store.documents import encode
from sereno.store.fields import from_micros, to_micros

HOUR = 3_600_000_000
MOST_WAYS = 500
"""Ways through the flow that are told apart; the rest share one."""
WENT = frozenset({"sent", "deferred", "done"})
"""Outcomes of effects that would have been carried out."""


class What(NamedTuple):
    """A thing that is done: an action, with its config as the flow's text has it (JSON)."""

    action: str
    config: str


class Kind(NamedTuple):
    """What would have become of one: `what` is a number, `outcome` one of `sent` (a message) `deferred refused failed
    done`."""

    step: str
    what: int
    outcome: str
    reason: str


class Names:
    """Things that stand for a number, in the order in which they were met."""

    def __init__(self) -> None:
        self._numbers: dict[Any, int] = {}
        self.all: list[Any] = []

    def number(self, thing: Any) -> int:
        found = self._numbers.get(thing)
        if found is None:
            found = self._numbers[thing] = len(self.all)
            self.all.append(thing)
        return found

    def __contains__(self, thing: Any) -> bool:
        return thing in self._numbers


class Meter:
    """Shared by the sides of one back-test: what their numbers mean."""

    def __init__(self, plugins: Plugins, zone: str) -> None:
        self.plugins = plugins
        self.zone = ZoneInfo(zone)
        self.whats, self.kinds, self.ways, self.actions = Names(), Names(), Names(), Names()
        self._channels: dict[What, tuple[str, str, str]] = {}

    def kind_of(self, row: EffectRow, texts: StepTexts) -> int:
        step = bare(row.step)
        what = What(row.action, texts.config(step, row.config))
        if what not in self._channels:
            self._channels[what] = self._channel(row)
        outcome, reason = outcome_of(row, is_message=bool(self._channels[what][0]))
        return self.kinds.number(Kind(step, self.whats.number(what), outcome, reason))

    def is_message(self, what: int) -> bool:
        return bool(self._channels[self.whats.all[what]][0])

    def channel(self, what: What) -> tuple[str, str, str]:
        """The channel and purpose of a message, both empty for what is none, and the connection it leaves by."""
        return self._channels[what]

    def way(self, row: RunRow) -> int:
        places: dict[str, None] = {}
        for entry in row.trace:
            for place in places_of(str(entry.get("step", "")), str(entry["code"]), entry.get("details") or {}):
                if not place.startswith(("=", "!")):
                    places[place] = None
        way = (tuple(places), row.status, bare(row.step) if row.status in ("waiting", "parked", "failed") else "")
        if len(self.ways.all) >= MOST_WAYS and way not in self.ways:
            way = ((), "", "")
        return self.ways.number(way)

    def document(self) -> dict[str, Any]:
        return {
            "whats": [
                {
                    "action": what.action,
                    "config": what.config,
                    "channel": self._channels[what][0],
                    "purpose": self._channels[what][1],
                    "connection": self._channels[what][2],
                }
                for what in self.whats.all
            ],
            "kinds": [kind._asdict() for kind in self.kinds.all],
            "ways": [{"places": list(way[0]), "status": way[1], "step": way[2]} for way in self.ways.all],
        }

    def _channel(self, row: EffectRow) -> tuple[str, str, str]:
        definition = self.plugins.actions.get(row.action)
        if definition is None:
            return "", "", ""
        try:
            kind = definition.message(row.config)
            connection = definition.connection(row.config) if definition.connection is not None else ""
        except Exception:  # a config that is wrong; the effect itself says so
            return "", "", ""
        return (kind.channel, kind.purpose or "", connection) if kind is not None else ("", "", connection)


class StepTexts:
    """The configs of a document's steps as they are written, before any value is filled in."""

    def __init__(self, text: str) -> None:
        try:
            document = read_document(text)[0].document
        except (Unreadable, FlowInvalid):
            document = {}
        self._document: Mapping[str, Any] = document if isinstance(document, Mapping) else {}
        self._known: dict[str, str] = {}

    def config(self, step: str, rendered: Mapping[str, Any]) -> str:
        if step not in self._known:
            self._known[step] = self._read(step, rendered)
        return self._known[step]

    def _read(self, step: str, rendered: Mapping[str, Any]) -> str:
        try:
            found = find(self._document, step)
        except LookupError:
            return encode(dict(rendered))
        written = cast("Mapping[str, Any]", found if isinstance(found, Mapping) else {})
        inner: list[Any] = [value for value in written.values() if isinstance(value, Mapping)]
        return encode(inner[0] if inner else {})


def outcome_of(row: EffectRow, *, is_message: bool) -> tuple[str, str]:
    """What would have become of it, and the code of why."""
    if row.status == "failed":
        return "failed", row.error or ""
    result = row.result or {}
    if result.get("sent") is False:
        return "refused", str(result.get("reason") or "")
    if deferred_until(row) is not None:
        return "deferred", str(result.get("reason") or "")
    return ("sent" if is_message else "done"), ""


def deferred_until(row: EffectRow) -> str | None:
    """When a guardrail would have let it go, if not at once."""
    held = (row.result or {}).get("sent_at")
    if not isinstance(held, str):
        return None
    try:
        return held if datetime.fromisoformat(held) > row.at else None
    except (ValueError, TypeError):
        return None


class Side:
    """The counts of one version."""

    def __init__(self, meter: Meter, text: str) -> None:
        self._meter = meter
        self.texts = StepTexts(text)
        self.runs = 0
        self.places: Counter[str] = Counter()
        self.statuses: Counter[str] = Counter()
        self.skips: Counter[str] = Counter()
        self.kinds: Counter[int] = Counter()
        self.ways: Counter[int] = Counter()
        self.days: dict[str, list[int]] = {}
        self._hours: dict[str, Counter[int]] = {}

    def take_run(self, row: RunRow) -> int:
        """Gives its way."""
        self.runs += 1
        self.statuses[row.status] += 1
        for entry in row.trace:
            details: Mapping[str, Any] = entry.get("details") or {}
            self.places.update(places_of(str(entry.get("step", "")), str(entry["code"]), details))
        self._day(row.started_at)[0] += 1
        way = self._meter.way(row)
        self.ways[way] += 1
        return way

    def take_effect(self, row: EffectRow) -> int:
        """Gives its kind."""
        number = self._meter.kind_of(row, self.texts)
        self.kinds[number] += 1
        kind: Kind = self._meter.kinds.all[number]
        if kind.outcome in WENT:
            channel, _, connection = self._meter.channel(self._meter.whats.all[kind.what])
            at = datetime.fromisoformat(until) if (until := deferred_until(row)) is not None else row.at
            self._day(at)[1 if channel else 2] += 1
            if connection:
                self._hours.setdefault(connection, Counter())[to_micros(at) // HOUR] += 1
        return number

    def take_skip(self, row: SkipRow) -> None:
        self.skips[row.reason] += 1
        self.places["=skipped"] += 1

    def document(self) -> dict[str, Any]:
        return {
            "runs": self.runs,
            "places": dict(sorted(self.places.items())),
            "statuses": dict(sorted(self.statuses.items())),
            "skips": dict(sorted(self.skips.items())),
            "kinds": {str(number): count for number, count in sorted(self.kinds.items())},
            "ways": {str(number): count for number, count in sorted(self.ways.items())},
            "days": dict(sorted(self.days.items())),
            "busiest": {
                connection: {"count": count, "hour": from_micros(hour * HOUR).isoformat()}
                for connection, hours in sorted(self._hours.items())
                for hour, count in [max(hours.items(), key=lambda pair: (pair[1], -pair[0]))]
            },
        }

    def _day(self, at: datetime) -> list[int]:
        """[runs begun, messages, other effects] of the shop's day."""
        return self.days.setdefault(at.astimezone(self._meter.zone).date().isoformat(), [0, 0, 0])


def prices(settings: Mapping[str, Any], channels: Sequence[str]) -> dict[str, str]:
    """What one message costs by channel, in the shop's currency: its settings `sms_price` and the like. Mail is free
    unless `email_price` says otherwise; a channel without a price is left out."""
    found: dict[str, str] = {"email": "0"} if "email" in channels else {}
    for channel in channels:
        held = settings.get(f"{channel}_price")
        try:
            price = Decimal(str(held)) if held not in (None, "") else None
        except InvalidOperation:
            price = None
        if price is not None and price.is_finite() and price >= 0:
            found[channel] = str(price)
    return found
