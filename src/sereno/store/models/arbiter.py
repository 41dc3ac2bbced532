"""What was written to whom, what is on its way, and what waits for its moment."""

from __future__ import annotations

from django.db import models

from sereno.store.fields import DocumentField, InstantField
from sereno.store.models.shops import Shop


class MessageSlot(models.Model):
    """A message to a person, by the `key` of its effect.

    `status`: `booked` (on its way since `at`), `waiting` (not before `at`, for `reason`), `sent` (at `at`). One that
    was not sent has no row. `person` is the customer where one is known, else the address. `merge` names what a later
    message takes the place of. `flow_id` and `run_id` are the effect's. Personal: person, address.
    """

    key = models.CharField(max_length=300, primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    flow_id = models.BigIntegerField()
    run_id = models.BigIntegerField()
    channel = models.CharField(max_length=16)
    purpose = models.CharField(max_length=16)
    person = models.CharField(max_length=200)
    address = models.CharField(max_length=320)
    status = models.CharField(max_length=7)
    at = InstantField()
    wanted_at = InstantField()
    expires_at = InstantField(null=True)
    priority = models.SmallIntegerField()
    merge = models.CharField(max_length=320, null=True)
    reason = models.CharField(max_length=64, null=True)
    details = DocumentField(null=True)

    class Meta:
        db_table = "message_slot"
        indexes = (
            models.Index(fields=("shop", "person", "at"), name="message_slot_person"),
            models.Index(fields=("shop", "address", "at"), name="message_slot_address"),
            models.Index(fields=("shop", "at", "key"), name="message_slot_waits", condition=models.Q(status="waiting")),
            models.Index(fields=("shop", "at"), name="message_slot_sent", condition=models.Q(status="sent")),
        )


class ShadowSlot(models.Model):
    """A message that a version of a flow in shadow would have sent, by the `key` of its effect, and `at` what moment.
    It takes no room from a real one. Personal: person, address.
    """

    key = models.CharField(max_length=300, primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    flow_id = models.BigIntegerField()
    version = models.IntegerField()
    channel = models.CharField(max_length=16)
    purpose = models.CharField(max_length=16)
    person = models.CharField(max_length=200)
    address = models.CharField(max_length=320)
    at = InstantField()

    class Meta:
        db_table = "shadow_slot"
        indexes = (
            models.Index(fields=("shop", "person", "at"), name="shadow_slot_person"),
            models.Index(fields=("shop", "address", "at"), name="shadow_slot_address"),
            models.Index(fields=("at",), name="shadow_slot_at"),
        )
