"""Which column of a table holds what, by the names that shops, programs and marketplaces give it.

Invariant: a column has one meaning, and no meaning but an attribute's is in two columns.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence

from sereno.connectors.generic.letters import Letters, letters_of
from sereno.connectors.generic.odd import bare
from sereno.connectors.generic.workbook import as_text, is_workbook
from sereno.sdk.config import mark as _
from sereno.sdk.connector import Unmappable
from sereno.sdk.tables import Kind, TableField, What

MOST_ROWS = 200_000
ORDERS: frozenset[What] = frozenset({"orders"})
STOCK: frozenset[What] = frozenset({"stock"})
PRODUCTS: frozenset[What] = frozenset({"products"})
CUSTOMERS: frozenset[What] = frozenset({"customers"})
NONE: frozenset[What] = frozenset()
ALL = ORDERS | STOCK | PRODUCTS | CUSTOMERS
CUSTOM = "custom"
"""What a column holds that is kept as an attribute under its own name. There may be many such."""


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
    _field(
        "customer_id",
        _("Customer number"),
        "customer-id customer-number client-id numero-de-cliente numero-cliente id-cliente codigo-cliente cod-client",
        CUSTOMERS,
    ),
    _field(
        "first_name",
        _("First name"),
        "first-name given-name nombre primer-nombre nome primeiro-nome prenume",
        CUSTOMERS,
    ),
    _field(
        "last_name", _("Last name"), "last-name family-name surname apellidos apellido apelido apelidos nume", CUSTOMERS
    ),
    _field("status", _("State"), "order-status status"),
    _field("channel", _("Channel"), "sales-channel marketplace channel register till"),
    _field("currency", _("Currency"), "currency currency-code", ORDERS | PRODUCTS, "currency"),
    _field(
        "email",
        _("E-mail address"),
        "buyer-email buyer-email-address email email-address mail correo correo-electronico direccion-de-correo "
        "correio-eletronico adresa-de-email adresa-email",
        ORDERS | CUSTOMERS,
        "email",
    ),
    _field(
        "name",
        _("Customer"),
        "buyer-name full-name customer name nombre-completo nombre-y-apellidos nome-completo nume-complet",
        ORDERS | CUSTOMERS,
    ),
    _field(
        "phone",
        _("Telephone"),
        "buyer-phone-number ship-phone-number phone phone-number telephone mobile mobile-phone telefono telefone "
        "telefon movil telemovel mobil",
        ORDERS | CUSTOMERS,
    ),
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
    _field(
        "birthday",
        _("Birthday"),
        "birthday birth-date birthdate dob date-of-birth fecha-de-nacimiento fecha-nacimiento cumpleanos "
        "data-de-nascimento data-nascimento data-nasterii",
        CUSTOMERS,
        "day",
    ),
    _field("locale", _("Language"), "language locale idioma lingua limba", CUSTOMERS, "language"),
    _field("tags", _("Tags"), "tags labels tag etiquetas etiqueta etichete", CUSTOMERS),
    _field(
        "home_line1",
        _("Street"),
        "street address address-1 address-line-1 default-address-address1 billing-address-1 direccion calle morada "
        "endereco adresa strada",
        CUSTOMERS,
    ),
    _field(
        "home_line2",
        _("Second line of the address"),
        "address-2 address-line-2 default-address-address2 billing-address-2",
        CUSTOMERS,
    ),
    _field(
        "home_postal_code",
        _("Postal code"),
        "postal-code postcode zip zip-code default-address-zip billing-postcode codigo-postal cp cod-postal",
        CUSTOMERS,
    ),
    _field(
        "home_city",
        _("City"),
        "city town default-address-city billing-city ciudad poblacion localidad localidade cidade oras localitate",
        CUSTOMERS,
    ),
    _field(
        "home_region",
        _("Region"),
        "region state province default-address-province-code billing-state provincia distrito judet",
        CUSTOMERS,
    ),
    _field(
        "home_country",
        _("Country"),
        "country country-code default-address-country-code billing-country pais tara",
        CUSTOMERS,
        "country",
    ),
    _field(
        "accepts_email",
        _("Marketing by e-mail allowed"),
        "accepts-marketing accepts-email accepts-email-marketing email-marketing-consent email-consent newsletter "
        "subscribed opt-in acepta-publicidad acepta-marketing boletin aceita-marketing aceita-publicidade "
        "accepta-marketing",
        CUSTOMERS,
        "yes",
    ),
    _field(
        "accepts_sms",
        _("Marketing by text message allowed"),
        "accepts-sms accepts-sms-marketing sms-marketing-consent sms-consent acepta-sms aceita-sms accepta-sms",
        CUSTOMERS,
        "yes",
    ),
    _field(
        "consent_at",
        _("When they said so"),
        "consent-date consent-at opt-in-date opt-in-time email-marketing-consent-timestamp confirm-time "
        "fecha-de-consentimiento fecha-consentimiento data-do-consentimento data-consimtamantului",
        CUSTOMERS,
        "instant",
    ),
    _field(
        "consent_source",
        _("Where they said so (the proof)"),
        "consent-source opt-in-source proof origen-del-consentimiento origen-consentimiento origem-do-consentimento "
        "sursa-consimtamantului",
        CUSTOMERS,
    ),
    _field(CUSTOM, _("An attribute, under the column's name"), "", CUSTOMERS),
)
FIELDS: tuple[TableField, ...] = tuple(one for one, _names in _TABLE)
NAMES: dict[str, str] = {one.name: names for one, names in _TABLE}
"""Of each field, the names its column goes by."""
KINDS: dict[str, Kind] = {one.name: one.kind for one in FIELDS}


def decoded(body: bytes, letters: Letters = "") -> str:
    """Raises Unmappable for a spreadsheet's file that cannot be read."""
    return as_text(body, MOST_ROWS) if is_workbook(body) else letters_of(body, letters)


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
        if field and field in fits and (field == CUSTOM or field not in found) and is_free:
            found.append(field)
        else:
            found.append(None)
    return found


def plain(name: str) -> str:
    return bare(name).replace(" ", "")
