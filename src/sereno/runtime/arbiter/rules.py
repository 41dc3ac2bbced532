"""A shop's rules on what may reach a person: caps, quiet hours, how long a message is worth sending, whose flow goes
first. They stand in the shop's settings under `guardrails`; a shop that never set any has `USUAL`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from typing import Any, Literal, cast
from zoneinfo import ZoneInfo

from sereno.engine.durations import format_duration, parse_duration
from sereno.engine.precedence import FIRST, LAST
from sereno.engine.schedule import WEEKDAYS, parse_time, quiet_until
from sereno.runtime.arbiter.warmup import Plan, plan_of
from sereno.sdk.topics import PERIODS
from sereno.store.documents import decode, encode

SETTING = "guardrails"
CHANNELS = ("email", "sms", "whatsapp", "telegram", "push")
ANY = "any"
"""A cap over all channels together."""
PURPOSES = ("marketing", "transactional")
LONGEST = timedelta(days=31)
SHORTEST = timedelta(minutes=1)
MOST_RULES = 20
MOST_MESSAGES = 1000

Whom = Literal["marketing", "all"]


@dataclass(frozen=True, slots=True)
class Cap:
    """At most `most` messages to one person in any stretch of `period`. It holds back marketing alone; `counts` says
    what uses up its room. `is_wished`: not the shop's rule but what the person chose themselves."""

    channel: str
    most: int
    period: timedelta
    counts: Whom = "marketing"
    is_wished: bool = False

    def counts_one(self, channel: str, purpose: str) -> bool:
        return self.channel in (ANY, channel) and (self.counts == "all" or purpose == "marketing")


@dataclass(frozen=True, slots=True)
class Quiet:
    """From `start` to `end` of the reader's day nothing goes; past midnight where `end` is not after `start`, on
    `days` the whole day round where they are the same. `days` are those it begins on (none: every day). `holds` says
    what it holds."""

    channel: str
    start: time
    end: time
    days: frozenset[str] = frozenset()
    holds: Whom = "marketing"


@dataclass(frozen=True, slots=True)
class Rules:
    """`expires` by purpose, None or left out: never. `priorities` by flow's name, over what the flow itself says."""

    caps: tuple[Cap, ...] = ()
    quiet: tuple[Quiet, ...] = ()
    expires: Mapping[str, timedelta | None] = field(default_factory=dict[str, "timedelta | None"])
    priorities: Mapping[str, int] = field(default_factory=dict[str, int])
    warmup: Plan | None = None
    """Of a domain that is new to mailbox providers; kept under a setting of its own."""

    def caps_on(self, channel: str, purpose: str) -> list[Cap]:
        return [cap for cap in self.caps if purpose == "marketing" and cap.channel in (ANY, channel)]

    def quiet_for(self, channel: str, purpose: str) -> list[Quiet]:
        held = [one for one in self.quiet if one.channel == channel]
        return [one for one in held if one.holds == "all" or purpose == "marketing"]


WISHED = {name: Cap(ANY, 1, period, is_wished=True) for name, period in PERIODS.items()}
"""What a person may choose: at most one marketing message a week or a month, by whatever channel."""
NIGHT = (time(21), time(8))
USUAL = Rules(
    caps=(Cap("email", 1, timedelta(hours=16)), Cap("email", 5, timedelta(days=7))),
    quiet=(Quiet("sms", *NIGHT), Quiet("whatsapp", *NIGHT)),
    expires={"marketing": timedelta(days=3)},
)


REFUSALS = {
    "keys": "should hold %(known)s",
    "unknown": "is not known here; there are %(known)s",
    "list": "should be a list of at most %(most)s",
    "one_of": "should be one of %(known)s",
    "number": "should be a whole number from %(low)s to %(high)s",
    "length": "should be a length of time from 1m to 31d, such as 16h or 7d",
    "time": "should be a time of day such as 21:00",
    "priorities": "should say a number from 1 to 9 for each flow's name",
    "never_loud": "nothing could ever go out by %(channel)s: leave it some hours",
}
"""What is wrong and what to do, by code."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """`where` in the document; `code` is one of REFUSALS, with the values in its words."""

    where: str
    code: str
    values: Mapping[str, Any] = field(default_factory=dict[str, Any])


class RulesInvalid(ValueError):  # noqa: N818
    """`problems`: (where, what is wrong and what to do), of the refusals."""

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        self.refusals = list(refusals)
        self.problems = [(one.where, REFUSALS[one.code] % one.values) for one in refusals]
        super().__init__("; ".join(f"{where}: {what}" for where, what in self.problems))


def rules_of(settings: Mapping[str, Any]) -> Rules:
    """The rules of the shop with these settings."""
    found, plan = settings.get(SETTING), plan_of(settings)
    rules = USUAL if found is None else _kept(encode(found))
    return rules if plan is None else replace(rules, warmup=plan)


@lru_cache(maxsize=256)
def _kept(text: str) -> Rules:
    try:
        return read_rules(decode(text))
    except RulesInvalid:
        return USUAL  # Written past the checks, by hand: the usual restraint holds until it is mended.


def document_of(rules: Rules) -> dict[str, Any]:
    """As it is kept, shown and exchanged; `read_rules` of it gives the same rules."""
    return {
        "caps": [
            {"channel": cap.channel, "most": cap.most, "period": format_duration(cap.period), "counts": cap.counts}
            for cap in rules.caps
        ],
        "quiet": [
            {
                "channel": one.channel,
                "from": one.start.strftime("%H:%M"),
                "until": one.end.strftime("%H:%M"),
                "days": [day for day in WEEKDAYS if day in one.days],
                "holds": one.holds,
            }
            for one in rules.quiet
        ],
        "expires": {
            purpose: format_duration(length) if length is not None else None
            for purpose in PURPOSES
            for length in [rules.expires.get(purpose)]
        },
        "priorities": dict(sorted(rules.priorities.items())),
    }


def read_rules(document: Any) -> Rules:
    """Raises RulesInvalid with everything that is wrong."""
    reader = _Reader()
    whole = reader.mapping(document, "", ("caps", "quiet", "expires", "priorities"))
    rules = Rules(
        caps=tuple(
            cap
            for number, item in enumerate(reader.items(whole.get("caps"), "caps"))
            if (cap := reader.cap(item, f"caps.{number}"))
        ),
        quiet=tuple(
            one
            for number, item in enumerate(reader.items(whole.get("quiet"), "quiet"))
            if (one := reader.quiet(item, f"quiet.{number}"))
        ),
        expires=reader.expires(whole.get("expires")),
        priorities=reader.priorities(whole.get("priorities")),
    )
    for channel in {one.channel for one in rules.quiet}:
        if not reader.refusals and _is_never_loud([one for one in rules.quiet if one.channel == channel]):
            reader.refuse("quiet", "never_loud", channel=channel)
    if reader.refusals:
        raise RulesInvalid(reader.refusals)
    return rules


class _Reader:
    """Collects what is wrong."""

    def __init__(self) -> None:
        self.refusals: list[Refusal] = []

    def refuse(self, where: str, code: str, **values: Any) -> None:
        self.refusals.append(Refusal(where, code, values))

    def mapping(self, value: Any, where: str, keys: Sequence[str]) -> Mapping[str, Any]:
        if not isinstance(value, Mapping):
            self.refuse(where or "rules", "keys", known=", ".join(keys))
            return {}
        found = cast("Mapping[str, Any]", value)
        for key in found.keys() - set(keys):
            self.refuse(f"{where}.{key}".strip("."), "unknown", known=", ".join(keys))
        return found

    def items(self, value: Any, where: str) -> list[Any]:
        if value is None:
            return []
        if not isinstance(value, list) or len(cast("list[Any]", value)) > MOST_RULES:
            self.refuse(where, "list", most=MOST_RULES)
            return []
        return cast("list[Any]", value)

    def one_of(self, value: Any, where: str, known: Sequence[str]) -> str:
        if value not in known:
            self.refuse(where, "one_of", known=", ".join(known))
            return known[0]
        return str(value)

    def whom(self, value: Any, where: str) -> Whom:
        return "all" if self.one_of(value, where, ("marketing", "all")) == "all" else "marketing"

    def number(self, value: Any, where: str, low: int, high: int) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            self.refuse(where, "number", low=low, high=high)
            return low
        return value

    def length(self, value: Any, where: str) -> timedelta:
        try:
            found = parse_duration(str(value))
        except ValueError:
            found = timedelta()
        if not SHORTEST <= found <= LONGEST:
            self.refuse(where, "length")
            return SHORTEST
        return found

    def time(self, value: Any, where: str) -> time:
        try:
            return parse_time(str(value))
        except ValueError:
            self.refuse(where, "time")
            return time()

    def cap(self, value: Any, where: str) -> Cap | None:
        found = self.mapping(value, where, ("channel", "most", "period", "counts"))
        return found and Cap(  # pyright: ignore[reportReturnType]
            self.one_of(found.get("channel"), f"{where}.channel", (*CHANNELS, ANY)),
            self.number(found.get("most"), f"{where}.most", 1, MOST_MESSAGES),
            self.length(found.get("period"), f"{where}.period"),
            self.whom(found.get("counts", "marketing"), f"{where}.counts"),
        )

    def quiet(self, value: Any, where: str) -> Quiet | None:
        found = self.mapping(value, where, ("channel", "from", "until", "days", "holds"))
        if not found:
            return None
        days = self.items(found.get("days"), f"{where}.days")
        for day in days:
            self.one_of(day, f"{where}.days", WEEKDAYS)
        return Quiet(
            self.one_of(found.get("channel"), f"{where}.channel", CHANNELS),
            self.time(found.get("from"), f"{where}.from"),
            self.time(found.get("until"), f"{where}.until"),
            frozenset(str(day) for day in days) if len(set(map(str, days))) < len(WEEKDAYS) else frozenset(),
            self.whom(found.get("holds", "marketing"), f"{where}.holds"),
        )

    def expires(self, value: Any) -> dict[str, timedelta | None]:
        found = self.mapping({} if value is None else value, "expires", PURPOSES)
        return {
            purpose: self.length(length, f"expires.{purpose}")
            for purpose, length in found.items()
            if length is not None and purpose in PURPOSES
        }

    def priorities(self, value: Any) -> dict[str, int]:
        if value is not None and not isinstance(value, Mapping):
            self.refuse("priorities", "priorities")
        found: Mapping[str, Any] = cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}
        return {name: self.number(number, f"priorities.{name}", FIRST, LAST) for name, number in found.items()}


def _is_never_loud(quiet: Sequence[Quiet]) -> bool:
    """Whether a whole week holds no moment (to the quarter of an hour) outside these hours."""
    monday, zone = datetime(2026, 1, 5, tzinfo=UTC), ZoneInfo("UTC")
    moments = (monday + timedelta(minutes=15 * number) for number in range(7 * 96))
    return all(any(quiet_until(at, one.start, one.end, zone, one.days) for one in quiet) for at in moments)
