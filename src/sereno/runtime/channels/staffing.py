"""Who of the staff an account in a chat is: by an entry on the page, or by a link they opened themselves.

Invariant: an entry speaks for somebody, so nobody makes one for who is more than they are; a link is good for the one
it was made for, for an hour, and in the shop it was made in.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from sereno.commerce.telephones import e164
from sereno.runtime.asking import people_of
from sereno.runtime.staff import audit, open_staff
from sereno.sdk.desk import DESKS, LINKS
from sereno.store import secrets
from sereno.store.database import Database, Transaction
from sereno.store.fields import from_micros, storable, to_micros

LASTS = timedelta(hours=1)
_SIGNED = 22
"""Characters of a signature; the whole word fits the 64 that Telegram takes."""
SHAPES = {"slack": ("U", "W")}
"""How an account's name begins, where that is known."""


class DeskUnfit(ValueError):  # noqa: N818
    """What was given cannot be used. `code` is stable; the text says what to do."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True, slots=True)
class DeskEntry:
    """`source`: `page` or `link`."""

    kind: str
    account: str
    person: str
    source: str
    made_at: datetime


def entries(shop_id: int, *, database: Database | None = None) -> list[DeskEntry]:
    """By person."""
    with open_staff(database).database.read() as tx:
        rows = tx.all("desk_people", {"shop": shop_id})
    return [DeskEntry(kind, account, person, source, from_micros(at)) for kind, account, person, source, at in rows]


def enter(
    shop_id: int, kind: str, person: str, account: str, *, by: str, role: str, database: Database | None = None
) -> None:
    """Say which account a member is in a chat; an empty account ends it. `role` is that of who says so. Raises
    DeskUnfit."""
    staff = open_staff(database)
    if kind not in DESKS:
        raise DeskUnfit("desk.kind_unknown", f"there are {', '.join(DESKS)}")
    person, clean = person.strip().lower(), _clean(kind, account)
    now = to_micros(staff.world.clock.now())
    with staff.database.transaction() as tx:
        theirs = role_of(tx, shop_id, person, now)
        if theirs is None:
            raise DeskUnfit("desk.nobody", f"{person} is no member of this shop")
        if theirs == "owner" and role != "owner":
            raise DeskUnfit("desk.owners", "only an owner says which account an owner's is")
        _put(tx, shop_id, kind, person, clean, "page", now)
        details = {"kind": kind, "account": clean}
        audit(tx, shop_id, now, by, "desk.entered" if clean else "desk.ended", person, details)


def role_of(tx: Transaction, shop_id: int, person: str, now: int) -> str | None:
    """What somebody is in the shop today."""
    found = people_of(tx, [shop_id], now).get(shop_id)
    return next((role for role, address in found.known if address == person), None) if found is not None else None


def link_word(shop_id: int, user: int, *, database: Database | None = None) -> str:
    """What follows the bot's address, so that it knows which of the staff opens it."""
    stamp = int(open_staff(database).world.clock.now().timestamp())
    return f"{LINKS}{user}-{stamp:x}-{_signatures(shop_id, user, stamp)[0]}"


def follow(tx: Transaction, shop_id: int, kind: str, account: str, word: str, now: datetime) -> str:
    """Whose the word is; from now on the account is theirs. "" for none of ours, or one that is too old."""
    number, _dash, rest = word.removeprefix(LINKS).partition("-")
    stamp, _dash, signature = rest.partition("-")
    if not (number.isdigit() and len(number) < 12 and _is_hex(stamp)):
        return ""
    at = int(stamp, 16)
    good = (hmac.compare_digest(one.encode(), signature.encode()) for one in _signatures(shop_id, int(number), at))
    if not any(good) or not timedelta(0) <= timedelta(seconds=now.timestamp() - at) <= LASTS:
        return ""
    row = tx.one("member_by_number", {"shop": shop_id, "user": int(number)})
    if row is None:
        return ""
    person = str(row[0] or row[1]).strip().lower()
    _put(tx, shop_id, kind, person, account, "link", to_micros(now))
    audit(tx, shop_id, to_micros(now), person, "desk.entered", person, {"kind": kind, "account": account})
    return person


def _put(tx: Transaction, shop_id: int, kind: str, person: str, account: str, source: str, now: int) -> None:
    given = {"shop": shop_id, "kind": kind, "account": storable(account)[:100], "person": storable(person)[:254]}
    tx.run("drop_desk_person", given)
    if account:
        tx.run("put_desk_person", {**given, "source": source, "now": now})


def _clean(kind: str, account: str) -> str:
    said = account.strip()
    if not said:
        return ""
    if kind == "whatsapp":
        number = e164(said, "")
        if number is None:
            raise DeskUnfit("desk.account_odd", "a number with its country, such as +34600000000")
        return number
    if kind == "telegram" and not (said.isascii() and said.isdigit() and len(said) <= 20):
        raise DeskUnfit("desk.account_odd", "the account's number, such as 123456789; a name can be given to others")
    begins = SHAPES.get(kind, ())
    if begins and not (said.startswith(begins) and said.isascii() and said.isalnum() and len(said) <= 20):
        raise DeskUnfit("desk.account_odd", "the member ID, such as U0123ABCD")
    return said


def _is_hex(text: str) -> bool:
    return 0 < len(text) < 12 and all(sign in "0123456789abcdef" for sign in text)


def _signatures(shop_id: int, user: int, stamp: int) -> list[str]:
    return [one[:_SIGNED] for one in secrets.keyed_hashes(f"desk link {shop_id} {user} {stamp}")]
