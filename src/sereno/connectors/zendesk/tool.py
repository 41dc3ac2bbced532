"""How Zendesk is asked (Ticketing API v2).

Invariant: a ticket is made under Zendesk's own idempotency key; a comment carries the effect's key in its audit's
metadata, and is looked for there before a second try writes one.
"""

from __future__ import annotations

from typing import Any

from sereno.connectors.mailing import basic
from sereno.connectors.outside import items, part, without_empty
from sereno.sdk.config import mark as _
from sereno.sdk.connector import Setting
from sereno.sdk.ports import HttpRequest
from sereno.sdk.stores import Call, Exchange, Probe, StoreApi, StoreRefused, Written
from sereno.sdk.tools import CommentTicket, OpenTicket, ToolApi

MOST_TAG = 100


def _host(exchange: Exchange) -> str:
    return f"https://{exchange.access.get('subdomain', '')}.zendesk.com"


def sign(exchange: Exchange, request: HttpRequest) -> HttpRequest:
    user, token = exchange.access.get("email", ""), exchange.access.get("token", "")
    headers = {**request.headers, "Authorization": basic(f"{user}/token", token)}
    return HttpRequest(request.method, request.url, headers, request.body, request.timeout)


def probe(exchange: Exchange) -> Probe:
    name = exchange.access.get("subdomain", "")
    if not name.replace("-", "").isalnum() or not name.isascii():
        raise StoreRefused("store.key_refused", "Write the part of your address before .zendesk.com alone.")
    user = part(exchange.send("GET", f"{_host(exchange)}/api/v2/users/me.json").body, "user")
    if not user.get("id"):
        # Zendesk answers 200 to anybody, as an anonymous user.
        raise StoreRefused("store.key_refused", "Zendesk does not know this address and token.")
    lacking = () if user.get("role") in ("agent", "admin") else ("agent",)
    return Probe(shop=f"{name}.zendesk.com", lacking=lacking)


def open_ticket(call: Call, act: OpenTicket) -> Written:
    person = act.person
    name = f"{person.first_name} {person.last_name}".strip() or person.email
    ticket: dict[str, Any] = {
        "subject": act.subject,
        "comment": {"body": act.text},
        "requester": without_empty({"name": name, "email": person.email}),
        "priority": act.urgency,
        "tags": ["sereno", *(_tag(one) for one in act.tags)],
        # What comes back with each notice of it: whose ticket it is.
        "external_id": f"sereno:{person.key}"[:255],
    }
    url = f"{_host(call.exchange)}/api/v2/tickets.json"
    headers = {"Idempotency-Key": call.key[:255]}
    found = part(call.exchange.send("POST", url, body={"ticket": ticket}, headers=headers).body, "ticket")
    return _written(call.exchange, str(found.get("id") or ""))


def _tag(text: str) -> str:
    """Zendesk's tags have no spaces."""
    return "_".join(text.split())[:MOST_TAG]


def comment_ticket(call: Call, act: CommentTicket) -> Written:
    if not (act.ticket.isascii() and act.ticket.isdigit()):
        raise StoreRefused("ticket.missing", f"{act.ticket!r} is no number of a ticket.")
    if call.attempt > 1 and _is_written(call, act.ticket):
        return _written(call.exchange, act.ticket)
    ticket: dict[str, Any] = {"metadata": {"sereno": call.key}}
    if act.text.strip():
        ticket["comment"] = {"body": act.text, "public": act.is_public}
    if act.status:
        ticket["status"] = act.status
    url = f"{_host(call.exchange)}/api/v2/tickets/{act.ticket}.json"
    call.exchange.send("PUT", url, body={"ticket": ticket})
    return _written(call.exchange, act.ticket)


def _is_written(call: Call, ticket: str) -> bool:
    url = f"{_host(call.exchange)}/api/v2/tickets/{ticket}/audits.json"
    found = items(call.exchange.send("GET", url, query={"sort": "-created_at", "page[size]": 100}).body, "audits")
    return any(part(one, "metadata", "custom").get("sereno") == call.key for one in found)


def _written(exchange: Exchange, id: str) -> Written:
    return Written({"id": id, "url": f"{_host(exchange)}/agent/tickets/{id}"})


TOOL = StoreApi(
    access=(
        Setting("subdomain", _("Subdomain"), "text", True, _("Of nandu.zendesk.com it is nandu.")),
        Setting("email", _("E-mail of the agent"), "text", True),
        Setting("token", _("API token"), "secret", True),
    ),
    steps=(
        _("In Zendesk open Admin Center, Apps and integrations, Zendesk API, and switch token access on."),
        _("Make an API token, and give the address of the agent whose name tickets are made in."),
    ),
    probe=probe,
    sign=sign,
    per_second=3.0,
    tool=ToolApi(acts={OpenTicket: open_ticket, CommentTicket: comment_ticket}),
)
