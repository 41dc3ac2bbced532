"""A small world for the engine's tests: a few events, records and actions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sereno.commerce.schema import Field, Record, record
from sereno.engine.catalog import ActionType, ConfigProblem, EventType

ALL = frozenset({"customer", "order", "cart", "product", "store"})

ADDRESS = record(
    "address",
    "An address",
    [Field("country", "string"), Field("city", "string"), Field("name", "string")],
)
LINE = record(
    "line",
    "An order line",
    [
        Field("id", "string"),
        Field("sku", "string"),
        Field("title", "string"),
        Field("quantity", "integer"),
        Field("price", "money"),
        Field("tags", "list", of="string"),
        Field("properties", "map"),
    ],
)
CUSTOMER = record(
    "customer",
    "A customer",
    [
        Field("id", "string"),
        Field("name", "string"),
        Field("email", "string"),
        Field("locale", "string"),
        Field("accepts_email", "boolean"),
        Field("orders_count", "integer"),
        Field("total_spent", "money"),
        Field("birthday", "date"),
        Field("tags", "list", of="string"),
    ],
)
ORDER = record(
    "order",
    "An order",
    [
        Field("id", "string"),
        Field("name", "string"),
        Field("cart_id", "string"),
        Field("currency", "string"),
        Field("total", "money"),
        Field("discount_rate", "number"),
        Field("quantity", "integer"),
        Field("status", "string", values=("pending", "paid", "refunded")),
        Field("lines", "list", of=LINE),
        Field("tags", "list", of="string"),
        Field("shipping_address", "record", of=ADDRESS),
        Field("created_at", "timestamp"),
        Field("cancelled_at", "timestamp"),
        Field("promised_at", "timestamp"),
        Field("due_on", "date"),
        Field("attributes", "map"),
    ],
)
CART = record(
    "cart",
    "A cart or checkout",
    [
        Field("id", "string"),
        Field("total", "money"),
        Field("currency", "string"),
        Field("lines", "list", of=LINE),
        Field("updated_at", "timestamp"),
    ],
)
PRODUCT = record(
    "product",
    "A product",
    [
        Field("id", "string"),
        Field("title", "string"),
        Field("available", "integer"),
        Field("published_at", "timestamp"),
    ],
)
RECORDS: dict[str, Record] = {"customer": CUSTOMER, "order": ORDER, "cart": CART, "product": PRODUCT}

ORDER_ROOTS = frozenset({"order", "customer", "store"})
CART_ROOTS = frozenset({"cart", "customer", "store"})
EVENTS: dict[str, EventType] = {
    event.name: event
    for event in (
        EventType("order.created", ORDER_ROOTS, ORDER),
        EventType("order.updated", ORDER_ROOTS, ORDER),
        EventType("order.paid", ORDER_ROOTS, ORDER),
        EventType("cart.updated", CART_ROOTS, CART),
        EventType("checkout.updated", CART_ROOTS, CART),
        EventType("checkout.abandoned", CART_ROOTS, CART),
        EventType("customer.created", frozenset({"customer", "store"}), CUSTOMER),
        EventType("stock.changed", frozenset({"product", "store"}), PRODUCT),
    )
}


def _needs(*required: str) -> Any:
    def validate(config: Mapping[str, Any]) -> list[ConfigProblem]:
        return [ConfigProblem(key, "Field required") for key in required if key not in config]

    return validate


CODE = record("code", "A discount code", [Field("code", "string"), Field("percent", "integer")])
ACTIONS: dict[str, ActionType] = {
    action.name: action
    for action in (
        ActionType("log", _needs("text"), frozenset({"text"}), frozenset({"text"})),
        ActionType(
            "messages.send_email",
            _needs("template"),
            frozenset({"template", "subject", "html", "purpose"}),
            frozenset({"subject", "html"}),
            needs=lambda config: frozenset({"customer"}),
            html=frozenset({"html"}),
        ),
        ActionType(
            "customers.add_tag",
            _needs("tag"),
            frozenset({"tag"}),
            frozenset({"tag"}),
            needs=lambda config: frozenset({"customer"}),
            writes=frozenset({"customer"}),
        ),
        ActionType(
            "http.request",
            _needs("method", "url"),
            frozenset({"method", "url", "json"}),
            frozenset({"url", "json"}),
            on_error="stop",
        ),
        ActionType("pricing.issue_code", _needs("percent"), frozenset({"percent", "expires"}), result=CODE),
    )
}


class SmallCatalog:
    """Satisfies `engine.catalog.Catalog`."""

    def event_type(self, name: str) -> EventType | None:
        if name.startswith("custom.") and len(name) > len("custom."):
            return EventType(name, ALL, None)
        return EVENTS.get(name)

    def event_names(self) -> list[str]:
        return sorted(EVENTS)

    def action(self, name: str) -> ActionType | None:
        return ACTIONS.get(name)

    def action_names(self) -> list[str]:
        return sorted(ACTIONS)

    def root(self, name: str) -> Record | None:
        return RECORDS.get(name)


CATALOG = SmallCatalog()
