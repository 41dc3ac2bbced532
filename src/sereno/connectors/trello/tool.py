"""How Trello is asked (REST API 1).

Invariant: Trello has no key for idempotency. A card carries the effect's mark at the end of its text, and is looked for
on the whole board before a second try makes one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sereno.connectors.marks import is_marked, marked
from sereno.connectors.outside import items, part, without_empty
from sereno.sdk.config import mark as _
from sereno.sdk.connector import Setting
from sereno.sdk.ports import HttpRequest
from sereno.sdk.stores import Call, Exchange, Probe, StoreApi, StoreRefused, Written
from sereno.sdk.tools import AddCard, MoveCard, Place, ToolApi

HOST = "https://api.trello.com/1"
MOST_TEXT = 16_000
FIELDS = "desc,shortUrl"


def sign(exchange: Exchange, request: HttpRequest) -> HttpRequest:
    key, token = exchange.access.get("key", ""), exchange.access.get("token", "")
    said = f'OAuth oauth_consumer_key="{key}", oauth_token="{token}"'
    headers = {**request.headers, "Authorization": said}
    return HttpRequest(request.method, request.url, headers, request.body, request.timeout)


def probe(exchange: Exchange) -> Probe:
    found = exchange.send("GET", f"{HOST}/members/me", query={"fields": "fullName,username"}).body or {}
    return Probe(shop=str(found.get("fullName") or found.get("username") or ""))


def boards(exchange: Exchange) -> Sequence[Place]:
    """The lists of all open boards, each by the board's name and its own."""
    query = {"filter": "open", "fields": "name", "lists": "open", "list_fields": "name"}
    found = exchange.send("GET", f"{HOST}/members/me/boards", query=query).body
    return [
        Place(str(one.get("id")), f"{board.get('name')}: {one.get('name')}")
        for board in items({"boards": found}, "boards")
        for one in items(board, "lists")
    ]


def set_up(exchange: Exchange, hook: str) -> None:
    """Has the board of the usual list tell us what happens on it; once, however often it is asked for."""
    list_ = exchange.access.get("list", "")
    if not list_:
        return
    token = exchange.access.get("token", "")
    held = exchange.send("GET", f"{HOST}/tokens/{token}/webhooks").body
    if any(one.get("callbackURL") == hook for one in items({"held": held}, "held")):
        return
    body = {"callbackURL": hook, "idModel": _board(exchange, list_), "description": "Sereno"}
    exchange.send("POST", f"{HOST}/webhooks", body=body)


def _board(exchange: Exchange, list_: str) -> str:
    return str((exchange.send("GET", f"{HOST}/lists/{list_}/board", query={"fields": "name"}).body or {}).get("id"))


def add_card(call: Call, act: AddCard) -> Written:
    list_ = act.list or call.exchange.access.get("list", "")
    if not _is_id(list_):
        raise StoreRefused("list.missing", "Say which list: its id stands in the address of its board with .json.")
    if call.attempt > 1 and (held := _made_before(call, list_)) is not None:
        return held
    body = without_empty(
        {
            "idList": list_,
            "name": act.title,
            "desc": marked(act.text, call.key, MOST_TEXT),
            "due": act.due_at.isoformat() if act.due_at is not None else None,
            "idLabels": ",".join(act.labels),
            "pos": "bottom",
        }
    )
    return _written(call.exchange.send("POST", f"{HOST}/cards", body=body).body)


def _made_before(call: Call, list_: str) -> Written | None:
    board = _board(call.exchange, list_)
    found = call.exchange.send("GET", f"{HOST}/boards/{board}/cards/all", query={"fields": FIELDS}).body
    held = next((one for one in items({"cards": found}, "cards") if is_marked(one.get("desc"), call.key)), None)
    return _written(held) if held is not None else None


def move_card(call: Call, act: MoveCard) -> Written:
    if not _is_id(act.card) or (act.list and not _is_id(act.list)):
        raise StoreRefused("card.missing", f"{act.card!r} or {act.list!r} is no id of Trello's: 24 letters and digits.")
    body: dict[str, Any] = {"idList": act.list} if act.list else {}
    if act.is_done:
        body |= {"dueComplete": True, "closed": True}
    return _written(call.exchange.send("PUT", f"{HOST}/cards/{act.card}", body=body).body)


def _is_id(text: str) -> bool:
    return text.isascii() and text.isalnum() and len(text) == 24


def _written(card: Any) -> Written:
    held = part({"card": card}, "card")
    return Written({"id": str(held.get("id") or ""), "url": str(held.get("shortUrl") or held.get("url") or "")})


TOOL = StoreApi(
    access=(
        Setting("key", _("API key"), "text", True),
        Setting("token", _("Token"), "secret", True),
        Setting("list", _("List"), "text", False, _("The id of the list that cards go into which name none.")),
    ),
    steps=(
        _("In Trello open trello.com/power-ups/admin, make a Power-Up of your own, and its API key."),
        _("Beside the key follow the link to make a token for yourself, and allow it."),
        _("Open your board with .json behind its address to see the ids of its lists."),
    ),
    probe=probe,
    sign=sign,
    per_second=8.0,
    tool=ToolApi(acts={AddCard: add_card, MoveCard: move_card}, boards=boards, set_up=set_up),
)
