"""How LoyaltyLion is asked (API v2).

Invariant: an activity carries a name made of the effect's key. Points have no key there: where an answer was lost
nobody is given them again by a second try, but a person is told to look.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from sereno.connectors.marks import mark
from sereno.connectors.outside import items, without_empty
from sereno.sdk.config import mark as _
from sereno.sdk.connector import Setting
from sereno.sdk.ports import HttpRequest
from sereno.sdk.stores import Call, Exchange, Probe, StoreApi, StoreRefused, Written
from sereno.sdk.tools import GivePoints, ToolApi, TrackEvent

HOST = "https://api.loyaltylion.com/v2"
TOPICS = ("customers/update", "loyalty_emails/unsubscribe")
MOST_POINTS = 999_999


def sign(exchange: Exchange, request: HttpRequest) -> HttpRequest:
    headers = {**request.headers, "Authorization": f"Bearer {exchange.access.get('key', '')}"}
    return HttpRequest(request.method, request.url, headers, request.body, request.timeout)


def probe(exchange: Exchange) -> Probe:
    exchange.send("GET", f"{HOST}/customers", query={"limit": 1})
    return Probe(shop="LoyaltyLion")


def set_up(exchange: Exchange, hook: str) -> None:
    """Has it tell us of its members; once, however often it is asked for."""
    held = items(exchange.send("GET", f"{HOST}/webhooks").body, "webhooks")
    there = {str(one.get("topic")) for one in held if one.get("address") == hook}
    for topic in TOPICS:
        if topic not in there:
            body = {"webhook": {"topic": topic, "address": hook}}
            exchange.send("POST", f"{HOST}/webhooks", body=body)


def give_points(call: Call, act: GivePoints) -> Written:
    if call.attempt > 1:
        what = "the answer was lost, so they may have been given: look at the customer in LoyaltyLion, then replay"
        raise StoreRefused("points.unclear", f"It cannot be told whether this happened: {what}.")
    if abs(act.points) > MOST_POINTS:
        raise StoreRefused("points.too_many", f"LoyaltyLion takes at most {MOST_POINTS} points at once.")
    way = "points" if act.points > 0 else "remove_points"
    body = without_empty({"points": abs(act.points), "reason": act.reason})
    call.exchange.send("POST", f"{HOST}/customers/{_customer(act)}/{way}", body=body)
    return Written({"points": act.points})


def _customer(act: GivePoints) -> str:
    """The customer's id in the shop, which is LoyaltyLion's name for them."""
    if not act.person.key or act.person.key.startswith("email:"):
        raise StoreRefused("person.refused", "LoyaltyLion knows customers by the shop's own id; this one has none.")
    return quote(act.person.key, safe="")


def track(call: Call, act: TrackEvent) -> Written:
    body: dict[str, Any] = {
        "name": act.name,
        "customer_id": act.person.key if not act.person.key.startswith("email:") else None,
        "customer_email": act.person.email,
        "merchant_id": mark(call.key),
        "date": act.at.isoformat(),
        "properties": {key: str(value) for key, value in act.facts.items()},
    }
    # 409 and 422 on a second try: an activity of this name is there.
    good = (409, 422) if call.attempt > 1 else ()
    call.exchange.send("POST", f"{HOST}/activities", body=without_empty(body), good=good)
    return Written()


TOOL = StoreApi(
    access=(Setting("key", _("API key"), "secret", True),),
    steps=(
        _("In LoyaltyLion open Manage, API keys, and make one."),
        _("It needs customers and activities, to read and to write, and unsubscribes, to read."),
    ),
    probe=probe,
    sign=sign,
    per_second=10.0,
    tool=ToolApi(acts={GivePoints: give_points, TrackEvent: track}, set_up=set_up),
)
