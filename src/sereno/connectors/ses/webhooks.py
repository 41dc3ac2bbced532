"""How Amazon SES tells what became of a mail: through EventBridge, whose connection holds a password, or through SNS,
which signs (see `sns`) and wants to be answered once before it tells anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sereno.connectors.building import body_hash
from sereno.connectors.mailing import BRINGS, EFFECT, answer, mapped, part, sign_basic
from sereno.connectors.reading import parse, parse_object
from sereno.connectors.ses import sns
from sereno.connectors.ses.sns import CONFIRMATION
from sereno.sdk.config import mark as _
from sereno.sdk.connector import Connector, Delivery, Guide, Mapped, NewEvent, Setting, Unmappable
from sereno.sdk.plugin import connector


def topic(headers: Mapping[str, str], body: bytes, settings: Mapping[str, Any]) -> str:
    try:
        return _kind(_record(parse_object(body)))[:100]
    except Unmappable:
        return ""


def dedupe_key(headers: Mapping[str, str], body: bytes, settings: Mapping[str, Any]) -> str:
    """EventBridge's or SNS's id of the event, the same on every try."""
    try:
        found = parse(body)
    except Unmappable:
        return body_hash(body)
    id_ = (found.get("id") or found.get("MessageId")) if isinstance(found, Mapping) else None
    return f"event:{id_}"[:200] if isinstance(id_, str) and id_ else body_hash(body)


def map_webhook(delivery: Delivery, settings: Mapping[str, Any]) -> Mapped:
    found = parse_object(delivery.body)
    if found.get("Type") == "SubscriptionConfirmation":
        return _asked(found, delivery.received_at)
    return _told(_record(found), delivery.received_at)


def _asked(found: Mapping[str, Any], received_at: datetime) -> Mapped:
    """SNS asks whether it may tell: the address it names is called, by a flow of Sereno's own."""
    url = str(found.get("SubscribeURL") or "")
    if CONFIRMATION.fullmatch(url) is None:
        raise Unmappable("The address to confirm at is none of Amazon SNS.")
    data = {"tool": "ses", "url": url, "topic": str(found.get("TopicArn") or "")[:300]}
    name = f"ses|asked|{found.get('MessageId')}"[:200]
    return Mapped((NewEvent(name, "subscription.asked", "subscription:ses", received_at, data),))


def _told(record: Mapping[str, Any], received: datetime) -> Mapped:
    mail = part(record, "mail")
    kind, id_ = _kind(record), str(mail.get("messageId") or "")
    effect = next((one.get("value") for one in _items(mail, "headers") if one.get("name") == EFFECT), "")
    inside = part(record, kind.lower())
    at = inside.get("timestamp") or mail.get("timestamp")
    known: dict[str, Any] = {"effect": effect}
    found: list[NewEvent | None] = []
    if kind == "Delivery":
        found = [answer("delivered", id_, one, at, received, **known) for one in inside.get("recipients") or ()]
    elif kind == "Bounce":
        is_permanent = inside.get("bounceType") == "Permanent"
        for one in _items(inside, "bouncedRecipients"):
            said = f"{inside.get('bounceSubType') or ''}: {one.get('diagnosticCode') or one.get('status') or ''}"
            more = {**known, "reason": said, "is_permanent": is_permanent}
            name = f"{id_}|{inside.get('feedbackId')}"
            found.append(answer("bounced", name, one.get("emailAddress"), at, received, **more))
    elif kind == "Complaint":
        # "not-spam" is what a reader says who takes it back.
        if inside.get("complaintFeedbackType") != "not-spam":
            known["reason"] = inside.get("complaintFeedbackType") or ""
            people = [one.get("emailAddress") for one in _items(inside, "complainedRecipients")]
            found = [answer("complained", id_, one, at, received, **known) for one in people]
    elif kind == "DeliveryDelay":
        more = {**known, "reason": inside.get("delayType"), "is_permanent": False}
        people = [one.get("emailAddress") for one in _items(part(record, "deliveryDelay"), "delayedRecipients")]
        found = [answer("bounced", f"{id_}|delay", one, at, received, **more) for one in people]
    elif kind in ("Open", "Click"):
        url = inside.get("link")
        more = {**known, "url": url, "is_machine": False}
        what = "opened" if kind == "Open" else "clicked"
        people = mail.get("destination") or ()
        found = [answer(what, f"{id_}|{url}", one, at, received, **more) for one in people]
    return mapped(found)


def _record(found: Mapping[str, Any]) -> Mapping[str, Any]:
    """The event itself, out of EventBridge's or SNS's envelope."""
    if found.get("Type") == "Notification":
        return parse_object(str(found.get("Message") or "").encode())
    inside = found.get("detail")
    return inside if isinstance(inside, Mapping) else found


def _kind(record: Mapping[str, Any]) -> str:
    return str(record.get("eventType") or record.get("notificationType") or "")


def _items(held: Mapping[str, Any], name: str) -> Iterable[Mapping[str, Any]]:
    found = held.get(name)
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


def _load() -> Any:
    from sereno.connectors.ses.sending import SENDING

    return SENDING


SES = connector(
    Connector(
        kind="ses",
        name="Amazon SES",
        verify=sns.verify,
        learn=sns.learn,
        topic=topic,
        dedupe_key=dedupe_key,
        map=map_webhook,
        sign=sign_basic,
        guide=Guide(
            brings=BRINGS,
            is_store=False,
            settings=(
                Setting("secret", _("Password"), "secret", True, _("Any long text; one can be made here.")),
                Setting("topic", _("SNS topic"), "text", False, _("Its ARN, where SES tells by SNS.")),
            ),
            steps=(
                _("In Amazon SES open your configuration set, Event destinations, and add Amazon EventBridge."),
                _(
                    "In EventBridge make an API destination: this connection's address, POST, and basic authorization"
                    " with the user sereno and this password."
                ),
                _("Make a rule for events of the source aws.ses whose target is that API destination."),
                _("Or by SNS: put the topic's ARN here, then subscribe this connection's address to it by HTTPS."),
            ),
            topics=("Delivery", "Bounce", "Complaint", "DeliveryDelay"),
        ),
        load_store=_load,
    )
)
