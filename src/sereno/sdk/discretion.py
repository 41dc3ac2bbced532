"""Who people are, hidden from those who need not see it: in documents by the names of fields, in any text by its shape.

Invariant: pure; at level "" nothing is changed. `all` hides names, addresses, telephones, places and free text; `some`
hides all but names and e-mail addresses, which who writes campaigns has to read.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Literal, cast

from sereno.sdk.masking import HIDDEN

Level = Literal["", "some", "all"]
LEVELS: Mapping[str, Level] = {"viewer": "all", "marketer": "some"}
"""By role. The others answer people's questions, and must see whom they answer."""
_SOME = frozenset(
    {"phone", "telephone", "mobile", "ip", "ip_address", "browser_ip", "address1", "address2", "street", "line1"}
    | {"line2", "postal_code", "zip", "postcode", "city", "latitude", "longitude", "birthday", "birth_date"}
    | {"date_of_birth", "tax_id", "user_agent", "agent"}
)
_ALL = _SOME | frozenset(
    {"first_name", "last_name", "name", "full_name", "company", "email", "note", "text", "html", "body", "to"}
    | {"properties", "greeting", "gift_message", "customer_note"}
)
_THINGS = frozenset({"product", "variant", "lines", "line_items", "store", "shop", "flow"})
"""Documents whose `name` is no person's."""
_MAIL = re.compile(r"([\w.+%-])[\w.+%-]*(@|%40|&#64;)([A-Za-z0-9])[\w-]*(?:\.[\w-]+)*(\.[A-Za-z]{2,})")
_PHONE = re.compile(r"(?<![\w.+-])\+\d[\d ().-]{6,18}\d(?![\w-])")
_IP = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.])")

_level: ContextVar[Level] = ContextVar("discretion", default="")


@contextmanager
def shown_to(role: str) -> Generator[Level]:
    """What is made into text in this block is for somebody of this role."""
    level = LEVELS.get(role, "")
    token = _level.set(level)
    try:
        yield level
    finally:
        _level.reset(token)


def level() -> Level:
    return _level.get()


def hides(path: str) -> bool:
    """Whether what stands under this path (`customer.first_name`) is to be hidden now."""
    held = _level.get()
    if not held:
        return False
    above, _, name = path.rpartition(".")
    return name in (_ALL if held == "all" else _SOME) and above.rpartition(".")[2] not in _THINGS


def discreet(document: Any, above: str = "") -> Any:
    """The document with what is personal hidden, by the names of its fields."""
    if not _level.get():
        return document
    if isinstance(document, Mapping):
        items = cast("Mapping[Any, Any]", document).items()
        return {key: _value(str(key), value, above) for key, value in items}
    if isinstance(document, list | tuple):
        return [discreet(item, above) for item in cast("list[Any]", document)]
    return document


def _value(name: str, value: Any, above: str) -> Any:
    if hides(f"{above}.{name}") and not isinstance(value, Mapping | list | bool) and value not in (None, ""):
        return HIDDEN
    return discreet(value, name)


def blurred(text: str, level: Level, but: frozenset[str] = frozenset()) -> str:
    """The text with telephones and IP addresses hidden, and at `all` e-mail addresses down to their first letters;
    those in `but` (the reader's own) stay."""
    if not level:
        return text
    if level == "all":
        text = _MAIL.sub(lambda found: found[0] if found[0].lower() in but else _mail(found), text)
    return _IP.sub(HIDDEN, _PHONE.sub(HIDDEN, text))


def _mail(found: re.Match[str]) -> str:
    return f"{found[1]}•••{found[2]}{found[3]}•••{found[4]}"


class Discreet(logging.Filter):
    """Addresses and telephones do not go into logs."""

    def filter(self, record: logging.LogRecord) -> bool:
        said = record.getMessage()
        quiet = blurred(said, "all")
        if quiet != said:
            record.msg, record.args = quiet, ()
        return True
