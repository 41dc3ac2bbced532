"""From canonical records to events: how facts are named, so that each is told once however often it is sent.

A change of state is named by the record and the state (`order:123:paid`): the tenth notice of a paid order tells it no
second time. "Something changed" is named by the delivery.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import blake2b
from typing import Any

from sereno.commerce.identity import refs_of
from sereno.connectors.reading import as_instant
from sereno.sdk.connector import Delivery, Mapped, NewEvent

_LONGEST_ID = 200
_DAY = timedelta(hours=24)


@dataclass(slots=True)
class Found:
    """What is being found in one delivery. `key` names the delivery (its dedupe key)."""

    delivery: Delivery
    key: str
    notes: list[str]
    events: list[NewEvent] = field(default_factory=list[NewEvent])
    reason: str = "nothing.found"
    _last: tuple[str, str, Mapping[str, Any], dict[str, str]] | None = None
    """Noun, subject, data and refs of the last event: several facts of one record are about the same."""

    def add(
        self, type: str, subject: str, data: Mapping[str, Any], *, id: str | None = None, at: object = None
    ) -> None:
        """One event. Without `id` it is named by the delivery. `at` is when it happened, ISO 8601; the time it was
        received where that is not known, or lies in the future."""
        name = id or f"{type}:{subject}:{self.key}"
        if len(name) > _LONGEST_ID:
            name = f"{type}:{blake2b(name.encode(), digest_size=20).hexdigest()}"
        occurred = as_instant(at) or self.delivery.received_at
        if occurred > self.delivery.received_at + _DAY:
            self.note("time.in_future")
            occurred = self.delivery.received_at
        subject = subject[:_LONGEST_ID]
        self.events.append(NewEvent(name, type, subject, occurred, data, self._refs(type, subject, data)))

    def _refs(self, type: str, subject: str, data: Mapping[str, Any]) -> dict[str, str]:
        noun, last = type.partition(".")[0], self._last
        if last is None or last[2] is not data or last[:2] != (noun, subject):
            self._last = last = (noun, subject, data, refs_of(type, subject, data))
        return dict(last[3])

    def note(self, code: str) -> None:
        if code not in self.notes:
            self.notes.append(code)

    def skip(self, reason: str) -> None:
        """Say why this part of the delivery gives no event."""
        self.reason = reason

    def mapped(self) -> Mapped:
        """The events found, or the reason why there are none."""
        return Mapped(tuple(self.events), None if self.events else self.reason, tuple(self.notes))


_BY_PAYMENT = {
    "authorized": "order.authorized",
    "partially_paid": "order.partially_paid",
    "paid": "order.paid",
    "partially_refunded": "order.partially_refunded",
    "refunded": "order.refunded",
    "voided": "order.voided",
    "failed": "order.payment_failed",
}
_BY_FULFILLMENT = {"partial": "order.partially_fulfilled", "fulfilled": "order.fulfilled"}
_BY_STATUS = {"cancelled": "order.cancelled", "completed": "order.completed"}
_TIMES = {
    "order.created": "placed_at",
    "order.paid": "paid_at",
    "order.cancelled": "cancelled_at",
    "order.completed": "completed_at",
}


def add_order(found: Found, order: Mapping[str, Any], first: str | None) -> None:
    """The events of an order as it stands: `first` (`order.created`, `order.updated`, ...), and one for each state it
    is in. All but `order.updated` are named by order and state."""
    names = [first] if first else []
    states = [
        _BY_PAYMENT.get(order.get("payment_status") or ""),
        _BY_FULFILLMENT.get(order.get("fulfillment_status") or ""),
        "order.delivered" if order.get("delivery_status") == "delivered" else None,
        _BY_STATUS.get(order.get("status") or ""),
    ]
    names += [name for name in states if name and name != first]
    for name in names:
        at = order.get(_TIMES.get(name, "updated_at")) or order.get("updated_at")
        found.add(name, f"order:{order['id']}", order, id=_name_of(order, name), at=at)


def _name_of(order: Mapping[str, Any], name: str) -> str | None:
    state = name.partition(".")[2]
    if state == "updated":
        return None
    if state == "partially_refunded" and order.get("total_refunded"):
        # A second partial refund is a fact of its own.
        return f"order:{order['id']}:{state}:{order['total_refunded']}"
    return f"order:{order['id']}:{state}"


def add_once(found: Found, kind: str, state: str, data: Mapping[str, Any], *, at: object = None) -> None:
    """A part of an order (`kind` is `payment`, `refund`, `shipment`, ...) in a state it reaches once."""
    name = data.get("id") or found.key
    subject = f"order:{data['order_id']}" if data.get("order_id") else f"{kind}:{name}"
    found.add(f"{kind}.{state}", subject, data, id=f"{kind}:{name}:{state}", at=at)


def names_of(address: Mapping[str, Any]) -> tuple[Any, Any]:
    """First and last name of a canonical address, for platforms that want them apart: what stands before the last
    space of the whole name, where that is all there is."""
    first, last = address.get("first_name"), address.get("last_name")
    if not first and not last and (name := str(address.get("name") or "").strip()):
        first, _, last = name.rpartition(" ")
    return first, last


def body_hash(*parts: bytes | str) -> str:
    """A dedupe key made from content, for platforms that give none."""
    digest = blake2b(digest_size=20)
    for part in parts:
        content = part.encode("utf-8", "surrogateescape") if isinstance(part, str) else part
        digest.update(len(content).to_bytes(8, "big") + content)
    return digest.hexdigest()
