"""Customers as last known, written by the projection; and which of their records are one person.

Invariant: a record stays as its platform tells it. That two are one person is said beside it, so that it can be unsaid.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from sereno.store.fields import InstantField
from sereno.store.models.projected import Projected
from sereno.store.models.shops import Shop


class Customer(Projected):
    """`key` is the platform's id, or `email:<address>` for a guest. `total_spent` is decimal text in `currency`.
    `merged_into` is the key of the person's main record, "" for a main one; `is_main` says that others are joined to
    it."""

    email = models.CharField(max_length=254, null=True)
    phone = models.CharField(max_length=64, null=True)
    name = models.CharField(max_length=200, null=True)
    locale = models.CharField(max_length=16, null=True)
    accepts_email = models.BooleanField(null=True)
    birthday = models.CharField(max_length=10, null=True)
    order_count = models.IntegerField(null=True)
    currency = models.CharField(max_length=3, null=True)
    total_spent = models.CharField(max_length=32, null=True)
    last_order_at = InstantField(null=True)
    merged_into = models.CharField(max_length=200, default="", db_default="")
    is_main = models.BooleanField(default=False, db_default=False)

    class Meta:
        db_table = "customers_customer"
        constraints = (models.UniqueConstraint(fields=("shop", "key"), name="customers_customer_once"),)
        indexes = (
            models.Index(fields=("shop", "email"), name="customers_customer_email"),
            models.Index(fields=("shop", "name"), name="customers_customer_name"),
            models.Index(fields=("shop", "phone"), name="customers_customer_phone"),
            models.Index(fields=("shop", "-last_order_at"), name="customers_customer_recent"),
            models.Index(fields=("shop", "accepts_email", "-last_order_at"), name="customers_customer_consent"),
            models.Index(
                fields=("shop", "merged_into"), name="customers_customer_joined", condition=~Q(merged_into="")
            ),
        )


class Identity(models.Model):
    """What a record is recognised by: an e-mail address, a telephone in E.164, an account of a platform."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    kind = models.CharField(max_length=8)
    value = models.CharField(max_length=300)
    key = models.CharField(max_length=200)

    class Meta:
        db_table = "customers_identity"
        constraints = (
            models.UniqueConstraint(fields=("shop", "kind", "value", "key"), name="customers_identity_once"),
        )
        indexes = (models.Index(fields=("shop", "key"), name="customers_identity_key"),)


class Join(models.Model):
    """What is said of two records: `joined` (one person), `proposed` (perhaps), `apart` (two people: never join them
    unasked). `one` < `other`. `rule` is the code of why; joined pairs make trees, so that taking one away splits its
    person in exactly two."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    one = models.CharField(max_length=200)
    other = models.CharField(max_length=200)
    status = models.CharField(max_length=8)
    rule = models.CharField(max_length=32)
    at = InstantField()
    by = models.CharField(max_length=200, default="")
    """Who decided; "" for Sereno's rules."""

    class Meta:
        db_table = "customers_join"
        constraints = (models.UniqueConstraint(fields=("shop", "one", "other"), name="customers_join_once"),)
        indexes = (
            models.Index(fields=("shop", "other"), name="customers_join_other"),
            models.Index(fields=("shop", "one"), name="customers_join_one"),
            models.Index(fields=("shop", "status", "id"), name="customers_join_status"),
        )


class ToMatch(models.Model):
    """A record that came or changed and is to be held beside the others. The same key may wait more than once."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    key = models.CharField(max_length=200)

    class Meta:
        db_table = "customers_to_match"
        indexes = (models.Index(fields=("shop", "key"), name="customers_to_match_key"),)


class Marketing(models.Model):
    """What an address chose on its page beside yes and no: no marketing before `paused_until`."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    address = models.CharField(max_length=254)
    paused_until = InstantField(null=True)
    updated_at = InstantField()

    class Meta:
        db_table = "customers_marketing"
        constraints = (models.UniqueConstraint(fields=("shop", "address"), name="customers_marketing_once"),)
        indexes = (models.Index(fields=("shop", "address"), name="customers_marketing_of"),)


class SavedView(models.Model):
    """A way of looking at the list of customers that the shop's people come back to. `query` is its address's: filters
    and order, never what was searched for."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=300)
    by = models.CharField(max_length=200)

    class Meta:
        db_table = "customers_view"
        constraints = (models.UniqueConstraint(fields=("shop", "name"), name="customers_view_once"),)
