"""What is kept of mail as a whole: counts by day and mailbox provider, addresses in passing trouble, the domains a shop
sends from, and what a warm-up has let go.

Invariant: only `SoftBounce` names a person, and it is forgotten when a mail arrives.
"""

from __future__ import annotations

from django.db import models

from sereno.store.fields import DocumentField, InstantField
from sereno.store.models.shops import Shop


class MailTally(models.Model):
    """How many mails of a day (UTC, `YYYY-MM-DD`) to one mailbox provider had this happen to them."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    day = models.CharField(max_length=10)
    provider = models.CharField(max_length=16)
    what = models.CharField(max_length=16)
    shard = models.SmallIntegerField()
    count = models.BigIntegerField()

    class Meta:
        db_table = "mail_tally"
        constraints = (
            models.UniqueConstraint(fields=("shop", "day", "provider", "what", "shard"), name="mail_tally_once"),
        )


class SoftBounce(models.Model):
    """An address that could not be reached of late: how often in a row."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    address = models.CharField(max_length=254)
    count = models.IntegerField()
    last_at = InstantField()

    class Meta:
        db_table = "mail_soft_bounce"
        constraints = (models.UniqueConstraint(fields=("shop", "address"), name="mail_soft_bounce_once"),)
        indexes = (models.Index(fields=("shop", "address"), name="mail_soft_bounce_address"),)


class MailDomain(models.Model):
    """A domain the shop sends from. `private_key` is sealed; `checks` is what the name servers said at `checked_at`."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    domain = models.CharField(max_length=253)
    selector = models.CharField(max_length=63)
    private_key = models.TextField()
    public_key = models.TextField()
    is_signing = models.BooleanField(default=False)
    checks = DocumentField(default=dict)
    checked_at = InstantField(null=True)
    created_at = InstantField()

    class Meta:
        db_table = "mail_domain"
        constraints = (models.UniqueConstraint(fields=("shop", "domain"), name="mail_domain_once"),)


class WarmupTaken(models.Model):
    """How many mails of a day a warm-up has let go to one mailbox provider."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    day = models.CharField(max_length=10)
    provider = models.CharField(max_length=16)
    count = models.BigIntegerField()

    class Meta:
        db_table = "mail_warmup"
        constraints = (models.UniqueConstraint(fields=("shop", "day", "provider"), name="mail_warmup_once"),)
