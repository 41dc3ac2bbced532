"""From a place in a document to its form, and from what a browser sent back to the changed document."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.http import QueryDict

from sereno.engine.places import kind_of, locate, value_at
from sereno.sdk.plugin import registry
from sereno.web.builder.forms.action_forms import action_form
from sereno.web.builder.forms.controls import Control, Raw, Wrong
from sereno.web.builder.forms.flow_forms import entry_form, exit_form, trigger_form
from sereno.web.builder.forms.form import Form, Setting
from sereno.web.builder.forms.showing import tools
from sereno.web.builder.forms.step_forms import CONTROL

if TYPE_CHECKING:
    from sereno.store.models import Shop

BUTTON = "f-do"
"""Name of the buttons inside a form that redraw it (add a row, take one out) instead of keeping it. Their value is the
control's name, what to do and where: `f-when:add:1.0`."""


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


@dataclass(frozen=True)
class Shown:
    """A control as the template sees it."""

    control: Control
    values: dict[str, Any]
    error: str


def panel(
    document: Mapping[str, Any],
    path: str,
    *,
    shop: Shop,
    language: str,
    errors: Mapping[str, str] | None = None,
    values: QueryDict | None = None,
    is_kept: bool = False,
) -> Panel:
    """The form of what stands at `path` (`trigger`, `entry`, `exit`, `exit.N`, a step). `values`: what a person has
    already typed, shown instead of the document; `is_kept`: it is in the document by now, and is shown only where that
    cannot say as much (a row still empty, a condition written as text). Raises LookupError for a path that leads
    nowhere."""
    form = form_at(document, path, shop, None if is_kept else values)
    wrong = dict(errors or {})
    shown = [_shown(form, control, values, wrong, is_kept) for control in form.controls]
    context = {
        "step_form": shown,
        "form_notes": form.notes,
        "form_flow": str(document.get("flow") or ""),
        "form_path": path,
        "form_error": wrong.get("", ""),
        "form_variant": form.variant,
        "form_more": form.more,
        "form_more_open": any(one.error or _is_used(one) for one in shown if one.control.name in form.more),
        **tools(),
    }
    return Panel("forms/panel.html", context)


def apply(document: Mapping[str, Any], path: str, post: QueryDict, *, shop: Shop) -> dict[str, Any]:
    """The document with what was sent; the one given is left alone. Raises FormInvalid (FormRedrawn when a button in
    the form was pressed) and LookupError."""
    changed = deepcopy(dict(document))
    form = form_at(changed, path, shop, post, copied=False)
    errors: dict[str, str] = {}
    sent: dict[str, Raw] = {}
    for control in form.controls:
        raw = _sent(form, control, post)
        if raw is None:
            continue
        sent[control.name] = raw
        if raw == control.raw(form.part):
            continue
        try:
            control.write(form.part, raw)
        except Wrong as wrong:
            errors.update({name or control.name: said for name, said in wrong.fields.items()})
    if not errors:
        errors.update(form.check())
    if post.get(BUTTON):
        # Kept at once when nothing of what is on the page would be lost by it: a row that is still empty, say.
        if errors or not all(_is_told(form, control, sent) for control in form.controls):
            raise FormRedrawn
    elif errors:
        raise FormInvalid(errors)
    form.commit()
    return changed


def form_at(document: Mapping[str, Any], path: str, shop: Shop, post: QueryDict | None, *, copied: bool = True) -> Form:
    """The form of a place, made on a copy of the document. Raises LookupError."""
    held = deepcopy(dict(document)) if copied else dict(document)
    if not copied and isinstance(document, dict):
        held = document
    setting = Setting(held, path, shop, post)
    if path == "trigger":
        return trigger_form(setting)
    if path == "entry":
        return entry_form(setting)
    if path == "exit" or path.startswith("exit."):
        return exit_form(setting)
    return _step_form(setting)


def _step_form(setting: Setting) -> Form:
    where, index = locate(setting.document, setting.path)
    steps = value_at(setting.document, where)
    if not isinstance(steps, list) or index >= len(steps):
        raise LookupError(f"there is no step {setting.path}")
    was = steps[index]
    step: Any = {was: None} if isinstance(was, str) else was
    if not isinstance(step, dict):
        raise LookupError(f"there is no step {setting.path}")
    kind = kind_of(step)
    made = CONTROL.get(kind)
    if made is None and registry().actions.get(kind) is None:
        raise LookupError(f"there is no step or action {kind!r}")
    form = made(setting, step) if made is not None else action_form(setting, step, kind)
    if isinstance(was, str):
        form.commit = lambda: _put_back(steps, index, was, step)
    return form


def _put_back(steps: list[Any], index: int, was: str, step: dict[str, Any]) -> None:
    """A step written as one word stays one word while it says no more."""
    steps[index] = was if step == {was: None} else step


def _is_told(form: Form, control: Control, sent: Mapping[str, Raw]) -> bool:
    return control.name in sent and control.is_told(sent[control.name], form.part)


def _is_used(shown: Shown) -> bool:
    return bool(shown.values.get("value"))


def _posted(form: Form, control: Control, post: QueryDict) -> Raw | None:
    """What was sent for a control of this shape of the form; what another shape sent under the same name is not it."""
    if form.variant and post.get("f-variant", form.variant) != form.variant and control.name != "f-kind":
        return control.posted(post) if control.name == "f-when" else None
    return control.posted(post)


def _sent(form: Form, control: Control, post: QueryDict) -> Raw | None:
    """What was sent for a control, after the button that was pressed in it."""
    raw = _posted(form, control, post)
    name, _colon, wish = str(post.get(BUTTON, "")).partition(":")
    if name != control.name:
        return raw
    verb, _colon, where = wish.partition(":")
    return control.pressed(raw or control.raw(form.part), verb, where)


def _shown(form: Form, control: Control, post: QueryDict | None, errors: Mapping[str, str], is_kept: bool) -> Shown:
    raw = (_sent(form, control, post) if post is not None else None) or control.raw(form.part)
    if is_kept:
        raw = control.settled(raw, form.part)
    return Shown(control, control.shown(raw, errors), errors.get(control.name, ""))
