"""The forms of the control steps: if, switch, split, waits, approve, for each, set and stop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from sereno.engine.steps import MOST_ITEMS
from sereno.web.builder.forms.approvers import Approvers, EscalateTo
from sereno.web.builder.forms.controls import (
    Check,
    Choice,
    Control,
    Number,
    Part,
    Raw,
    Said,
    TextField,
    Wrong,
    drop,
    one,
    pick,
)
from sereno.web.builder.forms.field_words import value_word
from sereno.web.builder.forms.form import Form, Setting
from sereno.web.builder.forms.paths import type_of
from sereno.web.builder.forms.rows import Assignments, Cases, Events, Weights
from sereno.web.builder.forms.times import Clock, Length, Weekdays
from sereno.web.builder.forms.values import ListOf, ValueOf
from sereno.web.words import ROLES

Made = Callable[[Setting, Part], Form]
_DATES = frozenset({"timestamp", "date"})
_WAITS: dict[str, Any] = {
    "for": "1d",
    "time": {"until": {"time": "09:00"}},
    "event": {"until": {"event": "order.created"}, "timeout": "1d"},
    "date": {"until": {"date": "event.occurred_at", "offset": "1d"}},
}


def _if(setting: Setting, step: Part) -> Form:
    place = setting.place()
    condition = setting.condition("f-if", ("if",), _("Go the way of “yes” when"), place, required=True)
    return Form(step, [condition], place)


def _switch(setting: Setting, step: Part) -> Form:
    place = setting.place()
    value = pick(step, ("switch",))
    type_ = type_of(place.names, str(value)) if isinstance(value, str) else None
    values = tuple((code, value_word(code)) for code in type_.values) if type_ is not None else ()
    controls: list[Control] = [
        ValueOf(name="f-value", keys=("switch",), label=_("Choose by"), names=place.names, required=True),
        Cases(
            name="f-cases",
            keys=("cases",),
            label=_("A path for each of these values"),
            help=_(
                "A value without a path of its own takes “Otherwise”. A path that is taken out goes with its steps."
            ),
            values=values,
        ),
    ]
    return Form(step, controls, place)


def _split(setting: Setting, step: Part) -> Form:
    weights = Weights(
        name="f-weights",
        keys=("split", "weights"),
        label=_("Branches and their weights"),
        help=_("The same customer or order always takes the same branch. A branch taken out goes with its steps."),
        required=True,
    )
    return Form(step, [weights], setting.place())


def _approve(setting: Setting, step: Part) -> Form:
    several = isinstance(pick(step, ("approve", "by")), list)
    controls: list[Control] = [
        Approvers(
            name="f-by",
            keys=("approve", "by"),
            label=_("Who decides"),
            help=_(
                "A role, or the e-mail address of one person. Several, one on a line; with a condition: "
                "owner when order.total >= 100"
            ),
            options=() if several else tuple((role, str(word)) for role, word in ROLES.items()),
            multiline=several,
            required=True,
        ),
        TextField(
            name="f-text",
            keys=("approve", "text"),
            label=_("What they are asked"),
            multiline=True,
            is_template=True,
            placeholder=_("Shall we refund order {{ order.number }}?"),
        ),
        Choice(
            name="f-need",
            keys=("approve", "need"),
            label=_("How many must agree"),
            default="any",
            options=(
                ("any", _("The first answer decides"), ""),
                ("all", _("Everybody"), ""),
                *((str(number), _("%(num)s of them") % {"num": number}, "") for number in range(2, 6)),
            ),
            codes={str(number): number for number in range(2, 6)},
        ),
        Check(name="f-order", keys=("approve", "in_order"), label=_("One after the other, as written")),
        *_unanswered(step),
        Choice(
            name="f-not",
            keys=("approve", "not_by"),
            label=_("Who may not answer"),
            options=(("", _("Everybody who is asked may"), ""), ("requester", _("Who started the run by hand"), "")),
        ),
    ]

    def commit() -> None:
        escalate = pick(step, ("approve", "escalate"))
        if isinstance(escalate, dict) and not escalate.get("to"):
            # Nobody is named any more; how long after was sent along.
            drop(step, ("approve", "escalate"))

    return Form(step, controls, setting.place(), commit=commit)


def _unanswered(step: Part) -> list[Control]:
    """What happens while nobody answers."""
    controls: list[Control] = [
        Length(
            name="f-timeout",
            keys=("approve", "timeout"),
            label=_("Wait for an answer at most"),
            help=_("Without an answer in time it counts as refused. Left empty, it waits for ever."),
        ),
        Length(name="f-remind", keys=("approve", "remind"), label=_("Remind those who have not answered every")),
        EscalateTo(
            name="f-escalate",
            keys=("approve", "escalate"),
            label=_("When nobody decides, ask"),
            help=_("A role or an address. That answer then decides alone."),
        ),
    ]
    if pick(step, ("approve", "escalate")) is not None:
        after = _("Ask them after")
        controls.append(Length(name="f-after", keys=("approve", "escalate", "after"), label=after, required=True))
    return controls


def _for_each(setting: Setting, step: Part) -> Form:
    place = setting.place()
    controls: list[Control] = [
        ListOf(
            name="f-items",
            keys=("for_each", "items"),
            label=_("For each of"),
            names=place.names,
            kinds=frozenset({"list"}),
            required=True,
        ),
        TextField(
            name="f-name",
            keys=("for_each", "as"),
            label=_("Call it"),
            help=_("The steps inside read it under “From earlier steps”, as vars.name."),
            required=True,
            mono=True,
        ),
        Number(
            name="f-limit",
            keys=("for_each", "limit"),
            label=_("At most"),
            help=_("More are left out; 1,000 when nothing is said."),
            least=1,
            most=MOST_ITEMS,
        ),
    ]
    return Form(step, controls, place, check=lambda: _named(step, ("for_each", "as"), "f-name"))


def _set(setting: Setting, step: Part) -> Form:
    place = setting.place()
    values = Assignments(
        name="f-set",
        keys=("set",),
        label=_("Values to remember"),
        help=_("A name, and what it is: a field such as order.total, a text in quotes, or a sum."),
        names=place.names,
    )
    return Form(step, [values], place)


def _stop(setting: Setting, step: Part) -> Form:
    return Form(step, [Reason(name="f-reason", label=_("Why"), help=_("Shown in the run's story."))], setting.place())


@dataclass(frozen=True, kw_only=True)
class Reason(TextField):
    """Why a run stops: `stop: text`, `stop: {reason: text}` or nothing."""

    def raw(self, part: Part) -> Raw:
        value = part.get("stop")
        value = value.get("reason") if isinstance(value, dict) else value
        return {self.name: ["" if value is None else str(value)]}

    def write(self, part: Part, raw: Raw) -> None:
        text = one(raw, self.name).strip()
        if isinstance(part.get("stop"), dict) and text:
            part["stop"]["reason"] = text
        else:
            part["stop"] = text or None


# --- waits -----------------------------------------------------------------------------------------


def wait_kind(value: Any) -> str:
    """Which of the waits this is: `for`, `time`, `event` or `date`."""
    if not isinstance(value, dict):
        return "for"
    until = value.get("until")
    rule = until if isinstance(until, dict) else {}
    return next((kind for kind in ("event", "date") if kind in rule), "time")


def _wait(setting: Setting, step: Part) -> Form:
    kind, wanted = wait_kind(step.get("wait")), setting.sent("f-kind")
    if wanted in _WAITS and wanted != kind:
        kind = wanted
        blank = _WAITS[kind]
        step["wait"] = dict(blank, until=dict(blank["until"])) if isinstance(blank, dict) else blank
        step.pop("as", None)
    place = setting.place()
    options: tuple[tuple[str, Said, Said], ...] = (
        ("for", _("A while"), _("Minutes, hours, days or weeks")),
        ("time", _("Until a time of day"), _("The next morning, the next Monday")),
        ("event", _("Until something happens"), _("Or until the time is up")),
        ("date", _("Until a date on the record"), _("Before it, on the day, or after it")),
    )
    chosen = Kind(name="f-kind", label=_("Wait"), options=options, default=kind, redraws=True, style="cards")
    makers = {"for": _wait_for, "time": _wait_time, "event": _wait_event, "date": _wait_date}
    form = makers[kind](setting, step, place)
    form.controls.insert(0, chosen)
    form.variant = kind
    return form


@dataclass(frozen=True, kw_only=True)
class Kind(Choice):
    """Which shape the form has. Choosing is done before the form is made; there is nothing left to write."""

    def raw(self, part: Part) -> Raw:
        return {self.name: [self.default]}

    def write(self, part: Part, raw: Raw) -> None:
        """Nothing."""


def _wait_for(setting: Setting, step: Part, place: Any) -> Form:
    length = Length(name="f-for", keys=("wait",), label=_("How long"), required=True, is_open=True)
    return Form(step, [length], place)


def _wait_time(setting: Setting, step: Part, place: Any) -> Form:
    controls: list[Control] = [
        UntilTime(name="f-time", keys=("wait", "until", "time"), label=_("At")),
        Weekdays(
            name="f-days",
            keys=("wait", "until", "weekday"),
            label=_("On"),
            help=_("None ticked: whichever day comes first."),
        ),
        _zone(),
    ]
    return Form(step, controls, place)


@dataclass(frozen=True, kw_only=True)
class UntilTime(Clock):
    """`until: "09:00"` is short for `until: {time: "09:00"}`."""

    def raw(self, part: Part) -> Raw:
        until = pick(part, ("wait", "until"))
        return super().raw({"wait": {"until": {"time": until}}}) if isinstance(until, str) else super().raw(part)

    def write(self, part: Part, raw: Raw) -> None:
        super().write(part, raw)
        until = part["wait"].get("until")
        if isinstance(until, dict) and not until:
            raise Wrong(_("Say a time of day, or tick weekdays."))


def _wait_event(setting: Setting, step: Part, place: Any) -> Form:
    events = Events(name="f-event", keys=("wait", "until", "event"), label=_("Until this happens"), required=True)
    heard = place.hearing(events.names_in((setting.post and events.posted(setting.post)) or events.raw(step)))
    controls: list[Control] = [
        events,
        setting.condition("f-when", ("wait", "until", "when"), _("Only if"), heard),
        Length(
            name="f-timeout",
            keys=("wait", "timeout"),
            label=_("At most"),
            help=_("Then the run goes on all the same. Left empty, it waits for ever."),
            is_open=True,
        ),
        TextField(
            name="f-as",
            keys=("as",),
            label=_("Keep what happened as"),
            help=_("A name. Later steps can then ask whether it happened in time: vars.name.happened."),
            mono=True,
        ),
    ]
    return Form(step, controls, place, check=lambda: _named(step, ("as",), "f-as"))


def _wait_date(setting: Setting, step: Part, place: Any) -> Form:
    controls: list[Control] = [
        Length(
            name="f-offset",
            keys=("wait", "until", "offset"),
            label=_("When"),
            is_signed=True,
            help=_("Before or after."),
        ),
        ValueOf(
            name="f-date",
            keys=("wait", "until", "date"),
            label=_("The date"),
            names=place.names,
            kinds=_DATES,
            required=True,
        ),
        Clock(name="f-at", keys=("wait", "until", "at"), label=_("At"), help=_("Left empty: the date's own time.")),
        _zone(),
    ]
    return Form(step, controls, place)


def _zone() -> Control:
    return Choice(
        name="f-zone",
        keys=("wait", "zone"),
        label=_("In whose time zone"),
        options=(("recipient", _("The customer's, where it is known"), ""), ("store", _("The shop's"), "")),
        default="recipient",
    )


def _named(step: Part, keys: tuple[str, ...], field: str) -> dict[str, str]:
    name = pick(step, keys)
    if name is None or (isinstance(name, str) and name.isidentifier() and name.isascii()):
        return {}
    return {field: _("A name has letters, digits and _, and begins with a letter.")}


CONTROL: dict[str, Made] = {
    "if": _if,
    "switch": _switch,
    "split": _split,
    "wait": _wait,
    "approve": _approve,
    "for_each": _for_each,
    "set": _set,
    "stop": _stop,
}
