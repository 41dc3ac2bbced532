"""What came in: deliveries as received, and the canonical events found in them.

Hot rows carry no foreign-key constraints in the database (`db_constraint=False`): in PostgreSQL each would lock the one
shop's row for every event. The runtime only ever writes ids it has read.
"""

from __future__ import annotations

from django.db import models

from sereno.store.fields import DocumentField, InstantField
from sereno.store.models.shops import Connection, Shop


class Delivery(models.Model):
    """A webhook (or a line of a file) as received: raw bytes, durable before the answer left.

    `status`: `pending` until it is mapped, then `done`, `ignored` (with the reason why) or `failed` (can be replayed).
    """

    id = models.BigAutoField(primary_key=True)
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    dedupe_key = models.CharField(max_length=200)
    topic = models.CharField(max_length=200)
    headers = DocumentField()
    body = models.BinaryField()
    received_at = InstantField()
    status = models.CharField(max_length=8, default="pending")
    reason = models.CharField(max_length=500, null=True)

    class Meta:
        db_table = "delivery"
        constraints = (models.UniqueConstraint(fields=("connection", "dedupe_key"), name="delivery_once"),)
        indexes = (
            models.Index(fields=("id",), name="delivery_pending", condition=models.Q(status="pending")),
            models.Index(fields=("connection", "-id"), name="delivery_recent"),
            models.Index(fields=("connection", "-id"), name="delivery_failed", condition=models.Q(status="failed")),
        )


class Event(models.Model):
    """A canonical event. `uid` is the fact's id within (shop, source); `lane` keeps events of one customer in order.

    The row never changes once written: what is still to be offered to the flows stands in `event_queue`. Only `error`
    is set, when it could not be offered (a fault in a plugin, say); such an event can be replayed.
    """

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, null=True, db_index=False, db_constraint=False)
    delivery = models.ForeignKey(Delivery, on_delete=models.SET_NULL, null=True, db_index=False, db_constraint=False)
    source = models.CharField(max_length=64)
    uid = models.CharField(max_length=200)
    type = models.CharField(max_length=100)
    subject = models.CharField(max_length=200)
    occurred_at = InstantField()
    received_at = InstantField()
    data = DocumentField()
    refs = DocumentField()
    lane = models.SmallIntegerField()
    error = models.CharField(max_length=500, null=True)

    class Meta:
        db_table = "event"
        constraints = (models.UniqueConstraint(fields=("shop", "source", "uid"), name="event_once"),)
        indexes = (
            models.Index(fields=("shop", "type", "id"), name="event_by_type"),
            models.Index(fields=("shop", "connection", "id"), name="event_recent"),
            models.Index(fields=("shop", "id"), name="event_failed", condition=models.Q(error__isnull=False)),
            models.Index(fields=("delivery",), name="event_of_delivery"),
            models.Index(fields=("shop", "occurred_at", "id"), name="event_by_time"),
        )


class EventQueue(models.Model):
    """Events not yet projected and offered to the flows, in order within a lane; the row goes when that is done."""

    event = models.OneToOneField(Event, on_delete=models.CASCADE, primary_key=True, db_constraint=False)
    lane = models.SmallIntegerField()

    class Meta:
        db_table = "event_queue"
        indexes = (models.Index(fields=("lane", "event"), name="event_queue_lane"),)


class EventLink(models.Model):
    """Which events share which ref: the way from a customer, order or cart to its history."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    link = models.CharField(max_length=210)
    event = models.ForeignKey(Event, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    type = models.CharField(max_length=100)
    occurred_at = InstantField()

    class Meta:
        db_table = "event_link"
        indexes = (models.Index(fields=("shop", "link", "occurred_at"), name="event_link_by"),)
