"""What a person chooses on a page, and what staff take back: the ledger, the list of suppressed addresses and the event
that flows hear of change together, once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any
from uuid import uuid4

from sereno.commerce.identity import customer_key
from sereno.engine.durations import format_instant
from sereno.runtime import inbox
from sereno.runtime.consents import CONSENT_EVENT, event_line_uid
from sereno.runtime.ports import SOURCE
from sereno.runtime.replying import answer_event, put_answer
from sereno.runtime.staff import Staff, audit, customer_at, open_staff
from sereno.runtime.staging import counting
from sereno.sdk.connector import NewEvent
from sereno.store.database import Database, Transaction
from sereno.store.documents import decode, encode
from sereno.store.fields import storable, to_micros
from sereno.store.pseudonyms import known_as
from sereno.store.secrets import SecretsUnreadable, decrypt, encrypt

MARKETING = "marketing"
CONFIRM_EVENT = "consent.requested"
RENEWED_EVENT = "consent.renewed"
CONFIRM_WITHIN = timedelta(days=14)
PAUSE_DAYS = 30
BASES = ("consent", "contract", "legitimate_interest", "existing_customer")
"""Why one may write, in the words of the law (GDPR Art. 6; for existing customers ePrivacy directive Art. 13(2))."""
SOFT_OPT_IN = frozenset(
    {"AT", "BE", "BG", "CH", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB", "GR", "HR", "HU", "IE", "IS", "IT"}
    | {"LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK"}
)
"""Where the law lets a shop write to its own customers about similar goods until they say no."""


def choose(
    shop_id: int,
    address: str,
    channel: str,
    *,
    granted: bool,
    source: str = "preferences",
    proof: Mapping[str, Any] | None = None,
    database: Database | None = None,
) -> bool:
    """Marketing or none, by the person's own hand. Saying again what holds changes nothing; True when it was new, and
    then flows hear of it as `consent.changed`. A yes also gives an address another chance that once bounced: who says
    it here has read a mail sent there."""
    staff = open_staff(database)
    address = storable(address.strip().lower())[:254]
    with staff.database.transaction() as tx:
        tx.run("end_marketing_pause", {"shop": shop_id, "address": address})
        if granted:
            tx.run("lift_bounces", {"shop": shop_id, "addresses": known_as(address), "channel": channel})
        return say(tx, staff, shop_id, address, channel, granted, source, dict(proof or {}))


def renew(
    shop_id: int,
    address: str,
    channel: str,
    effect: str,
    proof: Mapping[str, Any],
    *,
    database: Database | None = None,
) -> None:
    """Who was asked whether marketing is still welcome says yes, in answer to the message of this effect: a line of its
    own in the ledger, also where a yes was there before, and `consent.renewed` for the flow that asked. Said again on
    the same day it changes nothing. Who had been taken off the list is on it again."""
    staff = open_staff(database)
    address = storable(address.strip().lower())[:254]
    kept = {**dict(proof), **({"effect": effect} if effect else {})}
    with staff.database.transaction() as tx:
        tx.run("lift_bounces", {"shop": shop_id, "addresses": known_as(address), "channel": channel})
        now = staff.world.clock.now()
        at = to_micros(now)
        digest = blake2b(f"{address}|{channel}|{effect}".encode(), digest_size=12).hexdigest()
        name = f"keep|{digest}|{now:%Y-%m-%d}"
        if not say(tx, staff, shop_id, address, channel, True, "keep", kept, name=name):
            uid = event_line_uid(SOURCE, name)
            line = (shop_id, address, channel, MARKETING, True, at, "keep", encode(kept), uid)
            tx.many("add_consents", [line])
        said = _event(tx, staff, shop_id, address, channel, True, "keep", now)
        event = replace(said, id=f"renewed|{name}", type=RENEWED_EVENT)
        inbox.put(tx, [inbox.Incoming(shop_id, None, None, SOURCE, at, event)])
        if staff.database.dialect == "postgresql":
            tx.all("notify")


def pause(shop_id: int, address: str, days: int = PAUSE_DAYS, *, database: Database | None = None) -> datetime:
    """No marketing to this address for a while, by the person's own hand; then what they said before holds again. Gives
    until when. Whoever says yes or no meanwhile ends it."""
    staff = open_staff(database)
    now = staff.world.clock.now()
    until = now + timedelta(days=days)
    address = storable(address.strip().lower())[:254]
    with staff.database.transaction() as tx:
        given = {"shop": shop_id, "address": address, "until": to_micros(until), "now": to_micros(now)}
        tx.run("put_pause", given)
    return until


def lift_suppression(
    shop_id: int,
    address: str,
    channel: str,
    by: str,
    *,
    agreed: str = "",
    database: Database | None = None,
) -> bool:
    """Let an address be written to again. Gives whether it may get marketing too: only if the ledger says so, or the
    person has agreed to it; `agreed` then says how and when. Raises LookupError when it is not suppressed."""
    staff = open_staff(database)
    address = address.strip().lower()
    with staff.database.transaction() as tx:
        row = tx.one("lift_suppression", {"shop": shop_id, "addresses": known_as(address), "channel": channel})
        if row is None:
            raise LookupError(f"{address} is not suppressed")
        if agreed:
            say(tx, staff, shop_id, address, channel, True, "staff", {"by": by, "said": agreed[:500]})
        asked = {"shop": shop_id, "addresses": known_as(address), "channel": channel, "purpose": MARKETING}
        said = tx.one("consent_of", asked)
        now = to_micros(staff.world.clock.now())
        audit(tx, shop_id, now, by, "suppression.lifted", address, {"reason": row[0], "agreed": agreed[:500]})
        return bool(said and said[0])


def record_consent(
    shop_id: int,
    address: str,
    channel: str,
    *,
    granted: bool,
    source: str,
    basis: str = "consent",
    proof: Mapping[str, Any] | None = None,
    by: str = "",
    is_confirmed: bool = False,
    database: Database | None = None,
) -> str:
    """What a form, an API or a person at the till says that somebody agreed to or refused, with the proof. Gives
    `granted`, `refused`, `unchanged`, or `pending` where the shop wants it confirmed by the address's owner: then they
    are asked, and nothing goes to them before. Raises ValueError for a basis that does not hold."""
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        return put_consent(
            tx,
            staff,
            shop_id,
            address,
            channel,
            granted=granted,
            source=source,
            basis=basis,
            proof=proof,
            by=by,
            is_confirmed=is_confirmed,
        )


def put_consent(
    tx: Transaction,
    staff: Staff,
    shop_id: int,
    address: str,
    channel: str,
    *,
    granted: bool,
    source: str,
    basis: str = "consent",
    proof: Mapping[str, Any] | None = None,
    by: str = "",
    is_confirmed: bool = False,
) -> str:
    """`record_consent` within a transaction of the caller's."""
    address = storable(address.strip().lower())[:254]
    settings = _settings(tx, shop_id)
    kept: dict[str, Any] = {**dict(proof or {}), "basis": basis, **({"by": by} if by else {})}
    if granted:
        _check_basis(basis, channel, settings)
    asked = {"shop": shop_id, "addresses": known_as(address), "channel": channel, "purpose": MARKETING}
    held = tx.one("consent_of", asked)
    if held is not None and bool(held[0]) is granted:
        return "unchanged"
    is_asked = channel == "email" and basis == "consent" and not is_confirmed
    if granted and is_asked and wants_confirmation(settings, str(kept.get("country") or "")):
        _ask_to_confirm(tx, staff, shop_id, address, channel, source, kept)
        return "pending"
    say(tx, staff, shop_id, address, channel, granted, source, kept)
    return "granted" if granted else "refused"


def confirm(token: str, proof: Mapping[str, Any], *, database: Database | None = None) -> tuple[int, str]:
    """The address's owner followed the link and said yes. Gives shop and address; saying it twice changes nothing.
    Raises ValueError for a token that is not ours, or older than a fortnight."""
    staff = open_staff(database)
    shop_id, address, channel, asked = read_confirmation(token)
    now = staff.world.clock.now()
    if int(asked) < to_micros(now - CONFIRM_WITHIN):
        raise ValueError("this link is too old; give your address once more")
    with staff.database.transaction() as tx:
        rows = tx.all("consents_of_person", {"shop": shop_id, "addresses": [address]})
        lines: list[dict[str, Any]] = [decode(row[6]) for row in rows if row[1] == channel]
        before: dict[str, Any] = lines[-1] if lines else {}
        kept = {name: value for name, value in before.items() if name != "state"} | {"confirmed": dict(proof)}
        say(tx, staff, shop_id, address, channel, True, "confirmed", kept)
    return shop_id, address


def read_confirmation(token: str) -> tuple[int, str, str, str]:
    """Shop, address, channel and when it was asked. Raises ValueError."""
    try:
        shop_id, address, channel, asked, purpose = decrypt(token)
    except (SecretsUnreadable, ValueError) as error:
        raise ValueError("this link is not one of ours, or part of it is missing") from error
    if purpose != "confirm":
        raise ValueError("this link is good for something else")
    return int(shop_id), address, channel, asked


def _settings(tx: Transaction, shop_id: int) -> Mapping[str, Any]:
    """As they are now: this process may have read the shop long ago."""
    row = tx.one("privacy_settings", {"shop": shop_id})
    return decode(row[0]) if row is not None else {}


def _check_basis(basis: str, channel: str, settings: Mapping[str, Any]) -> None:
    if basis not in BASES:
        raise ValueError(f"the basis is one of {', '.join(BASES)}, not {basis!r}")
    country = str(settings.get("country") or "").upper()
    if basis == "existing_customer" and (channel != "email" or country not in SOFT_OPT_IN):
        where = f"in {country}" if country else "while the shop's setting `country` is empty"
        raise ValueError(f"existing customers may not be written to by {channel} without consent {where}")


def wants_confirmation(settings: Mapping[str, Any], country: str) -> bool:
    """The shop's setting `double_opt_in`: `all`, or countries by their codes; of a person whose country is unknown the
    shop's own counts."""
    wanted = str(settings.get("double_opt_in") or "").replace(",", " ").upper().split()
    return "ALL" in wanted or (country or str(settings.get("country") or "")).upper() in wanted


def _ask_to_confirm(
    tx: Transaction, staff: Staff, shop_id: int, address: str, channel: str, source: str, proof: Mapping[str, Any]
) -> None:
    now = staff.world.clock.now()
    at = to_micros(now)
    token = encrypt([str(shop_id), address, channel, str(at), "confirm"])
    uid = event_line_uid(SOURCE, token)
    kept = {**proof, "state": "pending"}
    line = (shop_id, address, channel, MARKETING, False, at, source[:64], encode(kept), uid)
    tx.many("add_consents", [line])
    language = str(proof.get("language") or staff.world.shops.find(tx, shop_id).facts.locale)[:2]
    data = {"email": address, "channel": channel, "purpose": MARKETING, "language": language, "source": source}
    digest = blake2b(token.encode(), digest_size=16).hexdigest()
    key = customer_key(None, address) or address
    refs = {"email": address, "customer": key}
    event = NewEvent(f"confirm|{digest}", CONFIRM_EVENT, f"customer:{key}", now, {**data, "token": token}, refs)
    inbox.put(tx, [inbox.Incoming(shop_id, None, None, SOURCE, at, event)])
    if staff.database.dialect == "postgresql":
        tx.all("notify")


def say(
    tx: Transaction,
    staff: Staff,
    shop_id: int,
    address: str,
    channel: str,
    granted: bool,
    source: str,
    proof: Mapping[str, Any],
    *,
    name: str = "",
) -> bool:
    """Yes or no to marketing, in a transaction of the caller's: the ledger's line and the event. False where it holds
    already. `name` is the event's, where the same may be said again."""
    asked = {"shop": shop_id, "addresses": known_as(address), "channel": channel, "purpose": MARKETING}
    held = tx.one("consent_of", asked)
    if held is not None and bool(held[0]) is granted:
        return False
    now = staff.world.clock.now()
    event = _event(tx, staff, shop_id, address, channel, granted, source, now)
    event = replace(event, id=name) if name else event
    # The line has the name that the event's own would have, so the ledger has one of them.
    uid = event_line_uid(SOURCE, event.id)
    at = to_micros(now)
    line = (shop_id, address, channel, MARKETING, granted, at, source[:64], encode(dict(proof)), uid)
    tx.many("add_consents", [line])
    if not granted:
        counting.count_answers(tx, shop_id, [(str(proof.get("effect") or ""), "unsubscribed")], staff.world.worker)
    inbox.put(tx, [inbox.Incoming(shop_id, None, None, SOURCE, at, event)])
    if not granted and proof.get("effect"):
        effect, customer = str(proof["effect"]), str(event.data["customer_id"] or "")
        more = {"effect": effect, "address": address, "customer": customer, "channel": channel}
        put_answer(tx, shop_id, answer_event("unsubscribed", now, **more, more={}))
    if staff.database.dialect == "postgresql":
        tx.all("notify")
    return True


def _event(
    tx: Transaction,
    staff: Staff,
    shop_id: int,
    address: str,
    channel: str,
    granted: bool,
    source: str,
    now: datetime,
) -> NewEvent:
    is_mail = channel == "email"
    refs = {"email": address} if is_mail else {}
    customer = customer_at(staff, tx, shop_id, address) if is_mail else None
    data: dict[str, Any] = {
        "customer_id": customer,
        "email" if is_mail else "phone": address,
        "channel": channel,
        "purpose": MARKETING,
        "granted": granted,
        "state": "subscribed" if granted else "unsubscribed",
        "source": source,
        "changed_at": format_instant(now),
    }
    key = customer_key(customer, address) or address
    digest = blake2b(address.encode(), digest_size=8).hexdigest()
    subject = f"customer:{key}"
    return NewEvent(f"consent|{digest}|{uuid4().hex}", CONSENT_EVENT, subject, now, data, {**refs, "customer": key})
