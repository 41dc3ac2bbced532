"""Stock as last known: rows only, written by the projection."""

from __future__ import annotations

from django.db import models

from sereno.store.models.projected import Projected


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
