"""Stock: as the platforms say it (`StockLevel`, written by the projection), and Sereno's own book of it: what is there,
what is promised to whom, and every change of it (written by `runtime.stock` alone)."""

from __future__ import annotations

from django.db import models

from sereno.store.fields import DocumentField, InstantField
from sereno.store.models.projected import Projected
from sereno.store.models.shops import Shop


class StockLevel(Projected):
    """`available` is the sum over the places known; null when it was never said."""

    sku = models.CharField(max_length=200, null=True)
    title = models.CharField(max_length=300, null=True)
    variant_key = models.CharField(max_length=200, null=True)
    available = models.FloatField(null=True)

    class Meta:
        db_table = "stock_level"
        constraints = (models.UniqueConstraint(fields=("shop", "key"), name="stock_level_once"),)
        indexes = (
            models.Index(fields=("shop", "available"), name="stock_level_low"),
            models.Index(fields=("shop", "sku"), name="stock_level_sku"),
        )


class StockItem(models.Model):
    """Something that is counted, by its SKU (or its variant's key where it has none). The sums are those of its
    locations that sell; the row is the lock of all of them. `available` = `on_hand` - `reserved`."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    item = models.CharField(max_length=200)
    title = models.CharField(max_length=300, null=True)
    barcode = models.CharField(max_length=200, null=True)
    variant = models.CharField(max_length=200, null=True)
    product = models.CharField(max_length=200, null=True)
    is_tracked = models.BooleanField(null=True)
    can_oversell = models.BooleanField(null=True)
    on_hand = models.BigIntegerField(default=0)
    reserved = models.BigIntegerField(default=0)
    incoming = models.BigIntegerField(default=0)
    available = models.BigIntegerField(null=True)
    changed_at = InstantField(null=True)

    class Meta:
        db_table = "stock_item"
        constraints = (models.UniqueConstraint(fields=("shop", "item"), name="stock_item_once"),)
        indexes = (
            models.Index(fields=("shop", "available", "item"), name="stock_item_low"),
            models.Index(fields=("shop", "barcode"), name="stock_item_barcode"),
            models.Index(fields=("shop", "product"), name="stock_item_product"),
            models.Index(fields=("shop", "title"), name="stock_item_title"),
        )


class StockBalance(models.Model):
    """How many of an item there are at a location. `figure` is what the store that counts there said last, at
    `figure_at`; `unsaid` is by how much it is above what can be sold, because of what that store does not know of yet.
    Where `figure` is not null: `on_hand` - `reserved` = `figure` - `unsaid`. `offered` is what the store is being told,
    in place of the figure `offered_from`; null when it was told or heard of."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    item = models.CharField(max_length=200)
    location = models.CharField(max_length=200)
    on_hand = models.BigIntegerField(default=0)
    reserved = models.BigIntegerField(default=0)
    incoming = models.BigIntegerField(default=0)
    figure = models.BigIntegerField(null=True)
    figure_at = InstantField(null=True)
    unsaid = models.BigIntegerField(default=0)
    offered = models.BigIntegerField(null=True)
    offered_from = models.BigIntegerField(null=True)
    changed_at = InstantField()

    class Meta:
        db_table = "stock_balance"
        constraints = (models.UniqueConstraint(fields=("shop", "item", "location"), name="stock_balance_once"),)
        indexes = (models.Index(fields=("shop", "location"), name="stock_balance_place"),)


class StockReservation(models.Model):
    """What is promised to an order: `quantity` is still to leave, `shipped` has left. `status`: `open` while something
    is to leave, then `shipped`, or `released` when nothing left. `counts_at`: from when on the figure of the store that
    counts holds it (null: it never hears of it by itself); `is_said`: the figure we have does."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    order_key = models.CharField(max_length=200)
    item = models.CharField(max_length=200)
    location = models.CharField(max_length=200)
    quantity = models.BigIntegerField()
    shipped = models.BigIntegerField(default=0)
    status = models.CharField(max_length=8)
    counts_at = InstantField(null=True)
    is_said = models.BooleanField(default=False)
    at = InstantField()
    settled_at = InstantField(null=True)

    class Meta:
        db_table = "stock_reservation"
        constraints = (
            models.UniqueConstraint(fields=("shop", "order_key", "item", "location"), name="stock_reservation_once"),
        )
        indexes = (
            models.Index(fields=("shop", "item"), condition=models.Q(status="open"), name="stock_reservation_open"),
        )


class StockMovement(models.Model):
    """One line of the ledger: the sum of an item's changes at a location is what is there. `kind`: `store` (the store's
    figure moved), `order` (an order the figure held already became known), `shipped`, `counted`, `received`, `sold`,
    `moved_out`, `moved_in`, `adjusted`."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    item = models.CharField(max_length=200)
    location = models.CharField(max_length=200)
    kind = models.CharField(max_length=16)
    change = models.BigIntegerField()
    on_hand = models.BigIntegerField()
    reference = models.CharField(max_length=200)
    by = models.CharField(max_length=200)
    at = InstantField()

    class Meta:
        db_table = "stock_movement"
        indexes = (
            models.Index(fields=("shop", "item", "-id"), name="stock_movement_of"),
            models.Index(fields=("shop", "-id"), name="stock_movement_recent"),
            models.Index(
                fields=("shop", "by", "-id"), condition=models.Q(kind="counted"), name="stock_movement_counts"
            ),
        )


class StockLocation(models.Model):
    """A place where stock is. `key` is the platform's id of it, or a name of the shop's own. What is at a place that
    does not sell is counted and never promised. `rank`: which is taken from first. `is_own`: no store counts here.
    `channels`: the connections whose orders are served from here; empty: all of them."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_index=False)
    key = models.CharField(max_length=200)
    name = models.CharField(max_length=200)
    sells = models.BooleanField(default=True)
    rank = models.IntegerField(default=100)
    is_own = models.BooleanField(default=False)
    channels = DocumentField(default=list)

    class Meta:
        db_table = "stock_location"
        constraints = (models.UniqueConstraint(fields=("shop", "key"), name="stock_location_once"),)


class StockSafety(models.Model):
    """How many are kept back from a channel: `channel` is a connection's name ("" all of them), `item` one item
    ("" all of them). The closest rule counts."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_index=False)
    channel = models.CharField(max_length=200, default="")
    item = models.CharField(max_length=200, default="")
    quantity = models.PositiveIntegerField()

    class Meta:
        db_table = "stock_safety"
        constraints = (models.UniqueConstraint(fields=("shop", "item", "channel"), name="stock_safety_once"),)


class StockRetelling(models.Model):
    """A shop whose items are to be told of anew, for a rule of what its channels get has changed: those after `after`
    are still to come."""

    shop = models.OneToOneField(Shop, on_delete=models.CASCADE, primary_key=True, db_constraint=False)
    after = models.CharField(max_length=200, default="")

    class Meta:
        db_table = "stock_retelling"


class StockLowCover(models.Model):
    """An item whose stock does not last as long as it should, and is known to: it is told of once."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    item = models.CharField(max_length=200)
    since = InstantField()

    class Meta:
        db_table = "stock_low_cover"
        constraints = (models.UniqueConstraint(fields=("shop", "item"), name="stock_low_cover_once"),)


class StockTransfer(models.Model):
    """Goods on their way from one place of the shop to another. `status`: `proposed`, `sent`, `received`, `cancelled`.
    `lines`: pairs of item and quantity. `uid` is made of the facts, so that no transfer is made twice."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_index=False)
    uid = models.CharField(max_length=200)
    origin = models.CharField(max_length=200)
    destination = models.CharField(max_length=200)
    status = models.CharField(max_length=9)
    lines = DocumentField()
    reason = models.CharField(max_length=200, default="")
    by = models.CharField(max_length=200)
    created_at = InstantField()
    sent_at = InstantField(null=True)
    finished_at = InstantField(null=True)

    class Meta:
        db_table = "stock_transfer"
        constraints = (models.UniqueConstraint(fields=("shop", "uid"), name="stock_transfer_once"),)
        indexes = (models.Index(fields=("shop", "-id"), name="stock_transfer_recent"),)
