"""A flow's document as cards a person can read: the trigger, then the tree of steps, each a sentence.

Pure, but for translations. Paths are the engine's own ("2.then.0"), so that a run can be laid over the tree.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from markupsafe import Markup, escape

from sereno.engine.places import branches
from sereno.modules.messages import templates
from sereno.sdk.plugin import registry
from sereno.web.sentences import duration, expression, names, say, short

_NOTHING = Markup()
_ACTION_ICONS = {
    "messages.send_email": "mail",
    "alerts.notify": "bell",
    "orders.add_tag": "tag",
    "customers.add_tag": "tag",
    "orders.verify": "shield-check",
    "orders.hold": "hand",
    "orders.release": "circle-play",
    "orders.route": "git-branch",
    "orders.check_zone": "map",
    "orders.print_ticket": "clipboard",
    "orders.capture": "circle-check",
    "orders.compare_payments": "circle-check",
    "orders.cancel": "ban",
    "orders.refund": "undo",
    "orders.note": "scroll-text",
    "orders.fulfill": "package",
    "http.request": "webhook",
    "log": "scroll-text",
    "events.emit": "radio",
}


@dataclass(frozen=True, slots=True)
class Card:
    """A step. `say` and `detail` are safe markup; `branches` are (name, cards), and `prefixes` beside them say how the
    paths of their steps begin."""

    kind: str
    icon: str
    say: Markup
    path: str = ""
    detail: Markup = _NOTHING
    branches: tuple[tuple[str, tuple[Card, ...]], ...] = field(default=())
    prefixes: tuple[str, ...] = field(default=())


Said = tuple[Markup, list[str]]
"""What a control step says, and what each of its branches is called, in the order of `places.branches`."""


@dataclass(frozen=True, slots=True)
class Speech:
    """How conditions and events are said: as they are written, or in a person's words."""

    condition: Callable[[Any], Markup]
    events: Callable[[Any], Markup]


def _as_written(value: Any) -> Markup:
    return expression(names(value))


WRITTEN = Speech(expression, _as_written)


def trigger_cards(document: Mapping[str, Any], speech: Speech = WRITTEN) -> list[Card]:
    """The trigger first, then what limits entry and what ends a run."""
    trigger = document.get("trigger")
    trigger = trigger if isinstance(trigger, Mapping) else {}
    cards = [Card("trigger", "play", _trigger(trigger, speech), "trigger", _when(trigger, speech))] if trigger else []
    rules = _entry_rules(document)
    if rules:
        cards.append(Card("end", "repeat", rules, "entry"))
    exits = document.get("exit") or []
    for number, item in enumerate(exits if isinstance(exits, list) else [exits]):
        found = item if isinstance(item, Mapping) else {"event": item}
        ends = say(_("A run ends early on %(event)s"), event=speech.events(found.get("event")))
        cards.append(Card("end", "log-out", ends, f"exit.{number}", _when(found, speech)))
    return cards


def step_cards(steps: Any, prefix: str = "", everything: bool = False, speech: Speech = WRITTEN) -> tuple[Card, ...]:
    """Cards of a list of steps; what is not a step is left out (the checker has already said so). `everything`: with
    the branches that are empty too."""
    if not isinstance(steps, list):
        return ()
    cards: list[Card] = []
    for index, item in enumerate(steps):
        step = {item: None} if isinstance(item, str) else item
        if isinstance(step, Mapping) and step:
            cards.append(_card(step, f"{prefix}{index}", everything, speech))
    return tuple(cards)


def sentence_of(step: Any, speech: Speech = WRITTEN) -> Markup:
    """What a step does, without its branches."""
    found = {step: None} if isinstance(step, str) else step
    if not isinstance(found, Mapping) or not found:
        return escape(str(step))
    name = next((key for key in _CONTROL if key in found), None)
    if name is not None:
        return _CONTROL[name][1](found, found[name], speech)[0]
    name = str(next(iter(found)))
    return action_sentence(name, found[name] if isinstance(found[name], Mapping) else {})


def _card(step: Mapping[str, Any], path: str, everything: bool, speech: Speech) -> Card:
    name = next((key for key in _CONTROL if key in step), None)
    if name is None:
        return _action_card(step, path, everything, speech)
    icon, sentence = _CONTROL[name]
    said, labels = sentence(step, step[name], speech)
    inside, prefixes = _branches(step, path, labels, everything, speech)
    return Card("end" if name == "stop" else "control", icon, said, path, _NOTHING, inside, prefixes)


def _branches(
    step: Mapping[str, Any], path: str, labels: list[str], everything: bool, speech: Speech
) -> tuple[tuple[tuple[str, tuple[Card, ...]], ...], tuple[str, ...]]:
    named: list[tuple[str, tuple[Card, ...]]] = []
    prefixes: list[str] = []
    for label, branch in zip(labels, branches(step), strict=False):
        may_go = branch.label in ("else", "default") or "approve" in step
        if branch.steps or everything or not may_go:
            prefixes.append(branch.prefix(path))
            named.append((label, step_cards(branch.steps, prefixes[-1], everything, speech)))
    return tuple(named), tuple(prefixes)


def _action_card(step: Mapping[str, Any], path: str, everything: bool, speech: Speech) -> Card:
    name = str(next(iter(step)))
    config = step[name] if isinstance(step[name], Mapping) else {}
    # Who builds the flow chose the action by its sentence; its name is for those who read the file.
    notes = [] if everything else [Markup('<span class="mono faint">{}</span>').format(name)]
    if step.get("as"):
        notes.append(say(_("kept as %(name)s"), name=expression(f"vars.{step['as']}")))
    on_error = step.get("on_error")
    if on_error == "stop":
        notes.append(escape(_("on failure: stop")))
    elif on_error == "continue":
        notes.append(escape(_("on failure: go on")))
    inside, prefixes = _branches(step, path, [_("If it fails")], everything, speech)
    said = action_sentence(name, config)
    detail = Markup(" · ").join(notes)
    return Card("action", _ACTION_ICONS.get(name, "sparkles"), said, path, detail, inside, prefixes)


def action_sentence(name: str, config: Mapping[str, Any]) -> Markup:
    """What the action does with this config, in a sentence; its name when nobody knows it."""
    definition = registry().actions.get(name)
    if definition is None:
        return escape(name)
    named = definition.config.suggesting("message_templates")
    titles = {key: said for key in named if (said := _message_title(config.get(key))) is not None}
    return _fill(_(str(definition.label)), {**config, **titles})


def _message_title(name: Any) -> Markup | None:
    """What people call a message; its name stands behind it."""
    found = templates.title_of(name) if isinstance(name, str) else None
    if found is None:
        return None
    title, is_ours = found
    return Markup('<b title="{}">{}</b>').format(name, _(title) if is_ours else title)


def _fill(label: str, config: Mapping[str, Any]) -> Markup:
    """The action's sentence with its values; a value that is not given leaves its place out."""
    parts: list[Markup] = []
    last = 0
    for match in re.finditer(r"\{(\w+)\}", label):
        value = config.get(match.group(1))
        parts.append(escape(label[last : match.start()]))
        if isinstance(value, Markup):
            parts.append(value)
        else:
            parts.append(expression(short(value)) if value not in (None, "") else _NOTHING)
        last = match.end()
    return Markup().join([*parts, escape(label[last:])])


def _if(step: Mapping[str, Any], value: Any, speech: Speech) -> Said:
    return say(_("If %(condition)s"), condition=speech.condition(value)), [_("Yes"), _("Otherwise")]


def _switch(step: Mapping[str, Any], value: Any, speech: Speech) -> Said:
    cases = step.get("cases")
    named = [str(name) for name in cases] if isinstance(cases, Mapping) else []
    return say(_("Choose by %(value)s"), value=expression(value)), [*named, _("Otherwise")]


def _split(step: Mapping[str, Any], value: Any, speech: Speech) -> Said:
    body = value if isinstance(value, Mapping) else {}
    weights = body.get("weights")
    weights = weights if isinstance(weights, Mapping) else {}
    counted = {name: weight if isinstance(weight, int) else 0 for name, weight in weights.items()}
    total = sum(counted.values()) or 1
    named = [f"{name} · {round(100 * weight / total)} %" for name, weight in counted.items()]
    return escape(_("Split by chance, always the same way for the same key")), named


def _wait(step: Mapping[str, Any], value: Any, speech: Speech) -> Said:
    if not isinstance(value, Mapping):
        return say(_("Wait %(duration)s"), duration=duration(value)), []
    until = value.get("until")
    rule = until if isinstance(until, Mapping) else {"time": until}
    if "event" in rule:
        said = say(_("Wait until %(event)s"), event=speech.events(rule["event"]))
        if rule.get("when"):
            said += say(" " + _("where %(condition)s"), condition=speech.condition(rule["when"]))
    elif "date" in rule:
        said = say(_("Wait until %(event)s"), event=expression(rule["date"]))
        for extra in (rule.get("offset"), rule.get("at")):
            said += say(" %(extra)s", extra=duration(extra)) if extra else _NOTHING
    else:
        days = names(rule.get("weekday", ""))
        said = say(_("Wait until %(event)s"), event=f"{days} {rule.get('time') or ''}".strip())
    if value.get("timeout"):
        said += say(", " + _("at most %(duration)s"), duration=duration(value["timeout"]))
    if step.get("as"):
        said += say(", " + _("kept as %(name)s"), name=expression(f"vars.{step['as']}"))
    return said, []


def _approve(step: Mapping[str, Any], value: Any, speech: Speech) -> Said:
    body = value if isinstance(value, Mapping) else {}
    by = body.get("by", "owner")
    asked = by if isinstance(by, list) else [by]
    people = names([str(one.get("by", "")) if isinstance(one, Mapping) else str(one) for one in asked])
    need = body.get("need", "any")
    if len(asked) > 1 and need == "all":
        said = say(_("Ask %(people)s to approve, all of them"), people=people)
    elif len(asked) > 1 and need != "any":
        said = say(_("Ask %(people)s to approve, %(num)s of them"), people=people, num=need)
    else:
        said = say(_("Ask %(person)s to approve"), person=people)
    if body.get("timeout"):
        said += say(", " + _("at most %(duration)s"), duration=duration(body["timeout"]))
    return said, [_("Approved"), _("Refused, or no answer in time")]


def _for_each(step: Mapping[str, Any], value: Any, speech: Speech) -> Said:
    body = value if isinstance(value, Mapping) else {}
    said = say(
        _("For each of %(items)s, as %(name)s"),
        items=expression(body.get("items", "")),
        name=expression(f"vars.{body.get('as', '')}"),
    )
    return said, [_("Do")]


def _set(step: Mapping[str, Any], value: Any, speech: Speech) -> Said:
    body = value if isinstance(value, Mapping) else {}
    pairs = Markup(", ").join(expression(f"vars.{name} = {item}") for name, item in body.items())
    return say(_("Remember %(values)s"), values=pairs), []


def _stop(step: Mapping[str, Any], value: Any, speech: Speech) -> Said:
    reason = value.get("reason") if isinstance(value, Mapping) else value
    return (say(_("Stop: %(reason)s"), reason=reason) if reason else escape(_("Stop here"))), []


_CONTROL: dict[str, tuple[str, Callable[[Mapping[str, Any], Any, Speech], Said]]] = {
    "if": ("git-branch", _if),
    "switch": ("git-branch", _switch),
    "split": ("split", _split),
    "wait": ("clock", _wait),
    "approve": ("hand", _approve),
    "for_each": ("repeat", _for_each),
    "set": ("variable", _set),
    "stop": ("octagon-x", _stop),
}


def _trigger(trigger: Mapping[str, Any], speech: Speech) -> Markup:
    if "absent" in trigger:
        return say(
            _("When %(absent)s does not follow %(since)s within %(within)s"),
            absent=speech.events(trigger["absent"]),
            since=speech.events(trigger.get("since")),
            within=duration(trigger.get("within", "")),
        )
    if "event" in trigger:
        said = _("When %(event)s happens") if speech is WRITTEN else _("Starts with: %(event)s")
        return say(said, event=speech.events(trigger["event"]))
    if "schedule" in trigger:
        said = say(_("On the schedule %(schedule)s"), schedule=expression(short(trigger["schedule"])))
        over = trigger.get("over")
        return said + (say(", " + _("for each %(record)s"), record=over) if over else _NOTHING)
    if "date" in trigger:
        said = say(_("On the date %(field)s"), field=expression(trigger["date"]))
        for extra in (trigger.get("offset"), trigger.get("at")):
            said += say(", %(extra)s", extra=duration(extra)) if extra else _NOTHING
        return said
    if "manual" in trigger:
        return escape(_("When a person starts it"))
    return expression(short(trigger))


def _when(part: Mapping[str, Any], speech: Speech) -> Markup:
    when = part.get("when")
    return say(_("only if %(condition)s"), condition=speech.condition(when)) if when else _NOTHING


def _entry_rules(document: Mapping[str, Any]) -> Markup:
    said: list[Markup] = []
    if document.get("key"):
        said.append(say(_("One run for each %(key)s"), key=expression(document["key"])))
    reentry = document.get("reentry")
    rules = reentry if isinstance(reentry, Mapping) else {}
    if reentry == "once" or rules.get("once"):
        said.append(escape(_("only once ever")))
    if rules.get("after"):
        said.append(say(_("again only after %(duration)s"), duration=duration(rules["after"])))
    if rules.get("while_running") == "restart":
        said.append(escape(_("a new event starts it over")))
    control = document.get("control")
    if isinstance(control, Mapping) and control.get("share"):
        said.append(say(_("%(share)s held out as a control group"), share=f"{control['share']} %"))
    said += _limits(document.get("limits"))
    return Markup(", ").join(said)


def _limits(limits: Any) -> list[Markup]:
    if not isinstance(limits, Mapping):
        return []
    said: list[Markup] = []
    if limits.get("effects_per_hour"):
        said.append(say(_("at most %(count)s effects an hour"), count=limits["effects_per_hour"]))
    spend = limits.get("spend_per_day")
    for currency, amount in spend.items() if isinstance(spend, Mapping) else ():
        said.append(say(_("at most %(amount)s a day"), amount=f"{amount} {currency}"))
    return said
