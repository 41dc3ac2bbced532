"""Customers as last known: rows only, written by the projection."""

from __future__ import annotations

from django.db import models

from sereno.store.fields import InstantField
from sereno.store.models.projected import Projected


class Customer(Projected):
    """`key` is the platform's id, or `email:<address>` for a guest. `total_spent` is decimal text in `currency`."""

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

    class Meta:
        db_table = "customers_customer"
        constraints = (models.UniqueConstraint(fields=("shop", "key"), name="customers_customer_once"),)
        indexes = (
            models.Index(fields=("shop", "email"), name="customers_customer_email"),
            models.Index(fields=("shop", "name"), name="customers_customer_name"),
            models.Index(fields=("shop", "phone"), name="customers_customer_phone"),
            models.Index(fields=("shop", "-last_order_at"), name="customers_customer_recent"),
        )
