"""What was bought and looked at together, and what was learned of it. Rows only; written by `learning` and `watching`.

Things are products by the catalogue's key, or by SKU where a store has no products.
"""

from __future__ import annotations

from django.db import models

from sereno.store.fields import DocumentField, InstantField
from sereno.store.models.shops import Shop


class Basket(models.Model):
    """What one order held (`bought`), or one cart or visit (`seen`). `key` is `order:17`, `cart:17`, `visit:x`;
    `person` whose it was, where that is known. `items` in the order they came in."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    key = models.CharField(max_length=210)
    kind = models.CharField(max_length=8)
    person = models.CharField(max_length=200, null=True)
    at = InstantField()
    items = DocumentField(default=list)

    class Meta:
        db_table = "recommendations_basket"
        constraints = (models.UniqueConstraint(fields=("shop", "key"), name="recommendations_basket_once"),)
        indexes = (
            models.Index(fields=("shop", "person", "-at"), name="recommendations_person"),
            models.Index(fields=("shop", "kind", "at"), name="recommendations_age"),
        )


class Member(models.Model):
    """That a thing was in a basket: the way from a thing to the newest baskets with it."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    basket = models.ForeignKey(Basket, on_delete=models.CASCADE, db_constraint=False)
    kind = models.CharField(max_length=8)
    item = models.CharField(max_length=200)
    at = InstantField()

    class Meta:
        db_table = "recommendations_member"
        indexes = (models.Index(fields=("shop", "item", "kind", "-at"), name="recommendations_holding"),)


class Thing(models.Model):
    """What is known of a thing. `bought` and `seen` count baskets; `warm` and `hot` are its heat (see `heat`);
    `together` and `alike` are neighbours as [[thing, number], ...]; `lean` and `pulls` what `pulling` weighed of it, as
    a chance and [[thing, weight], ...], None for what it did not. `beside` is what stands beside it in visits, as
    [[thing, share], ...]. `facts` are what rules and likeness go by. `since`:
    when it came on sale, None where nobody says. `is_due` while something about it is to be counted anew,
    `is_new` while its likeness is."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    item = models.CharField(max_length=200)
    bought = models.IntegerField(default=0)
    seen = models.IntegerField(default=0)
    warm = models.FloatField(default=-1e9)
    hot = models.FloatField(default=-1e9)
    together = DocumentField(default=list)
    alike = DocumentField(default=list)
    lean = models.FloatField(null=True)
    pulls = DocumentField(null=True)
    beside = DocumentField(default=list)
    facts = DocumentField(default=dict)
    since = InstantField(null=True)
    is_due = models.BooleanField(default=True)
    is_new = models.BooleanField(default=True)

    class Meta:
        db_table = "recommendations_thing"
        constraints = (models.UniqueConstraint(fields=("shop", "item"), name="recommendations_thing_once"),)
        indexes = (
            models.Index(fields=("shop", "-warm"), name="recommendations_warm"),
            models.Index(fields=("shop", "-hot"), name="recommendations_hot"),
            models.Index(fields=("shop", "-since"), name="recommendations_since", condition=~models.Q(since=None)),
            models.Index(fields=("shop", "id"), name="recommendations_due", condition=models.Q(is_due=True)),
            models.Index(fields=("shop", "id"), name="recommendations_new", condition=models.Q(is_new=True)),
        )


class Shelf(models.Model):
    """That a thing is in a category, or of a type: `name` in lower case."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    name = models.CharField(max_length=200)
    item = models.CharField(max_length=200)

    class Meta:
        db_table = "recommendations_shelf"
        constraints = (models.UniqueConstraint(fields=("shop", "name", "item"), name="recommendations_shelf_once"),)
        indexes = (models.Index(fields=("shop", "item"), name="recommendations_shelf_of"),)


class Rule(models.Model):
    """What a person wants of recommendations. `does`: exclude, boost (by `factor`, below 1 it buries), pin. It is about
    things whose `by` (product, tag, category, vendor, type) is `value`, in `place` ("" everywhere), until `until`."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_constraint=False)
    does = models.CharField(max_length=8)
    by = models.CharField(max_length=10)
    value = models.CharField(max_length=200)
    place = models.CharField(max_length=12, default="", blank=True)
    factor = models.FloatField(default=1.0)
    until = InstantField(null=True)
    created_by = models.CharField(max_length=200, default="")
    created_at = InstantField()

    class Meta:
        db_table = "recommendations_rule"


class Learned(models.Model):
    """How far a shop's past was read: `upto` events, `orders`, `carts`, `products` rows at first. `baskets` and
    `visits` count what is held; `measured` says how well each way did against popularity on the shop's own past."""

    shop = models.OneToOneField(Shop, on_delete=models.CASCADE, primary_key=True, db_constraint=False)
    upto = models.BigIntegerField(default=0)
    orders = models.BigIntegerField(default=0)
    carts = models.BigIntegerField(default=0)
    products = models.BigIntegerField(default=0)
    baskets = models.IntegerField(default=0)
    visits = models.IntegerField(default=0)
    measured = DocumentField(default=dict)
    measured_at = InstantField(null=True)
    learned_at = InstantField(null=True)
    asked_at = InstantField(null=True)
    worker = models.CharField(max_length=200, default="")
    lease_until = InstantField(null=True)
    settings = DocumentField(default=dict)

    class Meta:
        db_table = "recommendations_learned"


class Shown(models.Model):
    """What became of recommendations by day (days since 1970), place, and arm: `ours`, or `popular` for the share of
    visits that is held out so that the difference can be seen."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    day = models.IntegerField()
    place = models.CharField(max_length=12)
    arm = models.CharField(max_length=8)
    shown = models.IntegerField(default=0)
    clicked = models.IntegerField(default=0)

    class Meta:
        db_table = "recommendations_shown"
        constraints = (
            models.UniqueConstraint(fields=("shop", "day", "place", "arm"), name="recommendations_shown_once"),
        )


class ShownVisit(models.Model):
    """A visit that was shown recommendations, first `at`: in which arm, how often it clicked on them, and the order it
    says it placed. `visit` and `bought` are digests, of a name drawn by chance and of the order's key. `is_ordered`
    once that order is known, was placed after the showing, and was not cancelled."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    visit = models.CharField(max_length=32)
    arm = models.CharField(max_length=8)
    at = InstantField()
    clicked = models.IntegerField(default=0)
    bought = models.CharField(max_length=32, null=True)
    is_ordered = models.BooleanField(default=False)

    class Meta:
        db_table = "recommendations_showing"
        constraints = (models.UniqueConstraint(fields=("shop", "visit"), name="recommendations_showing_once"),)
        indexes = (
            models.Index(fields=("shop", "at"), name="recommendations_showing_at"),
            models.Index(
                fields=("shop", "bought"), name="recommendations_showing_order", condition=~models.Q(bought=None)
            ),
        )
