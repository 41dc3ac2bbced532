"""A lead capture form as a document, and what somebody fills in. Pure.

Invariant: what is kept of a submission names only fields and choices the form has, and a yes to marketing always comes
with the words it was said to.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal, cast, get_args
from urllib.parse import urlsplit

import yaml

from sereno.sdk.languages import Words
from sereno.sdk.opening import DocumentInvalid

Kind = Literal["email", "phone", "name", "birthday", "choice", "choices", "text", "consent"]
KINDS: tuple[Kind, ...] = get_args(Kind)
ONCE: frozenset[str] = frozenset({"email", "phone", "name", "birthday"})
"""Kinds a form has once, for they are about the person."""
Shape = Literal["popup", "slide", "bar", "embedded"]
SHAPES: tuple[Shape, ...] = get_args(Shape)
SIDES: Mapping[str, tuple[str, ...]] = {"slide": ("right", "left"), "bar": ("bottom", "top")}
TEXTS = ("title", "intro", "button", "next", "thanks", "thanks_text", "teaser")
CHANNELS = ("email", "sms", "whatsapp")
SHIPPED = Path(__file__).parent / "documents"
MOST_FIELDS, MOST_STEPS, MOST_CHOICES, MOST_PAGES = 12, 4, 12, 20
LONGEST_LABEL, LONGEST_WORDS, LONGEST_TEXT, MOST_POINTS = 300, 1000, 2000, 100
NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")
_ID = re.compile(r"[a-z][a-z0-9_]{0,39}")
_COLOUR = re.compile(r"#[0-9a-f]{6}")
_ADDRESS = re.compile(r"[^\s@<>\"]{1,64}@[^\s@<>\"]{1,180}\.[^\s@<>\".]{2,}")
_PHONE = re.compile(r"\+?[0-9][0-9 ()./-]{5,24}")
_MONTH_DAY = re.compile(r"--(\d\d)-(\d\d)")


class FormInvalid(DocumentInvalid):
    """A document that is no form. `code` says why, `at` where."""


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    label: Words
    points: int = 0


@dataclass(frozen=True, slots=True)
class Field:
    """Of a `consent`, `label` are the exact words that are agreed to, and `channel` how one may then write. `step` is
    from 1; `points` are what an answer is worth."""

    id: str
    kind: Kind
    label: Words
    is_needed: bool = False
    step: int = 1
    choices: tuple[Choice, ...] = ()
    channel: str = ""
    points: int = 0


@dataclass(frozen=True, slots=True)
class Look:
    """`side` of a slide (`right`, `left`) or bar (`bottom`, `top`). Colours are `#rrggbb`."""

    shape: Shape = "popup"
    side: str = ""
    colour: str = "#1f4e5f"
    ground: str = "#ffffff"
    ink: str = "#1a1f24"
    radius: int = 12


@dataclass(frozen=True, slots=True)
class When:
    """It opens at the first of these: so many seconds after the page came, so far down the page (percent), the pointer
    leaving the page. None of them: at once. `pages` and `not_pages` are paths, `*` for anything. Whoever closed it does
    not see it again for `rest_days`; whoever answered never."""

    seconds: int | None = None
    scroll: int | None = None
    leaving: bool = False
    pages: tuple[str, ...] = ()
    not_pages: tuple[str, ...] = ()
    rest_days: int = 14


@dataclass(frozen=True, slots=True)
class After:
    """What whoever answered gets: a page of the shop, a code for everybody, or one from the `pool`, one each."""

    redirect: str = ""
    code: str = ""
    pool: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """`other`: the texts of a second variant, where two are held against each other; what it leaves out is as in the
    first. `points`: what a submission is worth."""

    name: str
    texts: Mapping[str, Words]
    fields: tuple[Field, ...]
    look: Look = field(default_factory=Look)
    when: When = field(default_factory=When)
    after: After = field(default_factory=After)
    other: Mapping[str, Words] | None = None
    points: int = 10

    @property
    def steps(self) -> int:
        return max(one.step for one in self.fields)

    @property
    def title(self) -> Words:
        return self.texts["title"]

    def texts_of(self, variant: str) -> Mapping[str, Words]:
        other = self.other or {} if variant == "b" else {}
        return {name: {**words, **other.get(name, {})} for name, words in self.texts.items()}


@dataclass(frozen=True, slots=True)
class Given:
    """`answers` by field, without the person's own and without consents. `birthday` as `YYYY-MM-DD` or `--MM-DD`.
    `consents`: by channel the field's id, of those that were ticked."""

    email: str = ""
    phone: str = ""
    name: str = ""
    birthday: str = ""
    answers: Mapping[str, Any] = field(default_factory=dict[str, Any])
    consents: Mapping[str, str] = field(default_factory=dict[str, str])


# --- documents --------------------------------------------------------------------------------------


@cache
def shipped() -> Mapping[str, Form]:
    """Those to begin with, by name. A shop has none of them before it takes one."""
    found = [read(path.stem, yaml.safe_load(path.read_text("utf-8"))) for path in sorted(SHIPPED.glob("*.yaml"))]
    return {one.name: one for one in found}


def read(name: str, document: Any) -> Form:
    """Raises FormInvalid."""
    if not NAME.fullmatch(name):
        raise FormInvalid("name.invalid", "name")
    held = FormInvalid.mapping(document, "form")
    texts = _texts(held.get("texts"), "texts")
    if not texts["title"]:
        raise FormInvalid("title.missing", "texts.title")
    other = held.get("other")
    raw = held.get("fields")
    if not isinstance(raw, list) or not raw:
        raise FormInvalid("fields.missing", "fields")
    listed = cast("list[Any]", raw)
    if len(listed) > MOST_FIELDS:
        raise FormInvalid("fields.many", "fields")
    fields = tuple(_field(one, f"fields[{at}]") for at, one in enumerate(listed))
    _fit(fields)
    return Form(
        name,
        texts,
        fields,
        _look(FormInvalid.mapping(held.get("look") or {}, "look")),
        _when(FormInvalid.mapping(held.get("when") or {}, "when")),
        _after(FormInvalid.mapping(held.get("after") or {}, "after")),
        {key: words for key, words in _texts(other, "other").items() if words} if other else None,
        _number(held.get("points", 10), 0, MOST_POINTS, "points"),
    )


def write(form: Form) -> dict[str, Any]:
    """As it is kept and served."""

    def one(item: Field) -> dict[str, Any]:
        held: dict[str, Any] = {"id": item.id, "kind": item.kind, "label": dict(item.label)}
        held |= {"is_needed": True} if item.is_needed else {}
        held |= {"step": item.step} if item.step > 1 else {}
        held |= {"points": item.points} if item.points else {}
        held |= {"channel": item.channel} if item.channel else {}
        if item.choices:
            held["choices"] = [
                {"value": c.value, "label": dict(c.label), **({"points": c.points} if c.points else {})}
                for c in item.choices
            ]
        return held

    look, when, after = form.look, form.when, form.after
    return {
        "texts": {key: dict(words) for key, words in form.texts.items() if words},
        **({"other": {key: dict(words) for key, words in form.other.items()}} if form.other is not None else {}),
        "fields": [one(item) for item in form.fields],
        "look": {name: getattr(look, name) for name in ("shape", "side", "colour", "ground", "ink", "radius")},
        "when": {
            "seconds": when.seconds,
            "scroll": when.scroll,
            "leaving": when.leaving,
            "pages": list(when.pages),
            "not_pages": list(when.not_pages),
            "rest_days": when.rest_days,
        },
        "after": {name: getattr(after, name) for name in ("redirect", "code", "pool")},
        "points": form.points,
    }


def shown(form: Form) -> dict[str, Any]:
    """What a visitor's browser is told: without what is only the shop's business (points, pools, codes)."""
    document = write(form)
    document.pop("points")
    for one in document["fields"]:
        one.pop("points", None)
        for choice in one.get("choices", ()):
            choice.pop("points", None)
    return {**document, "name": form.name, "after": {"redirect": form.after.redirect}}


def _fit(fields: Sequence[Field]) -> None:
    """That the fields make sense together."""
    kinds = [one.kind for one in fields]
    if len({one.id for one in fields}) < len(fields):
        raise FormInvalid("field.twice", "fields")
    if any(kinds.count(cast(Kind, kind)) > 1 for kind in ONCE):
        raise FormInvalid("kind.twice", "fields")
    if not {"email", "phone"} & set(kinds):
        raise FormInvalid("address.missing", "fields")
    if {one.step for one in fields} != set(range(1, max(one.step for one in fields) + 1)):
        raise FormInvalid("step.empty", "fields")
    for one in fields:
        if one.kind == "consent" and ("email" if one.channel == "email" else "phone") not in kinds:
            raise FormInvalid("consent.nowhere", one.id)


def _field(value: Any, at: str) -> Field:
    held = FormInvalid.mapping(value, at)
    id, kind = str(held.get("id") or ""), str(held.get("kind") or "")
    if not _ID.fullmatch(id):
        raise FormInvalid("field.id", f"{at}.id")
    if kind not in KINDS:
        raise FormInvalid("field.kind", f"{at}.kind")
    label = _words(held.get("label"), f"{at}.label")
    if not label:
        raise FormInvalid("label.missing", f"{at}.label")
    raw = cast("list[Any]", held.get("choices") or [])
    choices = tuple(_choice(one, f"{at}.choices[{place}]") for place, one in enumerate(raw))
    if (kind in ("choice", "choices")) is not bool(choices) or len(choices) > MOST_CHOICES:
        raise FormInvalid("choices.wrong", f"{at}.choices")
    channel = str(held.get("channel") or ("email" if kind == "consent" else ""))
    if channel and (kind != "consent" or channel not in CHANNELS):
        raise FormInvalid("consent.channel", f"{at}.channel")
    step = _number(held.get("step", 1), 1, MOST_STEPS, f"{at}.step")
    points = _number(held.get("points", 0), 0, MOST_POINTS, f"{at}.points")
    return Field(id, kind, label, held.get("is_needed") is True, step, choices, channel, points)


def _choice(value: Any, at: str) -> Choice:
    held = FormInvalid.mapping(value, at)
    named, label = str(held.get("value") or ""), _words(held.get("label"), f"{at}.label")
    if not _ID.fullmatch(named) or not label:
        raise FormInvalid("choices.wrong", at)
    return Choice(named, label, _number(held.get("points", 0), 0, MOST_POINTS, f"{at}.points"))


def _look(held: Mapping[Any, Any]) -> Look:
    shape = held.get("shape") or "popup"
    if shape not in SHAPES:
        raise FormInvalid("look.shape", "look.shape")
    sides = SIDES.get(shape, ("",))
    side = str(held.get("side") or sides[0])
    usual = Look()
    colours = {name: str(held.get(name) or getattr(usual, name)).lower() for name in ("colour", "ground", "ink")}
    for name, colour in colours.items():
        if not _COLOUR.fullmatch(colour):
            raise FormInvalid("look.colour", f"look.{name}")
    if contrast(colours["ink"], colours["ground"]) < 4.5:
        raise FormInvalid("look.contrast", "look.ink")
    radius = _number(held.get("radius", usual.radius), 0, 32, "look.radius")
    return Look(cast(Shape, shape), side if side in sides else sides[0], **colours, radius=radius)


def _when(held: Mapping[Any, Any]) -> When:
    def maybe(name: str, most: int) -> int | None:
        return None if held.get(name) is None else _number(held[name], 0, most, f"when.{name}")

    def paths(name: str) -> tuple[str, ...]:
        raw = held.get(name) or []
        found = [str(one).strip() for one in cast("list[Any]", raw)] if isinstance(raw, list) else [""]
        if len(found) > MOST_PAGES or any(not one.startswith(("/", "*")) or len(one) > 200 for one in found):
            raise FormInvalid("when.pages", f"when.{name}")
        return tuple(found)

    rest = _number(held.get("rest_days", 14), 0, 365, "when.rest_days")
    leaving = held.get("leaving") is True
    return When(maybe("seconds", 600), maybe("scroll", 100), leaving, paths("pages"), paths("not_pages"), rest)


def _after(held: Mapping[Any, Any]) -> After:
    redirect, code, pool = (str(held.get(name) or "").strip() for name in ("redirect", "code", "pool"))
    parts = urlsplit(redirect)
    is_path = redirect.startswith("/") and not redirect.startswith(("//", "/\\"))
    if redirect and not is_path and not (parts.scheme in ("http", "https") and parts.hostname):
        raise FormInvalid("after.redirect", "after.redirect")
    if len(redirect) > 500 or len(code) > 64 or len(pool) > 64 or (code and pool):
        raise FormInvalid("after.code", "after.code")
    return After(redirect, code, pool)


def _texts(value: Any, at: str) -> dict[str, Words]:
    held = FormInvalid.mapping(value, at)
    unknown = set(held) - set(TEXTS)
    if unknown:
        raise FormInvalid("text.unknown", f"{at}.{min(map(str, unknown))}")
    return {name: _words(held.get(name), f"{at}.{name}") for name in TEXTS}


def _words(value: Any, at: str) -> Words:
    return FormInvalid.words(value, LONGEST_WORDS, at)


def _number(value: Any, least: int, most: int, at: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise FormInvalid("number.range", at)
    return value


def contrast(one: str, other: str) -> float:
    """WCAG 2.2's ratio of two `#rrggbb`, 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


# --- what is filled in ------------------------------------------------------------------------------


def read_given(form: Form, values: Mapping[str, Sequence[str]]) -> tuple[Given, dict[str, str]]:
    """What was given, and by field why it cannot stand: `missing`, `email`, `phone` or `birthday`."""
    own: dict[str, str] = {}
    answers: dict[str, Any] = {}
    consents: dict[str, str] = {}
    wrong: dict[str, str] = {}
    for one in form.fields:
        said = [text.strip() for text in values.get(one.id, ()) if text.strip()]
        if not said:
            if one.is_needed:
                wrong[one.id] = "missing"
            continue
        if one.kind == "consent":
            consents[one.channel] = one.id
        elif one.kind in ONCE:
            found = _own(one.kind, said[0])
            if found is None:
                wrong[one.id] = one.kind
            else:
                own[one.kind] = found
        elif (value := _answer(one, said)) is not None:
            answers[one.id] = value
    # A form that asks for both may need neither; without any there is nobody to write to.
    if not wrong and not {"email", "phone"} & set(own):
        wrong[next(one.id for one in form.fields if one.kind in ("email", "phone"))] = "missing"
    return Given(**own, answers=answers, consents=consents), wrong


def points_of(form: Form, given: Given) -> int:
    """What this submission says of how much somebody wants something."""
    total = form.points
    for one in form.fields:
        value = given.answers.get(one.id)
        if value is None and not (one.kind in ONCE and getattr(given, one.kind)):
            continue
        chosen = cast("list[Any]", value) if isinstance(value, list) else [value]
        total += one.points + sum(choice.points for choice in one.choices if choice.value in chosen)
    return total


def _own(kind: str, text: str) -> str | None:
    match kind:
        case "email":
            return text.lower() if len(text) <= 254 and _ADDRESS.fullmatch(text) else None
        case "phone":
            return text if _PHONE.fullmatch(text) else None
        case "birthday":
            return _birthday(text)
        case _:
            return " ".join(text.split())[:200]


def _birthday(text: str) -> str | None:
    found = _MONTH_DAY.fullmatch(text)
    try:
        day = date.fromisoformat(f"2000-{found[1]}-{found[2]}" if found else text)
    except ValueError:
        return None
    return text if found or 1900 <= day.year <= 2100 else None


def _answer(item: Field, said: Sequence[str]) -> Any:
    values = {one.value for one in item.choices}
    match item.kind:
        case "choice":
            return said[0] if said[0] in values else None
        case "choices":
            return sorted({one for one in said if one in values}) or None
        case _:
            return said[0][:LONGEST_TEXT]
