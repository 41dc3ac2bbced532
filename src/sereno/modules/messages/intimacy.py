"""What a message should not say although it could: values and phrases that make a reader feel watched, or that anybody
who looks over their shoulder must not read. Warnings, for the writer decides.

Pure. A mail about an order may show that order's address; whatever else is personal belongs into no mail.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

from sereno.engine.places import walk
from sereno.engine.templates import Reading, TemplateFailed, readings

PERSONAL = {
    "birthday": "birth", "birth_date": "birth", "date_of_birth": "birth", "birth_year": "birth",
    "phone": "phone",
    "ip_address": "place", "ip": "place", "latitude": "place", "longitude": "place",
    "risk": "score", "risk_score": "score", "risk_level": "score", "churn": "score", "total_spent": "score",
    "note": "note", "internal_note": "note", "tags": "note",
    "address1": "address", "address2": "address", "postal_code": "address",
    "landing_site": "watched", "referring_site": "watched", "user_agent": "watched",
}  # fmt: skip
"""Name of a field -> which kind of too much it is."""
_OF_SHOP = frozenset({"store", "shop", "links", "offer"})
_ABOUT_ORDERS = frozenset({"address"})
"""What a mail about an order may well say."""
_WATCHED = re.compile(
    r"\b(?:we (?:saw|noticed|know) (?:that )?you|you (?:were|have been) (?:looking|browsing)|hemos visto que|"
    r"sabemos que|notámos que|vimos que|sabemos que|am (?:văzut|observat) că|știm că)",
    re.IGNORECASE,
)
_HEALTH = re.compile(
    r"\b(?:diabet\w*|pregnan\w*|embaraz\w*|grávid\w*|însărcinat\w*|depress\w*|depresi\w*|incontinen\w*|fertilit\w*|"
    r"erectil\w*|medica(?:tion|ción|ção|ție|ment\w*)|HIV|VIH)\b",
    re.IGNORECASE,
)
_LIQUID = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)


def values_too_close(readings: list[Reading], about: str) -> Iterator[tuple[Reading, str, str]]:
    """(reading, field, kind) of the values that are too much; `about` is the record the message is about."""
    for reading in readings:
        path = [str(part) for part in reading.path]
        if not path or path[0] in _OF_SHOP:
            continue
        kind = next((PERSONAL[part] for part in path[1:] if part in PERSONAL), None)
        if kind is not None and not (about == "order" and kind in _ABOUT_ORDERS):
            yield reading, ".".join(path), kind


def phrases_too_close(text: str) -> Iterator[tuple[str, str]]:
    """(the words, `watched` or `health`)."""
    plain = _LIQUID.sub(" ", text)
    for kind, pattern in (("watched", _WATCHED), ("health", _HEALTH)):
        if (found := pattern.search(plain)) is not None:
            yield found[0], kind


def steps_too_close(document: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """(path of the step, the field or the words, code) of what is too much in messages whose words stand in the flow
    itself; those of templates are looked at where they are written."""
    trigger = document.get("trigger")
    event = str(cast("Mapping[str, Any]", trigger).get("event", "")) if isinstance(trigger, Mapping) else ""
    about = event.partition(".")[0]
    for path, step in walk(document):
        for name, config in cast("Mapping[Any, Any]", step).items() if isinstance(step, Mapping) else ():
            if str(name).startswith("messages.") and isinstance(config, Mapping):
                for text in cast("Mapping[Any, Any]", config).values():
                    yield from ((path, *found) for found in _in_text(text, about))


def _in_text(text: object, about: str) -> Iterator[tuple[str, str]]:
    if not isinstance(text, str):
        return
    try:
        read = readings(text)
    except TemplateFailed:
        return
    yield from ((name, f"personal.{kind}") for _reading, name, kind in values_too_close(read, about))
    yield from ((words, f"personal.said_{kind}") for words, kind in phrases_too_close(text))
