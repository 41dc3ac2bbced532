"""Outgoing webhooks, and the answers the API keeps for requests that come twice."""

from __future__ import annotations

from django.db import models

from sereno.store.fields import DocumentField, InstantField
from sereno.store.models.shops import Shop


class Webhook(models.Model):
    """Whom Sereno tells of its own events. `types` are the types it wants (`*`: all); `secrets` is an encrypted JSON
    list, the newest first. `status`: `active`, `paused` by a person, `disabled` after days of failure (`reason` says
    why). `run` is the row of the run its messages hang on in the outbox."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE)
    name = models.CharField(max_length=100)
    url = models.CharField(max_length=2000)
    types = DocumentField(default=list)
    secrets = models.TextField(default="")
    status = models.CharField(max_length=8, default="active")
    reason = models.CharField(max_length=500, null=True)
    run = models.BigIntegerField()
    failing_since = InstantField(null=True)
    succeeded_at = InstantField(null=True)
    created_by = models.CharField(max_length=200, default="")
    created_at = InstantField()
    updated_at = InstantField()

    class Meta:
        db_table = "webhook"


class ApiAnswer(models.Model):
    """What the API answered to a request with an `Idempotency-Key`, for a day. `request` is a digest of what was asked;
    `status` is null while the first of them is still being worked on. `caller` is the API key's digest."""

    id = models.BigAutoField(primary_key=True)
    shop = models.BigIntegerField()
    caller = models.CharField(max_length=64)
    key = models.CharField(max_length=200)
    request = models.CharField(max_length=64)
    status = models.SmallIntegerField(null=True)
    headers = DocumentField(default=dict)
    body = models.BinaryField(default=b"")
    begun_at = InstantField()

    class Meta:
        db_table = "api_answer"
        constraints = (models.UniqueConstraint(fields=("shop", "caller", "key"), name="api_answer_once"),)
        indexes = (models.Index(fields=("begun_at",), name="api_answer_old"),)
