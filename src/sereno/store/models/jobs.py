"""Work that a process of its own carries out for a shop, under a lease (`sereno.store.jobs`)."""

from __future__ import annotations

from django.db import models

from sereno.store.fields import DocumentField, InstantField
from sereno.store.models.shops import Shop


class ShopJob(models.Model):
    """It waits, runs, and is done, cancelled or failed. `slot` is what it was asked for (`day:2026-11-22`, or a random
    one): asked for twice, it is one. A room with such work has one such table, `<room>_job`."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_constraint=False)
    slot = models.CharField(max_length=40)
    status = models.CharField(max_length=12, default="waiting")
    by = models.CharField(max_length=200, default="")
    worker = models.CharField(max_length=200, null=True)
    lease_until = InstantField(null=True)
    attempts = models.IntegerField(default=0)
    done = models.IntegerField(default=0)
    total = models.IntegerField(default=0)
    facts = DocumentField(default=dict)
    error = models.CharField(max_length=1000, null=True)
    created_at = InstantField()
    finished_at = InstantField(null=True)

    class Meta:
        abstract = True
        constraints = (models.UniqueConstraint(fields=("shop", "slot"), name="%(app_label)s_job_once"),)
        indexes = (
            models.Index(
                fields=("status", "id"),
                name="%(app_label)s_job_open",
                condition=models.Q(status__in=("waiting", "running")),
            ),
        )
