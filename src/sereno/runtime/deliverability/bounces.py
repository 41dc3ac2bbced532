"""Mails that came back: which addresses they are about, for good or for now, and of which message.

Invariant: a mail that came back is told once, however often it is brought; what says nothing of an address is counted
and passed over, never guessed at.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from email.utils import parsedate_to_datetime
from hashlib import blake2b
from typing import cast

from sereno.commerce.identity import customer_key
from sereno.runtime import inbox
from sereno.runtime.ports import SOURCE
from sereno.runtime.staff import audit, open_staff
from sereno.sdk.connector import NewEvent
from sereno.store.database import Database
from sereno.store.fields import storable, to_micros

LARGEST = 10 * 1024 * 1024
_ADDRESS = re.compile(r"[^\s<>;,\"]+@[^\s<>;,\"]+")
_STATUS = re.compile(r"\b([245])\.\d{1,3}\.\d{1,3}\b")
_PASSING = re.compile(r"^5\.2\.2$|^5\.[47]\.")
"""A mailbox that is full, a network, a policy: what a 5 says there is of today, not of the address (RFC 3463)."""


@dataclass(frozen=True, slots=True)
class Returned:
    """One address that a returned mail, or a report of a complaint (RFC 5965), is about."""

    address: str
    is_complaint: bool
    is_permanent: bool
    reason: str
    effect: str


@dataclass(frozen=True, slots=True)
class Brought:
    """`mails` were looked at; `told` are events that were new; `unread` say nothing of an address."""

    mails: int
    told: int
    unread: int


def read_returned(raw: bytes) -> list[Returned]:
    """What a mail says came back; [] for one that is neither a delivery report (RFC 3464) nor a complaint."""
    message = message_from_bytes(raw, policy=policy.default)
    parts = list(message.walk())
    effect = next((name for part in parts if (name := _effect(part))), "")
    found: dict[str, Returned] = {}
    for part in parts:
        kind = part.get_content_type()
        if kind == "message/delivery-status":
            for group in _groups(part):
                if (one := _of_report(group, effect)) is not None:
                    found[one.address] = one
        elif kind == "message/feedback-report":
            for group in _groups(part):
                address = _address(group.get("Original-Rcpt-To")) or _address(group.get("Removal-Recipient"))
                address = address or next((to for one in parts if (to := _original_to(one, message))), "")
                if address:
                    kind_of = str(group.get("Feedback-Type") or "abuse")
                    found[address] = Returned(address, kind_of == "abuse", False, kind_of, effect)
    return [one for one in found.values() if one.is_complaint or one.reason != "not-spam"]


def take(shop_id: int, mails: Iterable[bytes], by: str, *, database: Database | None = None) -> Brought:
    """Tell of what came back in these mails, as `message.bounced` and `message.complained`."""
    staff = open_staff(database)
    count = unread = 0
    incoming: list[inbox.Incoming] = []
    for raw in mails:
        count += 1
        returned = read_returned(raw[:LARGEST])
        unread += not returned
        for one in _events(raw, returned, staff.world.clock.now()):
            incoming.append(inbox.Incoming(shop_id, None, None, SOURCE, to_micros(one.occurred_at), one))
    with staff.database.transaction() as tx:
        now = to_micros(staff.world.clock.now())
        told = inbox.put(tx, incoming) if incoming else 0
        audit(tx, shop_id, now, by, "mail.bounces_read", "", {"mails": count, "told": told, "unread": unread})
        if staff.database.dialect == "postgresql":
            tx.all("notify")
    return Brought(count, told, unread)


def mails_in(content: bytes) -> Iterator[bytes]:
    """The mails of a file: a mailbox (mbox, each begun by a line `From `), or one mail."""
    if not content.startswith(b"From "):
        yield content
        return
    for part in re.split(rb"(?m)^From .*\r?\n", content):
        if part.strip():
            yield part


def _events(raw: bytes, returned: list[Returned], now: datetime) -> list[NewEvent]:
    at = min(_date(raw) or now, now)
    found: list[NewEvent] = []
    for one in returned:
        what = "complained" if one.is_complaint else "bounced"
        key = storable(customer_key(None, one.address) or one.address)[:180]
        data = {"email": one.address, "channel": "email", "effect": one.effect, "reason": one.reason[:300]}
        if what == "bounced":
            data = {**data, "is_permanent": one.is_permanent}
        name = one.effect or blake2b(raw, digest_size=16).hexdigest()
        # Reports of one mail that is put off again and again are told once a day.
        day = "" if one.is_permanent or one.is_complaint else at.date().isoformat()
        digest = blake2b(f"{what}|{name}|{one.address}|{day}".encode(), digest_size=16).hexdigest()
        refs = {"customer": key, "email": one.address}
        found.append(NewEvent(f"returned|{digest}", f"message.{what}", f"customer:{key}", at, data, refs))
    return found


def _of_report(group: Message, effect: str) -> Returned | None:
    address = _address(group.get("Final-Recipient")) or _address(group.get("Original-Recipient"))
    action = str(group.get("Action") or "").strip().lower()
    if not address or action not in ("failed", "delayed"):
        return None
    status = _STATUS.search(str(group.get("Status") or ""))
    code = status[0] if status is not None else ""
    is_permanent = action == "failed" and code.startswith("5") and _PASSING.match(code) is None
    said = str(group.get("Diagnostic-Code") or "")
    return Returned(address, False, is_permanent, f"{code} {' '.join(said.split())}".strip()[:300], effect)


def _groups(part: Message) -> list[Message]:
    """The fields of a report: the standard library makes a part of each group of a delivery report."""
    held = part.get_payload()
    if isinstance(held, list):
        return [one for one in cast("list[object]", held) if isinstance(one, Message)]
    return [message_from_bytes(str(held).encode("utf-8", "replace"))]


def _effect(part: Message) -> str:
    """Our own name for the message, of the returned copy or of its headers alone."""
    found = part.get("X-Sereno-Effect")
    if found is None and part.get_content_type() == "text/rfc822-headers":
        found = message_from_bytes(part.get_payload(decode=True) or b"").get("X-Sereno-Effect")  # pyright: ignore[reportArgumentType]
    return str(found or "").strip()[:300]


def _original_to(part: Message, whole: EmailMessage | Message) -> str:
    is_copy = part is not whole and part.get("X-Sereno-Effect") is not None
    return _address(part.get("To")) if is_copy else ""


def _address(field: object) -> str:
    found = _ADDRESS.search(str(field or ""))
    return found[0].strip("<>").lower()[:254] if found is not None else ""


def _date(raw: bytes) -> datetime | None:
    try:
        at = parsedate_to_datetime(str(message_from_bytes(raw[:20_000]).get("Date")))
    except (ValueError, TypeError):
        return None
    return at.astimezone(UTC)
