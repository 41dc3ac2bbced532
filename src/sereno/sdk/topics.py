"""What a shop's marketing is about, as its customers choose it: topics with names in several languages, and how often.

Invariant: a choice is a line of the consent ledger under a purpose of its own (`topic:offers`, `often:week`), so that
it is kept, proved, exported and erased as every other word of a person's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal, cast

from sereno.sdk.languages import LOCALES, WordsInvalid, said, words_of
from sereno.sdk.site import handle_of

SETTING = "topics"
MOST_TOPICS = 20
LONGEST_TITLE = 60
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
MARKETING_CHANNELS = ("email", "sms", "whatsapp", "telegram", "push")
"""In the order in which a person is asked about them."""
TOPIC, OFTEN = "topic:", "often:"
Often = Literal["", "week", "month"]
PERIODS: dict[str, timedelta] = {"week": timedelta(days=7), "month": timedelta(days=30)}
"""At most one marketing message in so long a time, by whatever channel."""

REFUSALS = {
    "list": "should be a list of at most 20 topics",
    "keys": "should hold name and titles",
    "name": "should be of small letters, digits and hyphens, such as new-arrivals",
    "twice": "is there twice: each topic has a name of its own",
    "titles": "should say what people read, by language (en, es, pt, ro), in at most 60 characters",
    "no_title": "should say what people read in at least one language",
}
"""What is wrong and what to do, by code."""


class TopicsInvalid(ValueError):  # noqa: N818
    """`refusals`: (where in the document, code of REFUSALS)."""

    def __init__(self, refusals: Sequence[tuple[str, str]]) -> None:
        self.refusals = list(refusals)
        self.problems = [(where, REFUSALS[code]) for where, code in refusals]
        super().__init__("; ".join(f"{where}: {what}" for where, what in self.problems))


@dataclass(frozen=True, slots=True)
class Topic:
    """`name` is what flows and newsletters call it; `titles` what people read, by language."""

    name: str
    titles: Mapping[str, str] = field(default_factory=dict[str, str])

    def title(self, locale: str, fallback: str = "en") -> str:
        """In this language, else the shop's, else any."""
        return said(self.titles, locale, fallback) or self.name

    def document(self) -> dict[str, Any]:
        return {"name": self.name, "titles": {one: self.titles[one] for one in LOCALES if self.titles.get(one)}}


def topics_of(settings: Mapping[str, Any]) -> list[Topic]:
    """The topics of the shop with these settings; none where they were written past the checks."""
    try:
        return read_topics(settings.get(SETTING) or [])
    except TopicsInvalid:
        return []


def read_topics(document: Any) -> list[Topic]:
    """Raises TopicsInvalid with everything that is wrong."""
    if not isinstance(document, list) or len(cast("list[Any]", document)) > MOST_TOPICS:
        raise TopicsInvalid([("topics", "list")])
    refusals: list[tuple[str, str]] = []
    found: dict[str, Topic] = {}
    for number, item in enumerate(cast("list[Any]", document)):
        where = f"topics.{number}"
        given: Mapping[str, Any] = cast("Mapping[str, Any]", item) if isinstance(item, Mapping) else {}
        if not given or given.keys() - {"name", "titles"}:
            refusals.append((where, "keys"))
            continue
        name = given.get("name")
        if not isinstance(name, str) or not NAME.fullmatch(name):
            refusals.append((f"{where}.name", "name"))
            continue
        if name in found:
            refusals.append((f"{where}.name", "twice"))
            continue
        titles = _titles(given.get("titles"), f"{where}.titles", refusals)
        found[name] = Topic(name, titles)
    if refusals:
        raise TopicsInvalid(refusals)
    return list(found.values())


def _titles(given: Any, where: str, refusals: list[tuple[str, str]]) -> dict[str, str]:
    try:
        held = words_of(given, LONGEST_TITLE)
    except WordsInvalid:
        refusals.append((where, "titles"))
        return {}
    if not held:
        refusals.append((where, "no_title"))
    return held


def name_for(title: str, taken: Iterable[str]) -> str:
    """A topic's name made of what people read."""
    plain = handle_of(title)[:36].strip("-") or "topic"
    used = set(taken)
    return next(name for name in (plain, *(f"{plain}-{number}" for number in range(2, 99))) if name not in used)


# --- as the ledger has it ---------------------------------------------------------------------------


def purpose_of(topic: str) -> str:
    return f"{TOPIC}{topic}"


def is_choice(purpose: str) -> bool:
    """Whether a line of the ledger is about a topic or how often, not about whether at all."""
    return purpose.startswith((TOPIC, OFTEN))


def often_of(held: Mapping[str, bool]) -> Often:
    """How often, of what was said last by purpose; the rarer where two hold."""
    for name in ("month", "week"):
        if held.get(f"{OFTEN}{name}"):
            return cast("Often", name)
    return ""


@dataclass(frozen=True, slots=True)
class Choice:
    """What an address chose on one channel: topics said yes and no to, and how often ("" as the shop likes, None where
    that was not asked)."""

    topics: Mapping[str, bool] = field(default_factory=dict[str, bool])
    often: Often | None = None

    def lines(self) -> dict[str, bool]:
        """Purpose -> yes or no."""
        topics = {purpose_of(name): wanted for name, wanted in self.topics.items()}
        often = {} if self.often is None else {f"{OFTEN}{name}": name == self.often for name in PERIODS}
        return {**topics, **often}

    def changes(self, held: Choice) -> bool:
        """Whether it says anything that is not held already."""
        is_new = any(held.topics.get(name) is not wanted for name, wanted in self.topics.items())
        return is_new or (self.often is not None and self.often != (held.often or ""))


def choice_of(lines: Mapping[str, bool]) -> Choice:
    """Of what was said last, by purpose."""
    topics = {purpose.removeprefix(TOPIC): yes for purpose, yes in lines.items() if purpose.startswith(TOPIC)}
    return Choice(topics, often_of(lines))
