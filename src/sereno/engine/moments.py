"""When somebody is most likely to read: weights by hour and weekday on their own clock, and the moment they choose.

Invariant: what is chosen is never before the start and never after the end, and the same for ever for the same person,
weights and span. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sereno.engine.chance import SHARES, fraction_of, share_of

HOURS, DAYS = 24, 7
WINDOW = 3
"""Hours after its going within which a message is hoped to be answered; `Profile.hours` weighs such stretches."""
CONTROL_SHARE = SHARES // 10
"""One person in ten is written to as if nobody knew their hours, for ever the same people: the rest is measured against
them."""
ALMOST = 0.95
"""Of moments nearly as good as the best the earliest is taken."""
SPREAD = timedelta(minutes=30)
"""Who shares an hour is spread over its first half."""
_HOUR = timedelta(hours=1)
_MOST = 255


@dataclass(frozen=True, slots=True)
class Profile:
    """`hours[h]`: how likely an answer comes within WINDOW of a message that goes in the hour from h; `days` by
    weekday, Monday first. Both relative to their own highest, 0 to 255. `acts`: how many acts of the person's own stand
    behind it."""

    hours: tuple[int, ...]
    days: tuple[int, ...]
    acts: int = 0

    def weight(self, at: datetime, zone: ZoneInfo) -> int:
        local = at.astimezone(zone)
        return self.hours[local.hour] * self.days[local.weekday()]

    @property
    def best_hour(self) -> int:
        return self.hours.index(max(self.hours))

    def texts(self) -> tuple[str, str]:
        """As kept: `read_profile` of them gives the same."""
        return bytes(self.hours).hex(), bytes(self.days).hex()


def scaled(weights: Sequence[float]) -> tuple[int, ...]:
    """Relative to the highest. All alike where none is above 0."""
    top = max(weights)
    return tuple(round(_MOST * max(0.0, one) / top) for one in weights) if top > 0 else (_MOST,) * len(weights)


def read_profile(hours: str, days: str, acts: int = 0) -> Profile | None:
    """None for what is no profile."""
    try:
        found = Profile(tuple(bytes.fromhex(hours)), tuple(bytes.fromhex(days)), acts)
    except ValueError:
        return None
    return found if len(found.hours) == HOURS and len(found.days) == DAYS else None


def is_left_alone(shop: int, person: str) -> bool:
    """Whether this person is one of those whose messages go unadjusted."""
    return share_of("best-moment", str(shop), person) < CONTROL_SHARE


def spread_of(shop: int, person: str) -> timedelta:
    """How long after the full hour this person's turn is."""
    return timedelta(seconds=int(fraction_of("best-moment-spread", str(shop), person) * SPREAD.total_seconds()))


def best(
    profile: Profile,
    start: datetime,
    until: datetime,
    zone: ZoneInfo,
    spread: timedelta = timedelta(),
    allows: Callable[[datetime], bool] = lambda at: True,
) -> datetime:
    """The earliest of the best moments from `start` to `until` that are allowed; the start itself where none is."""
    found = [(at, profile.weight(at, zone)) for at in _moments(start, until, zone, spread) if allows(at)]
    least = ALMOST * max((weight for _, weight in found), default=0)
    return next((at for at, weight in found if weight >= least), start)


def _moments(start: datetime, until: datetime, zone: ZoneInfo, spread: timedelta) -> Iterator[datetime]:
    """The start, and of each hour of the zone's clock after it one moment."""
    yield start
    local = start.astimezone(zone)
    past = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    at = start - past + _HOUR + spread
    while at <= until:
        yield at
        at += _HOUR
