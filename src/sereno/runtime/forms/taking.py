"""Takes what somebody sends by a form: once, with their consents and the words they were given to, and tells flows.

Invariant: one submission for each view. Its row, its consents and its event are committed together; a code of a pool is
the address's own, whoever asks how often.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from sereno.commerce.identity import customer_key
from sereno.commerce.telephones import e164
from sereno.engine.durations import format_instant
from sereno.runtime import inbox
from sereno.runtime.consenting import put_consent
from sereno.runtime.ports import SOURCE
from sereno.runtime.pricing.codes import LiveCodes
from sereno.runtime.records import Records
from sereno.runtime.staff import Staff, open_staff
from sereno.sdk.connector import NewEvent
from sereno.sdk.context import ShopFacts
from sereno.sdk.incentives import CodesRefused, CodeWanted
from sereno.store import secrets
from sereno.store.database import Database, Transaction
from sereno.store.documents import decode, encode
from sereno.store.fields import storable, to_micros
from sereno.store.sealing import TokenInvalid, seal, unseal

SUBMITTED = "form.submitted"
PURPOSE = "form"
SOONEST = timedelta(seconds=1)
"""Nobody reads and fills in a form faster."""
LASTS = timedelta(hours=12)
CHANNEL_ADDRESS = {"email": "email", "sms": "phone", "whatsapp": "phone"}


class ViewInvalid(ValueError):  # noqa: N818
    """What was sent came from no view of the form. `code`: `view.unknown`, `view.old` or `view.fast`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class View:
    """One showing of a form to one visitor."""

    form: str
    variant: str
    uid: str
    at: int


@dataclass(frozen=True, slots=True)
class Consent:
    """`words` are what was agreed to, in the language it was read in."""

    channel: str
    words: str


@dataclass(frozen=True, slots=True)
class Sent:
    """What was filled in, as the form reads it. `proof` is what else is known of how it came about. `pool`: where its
    thanks take a code from."""

    answers: Mapping[str, Any] = field(default_factory=dict[str, Any])
    email: str = ""
    phone: str = ""
    name: str = ""
    birthday: str = ""
    consents: tuple[Consent, ...] = ()
    points: int = 0
    page: str = ""
    locale: str = ""
    pool: str = ""
    proof: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Taken:
    """`is_new` is False where it had been sent before. `pending`: the address's owner is asked to confirm."""

    is_new: bool
    pending: bool
    code: str


def begin(shop_id: int, form: str, variant: str, *, database: Database | None = None) -> str:
    """Count a view. Gives the token from which it is sent."""
    staff = open_staff(database)
    now = to_micros(staff.world.clock.now())
    with staff.database.transaction() as tx:
        _count(tx, shop_id, form, variant, now, views=1)
    return seal(secrets.newest(), PURPOSE, [shop_id, form, variant, uuid4().hex, now])


def read_view(shop_id: int, form: str, token: str, *, database: Database | None = None) -> View:
    """Raises ViewInvalid."""
    try:
        shop, named, variant, uid, at = unseal(secrets.newest(), PURPOSE, token)
    except (TokenInvalid, ValueError, TypeError) as error:
        raise ViewInvalid("view.unknown") from error
    if shop != shop_id or named != form:
        raise ViewInvalid("view.unknown")
    passed = to_micros(open_staff(database).world.clock.now()) - at
    if passed > LASTS // timedelta(microseconds=1):
        raise ViewInvalid("view.old")
    if passed < SOONEST // timedelta(microseconds=1):
        raise ViewInvalid("view.fast")
    return View(named, variant, uid, at)


def take(shop_id: int, view: View, sent: Sent, *, database: Database | None = None) -> Taken:
    """Keep it, ask and tell whom it concerns. Sent again from the same view, it changes nothing and gives the same."""
    staff = open_staff(database)
    email, phone = storable(sent.email.lower())[:254], storable(sent.phone)[:32]
    now = staff.world.clock.now()
    with staff.database.read() as tx:
        facts = staff.world.shops.find(tx, shop_id).facts
        phone = e164(phone, facts.settings.get("country")) or phone
        person, is_customer = _who(staff, tx, shop_id, email, phone)
    # Durable by itself, and the same whenever this person asks.
    code = _code(staff, facts, view.form, person, sent.pool, now) if sent.pool else ""
    with staff.database.transaction() as tx:
        row = {
            "shop": shop_id,
            "form": view.form,
            "uid": view.uid,
            "variant": view.variant,
            "customer": person,
            "email": email,
            "phone": phone,
            "answers": encode(dict(sent.answers)),
            "consents": encode({}),
            "result": encode({}),
            "page": storable(sent.page)[:300],
            "locale": sent.locale[:8],
            "points": sent.points,
            "now": to_micros(now),
        }
        made = tx.one("add_submission", row)
        if made is None:
            return _again(tx, shop_id, view)
        addresses = {"email": email, "phone": phone}
        consents = {
            one.channel: put_consent(
                tx,
                staff,
                shop_id,
                addresses[CHANNEL_ADDRESS[one.channel]],
                one.channel,
                granted=True,
                source=f"form:{view.form}",
                proof={"by": "form", "said": one.words, "form": view.form, **sent.proof},
            )
            for one in sent.consents
            if addresses[CHANNEL_ADDRESS[one.channel]]
        }
        pending = "pending" in consents.values()
        kept = {"id": made[0], "consents": encode(consents), "result": encode({"pending": pending, "code": code})}
        tx.run("finish_submission", kept)
        _count(tx, shop_id, view.form, view.variant, to_micros(now), submits=1)
        event = _event(view, sent, person, email, phone, consents, is_customer, now)
        inbox.put(tx, [inbox.Incoming(shop_id, None, None, SOURCE, to_micros(now), event)])
        if staff.database.dialect == "postgresql":
            tx.all("notify")
    return Taken(True, pending, code)


def _again(tx: Transaction, shop_id: int, view: View) -> Taken:
    row = tx.one("submission_result", {"shop": shop_id, "uid": view.uid})
    held: dict[str, Any] = decode(row[0]) if row is not None else {}
    return Taken(False, bool(held.get("pending")), str(held.get("code") or ""))


def _who(staff: Staff, tx: Transaction, shop_id: int, email: str, phone: str) -> tuple[str, bool]:
    """The customer's key, and whether they have ordered."""
    if not email:
        return f"phone:{phone}", False
    records, refs = Records(staff.plugins, tx, staff.database.dialect), {"email": email}
    records.want(shop_id, refs, ["customer"])
    records.fetch()
    held = records.root(shop_id, refs, "customer") or {}
    person = customer_key(held.get("id"), email) or email
    return person, bool(held.get("last_order_at") or held.get("order_count"))


def _code(staff: Staff, shop: ShopFacts, form: str, person: str, pool: str, now: datetime) -> str:
    """One for each person and form; "" where the pool has none left."""
    codes = LiveCodes(staff.database, shop.id, now, shop.timezone)
    wanted = CodeWanted(customer=person, flow=f"form:{form}", run="", pool=pool, budget_currency=shop.currency)
    try:
        return codes.take(f"form|{form}|{person}"[:200], wanted).code
    except CodesRefused:
        return ""


def _count(
    tx: Transaction, shop_id: int, form: str, variant: str, now: int, *, views: int = 0, submits: int = 0
) -> None:
    day = datetime.fromtimestamp(now / 1_000_000, UTC).toordinal() - datetime(1970, 1, 1, tzinfo=UTC).toordinal()
    counted = {"shop": shop_id, "form": form, "variant": variant, "day": day, "views": views, "submits": submits}
    tx.run("count_form", counted)


def _event(
    view: View,
    sent: Sent,
    person: str,
    email: str,
    phone: str,
    consents: Mapping[str, str],
    is_customer: bool,
    now: datetime,
) -> NewEvent:
    answers = dict(sent.answers)
    signup = {"form": view.form, "page": sent.page, "answers": answers, "submitted_at": format_instant(now)}
    data: dict[str, Any] = {
        "id": person,
        "form": view.form,
        "variant": view.variant,
        "name": sent.name or None,
        "email": email or None,
        "phone": phone or None,
        "birthday": sent.birthday or None,
        "locale": sent.locale or None,
        "page": sent.page or None,
        "answers": answers,
        "consent": dict(consents),
        "points": sent.points,
        "is_customer": is_customer,
        "signup": signup,
    }
    refs = {"customer": storable(person)[:180], **({"email": email} if email else {})}
    return NewEvent(f"form|{view.uid}", SUBMITTED, f"customer:{person}"[:200], now, data, refs)
