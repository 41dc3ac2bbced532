"""Who the shop buys from and what they ask: kept, changed and read from files. One transaction each, with a line in the
audit. A refusal is a ValueError or LookupError that says why."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from sereno.commerce.money import AmountInvalid, Money
from sereno.commerce.purchasing import Offer
from sereno.runtime.staff import audit, open_staff
from sereno.store.database import Database, Transaction
from sereno.store.documents import decode, encode
from sereno.store.fields import storable, to_micros
from sereno.store.secrets import decrypt, encrypt

_CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
SEND_BY = ("email", "api", "hand")
MOST_PRICES = 100_000
COLUMNS = ("sku", "supplier_sku", "title", "price", "breaks", "minimum", "multiple", "lead_days", "rank")
"""Of a price list as a file. `breaks` is `10:4.50 50:4.20`."""


@dataclass(frozen=True, slots=True)
class Supplier:
    """`secret` signs orders sent by `api`; `minimum` is decimal text in `currency`, empty for none."""

    code: str
    name: str
    currency: str
    email: str = ""
    contact: str = ""
    locale: str = "en"
    lead_days: int = 14
    confirm_days: int = 2
    minimum: str = ""
    send_by: str = "email"
    url: str = ""
    secret: str = ""
    note: str = ""
    is_active: bool = True
    id: int = 0


def put_supplier(shop_id: int, supplier: Supplier, by: str, *, database: Database | None = None) -> int:
    """Make it, or change the one of this code. An empty secret leaves the one there was. Raises ValueError."""
    staff = open_staff(database)
    supplier = checked(supplier)
    with staff.database.transaction() as tx:
        at = to_micros(staff.world.clock.now())
        before = supplier_of(tx, shop_id, supplier.code)
        secret = supplier.secret or (before.secret if before is not None else "")
        row = tx.one(
            "put_supplier",
            {
                "shop": shop_id,
                "code": supplier.code,
                "name": supplier.name,
                "email": supplier.email,
                "contact": supplier.contact,
                "currency": supplier.currency,
                "locale": supplier.locale,
                "lead_days": supplier.lead_days,
                "confirm_days": supplier.confirm_days,
                "minimum": supplier.minimum,
                "send_by": supplier.send_by,
                "url": supplier.url,
                "secret": encrypt([secret]) if secret else "",
                "note": supplier.note,
                "is_active": supplier.is_active,
                "now": at,
            },
        )
        assert row is not None
        what = "supplier.created" if before is None else "supplier.changed"
        audit(tx, shop_id, at, by, what, supplier.code, {"name": supplier.name, "is_active": supplier.is_active})
    return int(row[0])


def checked(given: Supplier) -> Supplier:
    """As it is kept. Raises ValueError with what to mend."""
    code, name = given.code.strip().lower(), storable(" ".join(given.name.split()))[:200]
    if not _CODE.fullmatch(code):
        raise ValueError("the code is made of small letters, digits and hyphens, such as casa-verde")
    if not name:
        raise ValueError("give the supplier a name")
    if given.send_by not in SEND_BY:
        raise ValueError(f"orders are sent by {', '.join(SEND_BY)}")
    email = given.email.strip()
    if given.send_by == "email" and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", email):
        raise ValueError("orders by e-mail need the supplier's address")
    if given.send_by == "api":
        _check_address(given.url)
    if not 0 <= given.lead_days <= 730 or not 0 <= given.confirm_days <= 365:
        raise ValueError("give the lead time in days, from 0 to 730")
    try:
        currency = Money.zero(given.currency.strip().upper()).currency
        minimum = str(Money.parse(given.minimum, currency).amount) if given.minimum.strip() else ""
    except AmountInvalid as error:
        raise ValueError(str(error)) from None
    if minimum and Decimal(minimum) < 0:
        raise ValueError("the least an order may come to is not below 0")
    return replace(
        given,
        code=code,
        name=name,
        email=storable(email)[:254],
        contact=storable(given.contact.strip())[:200],
        currency=currency,
        locale=given.locale if given.locale in ("en", "es", "pt", "ro") else "en",
        minimum=minimum,
        url=given.url.strip()[:500],
        note=storable(given.note.strip())[:1000],
    )


def _check_address(url: str) -> None:
    try:
        parts = urlsplit(url.strip())
        is_whole = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.username is None
    except ValueError:
        is_whole = False
    if not is_whole:
        raise ValueError("orders by API need an address that begins with https:// and carries no password")


def supplier_of(tx: Transaction, shop_id: int, code_or_id: str | int) -> Supplier | None:
    name, key = ("supplier_by_id", "id") if isinstance(code_or_id, int) else ("supplier_by_code", "code")
    row = tx.one(name, {"shop": shop_id, key: code_or_id})
    if row is None:
        return None
    id_, code, called, email, contact, currency, locale, lead, confirm, minimum, send_by, url, secret, note, on = row
    sealed = decrypt(secret)[0] if secret else ""
    return Supplier(
        code,
        called,
        currency,
        email,
        contact,
        locale,
        lead,
        confirm,
        minimum,
        send_by,
        url,
        sealed,
        note,
        bool(on),
        id_,
    )


# --- price lists ------------------------------------------------------------------------------------


def put_prices(shop_id: int, code: str, offers: Sequence[Offer], by: str, *, database: Database | None = None) -> int:
    """Add these to the supplier's price list, taking the place of those of the same SKU. Gives how many. Raises
    LookupError, ValueError."""
    staff = open_staff(database)
    if len(offers) > MOST_PRICES:
        raise ValueError(f"a price list has {MOST_PRICES} lines at most")
    with staff.database.transaction() as tx:
        supplier = _known(tx, shop_id, code)
        at = to_micros(staff.world.clock.now())
        once = {one.sku: _price_row(shop_id, supplier.id, one, at) for one in offers}
        tx.many("put_prices", list(once.values()))
        audit(tx, shop_id, at, by, "supplier.prices_changed", supplier.code, {"lines": len(once)})
    return len(once)


def remove_prices(shop_id: int, code: str, skus: Sequence[str], by: str, *, database: Database | None = None) -> int:
    """Raises LookupError. Gives how many there were."""
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        supplier = _known(tx, shop_id, code)
        gone = tx.run("remove_prices", {"shop": shop_id, "supplier": supplier.id, "skus": list(skus)})
        at = to_micros(staff.world.clock.now())
        audit(tx, shop_id, at, by, "supplier.prices_removed", supplier.code, {"skus": list(skus)[:50]})
    return gone


def _known(tx: Transaction, shop_id: int, code: str) -> Supplier:
    found = supplier_of(tx, shop_id, code)
    if found is None:
        raise LookupError(f"there is no supplier {code!r} in this shop")
    return found


def _price_row(shop_id: int, supplier: int, one: Offer, at: int) -> tuple[Any, ...]:
    sku = storable(one.sku.strip())[:200]
    if not sku:
        raise ValueError("a line has no SKU")
    prices = [one.price, *(price for _, price in one.breaks)]
    if any(not price.is_finite() or price < 0 for price in prices):
        raise ValueError(f"{sku}: a price is an amount, such as 4.50")
    if one.minimum < 1 or one.multiple < 1 or any(least < 1 for least, _ in one.breaks):
        raise ValueError(f"{sku}: minimum, pack and price breaks are whole numbers from 1")
    breaks = encode([[least, str(price)] for least, price in sorted(one.breaks)])
    lead = None if one.lead_days is None else int(one.lead_days)
    words = (storable(one.supplier_sku.strip())[:200], storable(one.title.strip())[:300])
    return (shop_id, supplier, sku, *words, str(one.price), breaks, one.minimum, one.multiple, lead, one.rank, at)


def read_price_list(body: str | bytes) -> list[Offer]:
    """A price list as a file: CSV with a head line that names columns of `COLUMNS`, `sku` and `price` at least; commas,
    semicolons or tabs between. Raises ValueError that names the line."""
    text = body.decode("utf-8-sig", "strict") if isinstance(body, bytes) else body.lstrip("\ufeff")
    head = text.partition("\n")[0]
    parting = max(",;\t", key=head.count)
    reader = csv.DictReader(io.StringIO(text), delimiter=parting)
    names = {(name or "").strip().lower(): name for name in reader.fieldnames or ()}
    missing = [name for name in ("sku", "price") if name not in names]
    if missing:
        raise ValueError(f"the first line names the columns; {' and '.join(missing)} is missing")
    found: list[Offer] = []
    for number, row in enumerate(reader, 2):
        cells = {name: (row.get(names[name]) or "").strip() for name in COLUMNS if name in names}
        if any(cells.values()):
            try:
                found.append(_offer(cells))
            except ValueError as error:
                raise ValueError(f"line {number}: {error}") from None
    return found


def _offer(cells: Mapping[str, str]) -> Offer:
    def whole(name: str, usual: int) -> int:
        text = cells.get(name, "")
        if not text:
            return usual
        if not (text.isascii() and text.isdigit()) or len(text) > 7:
            raise ValueError(f"{name} is a whole number, not {text!r}")
        return int(text)

    if not cells.get("sku"):
        raise ValueError("the SKU is missing")
    lead = cells.get("lead_days", "")
    return Offer(
        supplier=0,
        sku=cells["sku"],
        price=_amount(cells.get("price", "")),
        breaks=tuple(_break(part) for part in cells.get("breaks", "").split()),
        minimum=max(1, whole("minimum", 1)),
        multiple=max(1, whole("multiple", 1)),
        rank=whole("rank", 0),
        lead_days=float(whole("lead_days", 0)) if lead else None,
        supplier_sku=cells.get("supplier_sku", ""),
        title=cells.get("title", ""),
    )


def _break(text: str) -> tuple[int, Decimal]:
    least, colon, price = text.partition(":")
    if not colon or not (least.isascii() and least.isdigit()):
        raise ValueError(f"a price break is written 10:4.50, not {text!r}")
    return int(least), _amount(price)


def _amount(text: str) -> Decimal:
    """A decimal comma is taken where there is no point."""
    cleaned = text.replace(",", ".") if "." not in text else text.replace(",", "")
    try:
        found = Money.parse(cleaned, "XXX").amount
    except AmountInvalid:
        raise ValueError(f"{text!r} is not a price") from None
    if found < 0:
        raise ValueError(f"{text!r} is not a price")
    return found


# --- a SKU's own rule -------------------------------------------------------------------------------


def put_rule(
    shop_id: int,
    sku: str,
    by: str,
    *,
    is_on: bool = True,
    least: int | None = None,
    most: int | None = None,
    service: float | None = None,
    database: Database | None = None,
) -> None:
    """What holds for one SKU over the shop's rule. Raises ValueError."""
    sku = storable(sku.strip())[:200]
    if not sku:
        raise ValueError("which SKU?")
    if any(one is not None and not 0 <= one <= 10_000_000 for one in (least, most)):
        raise ValueError("least and most are whole numbers, not below 0")
    if least is not None and most is not None and most < least:
        raise ValueError("the most is not less than the least")
    if service is not None and not 0.5 <= service <= 0.999:
        raise ValueError("the service is a share from 0.5 to 0.999, such as 0.95")
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        at = to_micros(staff.world.clock.now())
        kept = {"is_on": is_on, "least": least, "most": most, "service": service}
        tx.run("put_reorder_rule", {"shop": shop_id, "sku": sku, **kept, "now": at})
        audit(tx, shop_id, at, by, "reorder.rule_changed", sku, kept)


def offer_of(row: Sequence[Any]) -> Offer:
    """From a row of `prices_of_shop`."""
    supplier, sku, supplier_sku, title, price, breaks, minimum, multiple, lead_days, rank = row
    found = tuple((int(least), Decimal(cheaper)) for least, cheaper in decode(breaks))
    lead = None if lead_days is None else float(lead_days)
    return Offer(supplier, sku, Decimal(price), found, minimum, multiple, rank, lead, supplier_sku, title)
