"""Codes and the pools they are taken from. Rows only.

Invariant: a code stands once in a shop, and an effect has one code, whoever asks how often.
"""

from __future__ import annotations

from django.db import models

from sereno.store.fields import InstantField
from sereno.store.models.shops import Shop


class _Worth(models.Model):
    """What a code is good for. `kind`: `percent amount free_shipping gift`; `value` is decimal text, in percent or in
    `currency`; `minimum` is decimal text in `currency`, "" for none."""

    kind = models.CharField(max_length=16)
    value = models.CharField(max_length=32, default="", blank=True)
    currency = models.CharField(max_length=3, default="", blank=True)
    minimum = models.CharField(max_length=32, default="", blank=True)
    gift = models.CharField(max_length=200, default="", blank=True)

    class Meta:
        abstract = True


class CodePool(_Worth):
    """Codes the shop made itself and uploaded. `expires_at`: when its codes stop counting, None for never."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    name = models.CharField(max_length=64)
    expires_at = InstantField(null=True)
    created_at = InstantField()

    class Meta:
        db_table = "pricing_pool"
        constraints = (models.UniqueConstraint(fields=("shop", "name"), name="pricing_pool_once"),)


class Code(_Worth):
    """`status`: `free` (in its pool), `asked` (the store is being asked for it), `issued`, `redeemed`, `expired`.
    `customer` is whose it is, `flow` and `run` what gave it. `cost` is what it took off the order it was used on,
    decimal text in `currency_used`, None where the order does not tell; `revenue` that order's total."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    code = models.CharField(max_length=64)
    pool = models.CharField(max_length=64, default="", blank=True)
    status = models.CharField(max_length=10)
    customer = models.CharField(max_length=200, default="", blank=True)
    flow = models.CharField(max_length=100, default="", blank=True)
    run = models.CharField(max_length=200, default="", blank=True)
    effect_key = models.CharField(max_length=200, null=True)
    created_at = InstantField()
    issued_at = InstantField(null=True)
    expires_at = InstantField(null=True)
    redeemed_at = InstantField(null=True)
    order_key = models.CharField(max_length=200, default="", blank=True)
    cost = models.CharField(max_length=32, null=True)
    revenue = models.CharField(max_length=32, null=True)
    currency_used = models.CharField(max_length=3, default="", blank=True)

    class Meta:
        db_table = "pricing_code"
        constraints = (
            models.UniqueConstraint(fields=("shop", "code"), name="pricing_code_once"),
            models.UniqueConstraint(fields=("shop", "effect_key"), name="pricing_code_effect"),
        )
        indexes = (
            models.Index(fields=("shop", "-id"), name="pricing_code_newest"),
            models.Index(fields=("shop", "status", "-id"), name="pricing_code_status"),
            models.Index(fields=("shop", "pool", "status", "id"), name="pricing_code_pool"),
            models.Index(fields=("shop", "customer", "-id"), name="pricing_code_customer"),
            models.Index(fields=("shop", "flow", "-id"), name="pricing_code_flow"),
            models.Index(fields=("expires_at",), name="pricing_code_due", condition=models.Q(status="issued")),
        )


class CodeUse(models.Model):
    """What a flow has given away in a month of the shop's (`2026-11`), for its budget, and what came of its codes:
    sums, so that pages need not add up rows. `worth` is in smallest units of `currency`."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    flow = models.CharField(max_length=100)
    month = models.CharField(max_length=7)
    currency = models.CharField(max_length=3)
    issued = models.BigIntegerField(default=0)
    worth = models.BigIntegerField(default=0)
    redeemed = models.BigIntegerField(default=0)
    cost = models.BigIntegerField(default=0)
    revenue = models.BigIntegerField(default=0)

    class Meta:
        db_table = "pricing_use"
        constraints = (models.UniqueConstraint(fields=("shop", "flow", "month", "currency"), name="pricing_use_once"),)
