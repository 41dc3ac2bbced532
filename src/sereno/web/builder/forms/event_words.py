"""What the events are called, and the areas they belong to: for those who choose one."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

EVENTS = {
    "order.created": _("Order placed"),
    "order.updated": _("Order changed"),
    "order.authorized": _("Order payment authorised"),
    "order.partially_paid": _("Order paid in part"),
    "order.paid": _("Order paid"),
    "order.payment_failed": _("Order payment failed"),
    "order.voided": _("Order payment voided"),
    "order.partially_fulfilled": _("Order sent in part"),
    "order.fulfilled": _("Order sent"),
    "order.delivered": _("Order delivered"),
    "order.completed": _("Order completed"),
    "order.cancelled": _("Order cancelled"),
    "order.partially_refunded": _("Order refunded in part"),
    "order.refunded": _("Order refunded"),
    "order.deleted": _("Order deleted"),
    "order.held": _("Order held"),
    "order.released": _("Order released"),
    "order.verified": _("Order verified"),
    "order.routed": _("Order routed"),
    "pick_ticket.created": _("Pick ticket made"),
    "payment.created": _("Payment begun"),
    "payment.authorized": _("Payment authorised"),
    "payment.captured": _("Payment captured"),
    "payment.failed": _("Payment failed"),
    "payment.voided": _("Payment voided"),
    "payment.refunded": _("Payment refunded"),
    "refund.created": _("Refund made"),
    "refund.updated": _("Refund changed"),
    "fulfillment.created": _("Packing begun"),
    "fulfillment.updated": _("Packing changed"),
    "fulfillment.cancelled": _("Packing cancelled"),
    "shipment.created": _("Parcel announced"),
    "shipment.shipped": _("Parcel shipped"),
    "shipment.in_transit": _("Parcel in transit"),
    "shipment.out_for_delivery": _("Parcel out for delivery"),
    "shipment.ready_for_pickup": _("Parcel ready for pickup"),
    "shipment.delivered": _("Parcel delivered"),
    "shipment.delivery_failed": _("Delivery failed"),
    "shipment.delivery_delayed": _("Delivery delayed"),
    "shipment.on_hold": _("Parcel on hold"),
    "shipment.return_to_sender": _("Parcel returning to the shop"),
    "shipment.cancelled": _("Parcel called back"),
    "shipment.updated": _("Other news of a parcel"),
    "dispute.opened": _("Dispute opened"),
    "dispute.updated": _("Dispute changed"),
    "dispute.closed": _("Dispute decided"),
    "cart.created": _("Cart begun"),
    "cart.updated": _("Cart changed"),
    "cart.deleted": _("Cart deleted"),
    "checkout.created": _("Checkout begun"),
    "checkout.updated": _("Checkout changed"),
    "checkout.completed": _("Checkout completed"),
    "checkout.deleted": _("Checkout deleted"),
    "checkout.abandoned": _("Cart abandoned"),
    "payout.created": _("Payout announced"),
    "payout.updated": _("Payout changed"),
    "payout.paid": _("Payout sent"),
    "payout.failed": _("Payout failed"),
    "gift_card.created": _("Gift card made"),
    "gift_card.updated": _("Gift card changed"),
    "app.uninstalled": _("Sereno removed from the platform"),
    "customer.created": _("Customer signed up"),
    "customer.updated": _("Customer changed"),
    "customer.deleted": _("Customer deleted"),
    "consent.changed": _("Consent changed"),
    "message.complained": _("Message marked as spam"),
    "message.bounced": _("Message undeliverable"),
    "privacy.data_requested": _("Personal data requested"),
    "privacy.erasure_requested": _("Erasure requested"),
    "privacy.shop_erasure_requested": _("Erasure of the shop requested"),
    "product.created": _("Product made"),
    "product.updated": _("Product changed"),
    "product.published": _("Product on sale"),
    "product.unpublished": _("Product off sale"),
    "product.deleted": _("Product deleted"),
    "variant.created": _("Variant made"),
    "variant.updated": _("Variant changed"),
    "variant.price_changed": _("Price changed"),
    "variant.deleted": _("Variant deleted"),
    "stock.changed": _("Stock changed"),
    "stock.item_updated": _("Stock item changed"),
    "schedule.fired": _("Schedule due"),
    "date.reached": _("Date reached"),
    "run.requested": _("Started by hand"),
}

AREAS = {
    "order": _("Orders"),
    "payment": _("Payments and refunds"),
    "shipment": _("Shipping"),
    "cart": _("Carts and checkouts"),
    "customer": _("Customers"),
    "product": _("Products and stock"),
    "shop": _("The shop"),
    "custom": _("Your own"),
}
"""By the first part of an event's name; see `area_of`."""
_AREA_OF = {
    "refund": "payment",
    "dispute": "payment",
    "fulfillment": "shipment",
    "checkout": "cart",
    "consent": "customer",
    "message": "customer",
    "privacy": "customer",
    "variant": "product",
    "stock": "product",
    "payout": "shop",
    "gift_card": "shop",
    "app": "shop",
    "schedule": "shop",
    "date": "shop",
    "run": "shop",
}


def area_of(name: str) -> str:
    """The area of an event, a key of AREAS."""
    head = name.partition(".")[0]
    area = _AREA_OF.get(head, head)
    return area if area in AREAS else "custom"


def event_word(name: str) -> str:
    """What the event is called; its name, for one of the shop's own or a plugin's."""
    return str(EVENTS.get(name, name))
