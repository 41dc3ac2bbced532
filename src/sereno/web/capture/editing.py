"""What the editor's fields say of a form, as a document. Pure but for the words of a new field."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from sereno.modules.forms.reading import TEXTS
from sereno.sdk.languages import matched, said, with_words


def edited(document: dict[str, Any], form: QueryDict, language: str) -> dict[str, Any]:
    """The document with what the editor says of this language, the fields, the look, and when and what comes after.
    `do` is `save`, `preview`, `add`, `compare`, or what is to happen to one field (`up:2`, `drop:2`)."""
    fields = [_field(one, form, f"f{at}", language) for at, one in enumerate(document["fields"])]
    do, _mark, which = form.get("do", "save").partition(":")
    place = _whole(which, -1)
    if do == "add":
        taken = {one["id"] for one in fields}
        id = next(f"field{number}" for number in range(1, len(taken) + 2) if f"field{number}" not in taken)
        fields.append({"id": id, "kind": "text", "label": {language: _("Your question")}})
    elif do == "drop" and 0 <= place < len(fields):
        fields.pop(place)
    elif do == "up" and 0 < place < len(fields):
        fields.insert(place - 1, fields.pop(place))
    found = {**document, "fields": fields}
    found["texts"] = _texts(document["texts"], form, "text", language)
    if "other" in document:
        found["other"] = _texts(document["other"], form, "other", language)
    elif do == "compare":
        found["other"] = {"title": dict(found["texts"].get("title", {}))}
    found["look"] = {
        **document["look"],
        **{name: form.get(f"look-{name}", document["look"][name]) for name in ("shape", "side")},
        **{name: form.get(f"look-{name}", document["look"][name]).lower() for name in ("colour", "ground", "ink")},
        "radius": _whole(form.get("look-radius", ""), document["look"]["radius"]),
    }
    found["when"] = {
        "seconds": _maybe(form.get("when-seconds", "")),
        "scroll": _maybe(form.get("when-scroll", "")),
        "leaving": form.get("when-leaving") == "on",
        "pages": _lines(form.get("when-pages", "")),
        "not_pages": _lines(form.get("when-not_pages", "")),
        "rest_days": _whole(form.get("when-rest_days", ""), 14),
    }
    found["after"] = {name: form.get(f"after-{name}", "").strip() for name in ("redirect", "code", "pool")}
    found["points"] = _whole(form.get("points", ""), document["points"])
    return found


def lines_of(choices: list[dict[str, Any]], language: str) -> str:
    """One a line; what a choice is worth after a bar."""
    return "\n".join(
        said(one["label"], language) + (f" | {one['points']}" if one.get("points") else "") for one in choices
    )


def _texts(held: dict[str, Any], form: QueryDict, mark: str, language: str) -> dict[str, Any]:
    found = {name: with_words(held.get(name, {}), language, form.get(f"{mark}-{name}", "")) for name in TEXTS}
    return {name: words for name, words in found.items() if words}


def _field(held: dict[str, Any], form: QueryDict, mark: str, language: str) -> dict[str, Any]:
    kind = form.get(f"{mark}-kind", held["kind"])
    found: dict[str, Any] = {
        "id": held["id"],
        "kind": kind,
        "label": with_words(held["label"], language, form.get(f"{mark}-label", "")),
        "is_needed": form.get(f"{mark}-needed") == "on",
        "step": _whole(form.get(f"{mark}-step", ""), held.get("step", 1)),
        "points": _whole(form.get(f"{mark}-points", ""), held.get("points", 0)),
    }
    if kind == "consent":
        found["channel"] = form.get(f"{mark}-channel", held.get("channel", "email"))
    if kind in ("choice", "choices"):
        found["choices"] = _choices(held.get("choices", []), form.get(f"{mark}-choices", ""), language)
    return found


def _choices(held: list[dict[str, Any]], text: str, language: str) -> list[dict[str, Any]]:
    """What is still there keeps its value, and so the answers it has had."""
    lines = [tuple(part.strip() for part in line.partition("|")) for line in _lines(text)]
    shown = [said(one["label"], language) for one in held]
    taken = {one["value"] for one in held}
    found: list[dict[str, Any]] = []
    for (label, _bar, points), at in zip(lines, matched(shown, [line[0] for line in lines]), strict=True):
        if at is None:
            value = next(f"c{number}" for number in range(1, 100) if f"c{number}" not in taken)
            taken.add(value)
            one: dict[str, Any] = {"value": value, "label": {language: label}}
        else:
            words = held[at]["label"]
            one = {**held[at], "label": words if label == shown[at] else with_words(words, language, label)}
        found.append({**one, "points": _whole(points, 0)})
    return found


def _lines(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


def _maybe(text: str) -> int | None:
    return _whole(text, None) if text.strip() else None  # type: ignore[arg-type]


def _whole(text: str, usual: int) -> int:
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else usual
