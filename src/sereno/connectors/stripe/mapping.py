"""What Stripe's events mean. Amounts are whole numbers of the smallest unit, by rules of Stripe's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sereno.commerce.identity import customer_key
from sereno.connectors import currencies
from sereno.connectors.building import Found, add_once
from sereno.connectors.reading import Reader, compact, iso, minor, parse_object
from sereno.sdk.connector import Delivery, Mapped

PROVIDER = "stripe"
_NO_DECIMALS = frozenset(
    ("BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF")
)
_THREE_DECIMALS = frozenset(("BHD", "JOD", "KWD", "OMR", "TND"))
_CLOSED = frozenset({"won", "lost", "warning_closed"})
_REFUNDS = {"succeeded": "completed", "pending": "pending", "requires_action": "pending"}
_PAYOUTS = {
    "paid": "paid",
    "pending": "scheduled",
    "in_transit": "in_transit",
    "canceled": "cancelled",
    "failed": "failed",
}
_CHECKS = {"pass": "match", "fail": "no_match", "unavailable": "unavailable", "unchecked": "unavailable"}
_WEIGHTIEST = ("no_match", "match", "unavailable")
_ORDER = ("order_id", "order", "Order ID", "orderId")


def map_delivery(delivery: Delivery) -> Mapped:
    """Pure. Raises Unmappable."""
    notes: list[str] = []
    event = Reader(parse_object(delivery.body), notes)
    if event.text("object") != "event":
        # A line of the ledger or another object read by API: no fact that happened at a time.
        return Mapped((), "object.not_an_event")
    handler = TOPICS.get(event.text("type") or "")
    if handler is None:
        return Mapped((), "topic.not_used")
    found = Found(delivery, event.text("id") or "unnamed", notes)
    handler(found, event.child("data").child("object"), event.instant("created"))
    return found.mapped()


def digits_of(currency: str | None) -> int:
    """Króna and Ugandan shilling have no decimals, yet Stripe sends them with two."""
    if currency in _NO_DECIMALS:
        return 0
    return 3 if currency in _THREE_DECIMALS else 2


def _money(reader: Reader, currency: str | None, *names: str) -> str | None:
    return minor(reader.raw(*names), digits_of(currency), currency)


def _intent(state: str) -> Callable[[Found, Reader, str | None], None]:
    def handle(found: Found, reader: Reader, at: str | None) -> None:
        currency = currencies.code(reader.text("currency"))
        failure = reader.child("last_payment_error")
        charge = next(iter(reader.child("charges").children("data")), Reader(None))
        method = charge.child("payment_method_details").text("type") or next(
            iter(reader.texts("payment_method_types")), None
        )
        data = compact(
            {
                "id": reader.id("id"),
                "order_id": _order_of(reader),
                "provider": PROVIDER,
                "status": "pending" if state == "created" else state,
                "amount": _money(reader, currency, "amount"),
                "currency": currency,
                "method": method,
                "reference": reader.id("latest_charge") or charge.id("id"),
                "error_code": failure.text("decline_code", "code") if state == "failed" else None,
                "error_message": failure.text("message") if state == "failed" else None,
                "email": reader.email("receipt_email") or charge.child("billing_details").email("email"),
                **_card(charge),
                "is_test": _is_test(reader),
                "created_at": reader.instant("created"),
                "updated_at": at,
            },
            keep=("order_id",),
        )
        if state == "failed":
            # Each attempt may fail, and each is told.
            found.add("payment.failed", _subject(data, "payment"), data, at=at)
        else:
            add_once(found, "payment", state, data, at=at)

    return handle


def _charge(state: str) -> Callable[[Found, Reader, str | None], None]:
    def handle(found: Found, reader: Reader, at: str | None) -> None:
        now = "authorized" if state == "captured" and reader.boolean("captured") is False else state
        data = _of_charge(reader, now, at)
        if state == "failed":
            found.add("payment.failed", _subject(data, "payment"), data, at=at)
        else:
            add_once(found, "payment", now, data, at=at)

    return handle


def _of_charge(reader: Reader, state: str, at: str | None) -> dict[str, Any]:
    """A charge, named by the intent it belongs to where there is one: both tell of one payment."""
    currency = currencies.code(reader.text("currency"))
    return compact(
        {
            "id": reader.id("payment_intent") or reader.id("id"),
            "order_id": _order_of(reader),
            "provider": PROVIDER,
            "status": state,
            "amount": _money(reader, currency, "amount"),
            "amount_refunded": _money(reader, currency, "amount_refunded"),
            "currency": currency,
            "method": reader.child("payment_method_details").text("type"),
            "reference": reader.id("id"),
            "error_code": reader.text("failure_code"),
            "error_message": reader.text("failure_message"),
            "email": reader.email("receipt_email") or reader.child("billing_details").email("email"),
            **_card(reader),
            "is_test": _is_test(reader),
            "created_at": reader.instant("created"),
            "updated_at": at,
        },
        keep=("order_id",),
    )


def _card(charge: Reader) -> dict[str, Any]:
    """What the bank said of a charge's card, and what tells the card from others."""
    card = charge.child("payment_method_details").child("card")
    checks = card.child("checks")
    said = {_CHECKS.get(checks.text(name) or "") for name in ("address_postal_code_check", "address_line1_check")}
    both = {"match", "no_match"} <= said
    return {
        "avs_result": "partial" if both else next((one for one in _WEIGHTIEST if one in said), None),
        "cvv_result": _CHECKS.get(checks.text("cvc_check") or ""),
        "card_fingerprint": card.text("fingerprint"),
        "card_country": card.text("country"),
    }


def _charge_refunded(found: Found, reader: Reader, at: str | None) -> None:
    """The charge as it is now, and each refund it lists (newer versions of the API list none)."""
    payment = _of_charge(reader, "refunded" if reader.boolean("refunded") else "captured", at)
    name = f"payment:{payment.get('id') or found.key}:refunded:{payment.get('amount_refunded')}"
    found.add("payment.refunded", _subject(payment, "payment"), payment, id=name, at=at)
    for item in reader.child("refunds").children("data"):
        data = _of_refund(item)
        data["order_id"] = data["order_id"] or payment["order_id"]
        data["payment_id"] = payment.get("id")
        add_once(found, "refund", "created", data, at=data.get("created_at"))


def _refund(found: Found, reader: Reader, at: str | None) -> None:
    add_once(found, "refund", "created", _of_refund(reader), at=at)


def _refund_changed(found: Found, reader: Reader, at: str | None) -> None:
    data = {**_of_refund(reader), "updated_at": at}
    found.add("refund.updated", _subject(data, "refund"), data, at=at)


def _of_refund(reader: Reader) -> dict[str, Any]:
    currency = currencies.code(reader.text("currency"))
    return compact(
        {
            "id": reader.id("id"),
            "order_id": _order_of(reader),
            "payment_id": reader.id("payment_intent", "charge"),
            "provider": PROVIDER,
            "status": _REFUNDS.get(reader.text("status") or "", "failed"),
            "amount": _money(reader, currency, "amount"),
            "currency": currency,
            "reason": reader.text("reason"),
            "created_at": reader.instant("created"),
        },
        keep=("order_id",),
    )


def _dispute(state: str) -> Callable[[Found, Reader, str | None], None]:
    def handle(found: Found, reader: Reader, at: str | None) -> None:
        currency = currencies.code(reader.text("currency"))
        status = reader.text("status") or ""
        data = compact(
            {
                "id": reader.id("id"),
                "order_id": _order_of(reader),
                "payment_id": reader.id("payment_intent", "charge"),
                "kind": "inquiry" if status.startswith("warning") else "chargeback",
                "amount": _money(reader, currency, "amount"),
                "currency": currency,
                "reason": reader.text("reason"),
                "status": status or None,
                "evidence_due_at": reader.child("evidence_details").instant("due_by"),
                "created_at": reader.instant("created"),
            },
            keep=("order_id",),
        )
        if state == "updated" and status not in _CLOSED:
            found.add("dispute.updated", _subject(data, "dispute"), data, at=at)
        else:
            add_once(
                found,
                "dispute",
                "closed" if status in _CLOSED else "opened" if state == "opened" else state,
                data,
                at=at,
            )

    return handle


def _session(type: str) -> Callable[[Found, Reader, str | None], None]:
    def handle(found: Found, reader: Reader, at: str | None) -> None:
        currency = currencies.code(reader.text("currency"))
        person, totals = reader.child("customer_details"), reader.child("total_details")
        email = person.email("email") or reader.email("customer_email")
        data = compact(
            {
                "id": reader.text("client_reference_id", "id"),
                "token": reader.text("id"),
                "checkout_id": reader.id("id"),
                "currency": currency,
                "total": _money(reader, currency, "amount_total"),
                "subtotal": _money(reader, currency, "amount_subtotal"),
                "total_discount": _money(totals, currency, "amount_discount"),
                "total_shipping": _money(totals, currency, "amount_shipping"),
                "total_tax": _money(totals, currency, "amount_tax"),
                "customer_id": customer_key(None, email),
                "email": email,
                "phone": person.text("phone"),
                "locale": _locale(reader.text("locale")),
                "accepts_marketing": {"opt_in": True, "opt_out": False}.get(
                    reader.child("consent").text("promotions") or ""
                ),
                "recovery_url": reader.child("after_expiration").child("recovery").text("url"),
                "order_id": _order_of(reader),
                "channel": "stripe",
                "created_at": reader.instant("created"),
                "updated_at": at,
                "completed_at": at if type == "checkout.completed" else None,
                "deleted_at": at if type == "checkout.deleted" else None,
            }
        )
        own = data.get("id") or found.key
        found.add(type, f"cart:{own}", {**data, "id": own}, id=f"{type}:{own}", at=at)

    return handle


def _payout(state: str) -> Callable[[Found, Reader, str | None], None]:
    def handle(found: Found, reader: Reader, at: str | None) -> None:
        currency = currencies.code(reader.text("currency"))
        data = compact(
            {
                "id": reader.id("id"),
                "status": _PAYOUTS.get(reader.text("status") or ""),
                "amount": _money(reader, currency, "amount"),
                "currency": currency,
                "reference": reader.id("balance_transaction"),
                "error_code": reader.text("failure_code"),
                "arrives_at": reader.instant("arrival_date"),
                "created_at": reader.instant("created"),
            }
        )
        own = data.get("id") or found.key
        name = None if state == "updated" else f"payout:{own}:{state}"
        found.add(f"payout.{state}", f"payout:{own}", data, id=name, at=at or iso(found.delivery.received_at))

    return handle


def _order_of(reader: Reader) -> str | None:
    """The shop's order, as shop plug-ins write it into the metadata; Stripe knows none itself."""
    return reader.child("metadata").id(*_ORDER)


def _subject(data: dict[str, Any], kind: str) -> str:
    return f"order:{data['order_id']}" if data.get("order_id") else f"{kind}:{data.get('id')}"


def _is_test(reader: Reader) -> bool | None:
    live = reader.boolean("livemode")
    return None if live is None else not live


def _locale(locale: str | None) -> str | None:
    return None if locale == "auto" else locale


TOPICS: dict[str, Callable[[Found, Reader, str | None], None]] = {
    "payment_intent.created": _intent("created"),
    "payment_intent.amount_capturable_updated": _intent("authorized"),
    "payment_intent.succeeded": _intent("captured"),
    "payment_intent.payment_failed": _intent("failed"),
    "payment_intent.canceled": _intent("voided"),
    "charge.succeeded": _charge("captured"),
    "charge.captured": _charge("captured"),
    "charge.failed": _charge("failed"),
    "charge.expired": _charge("voided"),
    "charge.refunded": _charge_refunded,
    "charge.refund.updated": _refund_changed,
    "refund.created": _refund,
    "refund.updated": _refund_changed,
    "refund.failed": _refund_changed,
    "charge.dispute.created": _dispute("opened"),
    "charge.dispute.updated": _dispute("updated"),
    "charge.dispute.funds_withdrawn": _dispute("updated"),
    "charge.dispute.funds_reinstated": _dispute("updated"),
    "charge.dispute.closed": _dispute("closed"),
    "checkout.session.completed": _session("checkout.completed"),
    "checkout.session.expired": _session("checkout.deleted"),
    "payout.created": _payout("created"),
    "payout.updated": _payout("updated"),
    "payout.paid": _payout("paid"),
    "payout.failed": _payout("failed"),
    "payout.canceled": _payout("updated"),
}
