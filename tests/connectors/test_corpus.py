"""Every recorded body becomes events, or is kept with the reason why not; and what comes of it is canonical."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import msgspec
import pytest
from bodies import VENDORS, files_of, map_body, registered

from sereno.commerce.schema import Field, Record
from sereno.sdk.connector import NewEvent

EXPECTED: dict[str, dict[str, list[str] | str]] = {
    "shopify": {
        "app_uninstalled": ["app.uninstalled"],
        "carts_update": ["cart.updated"],
        "checkouts_update": ["checkout.updated"],
        "customers_create": ["customer.created"],
        "customers_data_request": ["privacy.data_requested"],
        "customers_email_marketing_consent_update": ["consent.changed"],
        "customers_redact": ["privacy.erasure_requested"],
        "disputes_create": ["dispute.opened"],
        "fulfillments_update": ["fulfillment.updated"],
        "gift_cards_create": ["gift_card.created"],
        "inventory_items_update": ["stock.item_updated"],
        "inventory_levels.list": ["stock.changed"] * 4,
        "order_transactions_create": ["payment.authorized"],
        "orders_create.rest-discount-giftwrap": ["order.created", "order.authorized"],
        "orders_create.test-notification": ["order.created", "order.voided", "order.cancelled"],
        "orders_create.with-transactions": ["order.created", "order.voided", "order.cancelled"],
        "payouts.list": ["payout.created", "payout.failed", "payout.updated", *["payout.paid"] * 3],
        "products_delete": ["product.deleted"],
        "products_update": ["product.updated", "product.published"],
        "refunds_create": ["refund.created"],
    },
    "woocommerce": {
        "customer_created": ["customer.created"],
        "order.docs": ["order.updated", "order.paid"],
        "order_created.bundled-lines": ["order.created", "order.paid"],
        "order_created.subscription-renewal": ["order.created", "order.paid"],
        "order_shipment_trackings": ["shipment.shipped"] * 4,
        "order_updated": ["order.updated", "order.paid"],
        "order_updated.partially-refunded": [
            "order.updated",
            "order.partially_refunded",
            "order.fulfilled",
            "order.completed",
            "refund.created",
            "refund.created",
            "shipment.shipped",
        ],
        "product_updated": ["product.updated"],
        "product_updated.bundle": ["product.updated"],
        "refund.single": ["refund.created"],
        "webhook-registration.docs": "webhook.registration",
        "webhook_ping.form": "ping",
        "order_created.own": ["order.created", "order.paid", "shipment.shipped"],
        "product_updated.own": ["product.updated", "stock.changed"],
    },
    "bigcommerce": {
        "cart_abandoned": ["checkout.abandoned"],
        "order_created": ["order.created"],
        "order_refund_created": ["refund.created"],
        "order_statusUpdated": ["order.updated", "order.paid"],
        "product_inventory_updated": ["stock.changed"],
        "shipment_created": ["shipment.shipped"],
        "order_status.own": ["order.updated", "order.fulfilled"],
        "inventory.own": ["stock.changed"],
    },
    "magento": {
        "order.new": ["order.created", "order.updated"],
        "product.configurable": ["product.created"],
    },
    "salesforce": {
        "customers.docs": ["customer.created", "customer.updated"],
        "inventory.own": ["stock.changed"] * 2,
        "order.own": [
            "order.created",
            "order.paid",
            "order.partially_fulfilled",
            "order.completed",
            "order.updated",
        ],
        "order_notice.own": ["order.updated"],
        "orders.docs": ["order.created", "order.updated"],
        "product.docs": ["product.created", "product.updated"],
        "variant.own": ["product.created", "product.updated"],
    },
    "zohocommerce": {
        "product.own": ["product.created", "product.updated"],
        "salesorder.own": ["order.created", "order.paid", "order.updated"],
        "salesorder_delivered.own": [
            "order.created",
            "order.partially_refunded",
            "order.fulfilled",
            "order.delivered",
            "order.completed",
            "order.updated",
        ],
        "variants.own": ["stock.changed"],
    },
    "stripe": {
        "charge.dispute.created": ["dispute.opened"],
        "charge.refunded": ["payment.refunded", "refund.created"],
        "checkout.session.completed.payment_mode": ["checkout.completed"],
        "openapi.balance_transaction": "object.not_an_event",
        "payment_intent.payment_failed": ["payment.failed"],
        "payment_intent.succeeded": ["payment.captured"],
        "payout.paid": ["payout.paid"],
    },
    "vendure": {
        "customer.created": ["customer.created"],
        "fulfillment.shipped": ["fulfillment.updated"],
        "order.placed": ["order.created", "order.paid", "checkout.completed"],
        "payment.settled": ["payment.captured"],
        "price.changed": ["variant.price_changed"],
        "refund.created": ["refund.created"],
        "stock.movement": ["stock.changed"] * 2,
    },
    "medusa": {
        "inventory-level.updated": ["stock.changed"],
        "order.canceled": ["order.cancelled", "order.voided"],
        "order.placed": ["order.created", "order.authorized"],
        "payment.captured": ["payment.captured"],
        "shipment.created": ["shipment.shipped"],
    },
    "oscar": {
        "order.placed": ["order.created"],
        "order.status": ["order.updated"],
        "stock.allocated": ["stock.changed"],
    },
    "saleor": {
        "order_created.own": ["order.created", "order.paid"],
        "order_created_fixed.own": ["order.created"],
        "checkout_updated.own": ["checkout.updated"],
    },
}
AT_HAND = [(vendor, name) for vendor in VENDORS for name in files_of(vendor)]


@pytest.mark.parametrize(("vendor", "name"), AT_HAND)
def test_body_means_what_it_says(vendor: str, name: str) -> None:
    assert name in EXPECTED[vendor], f"{vendor}/{name} is new: say what it should become"
    wanted = EXPECTED[vendor][name]
    found = map_body(vendor, name)
    if isinstance(wanted, str):
        assert (list(found.events), found.reason) == ([], wanted)
    else:
        assert [event.type for event in found.events] == wanted
        assert found.reason is None


@pytest.mark.parametrize(("vendor", "name"), AT_HAND)
def test_events_are_canonical(vendor: str, name: str) -> None:
    for event in map_body(vendor, name).events:
        check(event)


@pytest.mark.parametrize(("vendor", "name"), AT_HAND)
def test_the_same_body_gives_the_same_events(vendor: str, name: str) -> None:
    assert map_body(vendor, name) == map_body(vendor, name)
    ids = [event.id for event in map_body(vendor, name).events]
    assert len(set(ids)) == len(ids)


def check(event: NewEvent) -> None:
    """The event's type is known and its data follows the record: no field that is not in it, none of another kind."""
    plugins = registered()
    definition = plugins.events.get(event.type)
    assert definition is not None, event.type
    assert definition.data is not None
    assert event.occurred_at.utcoffset() is not None
    assert 0 < len(event.id) <= 200
    assert 0 < len(event.subject) <= 200
    assert ":" in event.subject
    assert all(key and len(key) <= 200 for key in event.refs.values())
    data = json.loads(msgspec.json.encode(dict(event.data)))
    assert data == dict(event.data), "data is plain JSON"
    unknown(definition.data, data)
    from sereno.sdk.schemas import json_schema

    jsonschema.Draft202012Validator(json_schema(definition.data), format_checker=None).validate(data)


def unknown(record: Record, data: dict[str, Any]) -> None:
    for name, value in data.items():
        field: Field | None = record.get(name)
        assert field is not None, f"{record.name} has no field {name}"
        if not isinstance(field.of, Record):
            continue
        if field.kind == "record" and value is not None:
            unknown(field.of, value)
        elif field.kind == "list" and value is not None:
            for item in value:
                unknown(field.of, item)
