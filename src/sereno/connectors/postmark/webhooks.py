"""How Postmark tells what became of a mail: one record a call, behind a password in the address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sereno.connectors.mailing import BRINGS, EFFECT, answer, by_body, mapped, sign_basic, verify_shared
from sereno.connectors.reading import parse_object
from sereno.sdk.config import mark as _
from sereno.sdk.connector import Connector, Delivery, Guide, Mapped, Setting, Unmappable
from sereno.sdk.plugin import connector

PERMANENT = frozenset({"HardBounce", "BadEmailAddress", "ManuallyDeactivated", "Blocked", "SpamNotification"})
"""Types of bounce after which Postmark itself writes there no more."""


def topic(headers: Mapping[str, str], body: bytes, settings: Mapping[str, Any]) -> str:
    return str(_record(body, is_lenient=True).get("RecordType") or "")[:100]


def map_webhook(delivery: Delivery, settings: Mapping[str, Any]) -> Mapped:
    record = _record(delivery.body)
    kind, id_ = str(record.get("RecordType") or ""), str(record.get("MessageID") or record.get("ID") or "")
    metadata = record.get("Metadata")
    effect = metadata.get(EFFECT) if isinstance(metadata, Mapping) else ""
    to = record.get("Recipient") or record.get("Email")
    at = next((record[name] for name in ("DeliveredAt", "BouncedAt", "ReceivedAt", "ChangedAt") if name in record), "")
    received = delivery.received_at
    if kind == "Delivery":
        return mapped([answer("delivered", id_, to, at, received, effect=effect)])
    if kind == "Bounce":
        said = str(record.get("Type") or "")
        if said == "SpamComplaint":
            return mapped([answer("complained", id_, to, at, received, effect=effect, reason=said)])
        is_permanent = said in PERMANENT or record.get("Inactive") is True
        reason = f"{said}: {record.get('Details') or record.get('Description') or ''}"
        id_ = f"{id_}|{record.get('ID')}"
        bounce = answer("bounced", id_, to, at, received, effect=effect, reason=reason, is_permanent=is_permanent)
        return mapped([bounce])
    if kind == "SpamComplaint":
        return mapped([answer("complained", id_, to, at, received, effect=effect, reason=kind)])
    if kind == "Open":
        return mapped([answer("opened", id_, to, at, received, effect=effect, is_machine=False)])
    if kind == "Click":
        url = record.get("OriginalLink")
        event = answer("clicked", f"{id_}|{url}", to, at, received, effect=effect, url=url, is_machine=False)
        return mapped([event])
    is_theirs = record.get("SuppressionReason") == "ManualSuppression" and record.get("Origin") == "Recipient"
    if kind == "SubscriptionChange" and record.get("SuppressSending") is True and is_theirs:
        # The other reasons are told as bounces and complaints too.
        return mapped([answer("unsubscribed", id_, to, at, received, effect=effect)])
    return Mapped(reason="record.not_used")


def _record(body: bytes, *, is_lenient: bool = False) -> Mapping[str, Any]:
    try:
        return parse_object(body)
    except Unmappable:
        if is_lenient:
            return {}
        raise


def _load() -> Any:
    from sereno.connectors.postmark.sending import SENDING

    return SENDING


POSTMARK = connector(
    Connector(
        kind="postmark",
        name="Postmark",
        verify=verify_shared,
        topic=topic,
        dedupe_key=by_body,
        map=map_webhook,
        sign=sign_basic,
        guide=Guide(
            brings=BRINGS,
            is_store=False,
            settings=(Setting("secret", _("Password"), "secret", True, _("Any long text; one can be made here.")),),
            steps=(
                _("In Postmark open your server, its message stream, and Webhooks; press “Add webhook”."),
                _("Webhook URL: this connection's address. Under basic auth enter the user sereno and this password."),
                _("Choose delivery, bounce, spam complaint and subscription change, and save."),
                _("Leave Postmark's own open and link tracking off: Sereno follows openings and clicks itself."),
            ),
            topics=("Delivery", "Bounce", "SpamComplaint", "SubscriptionChange"),
        ),
        load_store=_load,
    )
)
