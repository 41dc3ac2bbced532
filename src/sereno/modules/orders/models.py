"""Orders and carts as last known: rows only, written by the projections."""

from __future__ import annotations

from django.db import models

from sereno.store.fields import InstantField
from sereno.store.models.projected import Projected


class Order(Projected):
    """`total` is decimal text in `currency`; `customer_key` is the customer's key, not a row's id."""

    number = models.CharField(max_length=100, null=True)
    status = models.CharField(max_length=32, null=True)
    payment_status = models.CharField(max_length=32, null=True)
    fulfillment_status = models.CharField(max_length=32, null=True)
    currency = models.CharField(max_length=3, null=True)
    total = models.CharField(max_length=32, null=True)
    email = models.CharField(max_length=254, null=True)
    customer_key = models.CharField(max_length=200, null=True)
    placed_at = InstantField(null=True)

    class Meta:
        db_table = "orders_order"
        constraints = (models.UniqueConstraint(fields=("shop", "key"), name="orders_order_once"),)
        indexes = (
            models.Index(fields=("shop", "-placed_at"), name="orders_order_recent"),
            models.Index(fields=("shop", "customer_key"), name="orders_order_customer"),
            models.Index(fields=("shop", "number"), name="orders_order_number"),
            models.Index(fields=("shop", "email"), name="orders_order_email"),
        )


class Cart(Projected):
    """A cart or checkout; `completed_at` is null until it becomes an order."""

    currency = models.CharField(max_length=3, null=True)
    total = models.CharField(max_length=32, null=True)
    email = models.CharField(max_length=254, null=True)
    customer_key = models.CharField(max_length=200, null=True)
    changed_at = InstantField(null=True)
    completed_at = InstantField(null=True)

    class Meta:
        db_table = "orders_cart"
        constraints = (models.UniqueConstraint(fields=("shop", "key"), name="orders_cart_once"),)
        indexes = (
            models.Index(fields=("shop", "-changed_at"), name="orders_cart_recent"),
            models.Index(fields=("shop", "customer_key"), name="orders_cart_customer"),
            models.Index(fields=("shop", "email"), name="orders_cart_email"),
        )


class OrderStanding(Projected):
    """Where an order stands in Sereno itself: held (and not over), verified, routed. `key` is the order's; `subject` is
    `order:<key>`, by which an erasure finds it."""

    subject = models.CharField(max_length=210, null=True)
    is_held = models.BooleanField(null=True)
    is_verified = models.BooleanField(null=True)
    held_at = InstantField(null=True)
    warehouse = models.CharField(max_length=100, null=True)
    team = models.CharField(max_length=100, null=True)
    queue = models.CharField(max_length=100, null=True)

    class Meta:
        db_table = "orders_standing"
        constraints = (models.UniqueConstraint(fields=("shop", "key"), name="orders_standing_once"),)
        indexes = (
            models.Index(
                fields=("shop", "held_at", "id"), name="orders_standing_held", condition=models.Q(is_held=True)
            ),
            models.Index(fields=("shop", "queue", "-id"), name="orders_standing_queue"),
            models.Index(fields=("shop", "warehouse", "-id"), name="orders_standing_house"),
            models.Index(fields=("shop", "team", "-id"), name="orders_standing_team"),
            models.Index(fields=("shop", "subject"), name="orders_standing_subject"),
        )


class PickTicket(Projected):
    """What a warehouse picks and packs, or a workshop makes. `subject` is the order's."""

    subject = models.CharField(max_length=210, null=True)
    kind = models.CharField(max_length=8, null=True)
    warehouse = models.CharField(max_length=100, null=True)
    created_at = InstantField(null=True)

    class Meta:
        db_table = "orders_ticket"
        constraints = (models.UniqueConstraint(fields=("shop", "key"), name="orders_ticket_once"),)
        indexes = (models.Index(fields=("shop", "subject"), name="orders_ticket_subject"),)
