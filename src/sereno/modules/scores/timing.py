"""Reads when people were written to and what they did, learns when they answer, tries that on the past, and keeps it.

Invariant: what the arbiter goes by is changed in one night's job and by nobody else; a person whom nothing is known of
has no row, and goes by the shop's.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from sereno.engine.moments import CONTROL_SHARE, DAYS, HOURS, WINDOW, Profile
from sereno.modules.scores.answering import UNANSWERED, VISIT, Acts, Learned, act, fit
from sereno.modules.scores.leading import Reader
from sereno.modules.scores.timeliness import Arm, Sent, contrast, judge
from sereno.store.database import Transaction
from sereno.store.documents import decode, encode
from sereno.store.fields import to_micros
from sereno.store.jobs import LeasedJob

PAGE = 5000
BATCH = 500
LOOK = timedelta(days=180)
"""How far back is read."""
TRIED = timedelta(days=28)
"""What is learned before these last days is tried on them."""
MOST_SENT, MOST_TRIED = 5_000_000, 300_000
"""Messages learned from and tried on; of more, the newest."""
VISITS = ("product.viewed", "cart.created", "checkout.created")
PROMPTED = 6 * 3600
"""Seconds after an answer in which what somebody does is a part of it."""
MEASURED = timedelta(days=90)
ANSWERED_IN = timedelta(days=5)
"""So long after it was wanted an opening counts, in both groups: who waited has that much less time."""
ZoneOf = Callable[[Mapping[str, Any]], ZoneInfo | None]
"""The time zone of a customer's record, None where it is not known."""
_SECOND = 1_000_000


@dataclass(frozen=True, slots=True)
class Past:
    """`people`: what each did and was sent, by key; `sent`: the newest messages, for trying on."""

    people: Mapping[str, Acts]
    sent: Sequence[Sent]


def learn_moments(job: LeasedJob, reader: Reader, zone_of: ZoneOf, now: datetime) -> dict[str, Any]:
    """Learn, try, keep. Gives what the job says of it."""
    cut = now - TRIED
    past = _Gathering(reader, zone_of, now, cut).read(job)
    tried = judge(past.people, int(cut.timestamp()), past.sent)
    taught = fit(past.people.values(), int(now.timestamp()) + 1)
    learned = Learned(taught)
    rows = _profiles(learned, past.people)
    at, number = to_micros(now), 0
    while batch := list(islice(rows, BATCH)):
        number += len(batch)
        kept = [(reader.shop_id, key, *one.texts(), one.acts, job.id, at) for key, one in batch]
        job.write(lambda tx, kept=kept: tx.many("put_moments", kept))
    facts = {
        "people": number,
        "acts": taught.acts,
        "strength": taught.strength,
        "day_strength": taught.day_strength,
        "lags": [round(one, 5) for one in taught.lags],
        "tried": tried.document(),
        "measured": _measured(reader, now),
    }
    hours, days = taught.whole.texts()
    state = {"shop": reader.shop_id, "takes_own": tried.takes_own, "takes_shop": tried.takes_shop, "now": at}
    job.write(lambda tx: _keep_state(tx, job.id, {**state, "hours": hours, "days": days, "facts": encode(facts)}))
    while _forget(job, reader.shop_id, now):
        pass
    used = "own" if tried.takes_own else "shop" if tried.takes_shop else "none"
    return {"used": used, "people": number}


def _profiles(learned: Learned, people: Mapping[str, Acts]) -> Iterator[tuple[str, Profile]]:
    for key in sorted(people):
        profile = learned.profile(people[key])
        if profile.acts:
            yield key, profile


def _keep_state(tx: Transaction, job: int, row: Mapping[str, Any]) -> None:
    tx.run("drop_old_moments", {"shop": row["shop"], "job": job})
    tx.run("put_moment_state", row)


def _forget(job: LeasedJob, shop_id: int, now: datetime) -> int:
    """What is older than is measured, a little per transaction."""
    before = to_micros(now - MEASURED - ANSWERED_IN)
    gone: list[int] = []
    asked = {"shop": shop_id, "before": before, "limit": PAGE}
    job.write(lambda tx: gone.append(tx.run("forget_moment_sends", asked)))
    return gone[0]


def _measured(reader: Reader, now: datetime) -> dict[str, Any]:
    """How those who were written to at their moment did, beside those left alone."""
    asked = {
        "shop": reader.shop_id,
        "since": to_micros(now - MEASURED - ANSWERED_IN),
        "until": to_micros(now - ANSWERED_IN),
        "within": ANSWERED_IN // timedelta(microseconds=1),
        "soon": WINDOW * 3600 * _SECOND,
    }
    with reader.database.read() as tx:
        rows = {row[0]: tuple(int(one or 0) for one in row[1:]) for row in tx.all("moment_arms", asked)}
    found: dict[str, Any] = {"share": CONTROL_SHARE, "days": MEASURED.days, "answered_in": ANSWERED_IN.days}
    nothing = (0,) * 13
    arms = {name: rows.get(name, nothing) for name in ("treated", "control")}
    found["arms"] = {
        name: dict(zip(("people", "messages", "went", "opened", "clicked", "soon"), row, strict=False))
        for name, row in arms.items()
    }
    for name, hits, place in (("opened", 3, 7), ("clicked", 4, 9), ("soon", 5, 11)):
        one, other = (Arm(row[0], row[1], row[hits], row[6], row[place], row[place + 1]) for row in arms.values())
        gap = contrast(one, other)
        found[name] = None if gap is None else asdict(gap)
    return found


class _Gathering:
    """Reads one shop's past."""

    def __init__(self, reader: Reader, zone_of: ZoneOf, now: datetime, cut: datetime) -> None:
        self._reader, self._now, self._cut = reader, now, cut
        self._since = now - LOOK
        self._zones = self._zones_of(zone_of)
        self._people: dict[str, array[int]] = {}
        self._answered: dict[str, array[int]] = {}
        self._tried: list[Sent] = []

    def read(self, job: LeasedJob) -> Past:
        for number, row in enumerate(self._messages()):
            if number % PAGE == 0:
                job.tell(job.done)
            self._take_message(*row)
        if self._people:
            # Where nothing was ever sent by mail, nothing is waited with either.
            for key, at in self._visits():
                self._take_visit(key, at)
        return Past({key: sorted(set(acts)) for key, acts in self._people.items()}, self._tried)

    def _zones_of(self, zone_of: ZoneOf) -> dict[str, ZoneInfo]:
        """Of those who live by another clock than the shop's."""
        reader, found = self._reader, dict[str, ZoneInfo]()
        for _id, key, data in reader.pages("people_to_score", {}):
            zone = zone_of(decode(data))
            if zone is not None and zone != reader.zone:
                found[reader.joined.get(key, key)] = zone
        return found

    def _messages(self) -> Iterator[tuple[str, str, int, int | None]]:
        """The newest first: who, of which flow or newsletter, when it went and was answered (seconds)."""
        reader = self._reader
        at, id_, left = to_micros(self._now), 0, MOST_SENT
        asked = {"shop": reader.shop_id, "since": to_micros(self._since), "limit": PAGE}
        while left > 0:
            with reader.database.read() as tx:
                rows = tx.all("sent_to_learn", {**asked, "at": at, "id": id_})
            for _id, person, source, source_id, sent, opened in rows:
                key = reader.joined.get(person, person)
                yield key, f"{source}:{source_id}", sent // _SECOND, None if opened is None else opened // _SECOND
            left -= len(rows)
            if len(rows) < PAGE:
                return
            id_, at = rows[-1][0], rows[-1][4]

    def _take_message(self, key: str, source: str, sent: int, answered: int | None) -> None:
        if not key:
            return
        hour = self._hour(key, sent)
        lag = UNANSWERED if answered is None or answered < sent else min(UNANSWERED, self._hour(key, answered) - hour)
        bin_, at = _bin(hour), sent if lag == UNANSWERED or answered is None else answered
        self._people.setdefault(key, array("q")).append(act(at, bin_, max(0, lag)))
        if answered is not None:
            self._answered.setdefault(key, array("q")).append(answered)
        is_over = sent < int(self._now.timestamp()) - WINDOW * 3600
        if is_over and sent >= int(self._cut.timestamp()) and len(self._tried) < MOST_TRIED:
            is_answered = answered is not None and answered - sent < WINDOW * 3600
            self._tried.append(Sent(key, source, bin_ % HOURS, is_answered))

    def _visits(self) -> Iterator[tuple[str, int]]:
        reader, since = self._reader, to_micros(self._since)
        for type_ in VISITS:
            for _id, at, refs, _data in reader.pages("acts_to_score", {"type": type_, "since": since}):
                if key := decode(refs).get("customer"):
                    yield reader.joined.get(key, key), at // _SECOND
        for _id, key, placed_at, _currency, _total, status in reader.pages("orders_to_score", {}):
            if key and placed_at is not None and placed_at >= since and status != "cancelled":
                yield reader.joined.get(key, key), placed_at // _SECOND

    def _take_visit(self, key: str, at: int) -> None:
        """Once an hour, and not what came of a message."""
        if any(0 <= at - answered < PROMPTED for answered in self._answered.get(key, ())):
            return
        acts, one = self._people.setdefault(key, array("q")), act(at - at % 3600, _bin(self._hour(key, at)), VISIT)
        if not acts or acts[-1] != one:
            acts.append(one)

    def _hour(self, key: str, at: int) -> int:
        """Of the person's clock, counted from 1970 on."""
        offset = datetime.fromtimestamp(at, self._zones.get(key, self._reader.zone)).utcoffset()
        assert offset is not None
        return (at + int(offset.total_seconds())) // 3600


def _bin(hour: int) -> int:
    """Weekday and hour in one; 1970 began on a Thursday."""
    return (hour // HOURS + 3) % DAYS * HOURS + hour % HOURS
