"""Weighs what leads do, with the batch of events that tells it.

Invariant: written in the transaction that works on the batch, two statements however large it is; an event counts once,
and each stage is told once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sereno.commerce.identity import customer_key
from sereno.engine.durations import format_instant
from sereno.runtime import inbox
from sereno.runtime.facts import Fact
from sereno.runtime.forms import rules
from sereno.runtime.forms.rules import ACTS, ORDERED, SUBMITTED, Lead
from sereno.runtime.ports import SOURCE
from sereno.runtime.staff import audit, open_staff
from sereno.sdk.connector import NewEvent
from sereno.store.database import Database, Transaction
from sereno.store.documents import decode, encode
from sereno.store.fields import from_micros, storable, to_micros

At = tuple[int, str]
HEARD = frozenset(ACTS) | {SUBMITTED, ORDERED}


def keep_leads(tx: Transaction, facts: Sequence[Fact], now: int) -> None:
    """What a batch tells of people who came by a form, and of who comes now."""
    told = [(fact, person, _email(fact)) for fact in facts if fact.event.type in HEARD and (person := _person(fact))]
    if not told:
        return
    asked = {
        "shops": sorted({fact.shop_id for fact, _, _ in told}),
        "persons": sorted({person for _, person, _ in told}),
        "emails": sorted({email for _, _, email in told if email}),
    }
    held = [Lead(*row) for row in tx.all("form_leads_of", asked)]
    if not held and all(fact.event.type != SUBMITTED for fact, _, _ in told):
        return
    leads, aliases = _by_name(held)
    before = dict(leads)
    numbers = {row[0]: rules.numbers_in(decode(row[1])) for row in tx.all("lead_settings", {"shops": asked["shops"]})}
    for fact, person, email in told:
        shop, at = fact.shop_id, to_micros(fact.event.occurred_at)
        name = aliases.get((shop, person)) or aliases.get((shop, email or "")) or person
        lead = leads.get((shop, name))
        if lead is None and fact.event.type != SUBMITTED:
            continue
        lead = lead or Lead(0, shop, name, email, str(fact.event.data.get("form") or "")[:40], 0, "new", at, at)
        after = rules.acted(lead, fact.event.type, fact.event.data, numbers[shop], at)
        # From its second act on, one that came with this batch is as one that was there.
        leads[shop, name] = after if after.id else replace(after, id=-1)
        aliases |= {(shop, person): name, **({(shop, email): name} if email else {})}
    changed = sorted(at for at, lead in leads.items() if before.get(at) != lead)
    tx.many("put_form_leads", [_row(leads[at]) for at in changed])
    _tell(tx, [leads[at] for at in changed if _stage(before.get(at)) != leads[at].stage], now)


def set_rules(shop_id: int, given: Mapping[str, int], by: str, *, database: Database | None = None) -> dict[str, int]:
    """What acts are worth in this shop from now on. Raises ValueError."""
    for name, value in given.items():
        if name not in rules.USUAL:
            raise ValueError(f"there is no rule {name!r}")
        if not rules.LEAST <= value <= rules.MOST:
            raise ValueError(f"{name} is between {rules.LEAST} and {rules.MOST}")
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        rows = tx.all("lead_settings", {"shops": [shop_id]})
        settings: dict[str, Any] = decode(rows[0][1]) if rows else {}
        before = rules.numbers_in(settings)
        after = {**before, **given}
        if after != before:
            tx.run("set_lead_rules", {"shop": shop_id, "settings": encode({**settings, "leads": after})})
            changed = {
                name: {"before": before[name], "after": after[name]} for name in after if after[name] != before[name]
            }
            audit(tx, shop_id, to_micros(staff.world.clock.now()), by, "leads.rules_set", "", changed)
    return after


def _by_name(held: Sequence[Lead]) -> tuple[dict[At, Lead], dict[At, str]]:
    leads: dict[At, Lead] = {}
    aliases: dict[At, str] = {}
    for lead in sorted(held, key=lambda one: -one.id):
        leads[lead.shop_id, lead.person] = lead
        aliases[lead.shop_id, lead.person] = lead.person
        if lead.email:
            aliases[lead.shop_id, lead.email] = lead.person
    return leads, aliases


def _person(fact: Fact) -> str | None:
    return fact.event.refs.get("customer") or customer_key(None, fact.event.refs.get("email"))


def _email(fact: Fact) -> str | None:
    found = fact.event.refs.get("email")
    return storable(found.lower())[:254] if found and "@" in found else None


def _stage(lead: Lead | None) -> str:
    return "" if lead is None else lead.stage


def _row(lead: Lead) -> tuple[Any, ...]:
    return (lead.shop_id, lead.person, lead.email, lead.form, lead.points, lead.stage, lead.since, lead.changed_at)


def _tell(tx: Transaction, leads: Sequence[Lead], now: int) -> None:
    incoming: list[inbox.Incoming] = []
    for lead in leads:
        kept = {
            "stage": lead.stage,
            "points": lead.points,
            "form": lead.form,
            "since": format_instant(from_micros(lead.since)),
            "changed_at": format_instant(from_micros(lead.changed_at)),
        }
        about = {name: kept[name] for name in ("stage", "points", "form")}
        data = {"id": lead.person, "email": lead.email, **about, "lead": kept}
        refs = {"customer": lead.person, **({"email": lead.email} if lead.email else {})}
        type_ = "lead.qualified" if lead.stage == "qualified" else "lead.changed"
        uid = f"lead|{lead.person}|{lead.since}|{lead.stage}"[:200]
        event = NewEvent(uid, type_, f"customer:{lead.person}"[:200], from_micros(now), data, refs)
        incoming.append(inbox.Incoming(lead.shop_id, None, None, SOURCE, now, event))
    if incoming:
        inbox.put(tx, incoming)
