"""Whether what usually happens still does: each series is held against its own profile. State in, problems out; what is
known of profiles is kept in memory and read again when it was learned anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from sereno.engine.durations import format_instant
from sereno.runtime.watching import expecting
from sereno.runtime.watching.expecting import Hour, Profile
from sereno.store.database import Database
from sereno.store.documents import decode, encode
from sereno.store.fields import from_micros

HOUR = 3_600_000_000
SECOND = 1_000_000
LEARN_EVERY = 24
"""Hours."""
LEARNED_AT_ONCE = 5
"""Series learned in one look: some milliseconds each."""
SILENT = {"connection": "connection.silent", "flow": "flow.silent", "event": "event.silent"}
BUSY = {"connection": "connection.busy", "flow": "flow.busy", "event": "event.busy"}


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is so now: an alert for as long as it is."""

    shop_id: int
    kind: str
    about: str
    text_code: str
    facts: dict[str, Any]
    severity: str = "warning"


@dataclass(slots=True)
class Series:
    """What is watched now. `title` is what people call it; `feeds` names what falls silent with it."""

    id: int
    shop_id: int
    kind: str
    name: str
    last_at: int
    learned_hour: int
    tolerance: float
    about: str
    title: str
    feeds: tuple[str, ...] = ()


class Judge:
    """Keeps profiles between looks. Not for several threads at once."""

    def __init__(self) -> None:
        self._profiles: dict[int, tuple[int, Profile | None]] = {}
        self._rings: dict[int, tuple[Any, float | None]] = {}

    def learn(self, database: Database, now: int) -> int:
        """Learn some of those whose turn it is. What came after the last event is silence and teaches nothing."""
        hour = now // HOUR
        with database.read() as tx:
            due = tx.all(
                "series_to_learn",
                {"before": hour - LEARN_EVERY, "since": now - expecting.KEPT * HOUR, "limit": LEARNED_AT_ONCE},
            )
            pauses = tx.all("pauses_since", {"since": now - expecting.KEPT * HOUR})
            held = {row[0]: tx.all("hours_of", {"series": row[0], "since": hour - expecting.KEPT}) for row in due}
        for id_, shop_id, _kind, _name, first_hour, last_at, zone in due:
            hours = {at: Hour(count, pause / SECOND, end / SECOND) for at, count, pause, end in held[id_]}
            out = {
                at
                for shop, series, begin, end in pauses
                if shop == shop_id and series in (None, id_)
                for at in range(begin // HOUR, end // HOUR + 1)
            }
            profile = expecting.learn(hours, first_hour, min(hour, last_at // HOUR), zone, out)
            text = None if profile is None else encode(msgspec.to_builtins(profile))
            with database.transaction() as tx:
                tx.run("keep_profile", {"id": id_, "profile": text, "hour": hour})
                tx.run("forget_hours", {"series": id_, "before": hour - expecting.KEPT})
        return len(due)

    def judge(
        self,
        database: Database,
        series: Sequence[Series],
        pauses: Sequence[tuple[int, int | None, int, int]],
        now: int,
    ) -> list[Problem]:
        """What is silent, and what is far busier than it ever was."""
        self._load(database, series)
        with database.read() as tx:
            counts = dict(tx.all("counts_now", {"hour": now // HOUR, "ids": [one.id for one in series]}))
        quiet: list[Problem] = []
        busy: list[Problem] = []
        for one in series:
            profile = self._profiles[one.id][1]
            if profile is None:
                continue
            rings = self._ring(one, profile, pauses)
            if rings is not None and rings * SECOND <= now:
                quiet.append(_silent(one, profile, rings))
            elif (count := counts.get(one.id, 0)) > profile.many:
                facts = {"name": one.title, "count": count, "most": round((profile.many - 10) / 1.5)}
                busy.append(Problem(one.shop_id, BUSY[one.kind], one.about, BUSY[one.kind], facts, "info"))
        return [*_causes(quiet, series), *_causes(busy, series)]

    def profile(self, id_: int) -> Profile | None:
        return self._profiles.get(id_, (0, None))[1]

    def _load(self, database: Database, series: Sequence[Series]) -> None:
        stale = [one for one in series if self._profiles.get(one.id, (-1, None))[0] != one.learned_hour]
        if not stale:
            return
        learned = {one.id: one.learned_hour for one in stale}
        with database.read() as tx:
            rows = tx.all("profiles_of", {"ids": sorted(learned)})
        for id_, text in rows:
            self._profiles[id_] = (learned[id_], read_profile(text))

    def _ring(self, one: Series, profile: Profile, pauses: Sequence[tuple[int, int | None, int, int]]) -> float | None:
        mine = tuple(
            (begin / SECOND, end / SECOND)
            for shop, series, begin, end in pauses
            if shop == one.shop_id and series in (None, one.id) and end > one.last_at
        )
        key = (one.last_at, one.learned_hour, one.tolerance, mine)
        held = self._rings.get(one.id)
        if held is None or held[0] != key:
            held = (key, expecting.rings_at(profile, one.last_at / SECOND, mine, one.tolerance))
            self._rings[one.id] = held
        return held[1]


def read_profile(text: Any) -> Profile | None:
    """From the column; None for one of another shape, which is learned anew."""
    if text is None:
        return None
    try:
        return msgspec.convert(decode(text) if isinstance(text, str) else text, Profile)
    except msgspec.ValidationError:
        return None


def _silent(one: Series, profile: Profile, rings: float) -> Problem:
    kind = SILENT[one.kind]
    facts = {
        "name": one.title,
        "since": format_instant(from_micros(one.last_at)),
        "rang": format_instant(from_micros(int(rings * SECOND))),
        "a_day": round(sum(profile.usual) / 7, 1),
    }
    return Problem(one.shop_id, kind, one.about, kind, facts)


def _causes(found: list[Problem], series: Sequence[Series]) -> list[Problem]:
    """Where a connection is silent or busy, that its events and flows are too is no news; where an event is, its
    flows. All of `found` are of one sort."""
    connections = (SILENT["connection"], BUSY["connection"])
    shops = {one.shop_id for one in found if one.kind in connections}
    feeds = {(one.shop_id, one.about): one.feeds for one in series}
    below = {(one.shop_id, fed) for one in found for fed in feeds.get((one.shop_id, one.about), ())}
    return [
        one
        for one in found
        if (one.kind in connections or one.shop_id not in shops) and (one.shop_id, one.about) not in below
    ]
