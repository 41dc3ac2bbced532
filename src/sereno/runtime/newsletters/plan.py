"""What a newsletter is told: to whom, when, how fast, and what of it is tried first. Pure; each part is a document that
reads back to the same plan.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, cast
from zoneinfo import ZoneInfo

from sereno.engine.control import LONGEST_WINDOW, MOST_HELD_OUT, USUAL_WINDOW, as_share
from sereno.engine.durations import format_duration, format_instant, parse_duration, parse_instant
from sereno.engine.message_control import SHORTEST
from sereno.engine.steps import HoldOut
from sereno.sdk.mailboxes import PROVIDERS, mailbox_provider
from sereno.sdk.topics import NAME as TOPIC_NAME

Kind = Literal["now", "at", "local", "best"]
Metric = Literal["opened", "clicked"]
EASTMOST = timedelta(hours=14)
"""How far local time may be ahead of UTC: when the first reader's hour strikes."""
MOST_PER_MINUTE = 1_000_000
LONGEST_WAIT = timedelta(days=7)
USUAL_WITHIN, LONGEST_WITHIN = timedelta(hours=24), timedelta(days=3)


class PlanInvalid(ValueError):  # noqa: N818
    """What is wrong with a plan, and what to do."""


@dataclass(frozen=True, slots=True)
class Audience:
    """People in any of the segments `inside` (none named: everybody) and in none of `outside`, of whom `when` holds, a
    condition about `customer`. `hold_out`: from a share of them it is kept, so that what it brings is measured."""

    inside: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()
    when: str = ""
    hold_out: HoldOut | None = None
    topic: str = ""
    """What it is about: it goes to nobody who said no to that."""

    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = {"inside": list(self.inside), "outside": list(self.outside), "when": self.when}
        if self.hold_out is not None:
            share, window = f"{self.hold_out.share / 100:g}", format_duration(self.hold_out.window)
            found["hold_out"] = {"share": share, "window": window}
        if self.topic:
            found["topic"] = self.topic
        return found


@dataclass(frozen=True, slots=True)
class Schedule:
    """`at` (UTC) for `at`, and for `best` from when on each reader's best moment is looked for (None: at once), for
    `within`; for `local` the hour on each reader's own clock, without a zone."""

    kind: Kind = "now"
    at: datetime | None = None
    local: datetime | None = None
    within: timedelta | None = None

    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = {"kind": self.kind}
        if self.at is not None:
            found["at"] = format_instant(self.at)
        if self.local is not None:
            found["local"] = self.local.strftime("%Y-%m-%dT%H:%M")
        if self.within is not None:
            found["within"] = format_duration(self.within)
        return found

    def begins(self, now: datetime) -> datetime:
        """When the newsletter is taken up: for local hours, before the first of them strikes anywhere."""
        match self.kind:
            case "now":
                return now
            case "at" | "best":
                return max(now, self.at or now)
            case "local":
                return max(now, (self.local or now).replace(tzinfo=UTC) - EASTMOST)

    def due(self, begun: datetime, zone: ZoneInfo) -> datetime:
        """When a reader of this zone gets it, for `best` the earliest; an hour that has passed there is now. Of an hour
        the clocks skip it is the moment they jump, of one that comes twice the first."""
        if self.kind == "local" and self.local is not None:
            return max(begun, self.local.replace(tzinfo=zone).astimezone(UTC))
        return max(begun, self.at or begun)

    def again(self, after: datetime, zone: ZoneInfo) -> datetime:
        """When the hour on each reader's own clock strikes there next, not before `after`."""
        local = (self.local or after).replace(tzinfo=None)
        local += max(timedelta(), timedelta(days=(after.astimezone(zone).replace(tzinfo=None) - local).days))
        while (at := local.replace(tzinfo=zone).astimezone(UTC)) < after:
            local += timedelta(days=1)
        return at


@dataclass(frozen=True, slots=True)
class Trial:
    """Two subjects tried on `share` per cent of the readers, half each; `wait` after the last of them is due the better
    by `metric` goes to the rest. `subjects` are those of b, by language; a is the message's own. A share of 0: no
    trial."""

    share: int = 0
    wait: timedelta = timedelta(hours=4)
    metric: Metric = "opened"
    subjects: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def is_on(self) -> bool:
        return self.share > 0

    def document(self) -> dict[str, Any]:
        if not self.is_on:
            return {}
        wait = format_duration(self.wait)
        return {"share": self.share, "wait": wait, "metric": self.metric, "subjects": dict(self.subjects)}


@dataclass(frozen=True, slots=True)
class Pace:
    """Mails a minute at most: in all, and to each mailbox provider (see `sdk.mailboxes`). None: as fast as it goes."""

    per_minute: int | None = None
    providers: Mapping[str, int] = field(default_factory=dict[str, int])

    def document(self) -> dict[str, Any]:
        return {"per_minute": self.per_minute, "providers": dict(sorted(self.providers.items()))}


def read_audience(given: Any) -> Audience:
    """Raises PlanInvalid."""
    found = _mapping(given, ("inside", "outside", "when", "hold_out", "topic"), "the audience")
    inside, outside = _names(found.get("inside")), _names(found.get("outside"))
    if both := set(inside) & set(outside):
        raise PlanInvalid(f"the segment {min(both)} cannot be both written to and left out: take it out of one list")
    when, topic = str(found.get("when") or "").strip()[:2000], str(found.get("topic") or "").strip()
    if topic and not TOPIC_NAME.fullmatch(topic):
        raise PlanInvalid("the topic is one of the shop's, by its name, such as new-arrivals")
    return Audience(inside, outside, when, _hold_out(found.get("hold_out")), topic)


def _hold_out(given: Any) -> HoldOut | None:
    found = _mapping(given, ("share", "window"), "hold_out")
    if str(found.get("share") or "0").strip() in ("", "0"):
        return None
    share = as_share(found["share"])
    if not share:
        raise PlanInvalid(f"the share that does not get it is a percentage from 0 to {MOST_HELD_OUT}")
    try:
        window = parse_duration(str(found.get("window") or format_duration(USUAL_WINDOW)))
    except ValueError as error:
        raise PlanInvalid("the window of hold_out is a length of time, such as 14d") from error
    if not SHORTEST <= window <= LONGEST_WINDOW:
        raise PlanInvalid("the window of hold_out is from 1h to 365d")
    return HoldOut(share, window)


def read_schedule(given: Any) -> Schedule:
    """Raises PlanInvalid."""
    found = _mapping(given, ("kind", "at", "local", "within"), "the schedule")
    kind = found.get("kind", "now")
    if kind not in ("now", "at", "local", "best"):
        raise PlanInvalid("the schedule is now, at, local or best")
    if found.get("within") and kind != "best":
        raise PlanInvalid("within is for the schedule best")
    within = _within(found.get("within")) if kind == "best" else None
    try:
        if kind == "best":
            return Schedule("best", at=parse_instant(str(found["at"])) if found.get("at") else None, within=within)
        if kind == "at":
            return Schedule("at", at=parse_instant(str(found.get("at") or "")))
        if kind == "local":
            local = datetime.fromisoformat(str(found.get("local") or ""))
            return Schedule("local", local=local.replace(tzinfo=None, second=0, microsecond=0))
    except ValueError as error:
        raise PlanInvalid("say the day and the hour, such as 2026-11-27T09:00") from error
    return Schedule()


def _within(given: Any) -> timedelta:
    try:
        within = parse_duration(str(given or format_duration(USUAL_WITHIN)))
    except ValueError:
        within = timedelta()
    if not timedelta(hours=1) <= within <= LONGEST_WITHIN:
        raise PlanInvalid("the best moment is looked for within 1h to 3d, such as 24h")
    return within


def read_trial(given: Any) -> Trial:
    """Raises PlanInvalid."""
    found = _mapping(given, ("share", "wait", "metric", "subjects"), "the trial")
    share = _whole(found.get("share") or 0, 0, 100, "the share of the trial")
    if not share:
        return Trial()
    if share < 2:
        raise PlanInvalid("a trial needs at least 2 per cent of the readers, one half for each subject")
    try:
        wait = parse_duration(str(found.get("wait") or "4h"))
    except ValueError as error:
        raise PlanInvalid("the wait of the trial is a length of time, such as 4h") from error
    if not timedelta(minutes=5) <= wait <= LONGEST_WAIT:
        raise PlanInvalid("the wait of the trial is from 5m to 7d")
    metric = found.get("metric", "opened")
    if metric not in ("opened", "clicked"):
        raise PlanInvalid("a trial is decided by opened or clicked")
    said: Any = found.get("subjects")
    held: Mapping[str, Any] = cast("Mapping[str, Any]", said) if isinstance(said, Mapping) else {}
    subjects = {str(name)[:10]: " ".join(str(text).split())[:300] for name, text in held.items() if str(text).strip()}
    if not subjects:
        raise PlanInvalid("a trial needs a second subject")
    return Trial(share, wait, metric, subjects)


def read_pace(given: Any) -> Pace:
    """Raises PlanInvalid."""
    found = _mapping(given, ("per_minute", "providers"), "the pace")
    most = found.get("per_minute")
    said: Any = found.get("providers") or {}
    if not isinstance(said, Mapping) or len(cast("Mapping[str, Any]", said)) > 50:
        raise PlanInvalid("providers are at most 50 names or domains, each with its mails a minute")
    providers = {
        _provider(str(name).strip().lower()): _whole(value, 1, MOST_PER_MINUTE, "mails a minute")
        for name, value in cast("Mapping[str, Any]", said).items()
    }
    whole = None if most in (None, "") else _whole(most, 1, MOST_PER_MINUTE, "mails a minute")
    return Pace(whole, providers)


def _provider(name: str) -> str:
    return name if name in PROVIDERS else mailbox_provider(f"@{name}")


def _mapping(given: Any, known: tuple[str, ...], what: str) -> Mapping[str, Any]:
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise PlanInvalid(f"{what} is a document with {', '.join(known)}")
    found = cast("Mapping[str, Any]", given)
    if unknown := found.keys() - set(known):
        raise PlanInvalid(f"{min(unknown)} is not part of {what}; there are {', '.join(known)}")
    return found


def _names(given: Any) -> tuple[str, ...]:
    items = cast("list[Any]", given) if isinstance(given, list | tuple) else []
    found = [str(one).strip()[:100] for one in items if str(one).strip()]
    if len(found) > 20:
        raise PlanInvalid("at most 20 segments")
    return tuple(dict.fromkeys(found))


def _whole(value: Any, low: int, high: int, what: str) -> int:
    try:
        number = int(str(value))
    except ValueError:
        number = low - 1
    if not low <= number <= high:
        raise PlanInvalid(f"{what}: a whole number from {low} to {high}")
    return number
