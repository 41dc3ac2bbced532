"""What is kept of channels: which message went by which, who is reached at which address, and browsers."""

from __future__ import annotations

from django.db import models

from sereno.store.fields import InstantField
from sereno.store.models.shops import Shop


class _OfShop(models.Model):
    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_index=False, db_constraint=False)

    class Meta:
        abstract = True


class ChannelMessage(_OfShop):
    """A message of one effect by one channel. `status`: `begun` (the provider was asked, its answer is not known),
    `sent`, `delivered`, `read`, `failed`, `unclear`; it only ever goes on. `reason` is why it failed, a code."""

    effect_key = models.CharField(max_length=300)
    channel = models.CharField(max_length=16)
    address = models.CharField(max_length=320)
    customer = models.CharField(max_length=200, default="")
    connection = models.CharField(max_length=64)
    status = models.CharField(max_length=12)
    provider_id = models.CharField(max_length=200, default="")
    reason = models.CharField(max_length=64, default="")
    said = models.CharField(max_length=300, default="")
    segments = models.IntegerField(default=1)
    at = InstantField()
    changed_at = InstantField()

    class Meta:
        db_table = "channels_message"
        constraints = (models.UniqueConstraint(fields=("effect_key", "channel"), name="channels_message_once"),)
        indexes = (
            models.Index(fields=("shop", "channel", "provider_id"), name="channels_message_provider"),
            models.Index(fields=("shop", "-id"), name="channels_message_by_id"),
            models.Index(fields=("shop", "channel", "-id"), name="channels_message_by_way"),
            models.Index(fields=("shop", "address"), name="channels_message_address"),
            models.Index(fields=("shop", "customer"), name="channels_message_customer"),
        )


class ChannelContact(_OfShop):
    """An address that wrote to the shop or was written to, and whose it is as far as is known. `inbound_at`: when they
    wrote last."""

    channel = models.CharField(max_length=16)
    address = models.CharField(max_length=320)
    customer = models.CharField(max_length=200, default="")
    name = models.CharField(max_length=200, default="")
    inbound_at = InstantField(null=True)
    made_at = InstantField()

    class Meta:
        db_table = "channels_contact"
        constraints = (models.UniqueConstraint(fields=("shop", "channel", "address"), name="channels_contact_once"),)
        indexes = (
            models.Index(fields=("shop", "customer"), name="channels_contact_customer"),
            models.Index(fields=("shop", "address"), name="channels_contact_address"),
        )


class ChannelOrder(_OfShop):
    """In which order a customer wants to be written to, as they said it. `channels` are names with commas between."""

    customer = models.CharField(max_length=200)
    channels = models.CharField(max_length=100)
    made_at = InstantField()

    class Meta:
        db_table = "channels_order"
        constraints = (models.UniqueConstraint(fields=("shop", "customer"), name="channels_order_once"),)


class PushBrowser(_OfShop):
    """A browser that said yes. `subscription` is what it gave, sealed; `digest` names its endpoint."""

    digest = models.CharField(max_length=32)
    customer = models.CharField(max_length=200, default="")
    subscription = models.TextField()
    locale = models.CharField(max_length=8, default="")
    made_at = InstantField()

    class Meta:
        db_table = "channels_browser"
        constraints = (models.UniqueConstraint(fields=("shop", "digest"), name="channels_browser_once"),)
        indexes = (models.Index(fields=("shop", "customer"), name="channels_browser_customer"),)


class DeskPerson(_OfShop):
    """Who of the staff an account in a chat is. `person` is the address of a member of the shop; `source` is `page` (an
    entry by somebody who runs the shop), or `link` (they opened the bot by a link of their own).

    Personal: account, person (staff, not customers)."""

    kind = models.CharField(max_length=16)
    account = models.CharField(max_length=100)
    person = models.CharField(max_length=254)
    source = models.CharField(max_length=8)
    made_at = InstantField()

    class Meta:
        db_table = "desk_person"
        constraints = (
            models.UniqueConstraint(fields=("shop", "kind", "account"), name="desk_person_account"),
            models.UniqueConstraint(fields=("shop", "kind", "person"), name="desk_person_once"),
        )


class DeskPost(_OfShop):
    """A question to staff as it stands in a chat. `about` and `number` name the question; `status`: `begun` (the chat
    was asked, its answer is not known), `posted`, `settling` (it is decided, and the card is to say so), `settled`."""

    effect_key = models.CharField(max_length=300)
    kind = models.CharField(max_length=16)
    about = models.CharField(max_length=16)
    number = models.BigIntegerField()
    chat = models.CharField(max_length=100)
    message = models.CharField(max_length=200, default="")
    status = models.CharField(max_length=12)
    at = InstantField()
    changed_at = InstantField()

    class Meta:
        db_table = "desk_post"
        constraints = (models.UniqueConstraint(fields=("effect_key",), name="desk_post_once"),)
        indexes = (
            models.Index(fields=("status", "changed_at"), name="desk_post_state"),
            models.Index(fields=("about", "number"), name="desk_post_question"),
        )
