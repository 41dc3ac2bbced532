"""Who waits for what, wishes it, has it in the cart or looked at it; what is known of the goods for that; and whom is
being told of them. Rows only; written by `runtime.interests` with the events they come from.

Goods are products by the catalogue's key, and variants by theirs; "" stands for any variant of a product.
"""

from __future__ import annotations

from django.db import models

from sereno.store.fields import DocumentField, InstantField
from sereno.store.models.shops import Shop


class Interest(models.Model):
    """One person's interest in one thing. `rank` is its kind, the strongest first: 0 waiting, 1 wish, 2 cart, 3 view.
    `person` is a customer's key. `source`: the cart it is in, or where it was said. `state`: `active`; `told` (of who
    waits: once); `bought`; `left`. `price` is what was seen then, decimal text. `round_id`: the last telling they were
    part of."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    person = models.CharField(max_length=200)
    rank = models.SmallIntegerField()
    product = models.CharField(max_length=200)
    variant = models.CharField(max_length=200, default="")
    email = models.CharField(max_length=254, null=True)
    source = models.CharField(max_length=200, default="")
    state = models.CharField(max_length=8, default="active")
    since = InstantField()
    last_at = InstantField()
    times = models.IntegerField(default=1)
    told_at = InstantField(null=True)
    round_id = models.BigIntegerField(null=True)

    class Meta:
        db_table = "interests_interest"
        constraints = (
            models.UniqueConstraint(
                fields=("shop", "person", "rank", "product", "variant"), name="interests_interest_once"
            ),
        )
        indexes = (
            models.Index(
                fields=("shop", "product", "rank", "since", "id"),
                name="interests_in_line",
                condition=models.Q(state="active"),
            ),
            models.Index(fields=("shop", "person", "-last_at"), name="interests_of_person"),
            models.Index(fields=("shop", "source", "rank"), name="interests_of_cart"),
            models.Index(fields=("shop", "email"), name="interests_email"),
            models.Index(fields=("shop", "rank", "-last_at"), name="interests_newest"),
        )


class Person(models.Model):
    """When somebody looked around last, and when that is to be looked at (`due_at`); `told_at`: what they looked at
    before has been told."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    person = models.CharField(max_length=200)
    viewed_at = InstantField()
    due_at = InstantField(null=True)
    told_at = InstantField(null=True)

    class Meta:
        db_table = "interests_person"
        constraints = (models.UniqueConstraint(fields=("shop", "person"), name="interests_person_once"),)
        indexes = (
            models.Index(fields=("due_at",), name="interests_person_due", condition=models.Q(due_at__isnull=False)),
            models.Index(fields=("shop", "person"), name="interests_person_of"),
        )


class Item(models.Model):
    """What was last known of a variant: `price` and `anchor` (the price a drop is measured from) are decimal text;
    `available` null where it is not counted or may be sold below zero. `level`: the key of its stock record. `shelf`:
    the type of its product, in lower case."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    key = models.CharField(max_length=200)
    product = models.CharField(max_length=200)
    sku = models.CharField(max_length=200, default="")
    level = models.CharField(max_length=200, default="")
    title = models.CharField(max_length=300, default="")
    price = models.CharField(max_length=32, null=True)
    anchor = models.CharField(max_length=32, null=True)
    currency = models.CharField(max_length=3, default="")
    available = models.FloatField(null=True)
    is_counted = models.BooleanField(default=True)
    is_low = models.BooleanField(default=False)
    shelf = models.CharField(max_length=200, default="")

    class Meta:
        db_table = "interests_item"
        constraints = (models.UniqueConstraint(fields=("shop", "key"), name="interests_item_once"),)
        indexes = (
            models.Index(fields=("shop", "product"), name="interests_item_product"),
            models.Index(fields=("shop", "shelf"), name="interests_item_shelf"),
        )


class Demand(models.Model):
    """How many wait for a product, and wish it."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    product = models.CharField(max_length=200)
    waiting = models.IntegerField(default=0)
    wishes = models.IntegerField(default=0)

    class Meta:
        db_table = "interests_demand"
        constraints = (models.UniqueConstraint(fields=("shop", "product"), name="interests_demand_once"),)
        indexes = (models.Index(fields=("shop", "-waiting", "-wishes"), name="interests_demand_most"),)


class Round(models.Model):
    """One telling: a thing is back (`restock`), costs less (`price`), runs low (`low`), or is new (`arrival`). People
    are told in line, from (`after_rank`, `after_since`, `after_id`) on; `room` is how many more may be told in the wave
    under way, null when nobody has to be kept back. `told` counts them."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    kind = models.CharField(max_length=8)
    item = models.CharField(max_length=200)
    product = models.CharField(max_length=200)
    facts = DocumentField(default=dict)
    is_open = models.BooleanField(default=True)
    wave = models.IntegerField(default=0)
    room = models.IntegerField(null=True)
    told = models.IntegerField(default=0)
    after_rank = models.SmallIntegerField(default=-1)
    after_since = models.BigIntegerField(default=0)
    after_id = models.BigIntegerField(default=0)
    opened_at = InstantField()
    due_at = InstantField()

    class Meta:
        db_table = "interests_round"
        constraints = (
            models.UniqueConstraint(
                fields=("shop", "kind", "item"), name="interests_round_once", condition=models.Q(is_open=True)
            ),
        )
        indexes = (
            models.Index(fields=("due_at", "id"), name="interests_round_due", condition=models.Q(is_open=True)),
            models.Index(fields=("shop", "-opened_at"), name="interests_round_newest"),
        )


class Purchase(models.Model):
    """When somebody last bought a thing, and in which order; `told_at`: they were reminded since."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    person = models.CharField(max_length=200)
    item = models.CharField(max_length=200)
    product = models.CharField(max_length=200)
    order_key = models.CharField(max_length=200)
    quantity = models.IntegerField(default=1)
    times = models.IntegerField(default=1)
    last_at = InstantField()
    told_at = InstantField(null=True)

    class Meta:
        db_table = "interests_purchase"
        constraints = (models.UniqueConstraint(fields=("shop", "person", "item"), name="interests_purchase_once"),)
        indexes = (
            models.Index(fields=("shop", "item", "last_at"), name="interests_purchase_due"),
            models.Index(fields=("shop", "person", "-last_at"), name="interests_purchase_of"),
        )


class Gap(models.Model):
    """That somebody bought a thing again after so many days, for one piece of it."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    item = models.CharField(max_length=200)
    days = models.FloatField()
    at = InstantField()

    class Meta:
        db_table = "interests_gap"
        indexes = (
            models.Index(fields=("shop", "item", "id"), name="interests_gap_item"),
            models.Index(fields=("shop", "at"), name="interests_gap_age"),
        )


class Habit(models.Model):
    """After how many days one piece of a thing is usually bought again: the median of `count` reorders, half of which
    lie between `low` and `high`. `is_regular`: close enough together to go by."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    item = models.CharField(max_length=200)
    days = models.FloatField()
    low = models.FloatField()
    high = models.FloatField()
    count = models.IntegerField()
    is_regular = models.BooleanField(default=False)

    class Meta:
        db_table = "interests_habit"
        constraints = (models.UniqueConstraint(fields=("shop", "item"), name="interests_habit_once"),)
        indexes = (
            models.Index(
                fields=("shop", "-count", "item"),
                name="interests_habit_surest",
                condition=models.Q(is_regular=True),
            ),
        )


class Learning(models.Model):
    """How far the day's look at what is bought again has come: `day` (days since 1970) is done; `step` is `learn`,
    `tell` or ``, after the item `cursor`."""

    shop = models.OneToOneField(Shop, on_delete=models.CASCADE, primary_key=True, db_constraint=False)
    day = models.IntegerField(default=0)
    step = models.CharField(max_length=8, default="")
    cursor = models.CharField(max_length=200, default="")

    class Meta:
        db_table = "interests_learning"
