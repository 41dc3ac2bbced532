"""What was written to shops' own platforms and may come back as news."""

from __future__ import annotations

from django.db import models

from sereno.store.fields import InstantField
from sereno.store.models.flows import Flow
from sereno.store.models.shops import Shop


class StoreEcho(models.Model):
    """A write whose echo is expected: what the platform then tells of the record of `link` starts no other run of the
    flow that wrote. `nouns` are those of the events it comes by, `marks` what may look different. `record_version` is
    the record's before the write, `version` after it, where the platform says."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    flow = models.ForeignKey(Flow, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    effect_key = models.CharField(max_length=300)
    ability = models.CharField(max_length=32)
    link = models.CharField(max_length=250)
    nouns = models.CharField(max_length=100)
    marks = models.TextField()
    record_version = InstantField(null=True)
    begun_at = InstantField()
    settled_at = InstantField(null=True)
    version = InstantField(null=True)

    class Meta:
        db_table = "store_echo"
        constraints = (models.UniqueConstraint(fields=("effect_key", "ability", "link"), name="store_echo_once"),)
        indexes = (
            models.Index(fields=("shop", "link"), name="store_echo_link"),
            models.Index(fields=("begun_at",), name="store_echo_age"),
        )
