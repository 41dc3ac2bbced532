"""Flows of a shop that get into each other's way, in words a person can act on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from markupsafe import Markup

from sereno.engine.catalog import FlowInvalid
from sereno.engine.flow import to_yaml
from sereno.runtime.flows import compiled
from sereno.sdk.plugin import registry
from sereno.store import scope
from sereno.store.models import Flow, FlowVersion, Shop
from sereno.web.documents import title_of
from sereno.web.live.touching import Clash, Doings, Touch, clashes, doings
from sereno.web.sentences import expression, names, say

ACTIVE = ("live", "shadow", "paused")


@dataclass(frozen=True, slots=True)
class Conflict:
    """`say` is the sentence, `advice` what to do. `tone` is `bad` for what goes on for ever or undoes itself, `lamp`
    for what a customer may get twice, `info` for what is only good to know. `path` is the step of the flow asked about
    (empty for a conflict that no single step makes)."""

    kind: str
    tone: str
    say: Markup
    advice: str
    flows: tuple[str, ...]
    path: str = ""


def conflicts_of(shop: Shop, document: str | Mapping[str, Any]) -> list[Conflict]:
    """What would be in the way if this document (YAML or its mapping) were published: with the shop's flows as they are
    published, itself left out. Empty for a document that cannot be published."""
    text = document if isinstance(document, str) else to_yaml(document)
    try:
        with scope.in_shop(shop.pk):
            mine = doings(compiled(text, registry()))
    except FlowInvalid:
        return []
    neighbours = [flow for flow in active_doings(shop) if flow.flow != mine.flow]
    titles = {flow.flow: flow.title for flow in [*neighbours, mine]}
    return [worded(clash, titles, of=mine.flow) for clash in clashes([mine, *neighbours], mine.flow)]


def active_doings(shop: Shop) -> list[Doings]:
    """What every published flow of the shop is started by and touches, those that Sereno brings along too. A flow whose
    plug-in is gone is left out."""
    flows = {row.pk: row for row in Flow.objects.filter(shop=shop, status__in=ACTIVE, version__isnull=False)}
    found: list[Doings] = []
    rows = FlowVersion.objects.filter(flow__in=flows).values_list("flow_id", "number", "document").order_by("flow_id")
    for flow_id, number, document in rows:
        row = flows[flow_id]
        if number != row.version:
            continue
        try:
            with scope.running():
                known = doings(compiled(document, registry()))
        except FlowInvalid:
            continue
        found.append(Doings(row.name, title_of(row), known.starts, known.touches, known.about))
    return found


def worded(clash: Clash, titles: Mapping[str, str], of: str | None = None) -> Conflict:
    """The clash as a sentence; `of` is the flow the reader is about to publish."""
    flows = tuple(titles.get(name, name) for name in clash.flows)
    number = clash.flows.index(of) if of in clash.flows and clash.kind != "loop" else 0
    path = clash.touches[number].path if len(clash.touches) > number else ""
    tone, sentence, advice = _WORDS[clash.kind](clash, flows)
    return Conflict(clash.kind, tone, sentence, advice, clash.flows, path)


def touch_words(touch: Touch) -> Markup:
    """What a step touches, for a list."""
    match touch.kind:
        case "mail" if touch.record == "customer":
            return say(_("mails the customer: %(what)s"), what=expression(touch.what))
        case "mail":
            return say(_("mails %(who)s: %(what)s"), who=touch.record, what=expression(touch.what))
        case "tag":
            return say(_("puts the tag %(tag)s on the %(record)s"), tag=expression(touch.what), record=_of(touch))
        case "untag":
            return say(_("takes the tag %(tag)s off the %(record)s"), tag=expression(touch.what), record=_of(touch))
        case "alert":
            return say(_("tells your people: %(what)s"), what=expression(touch.what))
        case "request":
            return say(_("calls %(host)s"), host=expression(touch.what))
        case "emit":
            return say(_("states %(event)s"), event=expression(touch.what))
        case "product":
            return say(_("is about products"))
        case _:
            return say(_("changes the %(record)s"), record=_of(touch))


def _of(touch: Touch) -> str:
    return {"order": _("order"), "customer": _("customer"), "product": _("product"), "cart": _("cart")}.get(
        touch.record, touch.record
    )


def _loop(clash: Clash, flows: tuple[str, ...]) -> tuple[str, Markup, str]:
    advice = _("Give one of them a condition that ends the round, or let it start once for each key.")
    events = expression(names(list(dict.fromkeys(clash.events))))
    if len(flows) == 1:
        return "bad", say(_("“%(flow)s” starts itself over by %(events)s"), flow=flows[0], events=events), advice
    ring = " → ".join((*flows, flows[0]))
    return (
        "bad",
        say(_("These flows start each other for ever, by %(events)s: %(ring)s"), ring=ring, events=events),
        advice,
    )


def _same_mail(clash: Clash, flows: tuple[str, ...]) -> tuple[str, Markup, str]:
    first, second = clash.touches
    values = {
        "first": flows[0],
        "second": flows[1],
        "one": expression(first.what),
        "other": expression(second.what),
        "events": expression(names(list(clash.events))),
    }
    text = _("On %(events)s both “%(first)s” (%(one)s) and “%(second)s” (%(other)s) mail the same customer")
    return "lamp", say(text, **values), _("Harmless if their conditions never hold together; else leave one out.")


def _tag_fought(clash: Clash, flows: tuple[str, ...]) -> tuple[str, Markup, str]:
    touch = clash.touches[0]
    text = _("“%(first)s” puts the tag %(tag)s on the %(record)s, “%(second)s” takes it off")
    sentence = say(text, first=flows[0], second=flows[1], tag=expression(touch.what), record=_of(touch))
    return "bad", sentence, _("Whichever runs last wins. Let one flow own the tag.")


def _same_tag(clash: Clash, flows: tuple[str, ...]) -> tuple[str, Markup, str]:
    touch = clash.touches[0]
    text = _("“%(first)s” and “%(second)s” both put the tag %(tag)s on the %(record)s")
    sentence = say(text, first=flows[0], second=flows[1], tag=expression(touch.what), record=_of(touch))
    return "info", sentence, _("Nothing breaks; but you cannot tell from the tag which of them it was.")


def _same_request(clash: Clash, flows: tuple[str, ...]) -> tuple[str, Markup, str]:
    values = {"host": expression(clash.touches[0].what), "events": expression(names(list(clash.events)))}
    text = _("On %(events)s both “%(first)s” and “%(second)s” call %(host)s")
    sentence = say(text, first=flows[0], second=flows[1], **values)
    return "info", sentence, _("Look whether the other system would do the same thing twice.")


_WORDS = {
    "loop": _loop,
    "same_mail": _same_mail,
    "tag_fought": _tag_fought,
    "same_tag": _same_tag,
    "same_request": _same_request,
}
