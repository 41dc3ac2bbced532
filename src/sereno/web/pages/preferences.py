"""The page on which a shop's customer sees and says what the shop may write about, by which ways and how often, reached
by the link in its mails.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from sereno.modules.customers.models import Customer, Marketing
from sereno.modules.messages.unsubscribe import Recipient, TokenInvalid, read_token
from sereno.runtime.consenting import pause
from sereno.runtime.preferences import Way, Wish, save, ways_of
from sereno.sdk.topics import PERIODS, Choice, Often, Topic, topics_of
from sereno.store import secrets
from sereno.store.models import Shop
from sereno.web.customers.words import CHANNELS
from sereno.web.people.addresses import client_address
from sereno.web.shell import render

PAGE = "public/preferences.html"
ALL = "*"
"""Stands for offers and news as a whole, where the shop has no topics to choose from."""


@dataclass(frozen=True, slots=True)
class Box:
    """One thing to tick: a topic by one way."""

    field: str
    value: str
    label: str
    is_on: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """What the page asks, in the reader's language. `topics` are pairs of name and title."""

    ways: Sequence[Way]
    topics: Sequence[tuple[str, str]]
    answers: Sequence[tuple[str, str]]
    oftens: Sequence[tuple[str, str]]

    @property
    def has_boxes(self) -> bool:
        return bool(self.topics) or len(self.ways) > 1

    @property
    def rows(self) -> list[tuple[str, str]]:
        return list(self.topics) or [(ALL, _("Offers and news"))]


@csrf_exempt
@require_http_methods(["GET", "POST"])
def preferences(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows what holds and changes nothing. POST `marketing=yes|no` goes into the consent ledger, with the words
    the person saw; with yes also the topics ticked for each way (`by-email=offers`) and how often; `pause` holds for
    30 days. The sealed token alone gives the right to; nobody else can make one."""
    try:
        who = read_token(secrets.newest(), token)
    except TokenInvalid:
        return render(request, PAGE, {"state": "bad"}, status=404)
    shop = Shop.objects.filter(pk=who.shop_id).only("name", "settings", "locale").first()
    asked = _asked(who, shop)
    said = request.POST.get("marketing")
    wishes = _wishes(said or "", request.POST.getlist, request.POST.get("often"), asked)
    if said == "pause":
        pause(who.shop_id, who.address)
    elif wishes:
        save(who.shop_id, wishes, proof=_proof(request, who))
    if said == "pause" or wishes:
        return redirect(f"{request.path}?saved=1")
    state = "saved" if request.GET.get("saved") else "ask"
    if request.method == "POST":
        state = "nothing" if said == "yes" else "missing"
    now = _now(who, asked.ways[0])
    found: dict[str, Any] = {
        "state": state,
        "who": who,
        "sender": shop.name if shop is not None else "",
        "asked": asked,
        "now": now if state != "nothing" else "yes",
        "boxes": [(title, [_box(way, name, title) for way in asked.ways]) for name, title in asked.rows],
        "columns": [_column(way) for way in asked.ways],
        "often": asked.ways[0].choice.often or "",
        "others": _others(who, token, shop),
    }
    return render(request, PAGE, found, status=422 if state in ("missing", "nothing") else 200)


def _asked(who: Recipient, shop: Shop | None) -> Asked:
    locale = get_language() or ""
    topics: list[Topic] = topics_of(shop.settings) if shop is not None else []
    ways = ways_of(who.shop_id, who.address, who.channel)
    if ways[0].granted is None and who.channel == "email":
        ways[0] = replace(ways[0], granted=_told_by_the_platform(who))
    return Asked(
        ways,
        [(one.name, one.title(locale, shop.locale if shop is not None else "en")) for one in topics],
        (
            ("yes", _("Yes, write me offers and news")),
            ("pause", _("Not for the next 30 days")),
            ("no", _("No, only about my orders")),
        ),
        (
            ("", _("Whenever there is something")),
            ("week", _("At most once a week")),
            ("month", _("At most once a month")),
        ),
    )


def _wishes(said: str, listed: Callable[[str], list[str]], often: str | None, asked: Asked) -> list[Wish]:
    """What is to hold for each way; nothing where nothing was said, or a yes came without anything ticked. A no is one
    to the way of the link, and to each other that was shown and allowed."""
    if said == "no":
        refused = [way for way in asked.ways if way is asked.ways[0] or way.granted]
        return [Wish(way.channel, way.address, False, Choice(), dict(asked.answers)["no"]) for way in refused]
    if said != "yes":
        return []
    choice: Often | None = cast("Often", often) if often == "" or often in PERIODS else None
    titles = dict(asked.topics)
    found: list[Wish] = []
    for way in asked.ways:
        ticked = {name for name in listed(f"by-{way.channel}") if name in dict(asked.rows)}
        if not asked.has_boxes:
            found.append(Wish(way.channel, way.address, True, Choice({}, choice), dict(asked.answers)["yes"]))
        elif ticked:
            wanted = {name: name in ticked for name in titles}
            found.append(Wish(way.channel, way.address, True, Choice(wanted, choice), _words(asked, way, wanted)))
        else:
            # Nothing ticked is a no where there was a yes, and says nothing where there was none.
            granted = False if way.granted else None
            found.append(Wish(way.channel, way.address, granted, Choice({}, choice), _words(asked, way, {})))
    return found if any(one.granted for one in found) else []


def _words(asked: Asked, way: Way, wanted: Mapping[str, bool]) -> str:
    """What the person saw and ticked, as the proof keeps it: `[x]` before what they want."""
    shown = [f"[{'x' if wanted.get(name) else ' '}] {title}" for name, title in asked.topics]
    return " · ".join([dict(asked.answers)["yes"], str(CHANNELS.get(way.channel, way.channel)), *shown])


def _proof(request: HttpRequest, who: Recipient) -> dict[str, str]:
    return {
        "by": "page",
        "language": get_language() or "",
        "ip": client_address(request)[:64],
        "agent": request.headers.get("User-Agent", "")[:200],
        **({"effect": who.effect} if who.effect else {}),
    }


def _box(way: Way, name: str, title: str) -> Box:
    """Nothing is ticked that nobody has said yes to; a topic never spoken of goes with the whole."""
    is_on = bool(way.granted) and way.choice.topics.get(name, True)
    label = _("%(topic)s by %(way)s") % {"topic": title, "way": CHANNELS.get(way.channel, way.channel)}
    return Box(f"by-{way.channel}", name, label, is_on)


def _column(way: Way) -> tuple[str, str]:
    """A way's name, and enough of a telephone's number to know it by."""
    is_number = way.channel in ("sms", "whatsapp")
    return str(CHANNELS.get(way.channel, way.channel)), f"… {way.address[-3:]}" if is_number else ""


def _now(who: Recipient, way: Way) -> str:
    if way.granted is None:
        return ""
    paused = Marketing.objects.filter(
        shop_id=who.shop_id, address=who.address.lower(), paused_until__gt=datetime.now(UTC)
    )
    return "no" if not way.granted else "pause" if paused.exists() else "yes"


def _others(who: Recipient, token: str, shop: Shop | None) -> str:
    """The page of the ways beside mail, where the shop has some that are opened there."""
    settings = shop.settings if shop is not None else {}
    has_some = who.channel == "email" and {"push", "telegram"} & set(settings.get("channels") or ())
    return f"/hear/{token}" if has_some else ""


def _told_by_the_platform(who: Recipient) -> bool | None:
    """The platform's word, where the person has said nothing to us."""
    known = Customer.objects.filter(shop_id=who.shop_id, email=who.address, accepts_email__isnull=False)
    return known.order_by("-version").values_list("accepts_email", flat=True).first()
