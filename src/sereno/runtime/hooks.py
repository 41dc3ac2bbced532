"""Sereno's own events, for other systems: who wants to hear of which, and the messages that go into the outbox.

Invariant: a message is written in the transaction that makes the fact true, one for each webhook that asks for it, so
none is lost and none tells of what did not happen. Where nobody asks, nothing is done.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sereno.commerce.event import Event
from sereno.engine.durations import format_instant
from sereno.runtime.ports import SOURCE
from sereno.sdk.plugin import ORDINARY, URGENT
from sereno.store.database import Transaction
from sereno.store.documents import decode, encode
from sereno.store.fields import to_micros

DELIVER = "webhooks.deliver"
GONE = "webhook.gone"
NOTICE = "alerts.notify"
DISABLED_AFTER = timedelta(days=5)
"""Of failing without a success in between."""
TYPES: dict[str, str] = {
    "run.finished": "A run came to its end.",
    "run.ended": "A run was ended before its end: by an event, by a person, or by a step.",
    "run.failed": "A run failed.",
    "effect.failed": "A mail, a call or another action failed for good and waits for a person.",
    "approval.requested": "A run asks a person.",
    "approval.decided": "A person answered.",
    "flow.published": "A new version of a flow went live.",
    "flow.paused": "A flow was paused.",
    "flow.resumed": "A flow goes on.",
    "flow.stage_returned": "A version on its way in passed a limit and was taken back; the live version serves all.",
    "alert.raised": "Something is amiss: an alert of a new kind, or about something new.",
    "alert.settled": "What an alert was about is over.",
    "connection.silent": "A connection that usually brings something has been silent for too long.",
    "order.held": "An order is held: nothing of it is to leave, no money is to be taken.",
    "order.released": "An order that was held may go on.",
    "order.verified": "Stock, customer data and payment of an order were found in order.",
    "order.routed": "An order was sent to a warehouse, a team or a queue.",
    "pick_ticket.created": "A ticket to pick, pack or make what was ordered.",
    "webhook.test": "A test from the page, sent to one webhook only.",
}
"""All types, each with what it says. `webhook.test` needs no subscription."""
FACTS = frozenset({"order.held", "order.released", "order.verified", "order.routed", "pick_ticket.created"})
"""Those that are events of Sereno's own: told when they are handled."""
RUN_ENDS = {"finished": "run.finished", "failed": "run.failed", "exited": "run.ended", "stopped": "run.ended"}


@dataclass(frozen=True, slots=True)
class Told:
    """A fact to tell: `data` becomes the message's."""

    shop_id: int
    type: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Listener:
    """A webhook that is active. Its messages hang on `run` of `flow` in the outbox."""

    id: int
    run: int
    flow: int
    types: frozenset[str]

    def wants(self, type_: str) -> bool:
        return "*" in self.types or type_ in self.types


class Hooks:
    """The active webhooks by shop. `refresh` with the flows."""

    def __init__(self) -> None:
        self._by_shop: dict[int, list[Listener]] = {}

    def refresh(self, tx: Transaction) -> None:
        found: dict[int, list[Listener]] = {}
        for id_, shop_id, run, flow, types in tx.all("active_webhooks"):
            found.setdefault(shop_id, []).append(Listener(id_, run, flow, frozenset(decode(types))))
        self._by_shop = found

    def listens(self, shop_id: int, type_: str) -> bool:
        """Whether anybody wants this type; ask before putting a message together."""
        return any(one.wants(type_) for one in self._by_shop.get(shop_id, ()))

    def has_any(self) -> bool:
        return bool(self._by_shop)

    def tell(self, tx: Transaction, told: Iterable[Told], now: datetime) -> int:
        """Put the messages into the outbox. Gives how many there are."""
        rows = [
            message_row(listener, fact.shop_id, message(fact.type, fact.data, now), now)
            for fact in told
            for listener in self._by_shop.get(fact.shop_id, ())
            if listener.wants(fact.type)
        ]
        tx.many("copy_effects", rows)
        return len(rows)


def facts_told(events: Iterable[tuple[int, Event]]) -> list[Told]:
    """Of (shop, event), those that are told; nobody outside can state them."""
    return [
        Told(shop_id, event.type, {"event": event.id, "subject": event.subject, **event.data})
        for shop_id, event in events
        if event.type in FACTS and event.source == SOURCE
    ]


def message(type_: str, data: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """A message as Standard Webhooks have it."""
    return {"type": type_, "timestamp": format_instant(now), "data": dict(data)}


def message_row(
    listener: Listener, shop_id: int, body: Mapping[str, Any], now: datetime, priority: int = ORDINARY
) -> tuple[Any, ...]:
    """A row of `copy_effects`. Its key is the message's id, the same on every attempt."""
    config = {"webhook": listener.id, "type": body["type"], "body": body}
    return _row(
        f"msg_{uuid4().hex}", listener, shop_id, DELIVER, config, f"webhook:{listener.id}", to_micros(now), priority
    )


def _row(
    key: str,
    listener: Listener,
    shop_id: int,
    action: str,
    config: Mapping[str, Any],
    connection: str,
    now: int,
    priority: int,
) -> tuple[Any, ...]:
    subject = f"webhook:{listener.id}"
    place = (key, shop_id, listener.flow, listener.run, "0", action, subject, encode(config))
    return (*place, "pending", False, 0, priority, now, connection, now, None, None, None, None)


def note_outcomes(tx: Transaction, outcomes: Sequence[tuple[int, bool, bool]], now: datetime) -> None:
    """Remember how webhooks fare; `outcomes` are (run, whether it was delivered, whether nobody listens there any
    more). One that has failed for days is switched off, and the shop's people are told."""
    at = to_micros(now)
    good = {run for run, is_good, _ in outcomes if is_good}
    bad = {run for run, is_good, _ in outcomes if not is_good} - good
    gone = {run for run, _, is_gone in outcomes if is_gone}
    if good:
        tx.run("webhooks_succeeded", {"runs": sorted(good), "now": at})
    if not bad:
        return
    tx.run("webhooks_failed", {"runs": sorted(bad), "now": at})
    before = to_micros(now - DISABLED_AFTER)
    found = tx.all("disable_webhooks", {"runs": sorted(bad), "gone": sorted(gone), "before": before, "now": at})
    lines = [
        (shop_id, at, SOURCE, "webhook.disabled", name, encode({"id": id_, "reason": reason}))
        for id_, shop_id, _run, _flow, name, reason in found
    ]
    tx.many("add_audit", lines)
    tx.many("copy_effects", [_notice(row, at) for row in found])


def _notice(row: Sequence[Any], at: int) -> tuple[Any, ...]:
    """The mail to the shop's people that one was switched off."""
    id_, shop_id, run, flow, name, reason = row
    text = (
        f"The webhook “{name}” was switched off\n\n{reason} Messages since then are kept on its page and can be sent "
        "again once the other side answers."
    )
    config = {"channel": "email", "text": text}
    listener = Listener(id_, run, flow, frozenset())
    return _row(f"notice_{uuid4().hex}", listener, shop_id, NOTICE, config, "smtp", at, URGENT)


# --- what the facts say -----------------------------------------------------------------------------


def run_data(run: Any, flow: str, *, is_shadow: bool, base_url: str) -> dict[str, Any]:
    """Of a run's state."""
    return {
        "run": run.id,
        "flow": flow,
        "version": run.version,
        "subject": run.subject,
        "key": run.key,
        "status": run.status,
        "step": run.step,
        "reason": run.reason,
        "is_shadow": is_shadow,
        "started_at": format_instant(run.started_at),
        "url": f"{base_url}/runs/{run.id}",
    }


def failure(
    shop_id: int,
    key: str,
    step: str,
    action: str,
    flow: str,
    run: str | None,
    error: str | None,
    message: str | None,
) -> Told:
    """An effect that failed for good."""
    data = {"key": key, "flow": flow, "run": run, "step": step, "action": action, "error": error, "message": message}
    return Told(shop_id, "effect.failed", data)
