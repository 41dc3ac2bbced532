"""What is known of an order at the moment it is judged: the one thing that rules and the learned score look at.

Invariant: pure; the facts are plain JSON, are kept with the verdict, and hold no more of a person than the verdict
needs. What is not known is left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import Any

from sereno.commerce.merging import known, micros, parts
from sereno.commerce.money import finite
from sereno.commerce.payments import failures
from sereno.modules.risk import marks as marking
from sereno.modules.risk.cities import Place
from sereno.modules.risk.places import between, country_of, distance, place_of
from sereno.sdk.risk import Listed, Seen

Record = Mapping[str, Any]
DAY = 86_400_000_000
MONTH = 30 * DAY
GOOD_AFTER = MONTH
"""An order so old without a dispute was a good one."""
ACCOUNTS = frozenset({"enabled", "active", "registered", "verified"})
"""States, by the platforms' words, of a customer who has an account."""
_CHECKS = {"match": "match", "partial": "partial", "no_match": "no_match", "unavailable": None}


def gather(
    order: Record,
    customer: Record | None,
    seen: Sequence[Seen],
    listed: Sequence[Listed],
    *,
    now: int,
    usual: Decimal | None = None,
    watched: Sequence[str] = (),
) -> dict[str, Any]:
    """`seen`: other orders that share a mark; `usual`: what an order of the shop comes to, in the order's currency.
    Instants are microseconds."""
    own = marking.marks_of(order)
    placed = micros(order.get("placed_at")) or now
    facts = {
        **_where(order, own),
        **_card(order),
        **_person(order, customer, own, placed),
        **_goods(order, usual, watched),
        **_history(order, own, seen, placed),
        "platform_risk": order.get("platform_risk"),
        "blocked": [f"{one.kind} {marking.hidden(one.mark)}" for one in listed if one.list == "block"] or None,
        "allowed": [f"{one.kind} {marking.hidden(one.mark)}" for one in listed if one.list == "allow"] or None,
    }
    return known(facts)


def _where(order: Record, own: Mapping[str, str]) -> dict[str, Any]:
    sent, billed = _country(order.get("shipping_address")), _country(order.get("billing_address"))
    address = str(order.get("ip_address") or "") if own.get("ip") else ""
    place = place_of(address) if address else None
    here = (place.country if place is not None else None) or (country_of(address) if address else None)
    near = _nearest(order, place)
    far = [found for one in (sent, billed) if (found := distance(here, one)) is not None]
    return {
        "ip_country": here,
        "ship_country": sent,
        "bill_country": billed,
        "distance_km": min(far) if far and near is None else None,
        "ip_city": place.city or None if place is not None else None,
        "ip_radius_km": round(place.radius) if near is not None and place is not None else None,
        "ip_km": near,
    }


def _nearest(order: Record, place: Place | None) -> int | None:
    """Kilometres from where the address may be at the nearest (`radius` taken off) to where the order goes or is billed
    to, whichever is nearer; None where a place is not known."""
    if place is None:
        return None
    found: list[float] = []
    for held in (order.get("shipping_address"), order.get("billing_address")):
        if isinstance(held, Mapping):
            north, east = finite(held.get("latitude")), finite(held.get("longitude"))
            if north is not None and east is not None and abs(north) <= 90 and abs(east) <= 180 and (north or east):
                found.append(between((float(north), float(east)), (place.latitude, place.longitude)))
    return round(max(0.0, min(found) - place.radius)) if found else None


def _card(order: Record) -> dict[str, Any]:
    payments = parts(order.get("payments"))
    told: dict[str, Any] = {}
    for one in payments:
        for name, kept in (("avs_result", "avs"), ("cvv_result", "cvv")):
            if one.get(name) in _CHECKS:
                told[kept] = _CHECKS[one[name]]
        if one.get("card_country"):
            told["card_country"] = str(one["card_country"]).upper()
    return {**told, "failed_payments": failures(payments) or None}


def _person(order: Record, customer: Record | None, own: Mapping[str, str], placed: int) -> dict[str, Any]:
    person = customer or {}
    domain = own.get("domain", "").partition(":")[2]
    # A guest's record is made with the order: its age says nothing. Only what is surely an account has one.
    made = micros(person.get("created_at")) if person.get("status") in ACCOUNTS else None
    is_made_before = made is not None and made <= placed
    return {
        "is_disposable": _is_disposable(domain) or None,
        "is_free_mail": domain in marking.FREE_MAIL if domain else None,
        "names_agree": _names_agree(order, person),
        "account_minutes": round((placed - made) / 60_000_000, 1) if made is not None and is_made_before else None,
    }


def _goods(order: Record, usual: Decimal | None, watched: Sequence[str]) -> dict[str, Any]:
    lines = parts(order.get("lines"))
    amounts = [one["quantity"] for one in lines if isinstance(one.get("quantity"), int | float)]
    skus = [str(one.get("sku") or "").upper() for one in lines]
    hit = [sku for sku in dict.fromkeys(skus) if sku and any(fnmatchcase(sku, one.upper()) for one in watched)]
    total = finite(order.get("total"))
    ratio = round(float(total / usual), 2) if total is not None and usual else None
    return {
        "total": str(order["total"]) if total is not None else None,
        "currency": order.get("currency"),
        "usual_total": str(usual) if usual else None,
        "amount_ratio": ratio,
        "most_units": max(amounts) if amounts else None,
        "has_gift_card": any(one.get("is_gift_card") for one in lines) or None,
        "watched": hit or None,
    }


def _history(order: Record, own: Mapping[str, str], seen: Sequence[Seen], placed: int) -> dict[str, Any]:
    """Counts by mark: orders within a day and people within a month, this one included."""
    key = str(order.get("id") or "")
    others = [one for one in seen if one.order != key and one.at <= placed]
    facts: dict[str, Any] = {}
    for kind in marking.TRACED:
        if kind not in own:
            continue
        same = [one for one in others if one.kind == kind]
        facts[f"{kind}_day"] = 1 + len({one.order for one in same if one.at > placed - DAY})
        late = [one for one in same if one.at > placed - MONTH and not one.is_same_person]
        facts[f"{kind}_people"] = 1 + len({one.person for one in late if one.person})
    bad = list(dict.fromkeys(one.kind for one in others if one.is_bad and one.kind != "ip"))
    mine = {one.order for one in others if one.kind in ("email", "phone")}
    spoiled = {one.order for one in others if one.is_bad}
    old = {one.order for one in others if one.at <= placed - GOOD_AFTER}
    facts["bad"] = bad or None
    facts["orders_before"] = len({one.order for one in others if one.kind == "email"})
    facts["good_orders"] = 0 if spoiled else len(mine & old)
    return facts


def _names_agree(order: Record, customer: Record) -> bool | None:
    """Whether a word of the names on the order, the bill and the account is shared by all; None with fewer than two."""
    sent, billed = order.get("shipping_address"), order.get("billing_address")
    inside = order.get("customer")
    named = [set(marking.words(_name(one)).split()) for one in (sent, billed, inside or customer)]
    given = [one for one in named if one]
    if len(given) < 2:
        return None
    return all(given[0] & one for one in given[1:])


def _name(held: object) -> str:
    if not isinstance(held, Mapping):
        return ""
    whole = f"{held.get('first_name') or ''} {held.get('last_name') or ''}".strip()
    return str(held.get("name") or whole)


def _country(address: object) -> str | None:
    found = address.get("country") if isinstance(address, Mapping) else None
    return str(found).upper() if found else None


def _is_disposable(domain: str) -> bool:
    if not domain:
        return False
    # Imported here: ten thousand names that only who judges an order needs.
    from disposable_email_domains import blocklist

    labels = domain.split(".")
    return any(".".join(labels[at:]) in blocklist for at in range(len(labels) - 1))
