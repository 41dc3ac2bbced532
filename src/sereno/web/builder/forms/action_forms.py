"""The form of an action, made from its Config: one control for each field, by what its annotation and marks say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from types import NoneType, UnionType
from typing import Any, ClassVar, Literal, Union, get_args, get_origin

from django.utils.translation import gettext as _
from pydantic import ValidationError
from pydantic.fields import FieldInfo

from sereno.sdk.config import HTML, TEMPLATE, mark
from sereno.sdk.plugin import ActionDefinition, registry
from sereno.web.builder.forms import lacking, offers
from sereno.web.builder.forms.controls import Check, Choice, Control, Number, Part, Raw, TextField, drop, one, pick
from sereno.web.builder.forms.form import Form, Setting
from sereno.web.builder.forms.holding_out import HELD_OUT, HELD_WINDOW, holding_out, settle
from sereno.web.builder.forms.rows import Lines, Pairs
from sereno.web.builder.forms.times import Length
from sereno.web.builder.forms.values import Channel, Json, OnError
from sereno.web.builder.forms.wordings import OTHER, wordings
from sereno.web.phrases import said

CONFIG, RESULT, ON_ERROR = "c-", "f-as", "f-onerror"
_SAID = {
    "missing": mark("This is needed."),
    "string_type": mark("This is a text."),
    "string_too_short": mark("This is too short."),
    "literal_error": mark("Choose one of the list."),
    "int_parsing": mark("Write a whole number, such as 25."),
    "url_parsing": mark("Write an address that begins with https://."),
}
"""What pydantic finds, in our words."""


def action_form(setting: Setting, step: Part, name: str) -> Form:
    """`step` is changed in place."""
    definition = registry().actions.get(name)
    if not isinstance(step.get(name), dict):
        step[name] = {} if step.get(name) is None else step[name]
    controls: list[Control] = []
    if definition is not None:
        controls = [_control(setting, step, name, key, info) for key, info in definition.config.model_fields.items()]
    controls += [
        OnError(
            name=ON_ERROR,
            keys=("on_error",),
            label=_("If it fails for good"),
            help=_("After all attempts. It is on the attention list in any case."),
            usual=definition.on_error if definition is not None else "continue",
        ),
        TextField(
            name=RESULT,
            keys=("as",),
            label=_("Keep its result as"),
            help=_("A name of letters, digits and _. Later steps then read it under “From earlier steps”."),
            mono=True,
        ),
    ]
    controls += holding_out(step, name)
    controls += wordings(step, name, offers.options("message_templates", setting.shop), setting.sent("c-template"))
    notes = lacking.notes(setting.shop, name, pick(step, (name,)))
    if name == "messages.send_email":
        controls = _mail(controls, step, name, setting.sent("c-template"))
    return Form(
        step,
        controls,
        setting.place(),
        notes,
        check=lambda: problems(definition, step, name),
        commit=lambda: settle(step),
        more=(ON_ERROR, RESULT, HELD_OUT, HELD_WINDOW, OTHER),
    )


def _mail(controls: list[Control], step: Part, name: str, sent: str | None) -> list[Control]:
    """The template first; with one, the fields for words of one's own are not there."""
    chosen = sent if sent is not None else pick(step, (name, "template"))
    words = {f"{CONFIG}{key}" for key in TemplateChoice.WORDS}
    kept = [control for control in controls if not chosen or control.name not in words]
    return sorted(kept, key=lambda control: not isinstance(control, TemplateChoice))


@dataclass(frozen=True, kw_only=True)
class TemplateChoice(Choice):
    """A message template, which brings its own words: those of the step go."""

    WORDS: ClassVar[tuple[str, ...]] = ("subject", "text", "html")

    def write(self, part: Part, raw: Raw) -> None:
        super().write(part, raw)
        if one(raw, self.name):
            for key in self.WORDS:
                drop(part, (*self.keys[:-1], key))


def problems(definition: ActionDefinition | None, step: Mapping[str, Any], name: str) -> Mapping[str, str]:
    """What the action itself says of its config, by the name of the input; a text that is Liquid is not judged yet."""
    if definition is None:
        return {}
    found: dict[str, str] = {}
    result = step.get("as")
    if result is not None and not str(result).isidentifier():
        found[RESULT] = _("A name has letters, digits and _, and begins with a letter.")
    config = step.get(name)
    try:
        definition.config.model_validate(dict(config) if isinstance(config, Mapping) else {})
    except ValidationError as error:
        for item in error.errors():
            key = str(item["loc"][0]) if item["loc"] else ""
            value = item["input"]
            if isinstance(value, str) and ("{{" in value or "{%" in value):
                continue
            known = _SAID.get(item["type"])
            words = _(known) if known else said(item["msg"].removeprefix("Value error, "))
            if item["type"] == "string_too_long":
                words = _("At most %(num)s characters.") % {"num": item["ctx"]["max_length"]}
            found.setdefault(CONFIG + key if key else "", words)
    return found


def _control(setting: Setting, step: Part, action: str, key: str, info: FieldInfo) -> Control:
    extra: Mapping[str, Any] = info.json_schema_extra if isinstance(info.json_schema_extra, Mapping) else {}
    given: dict[str, Any] = {
        "name": CONFIG + key,
        "keys": (action, key),
        "label": _(info.title) if info.title else key,
        "help": _(info.description) if info.description else "",
        "required": info.is_required(),
    }
    kind, is_optional = _plain(info.annotation)
    value = pick(step, given["keys"])
    made = _by_type(kind, given, info, extra, is_optional)
    if made is not None and _fits(made, value):
        return made
    if kind is str and (value is None or isinstance(value, str | int | float)):
        return _text(setting, given, info, extra)
    return Json(**given, is_template=extra.get(TEMPLATE) is True, shape="object" if get_origin(kind) is dict else "")


def _by_type(
    kind: Any, given: dict[str, Any], info: FieldInfo, extra: Mapping[str, Any], is_optional: bool
) -> Control | None:
    """The control of everything that is not text; None for text and for what only JSON can hold."""
    default = None if info.is_required() else info.default
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Literal:
        codes = {str(code): code for code in arguments}
        options = [(code, _word(code), "") for code in codes]
        if is_optional or (not info.is_required() and default is None):
            options.insert(0, ("", _("Leave it to the template or the usual"), ""))
        given["required"] = not is_optional
        return Choice(**given, options=tuple(options), codes=codes, default="" if default is None else str(default))
    if kind is bool:
        if is_optional:
            return Choice(
                **given,
                options=(("", _("Not said"), ""), ("yes", _("Yes"), ""), ("no", _("No"), "")),
                codes={"yes": True, "no": False},
            )
        return Check(**given, default=default is True)
    if kind in (int, float, Decimal):
        return Number(**given, whole=kind is int, is_text=kind is Decimal)
    if kind is timedelta or extra.get("suggest") == "duration":
        return Length(**given, is_open=extra.get(TEMPLATE) is True)
    if origin is dict and arguments[1:] == (str,):
        return Pairs(**given, is_template=extra.get(TEMPLATE) is True)
    if origin in (list, tuple) and arguments[:1] == (str,):
        return Lines(**given)
    if kind is str and extra.get("suggest") == "channels":
        return Channel(**given)
    return None


def _text(setting: Setting, given: dict[str, Any], info: FieldInfo, extra: Mapping[str, Any]) -> Control:
    limit = next((getattr(rule, "max_length", None) for rule in info.metadata if hasattr(rule, "max_length")), None)
    suggest = str(extra.get("suggest") or "")
    offered = offers.options(suggest, setting.shop)
    if suggest == "message_templates":
        options = (("", _("None: the words stand here"), ""), *offered)
        return TemplateChoice(**given, options=options, style="picker", redraws=True)
    is_html = extra.get(HTML) is True
    return TextField(
        **given,
        multiline=extra.get("multiline") is True,
        is_template=extra.get(TEMPLATE) is True,
        html=is_html,
        mono=is_html,
        max_length=limit,
        options=tuple((key, label) for key, label, _help in offered),
        suggest=suggest if not offered else "",
    )


def _plain(annotation: Any) -> tuple[Any, bool]:
    """The type without `None`, and whether that was there."""
    if get_origin(annotation) in (Union, UnionType):
        parts = [part for part in get_args(annotation) if part is not NoneType]
        if len(parts) == 1:
            return parts[0], True
        return annotation, NoneType in get_args(annotation)
    return annotation, False


def _fits(control: Control, value: Any) -> bool:
    """Whether the control can show what stands in the document; else it is shown as JSON, and so not lost."""
    if value is None:
        return True
    match control:
        case Pairs():
            return isinstance(value, Mapping) and all(isinstance(item, str) for item in value.values())
        case Lines():
            return isinstance(value, list) and all(isinstance(item, str) for item in value)
        case Check():
            return isinstance(value, bool)
        case Length() | Channel():
            return isinstance(value, str)
        case _:
            return not isinstance(value, Mapping | list)


_WORDS = {"transactional": mark("Transactional: about an order or account"), "marketing": mark("Marketing")}


def _word(code: Any) -> str:
    return _(_WORDS.get(str(code), str(code)))
