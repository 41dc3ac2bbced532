"""What a template sees: today's records, and the few things that are worked out of them.

Pure. Records come from shops' platforms and are not to be trusted: addresses of pages that are not http(s) are dropped.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from babel.core import Locale, UnknownLocaleError

from sereno.engine.context import template_variables
from sereno.engine.durations import format_instant
from sereno.modules.messages import branding
from sereno.sdk.context import Context, ShopFacts

Record = Mapping[str, Any]

LOW = 5
"""At or below this many, a mail about a cart says how many are left."""
_STORE_SETTINGS = ("support_phone", "postal_address")


def recipient(context: Context) -> str | None:
    """The address a mail goes to when the step names none: the customer's, the order's, the cart's, the event's."""
    for record in (*_people(context), _data(context)):
        email = str(record.get("email") or "").strip()
        if "@" in email:
            return email
    return None


def language(context: Context) -> tuple[str, str]:
    """The reader's language as far as anybody knows it, and whose word that is."""
    for kind in ("customer", "order", "cart"):
        record = context.records.get(kind) or {}
        inside = record.get("customer")
        for locale in (record.get("locale"), inside.get("locale") if isinstance(inside, Mapping) else None):
            if locale:
                return str(locale), kind
    if context.shop.locale:
        return context.shop.locale, "shop"
    return "en", "default"


def variables(
    context: Context,
    about: str,
    locale: str,
    today: Mapping[str, Record],
    links: Record,
    shelves: Mapping[str, Sequence[str]] | None = None,
) -> dict[str, Any]:
    """Everything a template may name. `today` are the newest known variants by id and SKU; `shelves` the products that
    blocks show."""
    order = context.records.get("order") or {}
    cart = context.records.get("cart") or {}
    record: Record = {"order": order, "cart": cart}.get(about, {})
    found, gone = lines(record.get("lines") or (), today, is_cart=about == "cart")
    customer = context.records.get("customer") or {}
    written = _region(locale)
    return {
        "locale": written,
        "timezone": context.shop.timezone,
        "now": context.now.isoformat(),
        "store": {**store(context.shop), "story": story(context.shop, locale)},
        "customer": customer,
        "order": {**order, "status_url": _web(order.get("status_url"))},
        "cart": cart,
        "product": context.records.get("product") or {},
        # `event.x` is short for `event.data.x` here as it is in flows.
        "event": template_variables({"event": context.event})["event"],
        "vars": context.vars,
        "name": first_name(context),
        "currency": record.get("currency") or context.shop.currency,
        "order_number": order.get("number") or order.get("id") or "",
        "lines": found,
        "gone": gone,
        "has_pictures": any(line["image_url"] for line in found),
        "totals": totals(order),
        "address": address(order.get("shipping_address"), written),
        "shipment": shipment(order, context.event),
        "refund": refund(order, context.event),
        "cart_url": _web(cart.get("recovery_url")) or _web(context.shop.settings.get("website")),
        "offer": offer(context),
        "reviews": reviews(context.shop.settings.get("reviews"), found, of_all=about == "customer"),
        "links": links,
        "shelves": {block: shelf(keys, today) for block, keys in (shelves or {}).items()},
    }


def store(shop: ShopFacts) -> dict[str, Any]:
    """The shop as mails name it."""
    return {
        "name": shop.name,
        "currency": shop.currency,
        "locale": shop.locale,
        "timezone": shop.timezone,
        **{name: shop.settings.get(name) for name in _STORE_SETTINGS},
        "website": _web(shop.settings.get("website")),
        "support_email": support_address(shop),
        "media_url": shop.base_url,
        **branding.read(shop.settings, shop.base_url).variables(),
    }


def story(shop: ShopFacts, locale: str) -> str | None:
    """What the shop says of itself in the reader's language: the setting `story` is in the shop's own, `story_pt` and
    the like in others. None where it says nothing in that language."""
    language, own = locale[:2].lower(), shop.locale[:2].lower()
    found = shop.settings.get(f"story_{language}") or (shop.settings.get("story") if language == own else None)
    return str(found).strip() or None if found else None


def support_address(shop: ShopFacts) -> str | None:
    """Where a customer's question is read: never Sereno's own no-reply address."""
    found = (shop.settings.get(name) for name in ("support_email", "reply_to", "sender_email"))
    return next((str(address) for address in found if address), None)


def first_name(context: Context) -> str | None:
    """How to greet: the given name, where anybody knows it."""
    for record in _people(context):
        if record.get("first_name"):
            return str(record["first_name"]).strip()
        for key in ("customer", "shipping_address", "billing_address"):
            inside = record.get(key)
            if isinstance(inside, Mapping) and inside.get("first_name"):
                return str(inside["first_name"]).strip()
    return None


def lines(
    items: Iterable[Any], today: Mapping[str, Record], *, is_cart: bool
) -> tuple[list[dict[str, Any]], list[str]]:
    """The lines to show, and the titles of those that can no longer be bought. A cart shows today's price and stock; an
    order shows what was agreed."""
    shown: list[dict[str, Any]] = []
    gone: list[str] = []
    for item in items:
        if not isinstance(item, Mapping):
            continue
        known = today.get(str(item.get("variant_id"))) or today.get(str(item.get("sku"))) or {}
        line = _line(item, known)
        if not is_cart:
            shown.append(line)
        elif _is_sold_out(known):
            gone.append(line["title"])
        else:
            shown.append(_as_of_today(line, known))
    return shown, gone


def shelf(keys: Sequence[str], today: Mapping[str, Record]) -> list[dict[str, Any]]:
    """The products a block shows, as they are today; those unknown, gone or sold out are left out."""
    shown: list[dict[str, Any]] = []
    for key in keys:
        known = today.get(key)
        if not known or _is_sold_out(known) or known.get("status") not in (None, "", "active", "published"):
            continue
        price, before = _decimal(known.get("price")), _decimal(known.get("compare_at_price"))
        is_less = price is not None and before is not None and before > price
        shown.append(
            {
                "title": str(known.get("title") or key),
                "price": None if price is None else str(price),
                "was_price": str(before) if is_less else None,
                "image_url": _web(known.get("image_url")),
                "url": _web(known.get("url")),
            }
        )
    return shown


def totals(order: Record) -> list[dict[str, Any]]:
    """The rows under an order's lines. Tax has a row of its own only where it comes on top of the prices."""
    total = _decimal(order.get("total"))
    if total is None:
        return []
    subtotal, shipping = _decimal(order.get("subtotal")), _decimal(order.get("total_shipping"))
    tax, discount = _decimal(order.get("total_tax")), _decimal(order.get("total_discount"))
    rows: list[tuple[str, Decimal]] = []
    if subtotal is not None:
        rows.append(("subtotal", subtotal + (discount or 0)))
        if discount:
            rows.append(("discount", -discount))
    if shipping is not None:
        rows.append(("shipping", shipping))
    if tax and subtotal is not None and abs(subtotal + (shipping or 0) + tax - total) < Decimal("0.02"):
        rows.append(("tax", tax))
    rows.append(("total", total))
    return [
        {"kind": kind, "amount": str(amount), "is_zero": not amount, "is_total": kind == "total"}
        for kind, amount in rows
    ]


def address(found: Any, locale: str) -> list[str]:
    """A postal address, a line each; the country by its name in the reader's language."""
    if not isinstance(found, Mapping):
        return []
    name = found.get("name") or " ".join(str(found.get(key) or "") for key in ("first_name", "last_name")).strip()
    town = " ".join(str(found[key]) for key in ("postal_code", "city") if found.get(key))
    parts = (name, found.get("company"), found.get("line1"), found.get("line2"), town, country_name(found, locale))
    return [str(part) for part in parts if part]


def shipment(order: Record, event: Record) -> Record:
    """The parcel the mail is about: the event's, else the order's newest."""
    return _part(event, ("shipment", "fulfillment"), order.get("fulfillments"), url="tracking_url")


def refund(order: Record, event: Record) -> Record:
    """The refund the mail is about: the event's, else the order's newest, else all that was given back."""
    found = _part(event, ("refund",), order.get("refunds"))
    return found if found.get("amount") else {**found, "amount": order.get("total_refunded")}


def offer(context: Context) -> dict[str, Any]:
    """The newest code the run was given (`pricing.issue_code`) that is still good; else what the shop offers everybody
    for coming back: the settings `recovery_code` with `recovery_percent`, or with free shipping where no percentage is
    named. That one stands for everybody and without an end, so no mail names a day or calls it theirs alone."""
    own = _own_code(context)
    if own is not None:
        percent = _decimal(own.get("percent"))
        return {
            "code": own["code"],
            "percent": str(percent) if percent else None,
            "until": own.get("expires_at"),
            "kind": own.get("kind") or ("percent" if percent else None),
            "is_own": True,
            **{name: own.get(name) for name in ("amount", "currency", "minimum", "gift", "url")},
        }
    settings = context.shop.settings
    percent = _decimal(settings.get("recovery_percent"))
    return {
        "code": str(settings.get("recovery_code") or "") or None,
        "percent": str(percent) if percent else None,
        "until": None,
        "kind": "percent" if percent else "free_shipping",
        "is_own": False,
    }


def _own_code(context: Context) -> Record | None:
    """Of the run's variables, for a code is one of its results."""
    held = [one for one in context.vars.values() if isinstance(one, Mapping) and one.get("is_issued") is True]
    now = format_instant(context.now)
    good = [one for one in held if one.get("code") and str(one.get("expires_at") or now) >= now]
    return max(good, key=lambda one: str(one.get("issued_at") or ""), default=None)


def reviews(held: Any, shown: Sequence[Record], *, of_all: bool = False) -> list[dict[str, Any]]:
    """Up to three of the shop's own reviews (setting `reviews`: text, author, rating, product_id or sku) of what is
    shown; those of no product in particular come after. `of_all`: those of any product will do."""
    if isinstance(held, str):
        held = _json(held)
    if not isinstance(held, Sequence):
        return []
    titles = {str(line[key]): line["title"] for line in shown for key in ("product_id", "sku") if line.get(key)}
    fitting: list[dict[str, Any]] = []
    general: list[dict[str, Any]] = []
    for item in held:
        if not isinstance(item, Mapping) or not item.get("text"):
            continue
        product = str(item.get("product_id") or item.get("sku") or "")
        if product and product not in titles and not of_all:
            continue
        rating = item.get("rating")
        stars = "★" * rating if isinstance(rating, int) and 0 < rating <= 5 else None
        review = {"text": item["text"], "author": item.get("author"), "stars": stars, "title": titles.get(product)}
        (fitting if product else general).append(review)
    return (fitting + general)[:3]


def _line(item: Record, known: Record) -> dict[str, Any]:
    quantity = _decimal(item.get("quantity")) or Decimal(1)
    price = _decimal(item.get("price"))
    total = _decimal(item.get("total"))
    if total is None and price is not None:
        total = price * quantity
    return {
        "title": str(item.get("title") or known.get("title") or item.get("sku") or ""),
        "variant_title": item.get("variant_title") or None,
        "product_id": item.get("product_id"),
        "sku": item.get("sku"),
        "quantity": str(quantity.normalize()) if quantity else "1",
        "price": None if price is None else str(price),
        "was_price": None,
        "total": None if total is None else str(total),
        "available": None,
        "is_low": False,
        "image_url": _web(item.get("image_url")) or _web(known.get("image_url")),
        "url": _web(item.get("url")) or _web(known.get("url")),
    }


def _as_of_today(line: dict[str, Any], known: Record) -> dict[str, Any]:
    price, before = _decimal(known.get("price")), _decimal(line["price"])
    available = _decimal(known.get("available"))
    if price is not None and before is not None and price != before:
        line["price"] = str(price)
        line["total"] = str(price * Decimal(line["quantity"]))
        line["was_price"] = str(before) if price < before else None
    if available is not None and known.get("is_tracked") is not False and not known.get("can_backorder"):
        line["available"] = str(available)
        line["is_low"] = 0 < available <= LOW
    return line


def _is_sold_out(known: Record) -> bool:
    if known.get("deleted_at"):
        return True
    available = _decimal(known.get("available"))
    is_counted = known.get("is_tracked") is not False and not known.get("can_backorder")
    return available is not None and available <= 0 and is_counted


def country_name(found: Record, locale: str) -> str | None:
    """An address's country as readers of this language call it."""
    code = str(found.get("country") or "").upper()
    try:
        name = Locale.parse(_region(locale).replace("-", "_")).territories.get(code)
    except (UnknownLocaleError, ValueError):
        name = None
    return name or found.get("country_name") or code or None


def _region(locale: str) -> str:
    """How amounts and dates are written. Our Portuguese is Portugal's unless the reader's is another."""
    return "pt-PT" if locale.lower() == "pt" else locale


def _part(event: Record, nouns: tuple[str, ...], held: Any, *, url: str | None = None) -> dict[str, Any]:
    found: Any = {}
    if str(event.get("type", "")).partition(".")[0] in nouns:
        found = event.get("data")
    elif isinstance(held, Sequence) and held:
        found = held[-1]
    part = dict(found) if isinstance(found, Mapping) else {}
    if url:
        part[url] = _web(part.get(url))
    return part


def _people(context: Context) -> list[Record]:
    found = [context.records.get(kind) for kind in ("customer", "order", "cart")]
    return [record for record in found if record]


def _data(context: Context) -> Record:
    data = context.event.get("data")
    return data if isinstance(data, Mapping) else {}


def _json(text: str) -> Any:
    """A setting typed on the command line is a text, even where it means a list."""
    try:
        return json.loads(text)
    except ValueError:
        return None


def _web(url: Any) -> str | None:
    text = str(url or "").strip()
    return text if text.startswith(("https://", "http://")) else None


def _decimal(value: Any) -> Decimal | None:
    if value is None or value == "" or isinstance(value, bool):
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None
