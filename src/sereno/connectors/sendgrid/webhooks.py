"""How SendGrid tells what became of mails: many events a call, signed by ECDSA over the time and the body.

Invariant: only who has SendGrid's private key can sign; what is kept here is the public one. The test kit, which has to
sign, is given a private key (PKCS 8) in its place.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sereno.connectors.mailing import BRINGS, What, answer, by_body, mapped
from sereno.connectors.reading import parse
from sereno.connectors.signatures import TOLERANCE
from sereno.sdk.config import mark as _
from sereno.sdk.connector import Connector, Delivery, Guide, Mapped, Setting, Unmappable, Verdict
from sereno.sdk.plugin import connector

SIGNATURE, TIMESTAMP = "x-twilio-email-event-webhook-signature", "x-twilio-email-event-webhook-timestamp"
WHAT: dict[str, What] = {
    "delivered": "delivered",
    "open": "opened",
    "click": "clicked",
    "bounce": "bounced",
    "deferred": "bounced",
    "dropped": "bounced",
    "spamreport": "complained",
    "unsubscribe": "unsubscribed",
    "group_unsubscribe": "unsubscribed",
}
DEAD = ("Bounced Address", "Invalid", "Spam Reporting Address")
"""Why SendGrid drops a mail to an address that it knows to be no good."""


def verify(
    secrets: Sequence[str], headers: Mapping[str, str], body: bytes, now: datetime, settings: Mapping[str, Any]
) -> Verdict:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
    from cryptography.hazmat.primitives.hashes import SHA256

    timestamp, given = headers.get(TIMESTAMP, ""), headers.get(SIGNATURE, "")
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        return "bad_signature"
    for secret in secrets:
        try:
            _public(secret).verify(b64decode(given, validate=True), timestamp.encode() + body, ECDSA(SHA256()))
        except (InvalidSignature, ValueError, TypeError):
            continue
        return "ok" if abs(now.timestamp() - int(timestamp)) <= TOLERANCE.total_seconds() else "too_old"
    return "bad_signature"


def sign(
    secret: str, body: bytes, headers: Mapping[str, str], now: datetime, settings: Mapping[str, Any]
) -> dict[str, str]:
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import load_der_private_key

    key = load_der_private_key(b64decode(secret), None)
    if not isinstance(key, EllipticCurvePrivateKey):
        raise TypeError("SendGrid signs with an elliptic curve")
    timestamp = str(int(now.timestamp()))
    made = key.sign(timestamp.encode() + body, ECDSA(SHA256()))
    return {**headers, TIMESTAMP: timestamp, SIGNATURE: b64encode(made).decode()}


def _public(secret: str) -> Any:
    """Raises ValueError for what is no key on an elliptic curve."""
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey
    from cryptography.hazmat.primitives.serialization import load_der_private_key, load_der_public_key

    der = b64decode("".join(secret.split()), validate=True)
    try:
        key: Any = load_der_public_key(der)
    except ValueError:
        private = load_der_private_key(der, None)
        key = private.public_key() if isinstance(private, EllipticCurvePrivateKey) else None
    if not isinstance(key, EllipticCurvePublicKey):
        raise ValueError("not a key on an elliptic curve")
    return key


def topic(headers: Mapping[str, str], body: bytes, settings: Mapping[str, Any]) -> str:
    return "events"


def map_webhook(delivery: Delivery, settings: Mapping[str, Any]) -> Mapped:
    items = parse(delivery.body)
    if not isinstance(items, list):
        raise Unmappable("The body is not a list of events.")
    return mapped([_event(item, delivery.received_at) for item in items if isinstance(item, Mapping)])


def _event(item: Mapping[str, Any], received_at: datetime) -> Any:
    kind = str(item.get("event") or "")
    what = WHAT.get(kind)
    if what is None:
        return None
    id_ = str(item.get("sg_event_id") or f"{item.get('sg_message_id')}|{item.get('timestamp')}")
    reason = item.get("reason") or item.get("response") or ""
    more: dict[str, Any] = {}
    if what == "bounced":
        is_hard = kind == "bounce" and item.get("type") != "blocked"
        more["is_permanent"] = is_hard or (kind == "dropped" and str(reason).startswith(DEAD))
    if what in ("opened", "clicked"):
        more = {"is_machine": bool(item.get("sg_machine_open")), "url": item.get("url")}
    if what in ("delivered", "opened", "clicked"):
        reason = ""
    effect = item.get("effect")
    return answer(
        what, id_, item.get("email"), item.get("timestamp"), received_at, effect=effect, reason=reason, **more
    )


def _load() -> Any:
    from sereno.connectors.sendgrid.sending import SENDING

    return SENDING


SENDGRID = connector(
    Connector(
        kind="sendgrid",
        name="SendGrid",
        verify=verify,
        topic=topic,
        dedupe_key=by_body,
        map=map_webhook,
        sign=sign,
        guide=Guide(
            brings=BRINGS,
            is_store=False,
            is_secret_theirs=True,
            settings=(
                Setting("secret", _("Verification key"), "secret", True, _("The public key of the signed webhook.")),
            ),
            steps=(
                _("In SendGrid open Settings, Mail Settings, Event Webhooks, and press “Create new webhook”."),
                _("Post URL: this connection's address. Choose delivered, bounced, deferred, dropped, spam reports."),
                _("Switch “Enable Signature Verification” on, save, and copy the verification key here."),
                _("Leave SendGrid's own open and click tracking off: Sereno follows openings and clicks itself."),
            ),
            topics=("delivered", "bounce", "deferred", "dropped", "spamreport", "unsubscribe"),
        ),
        load_store=_load,
    )
)
