"""How Trello tells what happens on a board: one action a call, signed by HMAC-SHA1 over the body and the address it was
given, which it looks at once by HEAD."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sereno.connectors.building import body_hash
from sereno.connectors.outside import greet_all, part, without_empty
from sereno.connectors.reading import as_instant, parse, parse_object
from sereno.engine.durations import format_instant
from sereno.sdk.config import mark as _
from sereno.sdk.connector import Connector, Delivery, Guide, Mapped, NewEvent, Setting, Unmappable, Verdict
from sereno.sdk.plugin import connector

SIGNATURE = "x-trello-webhook"


def verify(
    secrets: Sequence[str], headers: Mapping[str, str], body: bytes, now: datetime, settings: Mapping[str, Any]
) -> Verdict:
    given = headers.get(SIGNATURE, "").strip().encode("utf-8", "surrogateescape")
    is_right = any(secret and hmac.compare_digest(_made(secret, settings, body), given) for secret in secrets)
    return "ok" if is_right else "bad_signature"


def sign(
    secret: str, body: bytes, headers: Mapping[str, str], now: datetime, settings: Mapping[str, Any]
) -> dict[str, str]:
    return {**headers, SIGNATURE: _made(secret, settings, body).decode()}


def _made(secret: str, settings: Mapping[str, Any], body: bytes) -> bytes:
    text = body + str(settings.get("hook") or "").encode()
    return base64.b64encode(hmac.digest(secret.encode(), text, "sha1"))


def topic(headers: Mapping[str, str], body: bytes, settings: Mapping[str, Any]) -> str:
    try:
        return str(part(parse_object(body), "action").get("type") or "")[:100]
    except Unmappable:
        return ""


def dedupe_key(headers: Mapping[str, str], body: bytes, settings: Mapping[str, Any]) -> str:
    """Trello's id of the action, the same on every try."""
    try:
        id_ = part(parse(body), "action").get("id")
    except Unmappable:
        return body_hash(body)
    return f"action:{id_}"[:200] if isinstance(id_, str) and id_ else body_hash(body)


def map_webhook(delivery: Delivery, settings: Mapping[str, Any]) -> Mapped:
    action = part(parse_object(delivery.body), "action")
    if action.get("type") != "updateCard":
        return Mapped(reason="action.not_used")
    data = part(action, "data")
    card, old = part(data, "card"), part(data, "old")
    moved = part(data, "listAfter")
    is_done = (card.get("closed") is True and old.get("closed") is False) or (
        card.get("dueComplete") is True and old.get("dueComplete") is False
    )
    if not moved and not is_done:
        return Mapped(reason="change.not_used")
    id_ = str(card.get("id") or "")
    if not id_:
        raise Unmappable("The action names no card.")
    at = min(as_instant(action.get("date")) or delivery.received_at, delivery.received_at)
    link = str(card.get("shortLink") or "")
    said = {
        "id": id_,
        "tool": "trello",
        "title": card.get("name"),
        "list": moved.get("name") or part(data, "list").get("name"),
        "was_in": part(data, "listBefore").get("name"),
        "is_done": is_done,
        "by": part(action, "memberCreator").get("fullName"),
        "url": f"https://trello.com/c/{link}" if link else "",
        "changed_at": format_instant(at),
    }
    type_ = "card.done" if is_done else "card.moved"
    name = f"trello|{action.get('id')}"[:200]
    event = NewEvent(name, type_, f"card:trello.{id_}"[:200], at, without_empty(said), {"card": id_[:180]})
    return Mapped((event,))


def _load() -> Any:
    from sereno.connectors.trello.tool import TOOL

    return TOOL


TRELLO = connector(
    Connector(
        kind="trello",
        name="Trello",
        verify=verify,
        topic=topic,
        dedupe_key=dedupe_key,
        map=map_webhook,
        sign=sign,
        greet=greet_all,
        guide=Guide(
            brings=_("Puts cards on your board, and tells when they are moved or done."),
            is_store=False,
            is_secret_theirs=True,
            settings=(
                Setting("secret", _("API secret"), "secret", True, _("It stands below the API key of the Power-Up.")),
            ),
            steps=(
                _("Put the API secret of your Power-Up here."),
                _("Give the key, the token and a list below: Sereno asks Trello to tell what happens on its board."),
            ),
            topics=("updateCard",),
        ),
        load_store=_load,
    )
)
