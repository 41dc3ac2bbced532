"""How Brevo tells what became of a mail: one event a call (or several, as a list), behind a token in a header."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sereno.connectors.mailing import BRINGS, What, answer, by_body, mapped, verify_shared
from sereno.connectors.reading import parse
from sereno.sdk.config import mark as _
from sereno.sdk.connector import Connector, Delivery, Guide, Mapped, Setting, Unmappable
from sereno.sdk.plugin import connector

WHAT: dict[str, What] = {
    "delivered": "delivered",
    "hard_bounce": "bounced",
    "soft_bounce": "bounced",
    "invalid_email": "bounced",
    "blocked": "bounced",
    "deferred": "bounced",
    "spam": "complained",
    "complaint": "complained",
    "opened": "opened",
    "unique_opened": "opened",
    "proxy_open": "opened",
    "unique_proxy_open": "opened",
    "click": "clicked",
    "unsubscribed": "unsubscribed",
}
HARD = frozenset({"hard_bounce", "invalid_email"})


def sign(
    secret: str, body: bytes, headers: Mapping[str, str], now: datetime, settings: Mapping[str, Any]
) -> dict[str, str]:
    return {**headers, "authorization": f"Bearer {secret}"}


def topic(headers: Mapping[str, str], body: bytes, settings: Mapping[str, Any]) -> str:
    try:
        found = parse(body)
    except Unmappable:
        return ""
    return str(found.get("event") or "")[:100] if isinstance(found, Mapping) else "events"


def map_webhook(delivery: Delivery, settings: Mapping[str, Any]) -> Mapped:
    found = parse(delivery.body)
    items = found if isinstance(found, list) else [found]
    return mapped([_event(item, delivery.received_at) for item in items if isinstance(item, Mapping)])


def _event(item: Mapping[str, Any], received_at: datetime) -> Any:
    kind = str(item.get("event") or "")
    what = WHAT.get(kind)
    if what is None:
        return None
    at = item.get("ts_event") or item.get("ts") or ""
    id_ = f"{item.get('message-id')}|{kind}|{at}"
    more: dict[str, Any] = {}
    if what == "bounced":
        more = {"is_permanent": kind in HARD, "reason": f"{kind}: {item.get('reason') or ''}"}
    if what in ("opened", "clicked"):
        more = {"is_machine": "proxy" in kind, "url": item.get("link")}
    return answer(what, id_, item.get("email"), at, received_at, effect=item.get("X-Mailin-custom"), **more)


def _load() -> Any:
    from sereno.connectors.brevo.sending import SENDING

    return SENDING


BREVO = connector(
    Connector(
        kind="brevo",
        name="Brevo",
        verify=verify_shared,
        topic=topic,
        dedupe_key=by_body,
        map=map_webhook,
        sign=sign,
        guide=Guide(
            brings=BRINGS,
            is_store=False,
            settings=(Setting("secret", _("Token"), "secret", True, _("Any long text; one can be made here.")),),
            steps=(
                _("In Brevo open Transactional, Settings, Webhook, and press “Add a new webhook”."),
                _("URL: this connection's address. As authentication choose a token, and enter this one."),
                _("Choose delivered, hard bounce, soft bounce, blocked, invalid, spam and unsubscribed, and save."),
            ),
            topics=("delivered", "hard_bounce", "soft_bounce", "blocked", "invalid_email", "spam", "unsubscribed"),
        ),
        load_store=_load,
    )
)
