"""Products and variants as last known: rows only, written by the projections."""

from __future__ import annotations

from django.db import models

from sereno.store.fields import InstantField
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
        indexes = (models.Index(fields=("shop", "title"), name="catalog_product_title"),)


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
