"""Campaigns of the site, and where those that are asked for stand. Rows only."""

from __future__ import annotations

from django.db import models

from sereno.store.fields import DocumentField, InstantField
from sereno.store.models.shops import Shop


class Campaign(models.Model):
    """A campaign as `sdk.content` reads it; the columns beside the document are copied out of it."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    name = models.CharField(max_length=40)
    document = DocumentField()
    is_on = models.BooleanField(default=False)
    starts_at = InstantField(null=True)
    ends_at = InstantField(null=True)
    version = models.IntegerField(default=1)
    changed_at = InstantField()
    changed_by = models.CharField(max_length=200)

    class Meta:
        db_table = "content_campaign"
        constraints = (models.UniqueConstraint(fields=("shop", "name"), name="content_campaign_once"),)


class Showing(models.Model):
    """That a campaign is shown to one customer, on one product, or (both "") to everyone. `by` is the flow, or the
    person when `is_by_hand`."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    campaign = models.CharField(max_length=40)
    customer = models.CharField(max_length=200, default="", blank=True)
    product = models.CharField(max_length=200, default="", blank=True)
    until = InstantField(null=True)
    is_by_hand = models.BooleanField(default=False)
    by = models.CharField(max_length=200)
    since = InstantField()

    class Meta:
        db_table = "content_showing"
        constraints = (
            models.UniqueConstraint(fields=("shop", "customer", "campaign", "product"), name="content_showing_once"),
        )
        indexes = (
            models.Index(fields=("shop", "campaign", "-since"), name="content_showing_newest"),
            models.Index(fields=("shop", "customer"), name="content_showing_whose"),
        )
