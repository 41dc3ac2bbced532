"""What happens to carts, orders and their payments, refunds and parcels."""

from __future__ import annotations

from sereno.commerce.records import (
    APP,
    CART,
    DISPUTE,
    FULFILLMENT,
    GIFT_CARD,
    ORDER,
    ORDER_STANDING,
    PAYMENT,
    PAYOUT,
    PICK_TICKET,
    REFUND,
)
from sereno.sdk.plugin import derived_flow, event

OF_ORDER = frozenset({"order", "customer", "cart"})
OF_CART = frozenset({"cart", "customer", "order"})
NOTHING: frozenset[str] = frozenset()

for _name, _description in (
    ("order.created", "An order was placed."),
    ("order.updated", "Anything about an order changed."),
    ("order.authorized", "The payment of an order was authorized, not yet captured."),
    ("order.partially_paid", "A part of an order was paid."),
    ("order.paid", "An order was paid in full."),
    ("order.payment_failed", "The payment of an order failed."),
    ("order.voided", "The payment of an order was given up before any money moved."),
    ("order.partially_fulfilled", "A part of an order left."),
    ("order.fulfilled", "All of an order left."),
    ("order.delivered", "All of an order arrived."),
    ("order.completed", "The platform closed an order: nothing is left to do."),
    ("order.cancelled", "An order was cancelled."),
    ("order.partially_refunded", "A part of an order's money was given back."),
    ("order.refunded", "All of an order's money was given back."),
    ("order.deleted", "An order was deleted on the platform."),
):
    event(_name, description=_description, data=ORDER, supplies=OF_ORDER, projects="order")

for _name, _description in (
    ("order.held", "Sereno or a person held an order: nothing of it is to leave, no money is to be taken."),
    ("order.released", "An order that was held may go on."),
    ("order.verified", "Stock, customer data and payment of an order were found in order."),
    ("order.routed", "An order was sent to a warehouse, a team or a queue."),
    ("order.change_requested", "A customer asked to change or cancel an order, inside the window for it."),
    ("order.changed", "The store made the change that a customer asked for."),
    ("order.change_refused", "A change that a customer asked for was not made: see `change_reason`."),
    ("order.prepay_offered", "A customer was offered to pay before and not at the door."),
    ("order.prepaid", "An order that was to be paid at the door was paid before. It comes once."),
):
    event(_name, description=_description, data=ORDER_STANDING, supplies=OF_ORDER, projects="order_standing")

event(
    "pick_ticket.created",
    description="A ticket to pick and pack an order, or to make what was ordered, was made.",
    data=PICK_TICKET,
    supplies=OF_ORDER,
    projects="pick_ticket",
)

for _name, _description in (
    ("payment.created", "A payment was begun."),
    ("payment.authorized", "A payment was authorized, not yet captured."),
    ("payment.captured", "A payment's money was taken."),
    ("payment.failed", "A payment failed."),
    ("payment.voided", "A payment was given up before any money moved."),
    ("payment.refunded", "A payment's money was given back, all or in part: see `amount_refunded`."),
):
    event(_name, description=_description, data=PAYMENT, supplies=OF_ORDER, projects="order")

for _name, _description in (
    ("refund.created", "A refund was made; see `status` for whether the money has moved."),
    ("refund.updated", "A refund changed: the money moved, or the refund failed."),
):
    event(_name, description=_description, data=REFUND, supplies=OF_ORDER, projects="order")

for _name, _description in (
    ("fulfillment.created", "Lines of an order were packed, or given to somebody to pack."),
    ("fulfillment.updated", "A fulfillment changed: a tracking number, its state."),
    ("fulfillment.cancelled", "A fulfillment was cancelled: its lines are to be sent again or not at all."),
    ("shipment.created", "A parcel was announced to the carrier; it has not moved."),
    ("shipment.shipped", "A parcel left the shop."),
    ("shipment.in_transit", "A parcel is on its way."),
    ("shipment.out_for_delivery", "A parcel is on its last way, to the customer's door."),
    ("shipment.ready_for_pickup", "A parcel waits for the customer at a shop or locker."),
    ("shipment.delivered", "A parcel arrived."),
    ("shipment.delivery_failed", "The carrier came and could not deliver."),
    ("shipment.delivery_delayed", "A parcel will be late."),
    ("shipment.on_hold", "A parcel is held: customs, address, payment."),
    ("shipment.return_to_sender", "A parcel goes back to the shop."),
    ("shipment.cancelled", "A parcel was called back."),
    ("shipment.updated", "A carrier said something of a parcel that fits no other event."),
):
    event(_name, description=_description, data=FULFILLMENT, supplies=OF_ORDER, projects="order")

for _name, _description in (
    ("dispute.opened", "A customer's bank asks for the money of a payment back."),
    ("dispute.updated", "A dispute changed."),
    ("dispute.closed", "A dispute was decided: see `status`."),
):
    event(_name, description=_description, data=DISPUTE, supplies=OF_ORDER, projects="order")

for _name, _description in (
    ("cart.created", "A cart was begun."),
    ("cart.updated", "A cart changed."),
    ("cart.deleted", "A cart was deleted on the platform."),
    ("checkout.created", "A customer went to the till."),
    ("checkout.updated", "A checkout changed: an address, a method, its content."),
    ("checkout.completed", "A checkout became an order."),
    ("checkout.deleted", "A checkout was deleted on the platform."),
    ("checkout.abandoned", "No order came of a cart or checkout within the shop's `abandoned_after`."),
):
    event(_name, description=_description, data=CART, supplies=OF_CART, projects="cart")

for _name, _description in (
    ("payout.created", "A payment provider announced a payout to the shop's bank."),
    ("payout.updated", "A payout changed."),
    ("payout.paid", "A payout was sent to the shop's bank."),
    ("payout.failed", "A payout failed."),
):
    event(_name, description=_description, data=PAYOUT, supplies=NOTHING)

event("gift_card.created", description="A gift card was made.", data=GIFT_CARD, supplies=OF_ORDER)
event("gift_card.updated", description="A gift card changed.", data=GIFT_CARD, supplies=OF_ORDER)
event("app.uninstalled", description="Sereno's app was removed from the platform.", data=APP, supplies=NOTHING)

derived_flow(
    "checkout-abandoned",
    """\
flow: checkout-abandoned
name: Notice abandoned carts
trigger:
  event: [cart.created, cart.updated, checkout.created, checkout.updated]
  when: event.completed_at == null && event.deleted_at == null && cart.item_count > 0
key: cart.id
reentry: {while_running: restart}
exit:
  - event: order.created
  - event: checkout.completed
  - event: cart.deleted
  - event: checkout.deleted
steps:
  - wait: "{{ store.abandoned_after | default: '1h' }}"
  - if: cart.completed_at == null && cart.item_count > 0
    then:
      - events.emit: {type: checkout.abandoned, since: "{{ event.occurred_at }}"}
""",
)
