"""API keys: what a program may do in a shop. Only a hash is kept; see `store/keys.py` for making and finding them."""

from __future__ import annotations

from django.db import models

from sereno.store.fields import InstantField
from sereno.store.models.shops import Shop


class ApiKey(models.Model):
    """A bearer key. `prefix` (its first characters) is shown in lists, `digest` is the SHA-256 of the whole key,
    `scopes` are names of `store.keys.SCOPES` with spaces between. A revoked key, and one past `expires_at`, stays, so
    that the audit trail can name it."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE)
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=16)
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.CharField(max_length=100, default="read")
    created_by = models.CharField(max_length=200, default="")
    created_at = InstantField()
    used_at = InstantField(null=True)
    revoked_at = InstantField(null=True)
    expires_at = InstantField(null=True)

    class Meta:
        db_table = "api_key"
