"""Keys that stand in the pages of a storefront: everybody can read them, so they give nothing but answers."""

from __future__ import annotations

from django.db import models

from sereno.store.fields import DocumentField, InstantField
from sereno.store.models.shops import Shop


class StorefrontKey(models.Model):
    """A public key. `token` is what stands in the page; `origins` are the sites whose pages may ask with it, none for
    any. `secret` (encrypted) is what the shop's server proves with who is signed in. A revoked key stays, so that the
    audit trail can name it."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE)
    token = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=100)
    origins = DocumentField(default=list)
    secret = models.TextField()
    created_by = models.CharField(max_length=200, default="")
    created_at = InstantField()
    revoked_at = InstantField(null=True)

    class Meta:
        db_table = "storefront_key"
