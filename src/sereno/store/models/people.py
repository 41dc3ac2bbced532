"""Tags, consent and suppression by person, and the audit trail of what staff did."""

from __future__ import annotations

from django.db import models

from sereno.store.fields import DocumentField, InstantField
from sereno.store.models.shops import Shop


class Tag(models.Model):
    """A tag that Sereno put on a record, beside the platform's own. `kind` is `order` or `customer`."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    kind = models.CharField(max_length=16)
    key = models.CharField(max_length=200)
    tag = models.CharField(max_length=64)
    added_at = InstantField()

    class Meta:
        db_table = "tag"
        constraints = (models.UniqueConstraint(fields=("shop", "kind", "key", "tag"), name="tag_once"),)
        indexes = (models.Index(fields=("shop", "kind", "tag"), name="tag_by"),)


class Consent(models.Model):
    """A line of the consent ledger; the newest line of (address, channel, purpose) is what holds. Never changed."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    address = models.CharField(max_length=254)
    channel = models.CharField(max_length=16)
    purpose = models.CharField(max_length=64)
    granted = models.BooleanField()
    at = InstantField()
    source = models.CharField(max_length=64)
    proof = DocumentField(default=dict)
    uid = models.CharField(max_length=200)

    class Meta:
        db_table = "consent"
        constraints = (models.UniqueConstraint(fields=("shop", "uid"), name="consent_once"),)
        indexes = (models.Index(fields=("shop", "address", "channel", "purpose", "at"), name="consent_by"),)


class Suppression(models.Model):
    """An address that must not be written to, whatever it consented to: a hard bounce, a complaint, a farewell."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    address = models.CharField(max_length=254)
    channel = models.CharField(max_length=16)
    reason = models.CharField(max_length=64)
    at = InstantField()

    class Meta:
        db_table = "suppression"
        constraints = (models.UniqueConstraint(fields=("shop", "address", "channel"), name="suppression_once"),)
        indexes = (models.Index(fields=("shop", "id"), name="suppression_recent"),)


class Audit(models.Model):
    """Who changed what, when."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, null=True)
    at = InstantField()
    by = models.CharField(max_length=200)
    action = models.CharField(max_length=64)
    target = models.CharField(max_length=200)
    details = DocumentField(default=dict)

    class Meta:
        db_table = "audit"
        indexes = (
            models.Index(fields=("shop", "by", "-id"), name="audit_by"),
            models.Index(fields=("shop", "action", "-id"), name="audit_action"),
            models.Index(fields=("shop", "target", "-id"), name="audit_target"),
        )
