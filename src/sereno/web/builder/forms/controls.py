"""The controls of a form: each shows one part of a step, and writes it back when it was changed.

Invariant: what a person did not touch is left exactly as it was written, for a control compares what the browser sends
with what it would have sent unchanged, and only writes the difference.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, Protocol

from django.utils.functional import Promise
from django.utils.translation import gettext as _

Said = str | Promise
Raw = dict[str, list[str]]
"""What a browser sends for one control: names and their values, in order."""
Part = dict[str, Any]
"""The mapping a control reads and changes: a step, the trigger, the whole document."""
Keys = tuple[str, ...]


class Post(Protocol):
    """What a browser sent; Django's QueryDict is one."""

    def getlist(self, key: str) -> list[str]: ...

    def keys(self) -> Any: ...


class Wrong(ValueError):  # noqa: N818 - reads as a sentence
    """What was typed cannot be used; says what to do. `fields`: by the name of the input; "" is the control itself."""

    def __init__(self, message: str = "", fields: Mapping[str, str] | None = None) -> None:
        self.fields = dict(fields) if fields is not None else {"": message}
        super().__init__("; ".join(self.fields.values()))


@dataclass(frozen=True, kw_only=True)
class Control:
    """A control by itself edits one text. `name` begins the names of all its inputs, `keys` lead to its value."""

    name: str
    keys: Keys = ()
    label: Said = ""
    help: Said = ""
    required: bool = False

    kind = "text"

    def raw(self, part: Part) -> Raw:
        """What an untouched control sends."""
        value = pick(part, self.keys)
        return {self.name: ["" if value is None else lines(written(value))]}

    def write(self, part: Part, raw: Raw) -> None:
        """Change the part. Raises Wrong."""
        text = one(raw, self.name).strip()
        if text:
            put(part, self.keys, text)
        elif self.required:
            raise Wrong(_("This is needed."))
        else:
            drop(part, self.keys)

    def pressed(self, raw: Raw, verb: str, where: str) -> Raw:
        """What is to be shown after one of its own buttons was pressed."""
        return raw

    def is_told(self, raw: Raw, part: Part) -> bool:
        """Whether the document says all that was sent."""
        return raw == self.raw(part)

    def settled(self, raw: Raw, part: Part) -> Raw:
        """What to show of what was sent and has been written: what the document now says."""
        return self.raw(part)

    def shown(self, raw: Raw, errors: Mapping[str, str]) -> dict[str, Any]:
        """What the template needs beside the control itself."""
        return {"value": one(raw, self.name)}

    def posted(self, post: Post) -> Raw | None:
        """What the browser sent for this control; None when it was not on the page."""
        found = {
            str(key): [lines(value) for value in post.getlist(key)]
            for key in post.keys()  # noqa: SIM118 - a Post is not a mapping
            if key == self.name or str(key).startswith(f"{self.name}-")
        }
        return found or None


@dataclass(frozen=True, kw_only=True)
class TextField(Control):
    """`is_template`: may hold Liquid; `html`: and is HTML. `options` are offered, `suggest` names a list of the shop's
    own values that is fetched when the field is entered."""

    multiline: bool = False
    is_template: bool = False
    html: bool = False
    mono: bool = False
    max_length: int | None = None
    options: tuple[tuple[str, str], ...] = ()
    suggest: str = ""
    placeholder: Said = ""

    kind = "text"

    def write(self, part: Part, raw: Raw) -> None:
        text = one(raw, self.name)
        if self.max_length is not None and len(text) > self.max_length and "{" not in text:
            raise Wrong(
                _("At most %(num)s characters; this has %(have)s.") % {"num": self.max_length, "have": len(text)}
            )
        if not text.strip():
            super().write(part, raw)
        else:
            put(part, self.keys, text if self.multiline else text.strip())

    def shown(self, raw: Raw, errors: Mapping[str, str]) -> dict[str, Any]:
        value = one(raw, self.name)
        # An input of one line would lose the others.
        return {
            "value": value,
            "rows": max(3, min(14, value.count("\n") + 2)) if self.multiline or "\n" in value else 0,
        }


@dataclass(frozen=True, kw_only=True)
class Choice(Control):
    """One of `options`: (value, label, explanation). `codes`: what each stands for in the document, where that is not
    text; `default` is chosen when the document is silent, `redraws` when another choice shows other fields."""

    options: tuple[tuple[str, Said, Said], ...] = ()
    codes: Mapping[str, Any] = field(default_factory=dict[str, Any])
    default: str = ""
    redraws: bool = False
    style: str = "select"

    kind = "choice"

    def raw(self, part: Part) -> Raw:
        value = pick(part, self.keys)
        if value is None:
            return {self.name: [self.default]}
        coded = next((code for code, meant in self.codes.items() if meant == value), None)
        return {self.name: [coded if coded is not None else written(value)]}

    def write(self, part: Part, raw: Raw) -> None:
        value = one(raw, self.name)
        if not value:
            super().write(part, raw)
            return
        if value not in {option[0] for option in self.options}:
            raise Wrong(_("Choose one of the list."))
        put(part, self.keys, self.codes.get(value, value))

    def shown(self, raw: Raw, errors: Mapping[str, str]) -> dict[str, Any]:
        value = one(raw, self.name)
        options = self.options
        if value and value not in {option[0] for option in options}:
            options = (*options, (value, value, ""))
        return {"value": value, "options": options}


@dataclass(frozen=True, kw_only=True)
class Check(Control):
    """Yes or no. What is `default` is not written."""

    default: bool = False

    kind = "check"

    def raw(self, part: Part) -> Raw:
        value = pick(part, self.keys)
        is_on = self.default if value is None else value is True
        return {self.name: ["", "yes"] if is_on else [""]}

    def write(self, part: Part, raw: Raw) -> None:
        is_on = one(raw, self.name) == "yes"
        if is_on == self.default and pick(part, self.keys) is None:
            return
        put(part, self.keys, is_on)


@dataclass(frozen=True, kw_only=True)
class Number(Control):
    """A number as people write it: with a comma or a point. `is_text`: written as text, as amounts are."""

    whole: bool = True
    least: int | None = None
    most: int | None = None
    is_text: bool = False
    unit: Said = ""

    kind = "number"

    def write(self, part: Part, raw: Raw) -> None:
        text = one(raw, self.name).strip()
        if not text:
            super().write(part, raw)
            return
        number = number_of(text)
        if number is None:
            raise Wrong(_("Write a number, such as 25."))
        if self.whole and number != number.to_integral_value():
            raise Wrong(_("Write a whole number, such as 25."))
        if (self.least is not None and number < self.least) or (self.most is not None and number > self.most):
            raise Wrong(_("Write a number from %(least)s to %(most)s.") % {"least": self.least, "most": self.most})
        if self.is_text:
            put(part, self.keys, str(number))
        else:
            put(part, self.keys, int(number) if number == number.to_integral_value() else float(number))


@dataclass(frozen=True, slots=True)
class Note:
    """Something a form says before its fields: `tone` of a notice, and where to mend it."""

    tone: str
    text: str
    href: str = ""
    link: str = ""


# --- values in documents, texts in browsers --------------------------------------------------------


def one(raw: Raw, name: str, default: str = "") -> str:
    values = raw.get(name)
    return values[-1] if values else default


def lines(text: str) -> str:
    """Line ends as documents have them; browsers send others."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def written(value: Any) -> str:
    """A plain value as a person would write it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def number_of(text: str) -> Decimal | None:
    """`1250`, `12.50`, `12,50`; None for anything else."""
    cleaned = text.strip().replace("\u00a0", "").replace(" ", "")
    if "," in cleaned and "." not in cleaned and cleaned.count(",") == 1:
        cleaned = cleaned.replace(",", ".")
    try:
        found = Decimal(cleaned)
    except InvalidOperation:
        return None
    return found if found.is_finite() and abs(found) < 10**15 else None


def pick(part: Mapping[str, Any], keys: Keys) -> Any:
    """What stands there; None where nothing does."""
    value: Any = part
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def put(part: Part, keys: Keys, value: Any) -> None:
    """Write it there, making mappings on the way."""
    for key in keys[:-1]:
        below = part.get(key)
        if not isinstance(below, dict):
            below = part[key] = {}
        part = below
    part[keys[-1]] = value


def drop(part: Part, keys: Keys) -> None:
    for key in keys[:-1]:
        below = part.get(key)
        if not isinstance(below, dict):
            return
        part = below
    part.pop(keys[-1], None)
