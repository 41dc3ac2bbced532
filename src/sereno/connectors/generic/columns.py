"""Which column of a table holds what, and its values as one writes them: amounts, numbers and times of many countries.

Invariant: what could mean two things (3/4/2026, 1,234) is never guessed where somebody checks the table; see `Layout`.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from sereno.connectors import currencies
from sereno.connectors.generic.workbook import as_text, is_workbook
from sereno.connectors.reading import as_instant, iso
from sereno.sdk.config import mark as _
from sereno.sdk.connector import Unmappable
from sereno.sdk.tables import Kind, Layout, TableField, What

MOST_ROWS = 200_000
ORDERS: frozenset[What] = frozenset({"orders"})
STOCK: frozenset[What] = frozenset({"stock"})
PRODUCTS: frozenset[What] = frozenset({"products"})
CUSTOMERS: frozenset[What] = frozenset({"customers"})
NONE: frozenset[What] = frozenset()
ALL = ORDERS | STOCK | PRODUCTS | CUSTOMERS


def _field(
    name: str,
    label: str,
    names: str,
    of: frozenset[What] = ORDERS,
    kind: Kind = "text",
    needed: frozenset[What] = frozenset(),
) -> tuple[TableField, str]:
    return TableField(name, label, kind, of, needed), names


_TABLE = (
    _field(
        "id",
        _("Order number"),
        "amazon-order-id order-id order-number sale-id orderid sales-record-number receipt-id",
        needed=ORDERS,
    ),
    _field(
        "placed_at",
        _("Ordered at"),
        "purchase-date order-date sale-date created-date created-at placed-at date",
        kind="instant",
        needed=ORDERS,
    ),
    _field("paid_at", _("Paid at"), "payments-date date-paid paid-on-date paid-at", kind="instant"),
    _field("updated_at", _("Changed at"), "last-updated-date updated-at", ALL, "instant"),
    _field("customer_id", _("Customer number"), "customer-id customer-number client-id", CUSTOMERS),
    _field("first_name", _("First name"), "first-name given-name", CUSTOMERS),
    _field("last_name", _("Last name"), "last-name family-name surname", CUSTOMERS),
    _field("status", _("State"), "order-status status"),
    _field("channel", _("Channel"), "sales-channel marketplace channel register till"),
    _field("currency", _("Currency"), "currency currency-code", ORDERS | PRODUCTS, "currency"),
    _field(
        "email", _("E-mail address"), "buyer-email buyer-email-address email email-address", ORDERS | CUSTOMERS, "email"
    ),
    _field("name", _("Customer"), "buyer-name full-name customer name", ORDERS | CUSTOMERS),
    _field("phone", _("Telephone"), "buyer-phone-number ship-phone-number phone telephone mobile", ORDERS | CUSTOMERS),
    _field("note", _("Note"), "delivery-instructions buyer-note note"),
    _field("shipping_method", _("Way of shipping"), "ship-service-level shipping-service shipping-method"),
    _field("line", _("Number of the line"), "order-item-id transaction-id item-id"),
    _field("sku", _("SKU"), "sku custom-label seller-sku", ALL - CUSTOMERS, needed=STOCK | PRODUCTS),
    _field("title", _("Name of the item"), "product-name item-title item-name title name", ALL - CUSTOMERS),
    _field("quantity", _("Quantity"), "quantity-purchased quantity qty", ORDERS, "number"),
    _field("line_total", _("Price of the line"), "item-price line-total", ORDERS, "amount"),
    _field("price", _("Price of one"), "unit-price price sold-for", ORDERS | PRODUCTS, "amount"),
    _field("tax", _("Tax"), "item-tax", ORDERS, "amount"),
    _field("shipping", _("Shipping"), "shipping-price shipping", ORDERS, "amount"),
    _field("shipping_tax", _("Tax on shipping"), "shipping-tax", ORDERS, "amount"),
    _field("discount", _("Discount"), "item-promotion-discount discount-amount", ORDERS, "amount"),
    _field("shipping_discount", _("Discount on shipping"), "ship-promotion-discount", ORDERS, "amount"),
    _field("ship_name", _("Recipient"), "recipient-name ship-name ship-to-name"),
    _field("line1", _("Street"), "ship-address-1 ship-address1 ship-to-address-1"),
    _field("line2", _("Second line of the address"), "ship-address-2 ship-address2 ship-to-address-2"),
    _field("city", _("City"), "ship-city ship-to-city"),
    _field("region", _("Region"), "ship-state ship-to-state"),
    _field("postal_code", _("Postal code"), "ship-postal-code ship-zipcode ship-to-zip"),
    _field("country", _("Country"), "ship-country ship-to-country"),
    _field(
        "available",
        _("How many there are"),
        "available stock on-hand quantity-available available-quantity",
        STOCK,
        "number",
        needed=STOCK,
    ),
    _field("location", _("Place"), "location location-id warehouse store", STOCK),
    _field("product", _("Product"), "product-id parent-sku item-group-id handle", PRODUCTS),
    _field("compare_at", _("Price before"), "compare-at-price list-price regular-price", PRODUCTS, "amount"),
    _field("cost", _("What it costs you"), "cost purchase-price", PRODUCTS, "amount"),
    _field("barcode", _("Barcode"), "barcode ean gtin upc", STOCK | PRODUCTS),
    _field("vendor", _("Brand"), "brand vendor manufacturer", PRODUCTS),
    _field(
        "description",
        _("Description"),
        "description body-html product-description item-description long-description",
        PRODUCTS,
    ),
    _field("shown", _("On sale"), "published on-sale is-published is-visible visible", PRODUCTS, "yes"),
    _field("product_type", _("Kind of product"), "product-type category", PRODUCTS),
    _field("birthday", _("Birthday"), "birthday date-of-birth", CUSTOMERS, "day"),
    _field("locale", _("Language"), "language locale", CUSTOMERS),
    _field("tags", _("Tags"), "tags labels", CUSTOMERS),
    _field("home_line1", _("Street"), "street address address-1", CUSTOMERS),
    _field("home_postal_code", _("Postal code"), "postal-code postcode zip zip-code", CUSTOMERS),
    _field("home_city", _("City"), "city town", CUSTOMERS),
    _field("home_region", _("Region"), "region state province", CUSTOMERS),
    _field("home_country", _("Country"), "country country-code", CUSTOMERS),
    _field(
        "accepts_email",
        _("Marketing by e-mail allowed"),
        "accepts-marketing accepts-email email-consent newsletter subscribed opt-in",
        CUSTOMERS,
        "yes",
    ),
    _field("accepts_sms", _("Marketing by text message allowed"), "accepts-sms sms-consent", CUSTOMERS, "yes"),
    _field(
        "consent_at", _("When they said so"), "consent-date consent-at opt-in-date opt-in-time", CUSTOMERS, "instant"
    ),
    _field("consent_source", _("Where they said so (the proof)"), "consent-source opt-in-source proof", CUSTOMERS),
)
FIELDS: tuple[TableField, ...] = tuple(one for one, _names in _TABLE)
NAMES: dict[str, str] = {one.name: names for one, names in _TABLE}
"""Of each field, the names its column goes by."""
KINDS: dict[str, Kind] = {one.name: one.kind for one in FIELDS}

_YES = frozenset({"yes", "y", "true", "t", "1", "x", "sí", "si", "sim", "da", "subscribed", "opted in", "opted-in"})
_NO = frozenset({"no", "n", "false", "f", "0", "não", "nao", "nu", "unsubscribed", "opted out", "opted-out"})
_DATE = re.compile(
    r"(\d{1,2})[./-](\d{1,2})[./-](\d{4}|\d{2})(?:[ T,]+(\d{1,2}):(\d{2})(?::(\d{2}))?\s*([AaPp][Mm])?)?"
)
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_MONTH_FIRST = re.compile(r"([A-Za-z]{3})[- ](\d{1,2})[-, ]+(\d{4}|\d{2})\b(.*)")
_MONTH_SECOND = re.compile(r"(\d{1,2})[- ]([A-Za-z]{3})[- ](\d{4}|\d{2})\b(.*)")
_THOUSANDS = re.compile(r"-?\d{1,3}(,\d{3})+")


class Odd(ValueError):  # noqa: N818
    """A value that is not what its column holds; the text is the code of the fault."""


def decoded(body: bytes) -> str:
    """Raises Unmappable for a spreadsheet's file that cannot be read."""
    if is_workbook(body):
        return as_text(body, MOST_ROWS)
    if body[:2] in (b"\xff\xfe", b"\xfe\xff"):  # As a spreadsheet writes "Unicode text".
        return body.decode("utf-16", "replace")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Amazon writes its Western reports so.
        return body.decode("cp1252", "replace")


def delimiter_of(first: str) -> str:
    return max("\t,;", key=first.count)


def header_of(first: str) -> list[str]:
    return [name.strip() for name in next(_reader(first, delimiter_of(first)), [])]


def rows_of(text: str) -> Iterator[tuple[int, list[str]]]:
    """(line, values) of what follows the header. Raises Unmappable."""
    first = text.partition("\n")[0]
    reader = _reader(text, delimiter_of(first))
    next(reader, None)
    try:
        before = reader.line_num
        for values in reader:
            yield before + 1, [value.strip() for value in values]
            before = reader.line_num
    except csv.Error as error:
        raise Unmappable(f"The table cannot be read: {error}") from error


def _reader(text: str, delimiter: str):
    # Tab-parted reports do not quote: a quote there is an inch.
    quoting = csv.QUOTE_NONE if delimiter == "\t" else csv.QUOTE_MINIMAL
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, quoting=quoting)


def fields_of(columns: Sequence[str], chosen: Mapping[str, str], of: frozenset[What] = ALL) -> list[str | None]:
    """What each column holds: as somebody chose, else by its name. No field is in two columns."""
    fits = {one.name for one in FIELDS if one.of & of}
    known = {plain(name): field for field, names in NAMES.items() if field in fits for name in names.split()}
    by_choice = {plain(column): field for column, field in chosen.items()}
    found: list[str | None] = []
    taken = {field for column in columns if (field := by_choice.get(plain(column)))}
    for column in columns:
        name = plain(column)
        field = by_choice[name] if name in by_choice else known.get(name)
        is_free = name in by_choice or field not in taken
        if field and field in fits and field not in found and is_free:
            found.append(field)
        else:
            found.append(None)
    return found


def plain(name: str) -> str:
    return re.sub(r"[^\w]|_", "", name.lower())


def value_of(kind: Kind, text: str, layout: Layout) -> str:
    """The value as canonical text. Raises Odd."""
    if kind in ("amount", "number"):
        return _number(text, layout, f"{kind}.odd")
    if kind == "instant":
        return _instant(text, layout)
    if kind == "currency":
        found = currencies.code(text)
        if found is None:
            raise Odd("currency.odd")
        return found
    if kind == "email" and "@" not in text:
        raise Odd("email.odd")
    if kind == "yes":
        return _yes(text)
    if kind == "day":
        return _day(text, layout)
    return text


def _yes(text: str) -> str:
    """`yes` or `no`, in the four languages and as programs write it."""
    word = text.strip().casefold()
    if word in _YES:
        return "yes"
    if word in _NO:
        return "no"
    raise Odd("yes.odd")


def _day(text: str, layout: Layout) -> str:
    """`YYYY-MM-DD`, or `--MM-DD` where no year is known."""
    bare = re.fullmatch(r"-{0,2}(\d{1,2})[-./](\d{1,2})\.?", text)
    if bare is None:
        return _instant(text, replace(layout, zone="UTC"))[:10]
    first, second = int(bare[1]), int(bare[2])
    order = "month" if text.startswith("--") else layout.day
    order = order or ("day" if first > 12 else "month" if second > 12 or first == second else "")
    if not order:
        raise Odd("time.ambiguous")
    day, month = (first, second) if order == "day" else (second, first)
    try:
        datetime(2000, month, day, tzinfo=UTC)
    except ValueError:
        raise Odd("day.odd") from None
    return f"--{month:02}-{day:02}"


def _number(text: str, layout: Layout, odd: str) -> str:
    """Also with its currency before or after it, in brackets when below zero."""
    cleaned = re.sub(r"^[^\d.,()-]+|[^\d.,()]+$|[\s\u00a0\u202f']", "", text)
    if cleaned.startswith("(") and cleaned.endswith(")"):
        cleaned = f"-{cleaned[1:-1]}"
    sign = layout.decimal or _sign(cleaned)
    other = "." if sign == "," else ","
    try:
        found = Decimal(cleaned.replace(other, "").replace(sign, "."))
    except InvalidOperation:
        raise Odd(odd) from None
    if not found.is_finite() or abs(found) >= 10**15:
        raise Odd(odd)
    return format(found, "f")


def _sign(cleaned: str) -> str:
    """Which of `.` and `,` stands before the decimals: the last, where there are both. `1,234` may be either."""
    if "," not in cleaned:
        return "."
    if "." in cleaned:
        return max(",.", key=cleaned.rfind)
    if _THOUSANDS.fullmatch(cleaned):
        if cleaned.count(",") > 1:
            return "."
        raise Odd("amount.ambiguous")
    return ","


def _in_figures(text: str, day: str) -> tuple[str, str]:
    """Nov-20-26 and 20 Nov 2026 as figures, and whether day or month stands first."""
    for pattern, name, number in ((_MONTH_FIRST, 1, 2), (_MONTH_SECOND, 2, 1)):
        match = pattern.fullmatch(text)
        if match is not None and match[name].lower() in _MONTHS:
            month = _MONTHS.index(match[name].lower()) + 1
            return f"{match[number]}/{month}/{match[3]}{match[4]}", "day"
    return text, day


def _instant(text: str, layout: Layout) -> str:
    zone = ZoneInfo(layout.zone)
    text, order = _in_figures(text, layout.day)
    match = _DATE.fullmatch(text)
    if match is None:
        found = as_instant(text)
        if found is None:
            raise Odd("time.odd")
        if not re.search(r"(Z|[+-]\d\d:?\d\d)$", text):
            found = found.replace(tzinfo=zone).astimezone(UTC)
        return iso(found)
    one, two, year, hour, minute, second, half = match.groups()
    first, then = int(one), int(two)
    order = order or ("day" if first > 12 else "month" if then > 12 or first == then else "")
    if not order:
        raise Odd("time.ambiguous")
    day, month = (first, then) if order == "day" else (then, first)
    of_day = int(hour or 0)
    if half:
        of_day = of_day % 12 + (12 if half.lower() == "pm" else 0)
    try:
        whole = int(year) + (2000 if len(year) == 2 else 0)
        local = datetime(whole, month, day, of_day, int(minute or 0), int(second or 0), tzinfo=zone)
    except ValueError:
        raise Odd("time.odd") from None
    return iso(local.astimezone(UTC))
