"""From a place in a document to its form, and from what a browser sent back to the changed document."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from sereno.engine.places import find, kind_of
from sereno.web.builder.forms.controls import Control, Wrong

if TYPE_CHECKING:
    from sereno.store.models import Shop

BUTTON = "f-do"
"""Name of the buttons inside a form that redraw it (add a row, take one out) instead of keeping it."""


@dataclass(frozen=True, slots=True)
class Panel:
    """A template and its context: the fields of a form, without the `<form>` around them."""

    template: str
    context: dict[str, Any] = field(default_factory=dict[str, Any])


class FormInvalid(Exception):  # noqa: N818
    """What was sent cannot be kept. `errors`: name of an input to what is wrong; "" is the form as a whole."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__("; ".join(errors.values()))
        self.errors = dict(errors)


class FormRedrawn(FormInvalid):
    """Nothing is wrong: a button inside the form was pressed (add a row, say). Show the panel again with the values."""

    def __init__(self) -> None:
        super().__init__({})


def panel(
    document: Mapping[str, Any],
    path: str,
    *,
    shop: Shop,
    language: str,
    errors: Mapping[str, str] | None = None,
    values: QueryDict | None = None,
) -> Panel:
    """The form of what stands at `path` (`trigger`, `entry`, `exit`, `exit.N`, a step). `values`: what a person has
    already typed, shown instead of the document. Raises LookupError for a path that leads nowhere."""
    step = find(document, path)
    controls, part = _controls(step)
    shown = []
    for control in controls:
        raw = (control.posted(values) if values is not None else None) or control.raw(part)
        shown.append({"control": control, "error": (errors or {}).get(control.name, ""), **control.shown(raw)})
    return Panel("forms/panel.html", {"form_controls": shown})


def apply(document: Mapping[str, Any], path: str, post: QueryDict, *, shop: Shop) -> dict[str, Any]:
    """The document with what was sent; the one given is left alone. Raises FormInvalid (FormRedrawn when a button in
    the form was pressed) and LookupError."""
    if post.get(BUTTON):
        raise FormRedrawn
    changed = deepcopy(dict(document))
    controls, part = _controls(find(changed, path))
    errors: dict[str, str] = {}
    for control in controls:
        raw = control.posted(post)
        if raw is None or raw == control.raw(part):
            continue
        try:
            control.write(part, raw)
        except Wrong as wrong:
            errors[wrong.field or control.name] = str(wrong)
    if errors:
        raise FormInvalid(errors)
    return changed


def _controls(step: Any) -> tuple[list[Control], dict[str, Any]]:
    match kind_of(step):
        case "if":
            return [Control("f-when", "if", _("Condition"), required=True)], step
        case "log":
            return [Control("c-text", "text", _("Text"), required=True)], step["log"]
        case _:
            return [], {}
