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


class Written(models.Model):
    """A thing of a store's own site that we changed: what was there before and what we wrote (`document`, as
    `sdk.site.Held`). The row is there before the store is asked, and goes when nothing of ours is left. `state` is
    `working`, `standing`, `edited` (somebody else changed it) or `let_be`; `is_campaign`: campaigns have wanted it."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    store = models.CharField(max_length=64, default="", blank=True)
    kind = models.CharField(max_length=12)
    key = models.CharField(max_length=250)
    place = models.CharField(max_length=100, default="", blank=True)
    url = models.CharField(max_length=1000, default="", blank=True)
    document = DocumentField()
    state = models.CharField(max_length=10)
    is_campaign = models.BooleanField(default=False)
    lease_by = models.CharField(max_length=250, default="", blank=True)
    lease_until = InstantField(null=True)
    changed_at = InstantField()

    class Meta:
        db_table = "content_written"
        constraints = (models.UniqueConstraint(fields=("shop", "store", "kind", "key"), name="content_written_once"),)
        indexes = (
            models.Index(fields=("shop", "-changed_at"), name="content_written_newest"),
            models.Index(fields=("shop", "id"), name="content_written_campaign", condition=models.Q(is_campaign=True)),
            models.Index(
                fields=("shop", "-changed_at"), name="content_written_edited", condition=models.Q(state="edited")
            ),
        )


class Claim(models.Model):
    """That a flow wants a thing of a store's site to say this."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    store = models.CharField(max_length=64, default="", blank=True)
    kind = models.CharField(max_length=12)
    key = models.CharField(max_length=250)
    by = models.CharField(max_length=200)
    fields = DocumentField()
    until = InstantField(null=True)
    since = InstantField()

    class Meta:
        db_table = "content_claim"
        constraints = (
            models.UniqueConstraint(fields=("shop", "store", "kind", "key", "by"), name="content_claim_once"),
        )
        indexes = (
            models.Index(fields=("shop", "until"), name="content_claim_over", condition=models.Q(until__isnull=False)),
        )


class Due(models.Model):
    """When what stores' sites say is to be looked at: written in the transaction that changes what they are to say."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    at = InstantField()

    class Meta:
        db_table = "content_due"
        indexes = (models.Index(fields=("at",), name="content_due_at"),)
