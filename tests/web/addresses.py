"""Every page of the staff, read from the addresses themselves: a new page is tested and measured unlisted.

A parameter is filled with a row of the shop. A page whose parameter nobody knows how to fill is an error, so that none
is left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Model
from django.urls import URLPattern, URLResolver, get_resolver

from sereno.modules.content.models import Campaign, Written
from sereno.modules.customers.models import Customer
from sereno.modules.decisions.models import DecisionsDocument
from sereno.modules.feeds import models as feeding
from sereno.modules.forms.models import ShopForm
from sereno.modules.messages.models import MailDomain
from sereno.modules.newsletters.models import Newsletter
from sereno.modules.orders.models import Order, PickTicket
from sereno.modules.purchasing import models as buying
from sereno.modules.recommendations import models as recommending
from sereno.modules.segments.models import Segment
from sereno.modules.social.models import SocialAccount, SocialPost
from sereno.modules.stock.models import StockItem, StockTransfer
from sereno.modules.tools.models import Audience, Mirror
from sereno.store import models
from sereno.store.models import Shop

_PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")
PUBLIC = frozenset(
    {
        "sign-in",
        "setup",
        "join",
        "unsubscribe",
        "news",
        "preferences",
        "keep",
        "hear",
        "survey",
        "f",
        "l",
        "m",
        "o",
        "confirm",
        "handover",
        "grants",
        "feed",
        "storefront",
    }
)
"""Pages without a sign-in, by the first part of their address."""
Fill = Callable[[Shop], str | None]


@dataclass(frozen=True, slots=True)
class Address:
    """A page: the route as it is written, its name, and an address of it."""

    route: str
    name: str
    path: str


class Unfilled(AssertionError):  # noqa: N818
    """A parameter of an address that is not in FILLS."""


def addresses(shop: Shop, is_strict: bool = True) -> list[Address]:
    """All addresses of `sereno.web` that need a sign-in, filled in for this shop. Some answer only to POST. Raises
    Unfilled, unless told that others see to that."""
    from sereno.web.urls import urlpatterns

    found: list[Address] = []
    for pattern in _patterns(urlpatterns):
        route, name = str(pattern.pattern), str(pattern.name)
        if route.partition("/")[0] in PUBLIC:
            continue
        try:
            path = _filled(route, shop)
        except Unfilled:
            if is_strict:
                raise
            continue
        if path is not None:
            found.append(Address(route, name, f"/{path}"))
    return found


def _patterns(patterns: Iterable[URLPattern | URLResolver]) -> Iterator[URLPattern]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from _patterns(pattern.url_patterns)
        else:
            yield pattern


def _filled(route: str, shop: Shop) -> str | None:
    """None when the shop has no row for it."""
    for parameter in _PARAMETER.findall(route):
        fill = next((FILLS[key] for key in _keys(route, parameter) if key in FILLS), None)
        if fill is None:
            raise Unfilled(f"tell FILLS what {parameter!r} is in {route!r}")
        value = fill(shop)
        if value is None:
            return None
        route = _PARAMETER.sub(lambda _found, value=value: str(value), route, count=1)
    return route


def _keys(route: str, parameter: str) -> Iterator[tuple[str, str]]:
    """The longest part of the route before the parameter first, then shorter ones, then any."""
    parts = route.partition("<")[0].strip("/").split("/")
    for length in range(len(parts), 0, -1):
        yield "/".join(parts[:length]), parameter
    yield "", parameter


def newest(model: type[Model], column: str = "pk", by: str = "shop", **wanted: Any) -> Fill:
    def fill(shop: Shop) -> str | None:
        rows = model._default_manager.filter(**{by: shop}, **wanted).order_by("-pk")
        found = rows.values_list(column, flat=True).first()
        return None if found is None else str(found)

    return fill


def _first(shop: Shop, key: str) -> str | None:
    held = DecisionsDocument.objects.filter(shop=shop).first()
    return next((str(one["id"]) for one in held.draft[key]), None) if held is not None else None


FILLS: dict[tuple[str, str], Fill] = {
    ("deliverability/domains", "domain"): newest(MailDomain, "domain"),
    ("audiences", "id"): newest(Audience),
    ("audiences/mirrors", "id"): newest(Mirror),
    ("newsletters", "newsletter"): newest(Newsletter),
    ("social", "post"): newest(SocialPost),
    ("social/accounts", "account"): newest(SocialAccount),
    ("social/accounts", "network"): lambda shop: "mastodon",
    ("points", "token"): lambda shop: None,
    ("segments", "name"): newest(Segment, "name"),
    ("site-content", "name"): newest(Campaign, "name"),
    ("site-content", "number"): lambda shop: "1",
    ("site-content/written", "id"): newest(Written),
    ("surveys", "name"): lambda shop: "after-purchase",
    ("forms", "name"): newest(ShopForm, "name"),
    ("channels", "kind"): lambda shop: "twilio",
    ("flows", "name"): newest(models.Flow, "name", is_derived=False, version__isnull=False),
    ("purchases", "number"): newest(buying.PurchaseOrder, "number"),
    ("supply", "token"): lambda shop: None,
    ("recommendations/rules", "id"): newest(recommending.Rule),
    ("suppliers", "code"): newest(buying.Supplier, "code"),
    ("runs", "uid"): newest(models.Run, "uid"),
    ("events", "id"): newest(models.Event),
    ("deliveries", "id"): newest(models.Delivery, by="connection__shop"),
    ("effects", "id"): newest(models.Effect),
    ("connections", "id"): newest(models.Backfill),
    ("limits/questions", "id"): newest(models.LimitQuestion, status="open"),
    ("limits", "token"): lambda shop: None,
    ("approvals", "id"): newest(models.Approval, status="open"),
    ("connections", "name"): newest(models.Connection, "name"),
    ("keys", "id"): newest(models.ApiKey),
    ("feeds/out", "feed"): newest(feeding.FeedOut, "name"),
    ("feeds", "name"): newest(feeding.FeedSource, "connection__name"),
    ("feeds", "id"): newest(feeding.FeedFile),
    ("feeds/lantern-store/held", "id"): newest(feeding.FeedHeld),
    ("templates", "name"): lambda shop: "cart-recovery",
    ("templates", "message"): lambda shop: "cart-reminder",
    ("connections/new", "kind"): lambda shop: "shopify",
    ("messages/own", "name"): newest(models.MessageTemplate, "name"),
    ("messages/ready", "name"): lambda shop: "cart-reminder",
    ("media", "name"): lambda shop: None,
    ("flows", "number"): lambda shop: "1",
    ("flows", "backtest"): newest(models.Backtest),
    ("flows", "run"): newest(models.BacktestRun),
    ("orders", "id"): newest(Order),
    ("customers", "id"): newest(Customer),
    ("customers/proposals", "id"): lambda shop: None,
    ("customers/views", "id"): lambda shop: None,
    ("orders/tickets", "ticket"): newest(PickTicket, "key"),
    ("stock/items", "id"): newest(StockItem),
    ("stock/sync/rules", "field"): lambda shop: "price",
    ("stock/transfers", "id"): newest(StockTransfer),
    ("suppressions", "id"): newest(models.Suppression),
    ("privacy/requests", "id"): newest(models.PrivacyRequest),
    ("webhooks", "id"): newest(models.Webhook),
    ("watch", "series"): newest(models.WatchSeries),
    ("watch/alerts", "alert"): newest(models.Alert),
    ("webhooks", "number"): lambda shop: None,
    ("people", "id"): newest(models.Membership),
    ("people/invitations", "id"): newest(models.Invitation),
    ("inbox", "name"): lambda shop: None,
    ("decisions/keys", "id"): newest(models.StorefrontKey),
    ("decisions/rules", "id"): lambda shop: _first(shop, "rules"),
    ("decisions/variants", "id"): lambda shop: _first(shop, "variants"),
    ("decisions", "what"): lambda shop: "rule",
    ("decisions", "id"): lambda shop: _first(shop, "rules"),
    ("", "token"): lambda shop: None,
}
"""By how the route begins ("" for any) and the parameter: what stands there. None: the shop has no such thing."""

QUERIES: dict[str, tuple[str, ...]] = {
    "home": (),
    "flows": ("status=live", "q=cart"),
    "flow": ("period=all", "version=1"),
    "flow-try": ("q=mara@example.com", "about=order:1001"),
    "flow-compare": ("look=yaml",),
    "builder-panel": ("path=trigger", "path=0"),
    "builder-variables": ("flow=cart-recovery&path=1",),
    "runs": (
        "status=live",
        "status=failed",
        "status=finished",
        "flow=cart-recovery",
        "flow=cart-recovery&status=waiting",
        "flow=cart-recovery&status=live&step=3",
        "flow=cart-recovery&status=passed&step=0",
        "flow=cart-recovery&version=1",
        "q=%231001",
        "q=c17@example.com",
    ),
    "why": ("subject=%231001", "subject=order:1001&flow=cart-recovery", "subject=nobody@example.com"),
    "events": ("type=order.paid", "q=%231001", "connection=lantern-store", "type=order.paid&q=1001"),
    "deliveries": ("status=failed", "status=ignored", "q=order", "connection=lantern-store"),
    "effects": (
        "status=failed",
        "status=done",
        "action=log",
        "flow=cart-recovery",
        "q=%231001",
        "flow=cart-recovery&status=failed&step=0",
    ),
    "orders": ("q=%231001", "q=mara@example.com", "queue=express", "warehouse=north"),
    "stock": ("q=OIL-5L", "show=low", "show=out", "before=3~OIL"),
    "product-sync": ("field=price", "state=held", "connection=lantern-store", "q=OIL"),
    "stock-count": ("code=OIL-5L", "code=nothing"),
    "stock-transfers": ("status=proposed", "q=1"),
    "purchases": ("q=OIL-5L", "q=PO-1"),
    "purchase-scan": ("code=OIL-5L", "code=nothing"),
    "holds": ("q=%231001", "before=1780000000000000-1"),
    "risk": ("q=%231001", "before=90-1"),
    "risk-judged": ("q=%231001", "q=mara@example.com&decision=refused", "level=high"),
    "risk-lists": ("q=mara@example.com",),
    "templates": ("q=cart", "state=installed"),
    "privacy-person": ("q=mara@example.com", "q=order:1001", "q=nobody@example.com"),
    "privacy-consents": ("q=mara@example.com",),
}
"""Lists as people narrow them, by the name of the page."""


NOTHING_WITHOUT = frozenset({"builder-panel", "builder-variables"})
"""Pieces of a page that are only asked for with one of their queries."""


def pages(shop: Shop, is_strict: bool = True) -> list[tuple[str, str]]:
    """(name, address) of every page, each list also as people narrow it."""
    from sereno.web.wiring import wiring

    assert get_resolver().url_patterns, "the pages are wired when their addresses are read"
    wiring().demo_inbox.mkdir(parents=True, exist_ok=True)
    found: list[tuple[str, str]] = []
    for address in addresses(shop, is_strict):
        if address.name not in NOTHING_WITHOUT:
            found.append((address.name, address.path))
        found += [(address.name, f"{address.path}?{query}") for query in QUERIES.get(address.name, ())]
    return found


def own_message(owner: Any) -> None:
    """Give the shop a message of its own, as its owner would from the page, so that those pages have something."""
    from django.test import Client

    client = Client(headers={"host": "127.0.0.1"})
    client.force_login(owner)
    assert client.post("/messages/begin", {"name": "cart-reminder", "how": "replace"}).status_code == 302


def whole_pages(owner: Any, shop: Shop) -> list[str]:
    """An address of each page that a browser shows: not pieces of one, files, frames, or what leads on."""
    from django.core.cache import cache
    from django.test import Client

    client = Client(headers={"host": "127.0.0.1"})
    client.force_login(owner)
    found: dict[str, str] = {}
    for name, path in pages(shop, is_strict=False):
        if name in found:
            continue
        answer = client.get(path)
        if answer.status_code == 200 and not answer.streaming and b'class="shell"' in answer.content:
            found[name] = path
    cache.clear()
    return list(found.values())
