"""The flows that ship: YAML in each room's `flows` folder, its title, goal and description in four languages beside it.

Files are found by place, not by import, so that the SDK knows no room.
"""

from __future__ import annotations

import hashlib
import json
import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, cast

import yaml

LOCALES = ("en", "es", "pt", "ro")
_ROOMS = Path(__file__).resolve().parent.parent / "modules"
_NAME = re.compile(r"^name:.*\n", re.MULTILINE)
_STOP = re.compile(r"^(\s*- stop: )(.+)$", re.MULTILINE)
_DESCRIPTION = re.compile(r"^description:.*\n(?:[ \t]+.*\n|\n(?=[ \t]))*", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Words:
    """What a shipped flow is called and is good for, in one language; `stops` are its reasons to stop, by the English
    ones."""

    title: str
    goal: str
    description: str
    stops: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class ShippedFlow:
    """A flow ready to be installed. `text` is its YAML; `title` is English; `messages` are the mails it sends; `codes`
    what it is in the table of capabilities."""

    name: str
    title: str
    room: str
    text: str
    words: Mapping[str, Words]
    messages: tuple[str, ...]
    codes: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """Tells one edition of the file from another."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def text_in(self, locale: str) -> str:
        """The YAML with name, description and reasons to stop in this language; all else, comments too, as it is."""
        words = self.in_language(locale)
        if words is self.words["en"]:
            return self.text
        name = f"name: {json.dumps(words.title, ensure_ascii=False)}\n"
        lines = textwrap.wrap(words.description, 116, break_long_words=False, break_on_hyphens=False)
        described = "description: >-\n" + "".join(f"  {line}\n" for line in lines)
        text = _STOP.sub(lambda found: f"{found[1]}{words.stops.get(found[2], found[2])}", self.text)
        text = _NAME.sub(lambda _found: name, text, count=1)
        return _DESCRIPTION.sub(lambda _found: described, text, count=1)

    def is_titled(self, title: str) -> bool:
        """Whether this is its title in one of the languages."""
        return title == self.title or any(words.title == title for words in self.words.values())

    def in_language(self, locale: str) -> Words:
        """Its words in this language (`pt-BR` is Portuguese), else in English."""
        return self.words.get(locale.replace("_", "-").partition("-")[0].lower()) or self.words["en"]


def shipped_flows() -> list[ShippedFlow]:
    """All of them, by room and name."""
    return list(_read_all())


def shipped_flow(name: str) -> ShippedFlow | None:
    """The one of this name."""
    return next((flow for flow in _read_all() if flow.name == name), None)


@cache
def _read_all() -> tuple[ShippedFlow, ...]:
    paths = sorted(path for path in _ROOMS.glob("*/flows/*.yaml") if not path.name.endswith(".meta.yaml"))
    return tuple(_read(path) for path in paths)


def _read(path: Path) -> ShippedFlow:
    text = path.read_text(encoding="utf-8")
    document = cast("dict[str, Any]", yaml.safe_load(text))
    held = cast("dict[str, Any]", yaml.safe_load(path.with_suffix(".meta.yaml").read_text(encoding="utf-8")))
    return ShippedFlow(
        name=path.stem,
        title=str(document.get("name") or path.stem),
        room=path.parent.parent.name,
        text=text,
        words={locale: Words(**held[locale]) for locale in LOCALES},
        messages=tuple(dict.fromkeys(_templates(document.get("steps")))),
        codes=tuple(held.get("codes") or ()),
    )


def _templates(value: Any) -> list[str]:
    """The names of all message templates below a value, in the order they stand."""
    if isinstance(value, list):
        return [name for item in cast("list[Any]", value) for name in _templates(item)]
    if not isinstance(value, dict):
        return []
    found: list[str] = []
    for key, item in cast("dict[str, Any]", value).items():
        if key.startswith("messages.") and isinstance(item, dict):
            name = cast("dict[str, Any]", item).get("template")
            found += [name] if isinstance(name, str) else []
        else:
            found += _templates(item)
    return found
