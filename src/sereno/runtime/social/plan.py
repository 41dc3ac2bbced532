"""What a post is told: its words for each account, when it goes, and how it repeats. Pure.

Invariant: an hour is one on the shop's clock; of an hour the clocks skip it is the moment they jump.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, cast
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit
from zoneinfo import ZoneInfo

from sereno.engine.durations import format_instant, parse_instant
from sereno.engine.schedule import WEEKDAYS
from sereno.sdk.social import NETWORKS, Rules

Kind = Literal["now", "at", "slot", "best"]
KINDS: tuple[Kind, ...] = ("now", "at", "slot", "best")
LANGUAGES = ("en", "es", "pt", "ro")
MOST_ACCOUNTS, MOST_PICTURES, LONGEST = 20, 20, 70_000
MOST_DAYS = 366
APPROVERS = ("", "owner", "marketer")
_TIME = re.compile(r"(mon|tue|wed|thu|fri|sat|sun) ([01]\d|2[0-3]):([0-5]\d)")
_PICTURE = re.compile(r"([0-9a-f]{64})\.(png|jpg|gif|webp)")
LINK = "{link}"


class PostInvalid(ValueError):  # noqa: N818
    """What is wrong with a post, and what to do. `code` is stable; `values` fill its words."""

    def __init__(self, text: str, code: str = "post.invalid", **values: Any) -> None:
        super().__init__(text)
        self.code = code
        self.values = values


@dataclass(frozen=True, slots=True)
class Plan:
    """`at` (UTC) of kind `at`. `every`: days after which it is posted anew, 0 for once; `until` (UTC) ends that."""

    kind: Kind = "now"
    at: datetime | None = None
    every: int = 0
    until: datetime | None = None

    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = {"kind": self.kind}
        found |= {"at": format_instant(self.at)} if self.at is not None else {}
        found |= {"every": self.every} if self.every else {}
        return found | ({"until": format_instant(self.until)} if self.until is not None else {})

    def next(self, at: datetime, zone: ZoneInfo) -> datetime | None:
        """When it is posted after `at`: at the same hour on the shop's clock. None where it is not."""
        if not self.every:
            return None
        following = on_clock(at.astimezone(zone).replace(tzinfo=None) + timedelta(days=self.every), zone)
        return None if self.until is not None and following > self.until else following


@dataclass(frozen=True, slots=True)
class Habits:
    """A shop's regular times, such as `mon 09:00`; and whose agreement every post needs ("": nobody's)."""

    times: tuple[str, ...] = ("mon 09:00", "wed 12:00", "fri 18:00")
    approver: str = ""

    def document(self) -> dict[str, Any]:
        return {"times": list(self.times), "approver": self.approver}


@dataclass(frozen=True, slots=True)
class Written:
    """What a person writes of a post. `texts` by "" (the usual), language or network; `pictures` as (name, alt)."""

    title: str
    texts: Mapping[str, str]
    pictures: tuple[tuple[str, str], ...]
    link: str
    campaign: str
    accounts: tuple[int, ...]
    plan: Plan

    def text_for(self, network: str, language: str) -> str:
        return self.texts.get(network) or self.texts.get(language) or self.texts.get("") or ""


def on_clock(local: datetime, zone: ZoneInfo) -> datetime:
    """The instant of an hour on a clock."""
    return local.replace(tzinfo=zone).astimezone(UTC)


def read_written(given: Mapping[str, Any]) -> Written:
    """Raises PostInvalid."""
    texts = {
        str(key): str(text).replace("\r\n", "\n").strip()
        for key, text in _mapping(given.get("texts")).items()
        if str(text or "").strip()
    }
    if isinstance(given.get("text"), str) and given["text"].strip():
        texts[""] = given["text"].replace("\r\n", "\n").strip()
    known = ("", *LANGUAGES, *NETWORKS.names())
    if strange := sorted(key for key in texts if key not in known):
        raise PostInvalid(f"texts are by language or network; {strange[0]!r} is neither")
    if any(len(text) > LONGEST for text in texts.values()):
        raise PostInvalid("the text is longer than any network takes")
    link = str(given.get("link") or "").strip()
    if link and (not link.startswith(("https://", "http://")) or " " in link or len(link) > 1000):
        raise PostInvalid("a link begins with https://", "post.link")
    pictures = tuple(_picture(one) for one in _sequence(given.get("pictures")))
    if len(pictures) > MOST_PICTURES:
        raise PostInvalid(f"a post has up to {MOST_PICTURES} pictures")
    accounts = tuple(dict.fromkeys(int(str(one)) for one in _sequence(given.get("accounts")) if str(one).isdecimal()))
    first = (texts.get("") or next(iter(texts.values()), "")).partition("\n")[0]
    title = " ".join(str(given.get("title") or first).split())[:200]
    campaign = re.sub(r"[^\w.-]+", "-", str(given.get("campaign") or "").strip())[:100].strip("-")
    return Written(title, texts, pictures, link, campaign, accounts[:MOST_ACCOUNTS], read_plan(given.get("plan")))


def read_plan(given: object) -> Plan:
    """Raises PostInvalid."""
    found = _mapping(given)
    kind = str(found.get("kind") or "now")
    if kind not in KINDS:
        raise PostInvalid(f"a plan is {', '.join(KINDS)}")
    every = str(found.get("every") or "0")
    if not every.isdecimal() or int(every) > MOST_DAYS:
        raise PostInvalid(f"it repeats every 1 to {MOST_DAYS} days; 0 is once")
    at, until = _instant(found.get("at")), _instant(found.get("until"))
    if kind == "at" and at is None:
        raise PostInvalid("say the day and the hour", "post.hour")
    return Plan(kind, at if kind == "at" else None, int(every), until)


def read_habits(given: object) -> Habits:
    """Raises PostInvalid."""
    found = _mapping(given)
    times = found.get("times", Habits().times)
    said = [" ".join(str(one).lower().split()) for one in _sequence(times)]
    if wrong := next((one for one in said if one and not _TIME.fullmatch(one)), None):
        raise PostInvalid(f"a regular time is such as mon 09:00, not {wrong}", "post.time", time=wrong)
    approver = str(found.get("approver") or "")
    if approver not in APPROVERS:
        raise PostInvalid("owner or marketer agrees, or nobody is asked")
    in_order = sorted({one for one in said if one}, key=lambda one: (WEEKDAYS.index(one[:3]), one[4:]))
    return Habits(tuple(in_order)[:100], approver)


# --- words ------------------------------------------------------------------------------------------


def with_utm(link: str, network: str, campaign: str) -> str:
    """The link as the shop's figures know it again; one that has such words already is left as it is."""
    parts = urlsplit(link)
    if not link or any(name.startswith("utm_") for name, _value in parse_qsl(parts.query, keep_blank_values=True)):
        return link
    more = urlencode({"utm_source": network, "utm_medium": "social", "utm_campaign": campaign})
    return urlunsplit(parts._replace(query=f"{parts.query}&{more}" if parts.query else more))


def compose(text: str, link: str) -> str:
    """The link where the text says `{link}`, else in a line of its own behind it."""
    if LINK in text:
        return text.replace(LINK, link).strip()
    return f"{text}\n\n{link}".strip() if link else text


def fit(text: str, link: str, rules: Rules) -> str:
    """`compose`, the words cut at a space so that it keeps to the network's length; the link stays whole."""
    whole = compose(text, link)
    words = text
    while rules.count(whole) > rules.longest and words:
        head = words[: max(len(words) - max((rules.count(whole) - rules.longest) // 2, 1), 0)]
        words = head.rpartition(" ")[0] if " " in head else head
        left = words.rstrip(" ,;:.-\n").removesuffix(LINK)
        whole = compose(f"{left}…" + (f" {LINK}" if LINK in text and link else ""), link)
    return whole


@dataclass(frozen=True, slots=True)
class Wrong:
    """Why an account would not take a post. `number`: how much too much; `of` what it takes."""

    code: str
    number: int = 0
    of: int = 0


def wrong(text: str, pictures: Sequence[tuple[str, str, int]], rules: Rules) -> list[Wrong]:
    """`pictures` as (kind, alt, bytes)."""
    found: list[Wrong] = []
    length = rules.count(text)
    if length > rules.longest:
        found.append(Wrong("post.long", length - rules.longest, rules.longest))
    if not text and not pictures:
        found.append(Wrong("post.empty"))
    if len(pictures) > rules.pictures:
        found.append(Wrong("picture.many", len(pictures) - rules.pictures, rules.pictures))
    if rules.needs_picture and not pictures:
        found.append(Wrong("picture.missing"))
    if any(kind not in rules.kinds for kind, _alt, _size in pictures):
        found.append(Wrong("picture.kind"))
    if any(size > rules.largest for _kind, _alt, size in pictures):
        found.append(Wrong("picture.large", 0, rules.largest))
    longest = max((len(alt) for _kind, alt, _size in pictures), default=0)
    return [*found, *([Wrong("picture.alt", longest - rules.alt, rules.alt)] if longest > rules.alt else [])]


# --- hours ------------------------------------------------------------------------------------------


def next_slot(times: Sequence[str], taken: frozenset[datetime], now: datetime, zone: ZoneInfo) -> datetime | None:
    """The first regular time after `now` at which nothing is planned yet; None without times."""
    today = now.astimezone(zone).replace(tzinfo=None, hour=0, minute=0, second=0, microsecond=0)
    for days in range(MOST_DAYS if times else 0):
        day = today + timedelta(days=days)
        for time in times:
            if time.startswith(WEEKDAYS[day.weekday()]):
                at = on_clock(day.replace(hour=int(time[4:6]), minute=int(time[7:9])), zone)
                if at > now and at not in taken:
                    return at
    return None


def _picture(given: object) -> tuple[str, str]:
    found = _mapping(given)
    name = str(found.get("name") or "")
    if not _PICTURE.fullmatch(name):
        raise PostInvalid("a picture is named as Sereno keeps it: its digest and kind", "picture.unknown")
    return name, " ".join(str(found.get("alt") or "").split())


def _instant(given: object) -> datetime | None:
    if not given:
        return None
    try:
        return parse_instant(str(given))
    except ValueError as error:
        raise PostInvalid("say the day and the hour, such as 2026-11-27T09:00:00Z", "post.hour") from error


def _mapping(given: object) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", given) if isinstance(given, Mapping) else {}


def _sequence(given: object) -> Sequence[Any]:
    return cast("Sequence[Any]", given) if isinstance(given, list | tuple) else ()
