"""A flow that came to its limit pauses itself, keeps what it wanted to do, and asks a person whether it may go on.

Invariant: pausing, the question, its mails, the line in the audit and what other systems hear of it are one
transaction; a flow has one open question at a time, however many workers come to its limit at once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from sereno.runtime import asking, notices
from sereno.runtime.limiting.spending import Over
from sereno.runtime.publishing import LIMIT_ALERT, change_status
from sereno.runtime.staff import Staff, audit, open_staff
from sereno.runtime.watching.alerting import raise_alert
from sereno.runtime.world import World
from sereno.store.database import Database, Transaction
from sereno.store.fields import from_micros, to_micros

ACTION = "alerts.limit"
HOST = notices.Host("limit-questions", "Questions about limits")
"""What the mails about a limit hang on."""
ASKED = "operator"
"""The role such a question is put to; owners where nobody has it."""
REASONS = {"effects_per_hour": "limit.effects_per_hour", "spend_per_day": "limit.spend_per_day"}


@dataclass(frozen=True, slots=True)
class LimitAsked:
    """A question: the flow wanted `wanted` in the span where `limit` was allowed."""

    id: int
    shop_id: int
    flow_id: int
    flow: str
    title: str
    kind: str
    span: str
    currency: str
    limit: Decimal
    wanted: Decimal
    status: str
    created_at: datetime


def pause_over(world: World, found: Iterable[Over]) -> int:
    """Pause the flows that are over their limits and ask about each. Gives how many were paused."""
    staff = Staff(world.database, world.plugins, world)
    paused = 0
    for over in sorted(found, key=lambda one: one.flow_id):
        with world.database.transaction() as tx:
            paused += _pause(staff, tx, over)
    if paused:
        world.flows.invalidate()
    return paused


def _pause(staff: Staff, tx: Transaction, over: Over) -> bool:
    row = tx.one("flow_for_pause", {"flow": over.flow_id})
    if row is None or row[2] not in ("live", "shadow"):
        return False
    name, _title, _status, shop_id = row
    use = tx.one("use_of", {"flow": over.flow_id, "span": over.span})
    if use is not None and use[1] is not None and Decimal(use[1]) > over.limit:
        return False  # Somebody has just let it go on.
    now = staff.world.clock.now()
    at = to_micros(now)
    change_status(staff, tx, shop_id, name, "paused", "sereno", REASONS[over.kind])
    uid = f"limit-{name}"[:60]
    host, run = notices.host_run(tx, shop_id, HOST, f"{uid}-{{row}}", f"flow:{name}", now, key=uid)
    asked = tx.one(
        "ask_limit",
        {
            "shop": shop_id,
            "flow": over.flow_id,
            "run": run,
            "kind": over.kind,
            "span": over.span,
            "currency": over.currency,
            "limit": str(over.limit),
            "wanted": str(over.wanted),
            "now": at,
        },
    )
    values = {"flow": name, "limit": str(over.limit), "wanted": str(over.wanted), "currency": over.currency}
    raise_alert(
        tx,
        shop_id,
        kind=LIMIT_ALERT,
        about=f"flow:{name}",
        text_code=REASONS[over.kind],
        values=values,
        now=at,
    )
    if asked is not None:
        people = asking.people_of(tx, [shop_id], at).get(shop_id, asking.NOBODY)
        question, subject = f"{asking.LIMIT}{asked[0]}", f"flow:{name}"
        addresses = asking.whom(ASKED, people)
        place = (shop_id, host, run)
        rows = [
            notices.mail_row(
                f"{question}/{_short(address)}", *place, ACTION, subject, {"question": question, "to": address}, now
            )
            for address in addresses
        ]
        chats = asking.chats_of(tx, {shop_id: staff.world.shops.find(tx, shop_id).facts}).get(shop_id, asking.NO_CHATS)
        rows += [
            notices.mail_row(
                f"{question}/{_short(f'{kind}:{to}')}", *place, asking.IN_CHAT, subject, config, now, connection=kind
            )
            for kind, to, config in asking.in_chats(question, addresses, chats)
        ]
        tx.many("copy_effects", rows)
    if staff.database.dialect == "postgresql":
        tx.all("notify")
    return True


def read_question(tx: Transaction, shop_id: int, id: int) -> LimitAsked | None:
    """Locked, on PostgreSQL, until the transaction ends."""
    row = tx.one("limit_question", {"id": id, "shop": shop_id})
    if row is None:
        return None
    id_, shop, flow, name, title, kind, span, currency, limit, wanted, status, created = row
    amounts = Decimal(limit), Decimal(wanted)
    return LimitAsked(id_, shop, flow, name, title, kind, span, currency, *amounts, status, from_micros(created))


def answer(
    shop_id: int,
    id: int,
    go_on: bool,
    by: str,
    *,
    allowed: str | Decimal | None = None,
    note: str = "",
    via: str = "",
    database: Database | None = None,
) -> None:
    """Let the flow go on, with `allowed` for the rest of the hour or day (by default twice its limit), or keep it
    paused. Raises LookupError when there is no such question, ValueError when it is answered or the amount is not
    more than what was allowed."""
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        asked = read_question(tx, shop_id, id)
        if asked is None:
            raise LookupError(f"there is no question {id}")
        now = to_micros(staff.world.clock.now())
        raised = _raised(asked, allowed) if go_on else None
        answered: dict[str, Any] = {
            "id": id,
            "status": "raised" if go_on else "kept",
            "allowed": None if raised is None else str(raised),
            "note": note[:500],
            "by": by[:200],
            "now": now,
        }
        if not tx.run("answer_limit", answered):
            raise ValueError("that question has been answered already")
        details = {"kind": asked.kind, "limit": str(asked.limit), "currency": asked.currency, "note": note}
        if via:
            details["via"] = via
        if raised is None:
            audit(tx, shop_id, now, by, "limit.kept", asked.flow, details)
            return
        tx.run("raise_use", {"flow": asked.flow_id, "span": asked.span, "now": now, "allowed": str(raised)})
        audit(tx, shop_id, now, by, "limit.raised", asked.flow, {**details, "allowed": str(raised)})
        before = tx.one("last_pause", {"shop": shop_id, "name": asked.flow})
        status = "shadow" if before is not None and '"before":"shadow"' in before[0].replace(" ", "") else "live"
        change_status(staff, tx, shop_id, asked.flow, status, by)


def _raised(asked: LimitAsked, allowed: str | Decimal | None) -> Decimal:
    if allowed is None or allowed == "":
        return max(asked.limit * 2, asked.wanted)
    try:
        raised = Decimal(str(allowed).strip())
    except InvalidOperation:
        raise ValueError(f"{allowed} is not an amount") from None
    if not raised.is_finite() or raised < asked.wanted or raised > Decimal(10) ** 15:
        raise ValueError(f"allow at least {asked.wanted}, or the flow pauses itself again at once")
    return raised


def _short(address: str) -> str:
    return hashlib.blake2b(address.encode(), digest_size=8).hexdigest()
