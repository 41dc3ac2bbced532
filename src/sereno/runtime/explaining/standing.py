"""What holds for a person now, whatever any flow did: what they agreed to, and what keeps messages from them.

A guardrail that keeps anything from anybody has its part in the one statement and its line here, so that no page,
command or call forgets it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sereno.engine.control import CONTROL, HOLDOUT
from sereno.engine.message_control import place_of
from sereno.runtime.explaining.finding import Meaning
from sereno.runtime.staff import Staff
from sereno.runtime.syncing.services import Difference, of_things
from sereno.store.database import Transaction
from sereno.store.fields import instant_text, to_micros
from sereno.store.pseudonyms import pseudonym

LATELY = timedelta(days=7)
"""How far back sent messages are counted."""
Fact = dict[str, Any]
"""`{"kind", "code", "about", "at", "details"}`; instants are ISO 8601 in UTC."""


def standing_of(tx: Transaction, staff: Staff, shop_id: int, meaning: Meaning) -> list[Fact]:
    """What holds for whom the text means, and what is switched off in the whole shop."""
    addresses = sorted({link.removeprefix("email:") for link in meaning.people if link.startswith("email:")})
    people = [link.removeprefix("customer:") for link in meaning.people if link.startswith("customer:")]
    rows = tx.all(
        "standing_of_person",
        {
            "shop": shop_id,
            "addresses": addresses,
            "people": [*people, *(f"email:{address}" for address in addresses)],
            "units": [*meaning.people, *(link for link in meaning.links if ":" in link)],
            "digests": sorted({pseudonym(link) for link in (*meaning.links, *meaning.people) if ":" in link}),
            "since": to_micros(staff.world.clock.now() - LATELY),
        },
    )
    sent: dict[tuple[str, str, str], list[int]] = {}
    facts: list[Fact] = []
    for row in rows:
        source, whom, what, which, who, *_rest = row
        if source == "message" and which == "sent":
            sent.setdefault((whom, what, who), []).append(row[6])
        elif (fact := _fact_of(row, meaning)) is not None:
            facts.append(fact)
    for (whom, channel, purpose), times in sorted(sent.items()):
        details = {"channel": channel, "purpose": purpose, "count": len(times), "days": LATELY.days}
        facts.append(_fact("message", "message.sent", whom, max(times), details))
    return facts + [_of_difference(one) for one in of_things(tx, shop_id, (meaning.text, *meaning.links))]


def _fact_of(row: Sequence[Any], meaning: Meaning) -> Fact | None:
    source, whom, what, which, who, flow, at, until, reason = row
    match source:
        case "consent":
            return _fact("consent", f"consent.{which}", whom, at, {"channel": what})
        case "suppression":
            return _fact("suppression", "address.suppressed", whom, at, {"channel": what, "reason": which})
        case "message" if which == "waiting":
            return _fact("message", "message.waits", whom, at, {"reason": reason, "channel": what, "flow": flow})
        case "exposure" if what in (CONTROL, HOLDOUT) and which == CONTROL:
            return _fact("control", f"{what}.held_out", whom, at, {"flow": flow, "until": instant_text(until)})
        case "exposure" if which == CONTROL and (place := place_of(what)) is not None:
            details = {"flow": flow, "message": place, "until": instant_text(until)}
            return _fact("control", "message.held_out", whom, at, details)
        case "erased":
            return _fact("erasure", "person.erased", meaning.text, at, {})
        case "switch":
            return _fact("switch", "switch.off", whom or what, at, {"what": what, "reason": which, "by": who})
        case _:
            return None


def _of_difference(one: Difference) -> Fact:
    """A thing that one store says otherwise than it should."""
    code = "product.held" if one.state == "held" else "product.differs"
    names = ("sku", "field", "connection", "source", "own", "target", "currency", "state", "reason")
    return _fact("sync", code, one.title or one.sku, to_micros(one.since), {name: getattr(one, name) for name in names})


def _fact(kind: str, code: str, about: str, at: int | None, details: dict[str, Any]) -> Fact:
    return {"kind": kind, "code": code, "about": about, "at": instant_text(at), "details": details}
