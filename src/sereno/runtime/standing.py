"""What holds for a person now, whatever any flow did: what they agreed to, and what keeps messages from them.

Each source is a function of its own; a new guardrail adds one here, so that no page, command or call forgets it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from sereno.engine.control import CONTROL, HOLDOUT
from sereno.engine.durations import format_instant
from sereno.runtime.consents import last_words
from sereno.runtime.finding import Meaning
from sereno.runtime.staff import Staff
from sereno.store.database import Transaction
from sereno.store.documents import decode
from sereno.store.fields import from_micros, to_micros
from sereno.store.pseudonyms import pseudonym

LATELY = timedelta(days=7)
Fact = dict[str, Any]
"""`{"kind", "code", "about", "at", "details"}`."""


def standing_of(tx: Transaction, staff: Staff, shop_id: int, meaning: Meaning) -> list[Fact]:
    return [fact for source in SOURCES for fact in source(tx, staff, shop_id, meaning)]


def _fact(kind: str, code: str, about: str, at: int | None = None, **details: Any) -> Fact:
    return {"kind": kind, "code": code, "about": about, "at": _instant(at), "details": details}


def _consents(tx: Transaction, staff: Staff, shop_id: int, meaning: Meaning) -> Iterable[Fact]:
    """The last word on marketing of every address, and which of them are never written to."""
    addresses = sorted(meaning.addresses)
    if not addresses:
        return
    for _shop, address, channel, granted, at in last_words(tx, [(shop_id, one) for one in addresses]):
        if at is None:
            yield _fact("suppression", "address.suppressed", address, channel=channel)
        else:
            yield _fact("consent", "consent.given" if granted else "consent.refused", address, at, channel=channel)


def _messages(tx: Transaction, staff: Staff, shop_id: int, meaning: Meaning) -> Iterable[Fact]:
    """What waits for its moment, and how much was sent in the last week: what caps count."""
    people = [link.removeprefix("customer:") for link in meaning.links if link.startswith("customer:")]
    people += [f"email:{address}" for address in meaning.addresses]
    if not people:
        return
    since = to_micros(staff.world.clock.now() - LATELY)
    asked = {"shop": shop_id, "people": people, "addresses": list(meaning.addresses), "since": since}
    sent: dict[tuple[str, str, str], list[int]] = {}
    for channel, purpose, address, status, at, reason, details, flow, run in tx.all("slots_standing", asked):
        if status == "sent":
            sent.setdefault((address, channel, purpose), []).append(at)
        elif status == "waiting":
            seen: dict[str, Any] = decode(details) if details else {}
            about = {**seen, "reason": reason, "channel": channel, "flow": flow, "run": run}
            yield _fact("message", "message.waits", address, at, **about)
    for (address, channel, purpose), times in sent.items():
        yield _fact(
            "message", "message.sent", address, max(times), channel=channel, purpose=purpose, count=len(times), days=7
        )


def _experiments(tx: Transaction, staff: Staff, shop_id: int, meaning: Meaning) -> Iterable[Fact]:
    """The control groups the person is in."""
    units = [link for link in meaning.subjects if link.startswith(("email:", "customer:", "order:", "cart:"))]
    if not units:
        return
    for experiment, arm, unit, at, until, flow in tx.all("exposures_standing", {"shop": shop_id, "units": units}):
        if experiment in (CONTROL, HOLDOUT) and arm == CONTROL:
            yield _fact("control", f"{experiment}.held_out", unit, at, flow=flow, until=_instant(until))


def _erasure(tx: Transaction, staff: Staff, shop_id: int, meaning: Meaning) -> Iterable[Fact]:
    """That what was known of the person was erased: why nothing older is found."""
    digests = sorted({pseudonym(link) for link in meaning.links if ":" in link})
    if not digests:
        return
    held = tx.all("erased_of", {"shops": [shop_id], "digests": digests})
    if held:
        yield _fact("erasure", "person.erased", meaning.text, max(at for _shop, _digest, at in held))


def _switches(tx: Transaction, staff: Staff, shop_id: int, meaning: Meaning) -> Iterable[Fact]:
    """What the shop has switched off, whomever it is about."""
    for kind, name, _actions, reason, by, at in tx.all("switches_of", {"shop": shop_id}):
        yield _fact("switch", "switch.off", name or kind, at, what=kind, reason=reason, by=by)


def _instant(at: int | None) -> str | None:
    return format_instant(from_micros(at)) if at is not None else None


SOURCES: tuple[Callable[[Transaction, Staff, int, Meaning], Iterable[Fact]], ...] = (
    _consents,
    _messages,
    _experiments,
    _erasure,
    _switches,
)
