"""Rendering a page inside the shell: navigation, health, notices, language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.messages import get_messages
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.template import engines
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sereno.store.fields import to_micros
from sereno.store.models import Shop
from sereno.web import formats
from sereno.web.counts import look
from sereno.web.typed import typed_in
from sereno.web.wiring import wiring

LANGUAGES = (("en", "English"), ("es", "Español"), ("pt", "Português"), ("ro", "Română"))
WORKER_DEAD_AFTER = timedelta(seconds=15)


@dataclass(frozen=True, slots=True)
class Link:
    """An entry of the navigation. `key`, where it has one, follows "g" on the keyboard; with `ability` only those who
    have it see it."""

    name: str
    label: str | Promise
    icon: str
    key: str = ""
    ability: str | None = None


WATCH = (
    Link("home", _("Overview"), "house", "h"),
    Link("attention", _("Needs attention"), "bell", "a"),
    Link("watch", _("Watch"), "lantern", "o"),
    Link("approvals", _("Approvals"), "hand", "q"),
    Link("limits", _("Limits and switches"), "gauge", "z"),
)
AUTOMATE = (
    Link("flows", _("Flows"), "workflow", "f"),
    Link("templates", _("Templates"), "layout-template", "l"),
    Link("messages", _("Messages"), "mail", "m"),
    Link("guardrails", _("Guardrails"), "hourglass", "u"),
    Link("runs", _("Runs"), "activity", "r"),
    Link("results", _("Results"), "trending-up", "v"),
    Link("why", _("Why, and why not"), "circle-question-mark", "w"),
)
AUDIENCE = (
    Link("customers", _("Customers"), "users"),
    Link("segments", _("Segments"), "list-tree"),
    Link("scores", _("Scores"), "trending-up", "j"),
    Link("interests", _("Interests"), "flag"),
    Link("forms", _("Forms"), "clipboard"),
    Link("surveys", _("Surveys"), "star"),
    Link("loyalty", _("Loyalty"), "repeat"),
    Link("codes", _("Codes"), "tag"),
    Link("recommendations", _("Recommendations"), "sparkles"),
)
OUTREACH = (
    Link("newsletters", _("Newsletters"), "send"),
    Link("calendar", _("Calendar"), "calendar"),
    Link("social", _("Social posts"), "radio"),
    Link("audiences", _("Audiences"), "users"),
    Link("site-content", _("Site content"), "monitor"),
    Link("channels", _("Channels"), "message-circle"),
    Link("deliverability", _("Deliverability"), "inbox"),
)
TRADE = (
    Link("orders", _("Orders"), "shopping-cart", "1"),
    Link("holds", _("Holds"), "hand", "2"),
    Link("decisions", _("Checkout"), "list-tree", "9"),
    Link("self-service", _("Self-service"), "pencil", "0"),
    Link("risk", _("Risk"), "shield-check", "3"),
    Link("stock", _("Stock"), "package", "4"),
    Link("demand", _("Demand"), "trending-up", "5"),
    Link("purchases", _("Purchase orders"), "clipboard", "6"),
    Link("suppliers", _("Suppliers"), "users", "7"),
)
RECORD = (
    Link("events", _("Events"), "radio", "e"),
    Link("deliveries", _("Deliveries"), "webhook", "d"),
    Link("effects", _("Effects"), "send", "x"),
    Link("suppressions", _("Not written to"), "ban", "n"),
)
SET_UP = (
    Link("connections", _("Connections"), "plug", "c"),
    Link("feeds", _("Files and feeds"), "upload", "8"),
    Link("keys", _("API keys"), "key", "k", "settings"),
    Link("webhooks", _("Outgoing webhooks"), "webhook", "b", "settings"),
    Link("people", _("People"), "users", "p", "settings"),
    Link("shop-settings", _("Shop"), "store", "s", "settings"),
    Link("audit", _("Audit trail"), "scroll-text", "t", "settings"),
    Link("privacy", _("Privacy"), "shield-check", "y", "work"),
)
DEMO = (Link("inbox", _("Demo inbox"), "inbox", "i"),)


CLOSED = "record.setup"
"""Groups that are folded until somebody opens them; then the browser's cookie says which."""


def _navigation(request: HttpRequest) -> list[tuple[str, str | Promise, bool, list[Link]]]:
    """Groups of links: name, label, whether it is unfolded, and what this person may see of it."""
    closed = request.COOKIES.get("sereno-folded", CLOSED).split(".")
    groups = (
        ("watch", _("Watch"), WATCH),
        ("automate", _("Automate"), AUTOMATE),
        ("audience", _("Audience"), AUDIENCE),
        ("outreach", _("Outreach"), OUTREACH),
        ("trade", _("Shop floor"), TRADE),
        ("record", _("Record"), RECORD),
        ("setup", _("Set up"), SET_UP + (DEMO if wiring().demo_inbox.is_dir() else ())),
    )
    can = request.can  # type: ignore[attr-defined]
    return [
        (name, label, name not in closed, [link for link in links if link.ability is None or link.ability in can])
        for name, label, links in groups
    ]


@dataclass(frozen=True, slots=True)
class Attention:
    """How much waits for a person, by kind. Counts past 1,000 stop there."""

    effects: int
    deliveries: int
    approvals: int
    flows: int
    workers: int
    """How many are on watch; not a thing that waits."""
    off: int
    """Switches that are off, beside paused flows; said above every page, and not a thing that waits either."""
    limits: int

    @property
    def total(self) -> int:
        return self.effects + self.deliveries + self.approvals + self.flows + self.limits


def attention_of(shop: Shop) -> Attention:
    key = f"attention:{shop.pk}"
    found = cache.get(key)
    if found is None:
        alive = to_micros(datetime.now(UTC) - WORKER_DEAD_AFTER)
        (row,) = look("attention_counts", shop=shop.pk, alive=alive)
        found = Attention(*row)
        cache.set(key, found, 3)
    return found


def forget_attention(shop: Shop) -> None:
    """After a person changed something, the next page must count anew."""
    cache.delete(f"attention:{shop.pk}")


_OWN = frozenset({"request", "csrf", "language", "languages", "navigation", "memberships", "typed"})
"""Values that no page may have of its own: the whole page would speak another language, say."""


def render(
    request: HttpRequest, template: str, context: dict[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    """The template with the shell's own values. Pages without a shop (sign-in, public) get none of the shop's."""
    values: dict[str, Any] = {
        "request": request,
        "csrf": get_token(request),
        "language": formats.language(),
        "languages": LANGUAGES,
        "path": request.get_full_path(),
        "said": list(get_messages(request)),
        "typed": typed_in(request),
    }
    shop: Shop | None = getattr(request, "shop", None)
    if shop is not None:
        waiting = attention_of(shop)
        values.update(
            shop=shop,
            can=request.can,  # type: ignore[attr-defined]
            role=request.role,  # type: ignore[attr-defined]
            memberships=request.memberships,  # type: ignore[attr-defined]
            navigation=_navigation(request),
            attention=waiting,
            workers=waiting.workers,
        )
    given = context or {}
    assert _OWN.isdisjoint(given), f"the shell's own: {_OWN & given.keys()}"
    values.update(given)
    engine = engines["jinja2"]
    return HttpResponse(engine.get_template(template).render(values, request), status=status)
