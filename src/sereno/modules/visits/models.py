"""Visits of the storefront by customers who are signed in. Rows only; written by `runtime.visits`.

Of nobody else anything is kept, and of them neither the address they come from, nor what the browser calls itself, nor
which pages they read: how many, and on what kind of device.
"""

from __future__ import annotations

from django.db import models

from sereno.store.fields import InstantField
from sereno.store.models.shops import Shop


def _shop() -> models.ForeignKey[Shop]:
    return models.ForeignKey(Shop, on_delete=models.CASCADE, db_index=False, db_constraint=False, related_name="+")


def _text(length: int) -> models.CharField[str]:
    return models.CharField(max_length=length, default="")


class Visitor(models.Model):
    """A customer (`person` is their key) and their visits: `visits` of them, `recent` in the 30 days up to the last;
    `last_at` is when the last began, `pages` and `products` are those of the last that is over."""

    id = models.BigAutoField(primary_key=True)
    shop = _shop()
    person = models.CharField(max_length=200)
    first_at = InstantField()
    last_at = InstantField()
    visits = models.IntegerField(default=0)
    recent = models.IntegerField(default=0)
    pages = models.IntegerField(null=True)
    products = models.IntegerField(null=True)
    device = _text(8)
    language = _text(16)
    source = _text(100)
    medium = _text(100)
    campaign = _text(100)
    first_source = _text(100)
    first_medium = _text(100)
    first_campaign = _text(100)

    class Meta:
        db_table = "visits_visitor"
        constraints = (models.UniqueConstraint(fields=("shop", "person"), name="visits_visitor_once"),)


class Visit(models.Model):
    """One visit. `due_at`: when it is looked at whether it is over; null: it is. A page changes no index."""

    id = models.BigAutoField(primary_key=True)
    shop = _shop()
    person = models.CharField(max_length=200)
    number = models.IntegerField()
    started_at = InstantField()
    last_at = InstantField()
    due_at = InstantField(null=True)
    pages = models.IntegerField(default=1)
    products = models.IntegerField(default=0)
    device = _text(8)
    language = _text(16)
    source = _text(100)
    medium = _text(100)
    campaign = _text(100)

    class Meta:
        db_table = "visits_visit"
        constraints = (
            models.UniqueConstraint(
                fields=("shop", "person"), name="visits_visit_open", condition=models.Q(due_at__isnull=False)
            ),
        )
        indexes = (
            models.Index(fields=("due_at",), name="visits_visit_due", condition=models.Q(due_at__isnull=False)),
            models.Index(fields=("shop", "person", "-started_at"), name="visits_visit_of"),
            models.Index(fields=("shop", "started_at"), name="visits_visit_age"),
        )


class View(models.Model):
    """One page of a visit, kept for a day so that it counts once however often it is told. `mark` is drawn from the
    name the browser gave it; `product` is the one it shows."""

    id = models.BigAutoField(primary_key=True)
    shop = _shop()
    person = models.CharField(max_length=200)
    mark = models.BigIntegerField()
    product = _text(180)
    at = InstantField()

    class Meta:
        db_table = "visits_view"
        constraints = (models.UniqueConstraint(fields=("shop", "person", "mark"), name="visits_view_once"),)
