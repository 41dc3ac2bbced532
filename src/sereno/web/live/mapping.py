"""The map: which events start which flows, what each touches, and where they get into each other's way."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET
from markupsafe import Markup

from sereno.store.models import Flow
from sereno.web.access import StaffRequest, staff
from sereno.web.builder.forms.event_words import event_word
from sereno.web.live.conflicts import Conflict, active_doings, touch_words, worded
from sereno.web.live.touching import Doings, Touch, clashes
from sereno.web.shell import render

ICONS = {
    "mail": "mail",
    "tag": "tag",
    "untag": "tag",
    "alert": "bell",
    "request": "webhook",
    "emit": "radio",
    "record": "pencil",
    "product": "package",
}


@dataclass(frozen=True, slots=True)
class Place:
    """A flow on the map. `touches` are (icon, words); `follows` are flows that an event of its own starts."""

    flow: Flow
    title: str
    touches: tuple[tuple[str, Markup], ...]
    follows: tuple[tuple[str, str, str], ...]
    tone: str


@dataclass(frozen=True, slots=True)
class Start:
    """Events that start the same flows, as (type, words); without a type for what is no event of the shop."""

    events: tuple[tuple[str, str], ...]
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Shared:
    """A thing that several flows touch."""

    icon: str
    words: Markup
    flows: tuple[tuple[str, str], ...]


@require_GET
@staff()
def flow_map(request: StaffRequest) -> HttpResponse:
    shop = request.shop
    known = active_doings(shop)
    rows = {flow.name: flow for flow in Flow.objects.filter(shop=shop).defer("draft")}
    titles = {one.flow: one.title for one in known}
    found = [worded(clash, titles) for clash in clashes(known)]
    context = {
        "section": "flows",
        "conflicts": [conflict for conflict in found if conflict.tone != "info"],
        "notes": [conflict for conflict in found if conflict.tone == "info"],
        "starts": _starts(known, rows, titles, found),
        "shared": _shared(known, titles),
        "count": len(known),
    }
    return render(request, "live/map.html", context)


def _starts(known: list[Doings], rows: dict[str, Flow], titles: dict[str, str], found: list[Conflict]) -> list[Start]:
    """By what starts them; events that start the same flows share a lane."""
    tones: dict[str, str] = {}
    for conflict in found:
        for name in conflict.flows:
            if conflict.tone != "info" and tones.get(name) != "bad":
                tones[name] = conflict.tone
    by_type: dict[str, list[Place]] = {}
    for one in known:
        place = _place(one, rows[one.flow], known, titles, tones.get(one.flow, ""))
        for type_ in sorted(one.starts) or [""]:
            by_type.setdefault(type_, []).append(place)
    lanes: dict[tuple[str, ...], tuple[list[str], list[Place]]] = {}
    for type_, places in sorted(by_type.items(), key=lambda item: (not item[0], item[0])):
        lanes.setdefault(tuple(place.flow.name for place in places), ([], places))[0].append(type_)
    starts = [
        Start(tuple((type_, _words(type_)) for type_ in types), tuple(places)) for types, places in lanes.values()
    ]
    # Where flows meet comes first.
    return sorted(starts, key=lambda start: -len(start.places))


def _words(type_: str) -> str:
    return event_word(type_) if type_ else _("A schedule, a date or a person")


def _place(one: Doings, row: Flow, known: list[Doings], titles: dict[str, str], tone: str) -> Place:
    touches: dict[Markup, str] = {}
    for touch in one.touches:
        if touch.kind != "product":
            touches.setdefault(touch_words(touch), ICONS[touch.kind])
    follows = [(other.flow, titles[other.flow], type_) for other in known for type_ in sorted(one.emits & other.starts)]
    return Place(row, one.title, tuple((icon, words) for words, icon in touches.items()), tuple(follows), tone)


def _shared(known: list[Doings], titles: dict[str, str]) -> list[Shared]:
    """What more than one flow touches: the customer by mail, the same tag, the same product, the same system."""
    by_thing: dict[tuple[str, str, str], dict[str, None]] = {}
    for one in known:
        for touch in one.touches:
            if touch.kind == "mail":
                key = ("mail", touch.record, "")
            elif touch.kind in ("tag", "untag"):
                key = ("tag", touch.record, touch.what)
            else:
                key = (touch.kind, touch.record, touch.what)
            by_thing.setdefault(key, {})[one.flow] = None
    shared: list[Shared] = []
    for (kind, record, what), flows in by_thing.items():
        if len(flows) < 2:
            continue
        named = tuple((name, titles[name]) for name in flows)
        shared.append(Shared(ICONS[kind], _thing(kind, record, what), named))
    return sorted(shared, key=lambda one: -len(one.flows))


def _thing(kind: str, record: str, what: str) -> Markup:
    match kind:
        case "mail":
            return Markup("{}").format(_("The customer's inbox") if record == "customer" else record)
        case "tag":
            name = {"order": _("order"), "customer": _("customer")}.get(record, record)
            return Markup('{} <code class="expression">{}</code>').format(
                _("Tag on the %(record)s") % {"record": name}, what
            )
        case "product":
            return Markup("{}").format(_("Products and their stock"))
        case _:
            return touch_words(Touch(kind, record, what))  # type: ignore[arg-type]
