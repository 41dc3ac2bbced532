"""The shape every projected record shares; a room's model adds the columns its pages query."""

from __future__ import annotations

from django.db import models

from sereno.store.fields import DocumentField, InstantField
from sereno.store.models.shops import Shop


class Projected(models.Model):
    """The newest known state of one record. `version` orders its states; `data` is the canonical record."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    key = models.CharField(max_length=200)
    version = models.BigIntegerField()
    data = DocumentField()
    seen_at = InstantField()

    class Meta:
        abstract = True
