"""The forms around the steps: what starts a flow, who may enter, and what ends it early."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from sereno.engine.control import MOST_HELD_OUT
from sereno.engine.limits import MOST_EFFECTS, as_money
from sereno.engine.precedence import FIRST, LAST
from sereno.engine.trigger import KINDS, SUPPLIED
from sereno.web.builder.forms.controls import (
    Check,
    Choice,
    Control,
    Number,
    Part,
    Raw,
    Said,
    Wrong,
    drop,
    number_of,
    one,
    pick,
    put,
)
from sereno.web.builder.forms.field_words import ROOTS
from sereno.web.builder.forms.fields import Choices, catalogue
from sereno.web.builder.forms.form import Form, Setting
from sereno.web.builder.forms.places import Place
from sereno.web.builder.forms.rows import Events
from sereno.web.builder.forms.schedules import ScheduleControl
from sereno.web.builder.forms.step_forms import Kind
from sereno.web.builder.forms.times import Clock, Length
from sereno.web.builder.forms.values import ValueOf

_BLANK: dict[str, dict[str, Any]] = {
    "event": {"event": "order.created"},
    "schedule": {"schedule": "0 9 * * *"},
    "date": {"date": "customer.birthday", "yearly": True, "at": "09:00"},
    "manual": {"manual": "order"},
    "absent": {"absent": "shipment.delivered", "since": "order.paid", "within": "7d"},
}
_DATES = frozenset({"timestamp", "date"})


# --- trigger ---------------------------------------------------------------------------------------


def trigger_form(setting: Setting) -> Form:
    document = setting.document
    held = document.get("trigger")
    trigger: Part = held if isinstance(held, dict) else {}
    kind = next((kind for kind in KINDS if kind in trigger), "")
    wanted = setting.sent("f-kind")
    if (wanted in KINDS and wanted != kind) or not kind:
        kind = wanted if wanted in KINDS else "event"
        trigger = {**_BLANK[kind], **({"when": trigger["when"]} if trigger.get("when") else {})}
    elif not isinstance(held, dict):
        trigger = dict(_BLANK[kind])
    document["trigger"] = trigger
    chosen = Kind(name="f-kind", label=_("Start when"), options=_kinds(), default=kind, redraws=True, style="cards")
    makers = {"event": _by_event, "schedule": _by_schedule, "date": _by_date, "manual": _by_hand, "absent": _by_absence}
    controls, place = makers[kind](setting, trigger)
    when = setting.condition("f-when", ("when",), _("Only if"), place)
    return Form(trigger, [chosen, *controls, when], place, variant=kind)


def _kinds() -> tuple[tuple[str, Said, Said], ...]:
    return (
        ("event", _("Something happens"), _("An order is paid, a cart is left, stock changes")),
        ("schedule", _("At set times"), _("Every day at 09:00, each Monday, by a rule")),
        ("date", _("A date on a record comes"), _("Birthdays, delivery dates, expiry")),
        ("absent", _("Something does not happen"), _("No delivery within 7 days of payment")),
        ("manual", _("A person starts it"), _("From an order, a customer, a product")),
    )


def _by_event(setting: Setting, trigger: Part) -> tuple[list[Control], Place]:
    events = Events(name="f-event", keys=("event",), label=_("What happens"), required=True)
    return [events], _place_with(setting, trigger, "event", events)


def _by_schedule(setting: Setting, trigger: Part) -> tuple[list[Control], Place]:
    schedule = ScheduleControl(
        name="f-schedule", keys=("schedule",), label=_("How often"), timezone=setting.shop.timezone, required=True
    )
    over = _over("f-over", ("over",), _("Once for all"), _("Run it for"))
    if (sent := setting.sent("f-over")) is not None:
        _try(over, trigger, {"f-over": [sent]})
    return [schedule, over], setting.place()


def _by_date(setting: Setting, trigger: Part) -> tuple[list[Control], Place]:
    date = DateField(name="f-date", keys=("date",), label=_("The date"), kinds=_DATES, required=True)
    if (sent := setting.sent("f-date-f")) is not None:
        _try(date, trigger, {"f-date-f": [sent]})
    place = setting.place()
    controls: list[Control] = [
        Length(name="f-offset", keys=("offset",), label=_("Start"), is_signed=True),
        date,
        Clock(name="f-at", keys=("at",), label=_("At"), help=_("In the shop's time zone. Left empty: the date's own.")),
        Check(
            name="f-yearly", keys=("yearly",), label=_("Every year anew"), help=_("For birthdays and anniversaries.")
        ),
    ]
    return controls, place


def _by_hand(setting: Setting, trigger: Part) -> tuple[list[Control], Place]:
    about = _over("f-about", ("manual",), _("Nothing in particular"), _("It is started for"), nothing=True)
    if (sent := setting.sent("f-about")) is not None:
        _try(about, trigger, {"f-about": [sent]})
    return [about], setting.place()


def _by_absence(setting: Setting, trigger: Part) -> tuple[list[Control], Place]:
    since = Events(name="f-since", keys=("since",), label=_("After this happened"), required=True)
    controls: list[Control] = [
        since,
        Events(name="f-absent", keys=("absent",), label=_("This does not happen"), required=True),
        Length(name="f-within", keys=("within",), label=_("Within"), required=True),
    ]
    return controls, _place_with(setting, trigger, "since", since)


def _place_with(setting: Setting, trigger: Part, key: str, events: Events) -> Place:
    """What can be named once the events are those that have just been chosen, kept or not."""
    sent = events.posted(setting.post) if setting.post is not None else None
    if sent is not None and (names := events.names_in(sent)):
        return Setting({**setting.document, "trigger": {**trigger, key: names}}, setting.path, setting.shop).place()
    return setting.place()


def _try(control: Control, part: Part, raw: Raw) -> None:
    """Write what was chosen before the form is made, for it decides what else can be chosen."""
    try:
        if raw != control.raw(part):
            control.write(part, raw)
    except Wrong:
        return


def _over(name: str, keys: tuple[str, ...], none: str, label: str, *, nothing: bool = False) -> Choice:
    """A kind of record. `nothing`: `true` stands for none, as the key itself must be there."""
    kinds = tuple((kind, _("Each %(record)s") % {"record": str(ROOTS[kind]).lower()}, "") for kind in SUPPLIED)
    if nothing:
        kinds = tuple((kind, str(ROOTS[kind]), "") for kind in SUPPLIED)
    options: tuple[tuple[str, Said, Said], ...] = (("none" if nothing else "", none, ""), *kinds)
    return Choice(
        name=name, keys=keys, label=label, options=options, codes={"none": True} if nothing else {}, redraws=True
    )


@dataclass(frozen=True, kw_only=True)
class DateField(ValueOf):
    """A date on one of the records: a path, never an expression."""

    def raw(self, part: Part) -> Raw:
        value = pick(part, self.keys)
        return {f"{self.name}-f": ["" if value is None else str(value)]}

    def write(self, part: Part, raw: Raw) -> None:
        chosen = one(raw, f"{self.name}-f")
        if chosen not in {choice.key for group in self._choices() for choice in group.fields}:
            raise Wrong(_("Choose a date."))
        put(part, self.keys, chosen)

    def shown(self, raw: Raw, errors: Any) -> dict[str, Any]:
        value = one(raw, f"{self.name}-f")
        groups = self._choices()
        is_listed = any(value == choice.key for group in groups for choice in group.fields)
        return {"value": value, "groups": groups, "extra": "" if is_listed else value, "by_hand": "", "text": ""}

    def _choices(self) -> list[Choices]:
        from sereno.engine.expressions import Names, Type
        from sereno.sdk.plugin import registry

        roots = {kind: Type("record", record=registry().root(kind)) for kind in SUPPLIED}
        found: list[Choices] = []
        for group in catalogue(Names(roots), of_items=False):
            fields = tuple(choice for choice in group.fields if choice.sort in ("moment", "day"))
            if fields:
                found.append(Choices(group.label, fields))
        return found


# --- entry -----------------------------------------------------------------------------------------


def entry_form(setting: Setting) -> Form:
    document, place = setting.document, setting.place()
    mode = Choice(
        name="f-mode",
        label=_("The same again"),
        options=(
            ("always", _("May enter every time"), ""),
            ("once", _("Enters once, ever"), ""),
            ("after", _("May enter again after a while"), ""),
        ),
        style="cards",
        redraws=True,
    )
    usual = "restart" if isinstance(document.get("trigger"), dict) and "absent" in document["trigger"] else "ignore"
    wanted = setting.sent("f-reentry-mode")
    controls: list[Control] = [
        ValueOf(
            name="f-key",
            keys=("key",),
            label=_("One run at a time for each"),
            help=_("What counts as “the same”. A customer's id lets each customer enter once at a time."),
            names=place.names,
            empty=_("What the event is about (usual)"),
        ),
        Reentry(name="f-reentry", label=mode.label, options=mode.options, usual=usual, wanted=wanted or ""),
        *_beside_others(),
        *_limits(setting),
    ]

    def commit() -> None:
        group = document.get("control")
        if isinstance(group, dict) and group.get("share") is None:
            document.pop("control")
        for part, name in ((document.get("limits"), "spend_per_day"), (document, "limits")):
            if isinstance(part, dict) and part.get(name) == {}:
                part.pop(name)

    return Form(document, controls, place, commit=commit)


def _beside_others() -> list[Control]:
    """Who gets nothing, for comparison, and how important it is."""
    return [
        Number(
            name="f-share",
            keys=("control", "share"),
            label=_("Hold out, in percent"),
            help=_(
                "These people get nothing of this flow, always the same ones, so that Results can say what it brings."
            ),
            whole=False,
            least=0,
            most=MOST_HELD_OUT,
        ),
        Length(
            name="f-window",
            keys=("control", "window"),
            label=_("Their orders count for"),
            help=_("14 days when empty."),
        ),
        Number(
            name="f-priority",
            keys=("priority",),
            label=_("Importance beside other flows"),
            help=_("From 1 (its messages go first where a person may get but one) to 9. 5 when empty."),
            least=FIRST,
            most=LAST,
        ),
    ]


def _limits(setting: Setting) -> list[Control]:
    """Money in the shop's currency, and in those the flow names already."""
    spend = pick(setting.document, ("limits", "spend_per_day"))
    currencies = list(dict.fromkeys([setting.shop.currency, *(str(code) for code in spend or ())]))
    return [
        Number(
            name="f-effects",
            keys=("limits", "effects_per_hour"),
            label=_("Effects in an hour, at most"),
            help=_("Over its limit the flow pauses itself, keeps what it wanted to do, and asks a person."),
            least=1,
            most=MOST_EFFECTS,
        ),
        *(Spend(name=f"f-spend-{code}", keys=("limits", "spend_per_day", code), currency=code,
                label=_("Money in a day, at most, in %(currency)s") % {"currency": code}, whole=False)
          for code in currencies),
    ]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Spend(Number):
    """An amount of money above zero."""

    currency: str = ""

    def write(self, part: Part, raw: Raw) -> None:
        text = one(raw, self.name).strip()
        number = number_of(text)
        if text and (number is None or as_money(str(number), self.currency) is None):
            raise Wrong(_("Write an amount above zero, such as 200."))
        super().write(part, raw)


@dataclass(frozen=True, kw_only=True)
class Reentry(Control):
    """`reentry` in its several shapes. Inputs: `-mode`, `-n` and `-u` (after how long), `-running`."""

    options: tuple[tuple[str, Said, Said], ...] = ()
    usual: str = "ignore"
    wanted: str = ""

    kind = "reentry"

    def raw(self, part: Part) -> Raw:
        value = part.get("reentry")
        rules: dict[str, Any] = value if isinstance(value, dict) else {}
        mode = "after" if "after" in rules else "once" if value == "once" or rules.get("once") else "always"
        raw: Raw = {f"{self.name}-mode": [mode], f"{self.name}-running": [str(rules.get("while_running", self.usual))]}
        if mode == "after":
            raw |= self._after().raw(part)
        return raw

    def write(self, part: Part, raw: Raw) -> None:
        mode, running = one(raw, f"{self.name}-mode"), one(raw, f"{self.name}-running", self.usual)
        if mode not in ("always", "once", "after") or running not in ("ignore", "restart"):
            raise Wrong(_("Choose one of the list."))
        rules: Part = {}
        if mode == "after":
            self._after().write(rules, raw if f"{self.name}-n" in raw else {f"{self.name}-n": [""]})
            rules = rules["reentry"]
        if running != self.usual:
            rules["while_running"] = running
        if mode == "once" and rules:
            rules["once"] = True
        if rules:
            part["reentry"] = rules
        elif mode == "once":
            part["reentry"] = "once"
        else:
            drop(part, ("reentry",))

    def shown(self, raw: Raw, errors: Any) -> dict[str, Any]:
        mode = one(raw, f"{self.name}-mode")
        after = self._after()
        return {
            "mode": mode,
            "running": one(raw, f"{self.name}-running"),
            "runnings": (
                ("ignore", _("A new start is ignored"), ""),
                ("restart", _("A new start takes its place"), ""),
            ),
            "after": after,
            "length": after.shown({f"{self.name}-n": ["30"], f"{self.name}-u": ["d"], **raw}, errors),
        }

    def _after(self) -> Length:
        return Length(name=self.name, keys=("reentry", "after"), label=_("After how long"), required=True)


# --- exits -----------------------------------------------------------------------------------------


def exit_form(setting: Setting) -> Form:
    """`exit` is one to be added, or the only one; `exit.N` that of a list. Raises LookupError."""
    document, number = setting.document, setting.path.partition(".")[2]
    held = document.get("exit")
    exits: list[Any] = held if isinstance(held, list) else [] if held is None else [held]
    is_new = not number and (isinstance(held, list) or held is None)
    if number and not (number.isascii() and number.isdigit() and int(number) < len(exits)):
        raise LookupError(f"there is no exit {number}")
    index = len(exits) if is_new else int(number or 0)
    item: Any = {"event": "order.created"} if is_new else exits[index]
    part: Part = item if isinstance(item, dict) else {"event": item}

    def commit() -> None:
        kept = part["event"] if not isinstance(item, dict) and set(part) == {"event"} else part
        changed = [*exits[:index], kept, *exits[index + 1 :]]
        document["exit"] = changed if isinstance(held, list) or is_new else kept

    events = Events(name="f-event", keys=("event",), label=_("A run ends early when this happens"), required=True)
    sent = events.posted(setting.post) if setting.post is not None else None
    place = setting.place()
    heard = place.hearing(events.names_in(sent or events.raw(part)))
    condition = setting.condition("f-when", ("when",), _("Only if"), heard)
    return Form(part, [events, condition], heard, commit=commit)
