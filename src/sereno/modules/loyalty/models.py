"""The ledger of points and store credit. Rows only.

Invariant: the lines of a posting add up to nothing; an account's balances are the sums of its lines, and what is open
of its lots is what is available, or nothing where that is below zero.
"""

from __future__ import annotations

from django.db import models

from sereno.store.fields import DocumentField, InstantField
from sereno.store.models.shops import Shop


class LoyaltyProgram(models.Model):
    """A shop's rules as `commerce.loyalty` reads them. Orders placed before `started_at` earn nothing."""

    shop = models.OneToOneField(Shop, on_delete=models.CASCADE, primary_key=True, db_constraint=False)
    is_on = models.BooleanField()
    document = DocumentField()
    version = models.IntegerField()
    started_at = InstantField(null=True)
    changed_at = InstantField()

    class Meta:
        db_table = "loyalty_program"


class _OfShop(models.Model):
    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_index=False, db_constraint=False)

    class Meta:
        abstract = True


class LoyaltyAccount(_OfShop):
    """What a customer has in one unit: `points`, or a currency counted in its smallest unit. `tier` is by what was
    earned within a year; at `review_at` the oldest of that is a year old."""

    customer = models.CharField(max_length=200)
    unit = models.CharField(max_length=6)
    available = models.BigIntegerField(default=0)
    pending = models.BigIntegerField(default=0)
    tier = models.CharField(max_length=40, default="", blank=True)
    review_at = InstantField(null=True)
    changed_at = InstantField()

    class Meta:
        db_table = "loyalty_account"
        constraints = (models.UniqueConstraint(fields=("shop", "customer", "unit"), name="loyalty_account_once"),)
        indexes = (
            models.Index(fields=("shop", "customer"), name="loyalty_account_whose"),
            models.Index(fields=("shop", "unit", "-available", "-id"), name="loyalty_account_most"),
            models.Index(fields=("shop", "unit", "tier", "-available", "-id"), name="loyalty_account_tier"),
            models.Index(
                fields=("review_at",), name="loyalty_account_review", condition=models.Q(review_at__isnull=False)
            ),
        )


class LoyaltyPosting(_OfShop):
    """One thing that happened to an account. `source` says what of, once in a shop: posting it again changes nothing.
    `kind`: `earned released taken_back expired spent given_back adjusted`."""

    account = models.BigIntegerField()
    kind = models.CharField(max_length=16)
    source = models.CharField(max_length=200)
    order_key = models.CharField(max_length=200, default="", blank=True)
    by = models.CharField(max_length=200, default="", blank=True)
    note = models.CharField(max_length=500, default="", blank=True)
    at = InstantField()

    class Meta:
        db_table = "loyalty_posting"
        constraints = (models.UniqueConstraint(fields=("shop", "source"), name="loyalty_posting_once"),)
        indexes = (models.Index(fields=("account", "-id"), name="loyalty_posting_account"),)


class LoyaltyLine(_OfShop):
    """One side of a posting. `side`: `available` or `pending` of the customer; `earned taken_back expired spent
    adjusted` of the shop."""

    posting = models.BigIntegerField()
    account = models.BigIntegerField()
    side = models.CharField(max_length=12)
    amount = models.BigIntegerField()

    class Meta:
        db_table = "loyalty_line"
        indexes = (
            models.Index(fields=("account", "side"), name="loyalty_line_account"),
            models.Index(fields=("posting",), name="loyalty_line_posting"),
        )


class LoyaltyLot(_OfShop):
    """What came in at one time, so that it can fall due, expire and be taken back as such. `state`: `pending open
    closed`; `remaining` is what of it is left, `taken` what was taken back."""

    account = models.BigIntegerField()
    order_key = models.CharField(max_length=200, default="", blank=True)
    earned = models.BigIntegerField()
    taken = models.BigIntegerField(default=0)
    remaining = models.BigIntegerField()
    state = models.CharField(max_length=8)
    earned_at = InstantField()
    release_at = InstantField(null=True)
    expires_at = InstantField(null=True)
    expires_days = models.IntegerField(null=True)
    warn_at = InstantField(null=True)

    class Meta:
        db_table = "loyalty_lot"
        constraints = (
            models.UniqueConstraint(
                fields=("shop", "order_key"), name="loyalty_lot_order", condition=~models.Q(order_key="")
            ),
        )
        indexes = (
            models.Index(fields=("account", "earned_at"), name="loyalty_lot_account"),
            models.Index(fields=("release_at",), name="loyalty_lot_due", condition=models.Q(state="pending")),
            models.Index(fields=("expires_at",), name="loyalty_lot_ends", condition=models.Q(state="open")),
            models.Index(fields=("warn_at",), name="loyalty_lot_warn", condition=models.Q(state="open")),
        )


class LoyaltyPurchase(_OfShop):
    """A reward bought, or credit turned into a code. `status`: `asked` (the code is being made), `ready`, `given_back`.
    `unit` and `paid` are what it cost."""

    account = models.BigIntegerField()
    source = models.CharField(max_length=200)
    unit = models.CharField(max_length=6)
    paid = models.BigIntegerField()
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=16)
    value = models.CharField(max_length=200, default="", blank=True)
    currency = models.CharField(max_length=3, default="", blank=True)
    status = models.CharField(max_length=12)
    code = models.CharField(max_length=64, default="", blank=True)
    at = InstantField()

    class Meta:
        db_table = "loyalty_purchase"
        constraints = (models.UniqueConstraint(fields=("shop", "source"), name="loyalty_purchase_once"),)
        indexes = (models.Index(fields=("account", "-id"), name="loyalty_purchase_account"),)
