"""When a message that may wait for its reader's best moment goes: at the hours that surely do better, within the bound
its step sets.

Invariant: only marketing waits for it, never past the bound, its expiry or into quiet hours; a moment that has
come is not put off to a better one. One person in ten is left alone, for ever the same people, and noted beside those
who waited, so that what the waiting brings is measured.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sereno.engine.control import CONTROL, TREATED
from sereno.engine.moments import Profile, best, is_left_alone, read_profile, spread_of
from sereno.engine.schedule import quiet_until
from sereno.runtime.arbiter.deciding import Best, Moment
from sereno.runtime.arbiter.messages import Message
from sereno.runtime.arbiter.rules import Quiet
from sereno.store.database import Database, Transaction
from sereno.store.fields import from_micros, to_micros

MARGIN = timedelta(hours=1)
"""So long before it expires a message goes at the latest."""
_MARGIN = MARGIN // timedelta(microseconds=1)
Person = tuple[int, str]
"""Shop and key."""


@dataclass(frozen=True, slots=True)
class Known:
    """The hours of one person. `is_own`: learned from what they did, else from all people of the shop."""

    profile: Profile
    is_own: bool


@dataclass(frozen=True, slots=True)
class Timings:
    """The hours to go by, of those people for whom any surely do better."""

    people: Mapping[Person, Known] = field(default_factory=dict[Person, Known])
    shops: Mapping[int, Known] = field(default_factory=dict[int, Known])

    def of(self, shop: int, person: str) -> Known | None:
        return self.people.get((shop, person)) or self.shops.get(shop)

    def moment(
        self,
        shop: int,
        person: str,
        start: datetime,
        until: datetime,
        zone: ZoneInfo,
        quiet: Sequence[Quiet] = (),
    ) -> datetime | None:
        """When this person is best written to from `start` to `until`; None where nothing is known that does better, or
        there is no better moment than the start."""
        known = self.of(shop, person)
        if known is None or until <= start:
            return None

        def allows(at: datetime) -> bool:
            return all(quiet_until(at, one.start, one.end, zone, one.days) is None for one in quiet)

        at = best(known.profile, start, until, zone, spread_of(shop, person), allows)
        return at if at > start else None


ReadTimings = Callable[[Sequence[Person]], Timings]


def read_timings(tx: Transaction, wanted: Iterable[Person]) -> Timings:
    """Of all these people in two queries; in one where their shops go by nobody's hours."""
    asked = set(wanted)
    if not asked:
        return Timings()
    states = tx.all("moment_states", {"shops": sorted({shop for shop, _ in asked})})
    own = {shop for shop, takes_own, *_ in states if takes_own}
    people: dict[Person, Known] = {}
    keys = sorted({person for shop, person in asked if shop in own})
    if keys:
        for shop, key, hours, days, acts in tx.all("moments_of", {"shops": sorted(own), "people": keys}):
            profile = read_profile(hours, days, acts)
            if profile is not None and (shop, key) in asked:
                people[shop, key] = Known(profile, is_own=True)
    whole = {shop: read_profile(hours, days) for shop, _, takes_shop, hours, days in states if takes_shop}
    return Timings(people, {shop: Known(one, is_own=False) for shop, one in whole.items() if one is not None})


def timings_from(database: Database) -> ReadTimings:
    """From this database, for a dry world, whose own knows nobody. Each person is read once."""
    held: dict[Person, Known | None] = {}

    def read(wanted: Sequence[Person]) -> Timings:
        new = [person for person in wanted if person not in held]
        if new:
            with database.read() as tx:
                found = read_timings(tx, new)
            held.update({(shop, person): found.of(shop, person) for shop, person in new})
        return Timings({person: known for person in wanted if (known := held[person]) is not None})

    return read


class Timing:
    """The best moments of one batch of messages."""

    def __init__(self, tx: Transaction, messages: Sequence[Message], read: ReadTimings | None) -> None:
        self._tx = tx
        wanted = [(one.shop_id, one.person) for one in messages if one.best_within is not None]
        self._timings = (read(wanted) if read is not None else read_timings(tx, wanted)) if wanted else Timings()
        self._arms: dict[str, tuple[str, int, str, str, int, int]] = {}

    def adjusted(self, message: Message, now: int, allowed: Callable[[int], Moment]) -> Moment:
        """When it goes: the first allowed moment from its best one on. `allowed(at)` is the first from `at` on."""
        first = self._best(message, message.asked.wanted_at)
        if first is None:
            return allowed(now)
        is_alone = is_left_alone(message.shop_id, message.person)
        self._note(message, first.at, CONTROL if is_alone else TREATED)
        if is_alone:
            return allowed(now)
        if now < first.at:
            return _at(first, allowed)
        moment = allowed(now)
        if moment.at <= now:
            return moment
        # Its moment came, and something else holds it: of what is left, the best.
        later = self._best(message, moment.at)
        return moment if later is None else _at(later, allowed)

    def _best(self, message: Message, start: int) -> Best | None:
        if message.best_within is None or message.purpose != "marketing":
            return None
        until = message.asked.wanted_at + message.best_within
        if message.expires_at is not None:
            until = min(until, message.expires_at - _MARGIN)
        known = self._timings.of(message.shop_id, message.person)
        if known is None:
            return None
        quiet = message.rules.quiet_for(message.channel, message.purpose)
        span = from_micros(start), from_micros(until)
        at = self._timings.moment(message.shop_id, message.person, *span, message.zone, quiet)
        if at is None:
            return None
        hour = at.astimezone(message.zone).hour
        return Best(to_micros(at), hour, known.profile.acts if known.is_own else None)

    def _note(self, message: Message, best_at: int, arm: str) -> None:
        wanted = message.asked.wanted_at
        self._arms[message.key] = (message.key, message.shop_id, message.person, arm, wanted, best_at)

    def write(self) -> None:
        """Who waited and who was left alone, each message once."""
        self._tx.many("note_moments", sorted(self._arms.values()))


def _at(chosen: Best, allowed: Callable[[int], Moment]) -> Moment:
    moment = allowed(chosen.at)
    return Moment(chosen.at, chosen) if moment.at <= chosen.at else moment
