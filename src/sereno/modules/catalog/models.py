"""Products and variants as last known: rows only, written by the projections."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import StrIndex, Substr

from sereno.store.fields import DocumentField, InstantField
from sereno.store.models.projected import Projected
from sereno.store.models.shops import Shop


class Product(Projected):
    """`price` is the lowest of its variants, decimal text."""

    title = models.CharField(max_length=300, null=True)
    status = models.CharField(max_length=16, null=True)
    sku = models.CharField(max_length=200, null=True)
    price = models.CharField(max_length=32, null=True)
    currency = models.CharField(max_length=3, null=True)
    available = models.FloatField(null=True)

    class Meta:
        db_table = "catalog_product"
        constraints = (models.UniqueConstraint(fields=("shop", "key"), name="catalog_product_once"),)
        indexes = (
            models.Index(fields=("shop", "title"), name="catalog_product_title"),
            models.Index(fields=("shop", "sku"), name="catalog_product_sku"),
        )


class Variant(Projected):
    """`key` is the platform's id of the variant, or its SKU where it has none."""

    product_key = models.CharField(max_length=200, null=True)
    sku = models.CharField(max_length=200, null=True)
    title = models.CharField(max_length=300, null=True)
    price = models.CharField(max_length=32, null=True)
    currency = models.CharField(max_length=3, null=True)

    class Meta:
        db_table = "catalog_variant"
        constraints = (models.UniqueConstraint(fields=("shop", "key"), name="catalog_variant_once"),)
        indexes = (
            models.Index(fields=("shop", "sku"), name="catalog_variant_sku"),
            models.Index(fields=("shop", "product_key"), name="catalog_variant_product"),
            # The mark of whose it is, which stands before an id of the second store and of those after it.
            models.Index(
                models.F("shop"),
                Substr("key", 1, StrIndex("key", models.Value("~"))),
                name="catalog_variant_prefix",
            ),
        )


class ProductMark(models.Model):
    """A change of Sereno's own on a product in the store: `kind` `hidden`, or a field by its name with its `text`."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_index=False)
    product = models.CharField(max_length=200)
    kind = models.CharField(max_length=64)
    text = models.CharField(max_length=200, default="")
    at = InstantField()

    class Meta:
        db_table = "catalog_mark"
        constraints = (models.UniqueConstraint(fields=("shop", "product", "kind"), name="catalog_mark_once"),)
        indexes = (models.Index(fields=("shop", "kind", "product"), name="catalog_mark_kind"),)


class SyncRule(models.Model):
    """By which rule a field is the same in all stores: one per shop and field; none, and nothing is compared. The pass
    over the whole catalogue has come to the SKU `reached`, and is over once `compared_at` is set; it may begin when all
    that wrote before the number `after` are through (PostgreSQL). `ways`: what could be written, and where, when it
    began. `is_telling`: it tells again what is open."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_index=False)
    field = models.CharField(max_length=20)
    leader = models.CharField(max_length=64)
    conflict = models.CharField(max_length=8)
    connections = DocumentField(default=list)
    most_change = models.IntegerField(default=30)
    reached = models.CharField(max_length=200, default="")
    compared_at = InstantField(null=True)
    after = models.BigIntegerField(default=0)
    ways = models.CharField(max_length=32, default="")
    is_telling = models.BooleanField(default=False)
    changed_by = models.CharField(max_length=200, default="")
    changed_at = InstantField()

    class Meta:
        db_table = "catalog_sync_rule"
        constraints = (models.UniqueConstraint(fields=("shop", "field"), name="catalog_sync_rule_once"),)


class ToCompare(models.Model):
    """A record that changed and is to be compared: `kind` is `item` (by SKU) or `product`. A queue: who changes a
    record twice puts it in twice, so that nobody waits for who compares."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    kind = models.CharField(max_length=8)
    key = models.CharField(max_length=200)

    class Meta:
        db_table = "catalog_to_compare"
        indexes = (models.Index(fields=("shop", "id"), name="catalog_to_compare_shop"),)


class Agreed(models.Model):
    """The value a field of an item last had in all stores that take part (`digest` is null while they never agreed),
    and in `said` what they said since: who changed it, and when. `value` is its beginning, for people."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    item = models.CharField(max_length=200)
    field = models.CharField(max_length=20)
    digest = models.CharField(max_length=32, null=True)
    value = models.CharField(max_length=500, default="")
    said = DocumentField(default=dict)
    at = InstantField()

    class Meta:
        db_table = "catalog_agreed"
        constraints = (models.UniqueConstraint(fields=("shop", "field", "item"), name="catalog_agreed_once"),)


class Difference(models.Model):
    """What a store says otherwise than it should: `own` in the store of `connection`, `target` as `source` says it,
    both cut for people and whole in their digests. `state` is `open` (to be written), `waiting` (written, not yet said
    back), `held` (put aside for `reason`) or `left` (a person said: leave it). `released` are the two digests a person
    let through; `told_*` what the store was last told, over which value of its own, of when its record was, and how
    often for this target."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    item = models.CharField(max_length=200)
    field = models.CharField(max_length=20)
    connection = models.CharField(max_length=64)
    product = models.CharField(max_length=200)
    variant = models.CharField(max_length=200)
    title = models.CharField(max_length=300, default="")
    source = models.CharField(max_length=64, default="")
    own = models.CharField(max_length=500, default="")
    own_digest = models.CharField(max_length=32)
    target = models.CharField(max_length=500, default="")
    target_digest = models.CharField(max_length=32)
    currency = models.CharField(max_length=3, default="")
    change_percent = models.FloatField(null=True)
    state = models.CharField(max_length=8)
    reason = models.CharField(max_length=40, default="")
    released = models.CharField(max_length=64, default="")
    told_target = models.CharField(max_length=32, default="")
    told_own = models.CharField(max_length=32, default="")
    told_at = InstantField(null=True)
    told_seen = InstantField(null=True)
    told_times = models.IntegerField(default=0)
    since = InstantField()
    changed_at = InstantField()
    decided_by = models.CharField(max_length=200, default="")

    class Meta:
        db_table = "catalog_difference"
        constraints = (
            models.UniqueConstraint(fields=("shop", "item", "field", "connection"), name="catalog_difference_once"),
        )
        indexes = (
            models.Index(fields=("shop", "id"), name="catalog_difference_shop"),
            models.Index(fields=("shop", "state", "id"), name="catalog_difference_state"),
            models.Index(fields=("shop", "field", "id"), name="catalog_difference_field"),
            models.Index(fields=("shop", "connection", "id"), name="catalog_difference_store"),
        )
