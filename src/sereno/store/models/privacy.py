"""Requests of people about their data, and the keyed hashes by which an erased person's old facts are known again."""

from __future__ import annotations

from django.db import models

from sereno.store.fields import DocumentField, InstantField
from sereno.store.models.shops import Shop


class PrivacyRequest(models.Model):
    """Somebody wants their data shown, handed over or erased; and afterwards the proof that it was.

    `kind`: `export`, `erase`, `erase_store` (all that came by one connection). `status`: `asked` (waits for a yes of
    staff), `planned` (begins at `start_at`), `running` (at `stage`, leased by `worker`), `done`, `failed`, `cancelled`.
    `about` and `work` hold whom it is about and how far it has got, sealed; both are emptied at the end. `digest` is
    the keyed hash of what was asked for, so that the proof is found again by who knows it. `due_at` is the law's date.

    Personal: about, work, file; emptied when the request ends or the file has been fetched.
    """

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_index=False)
    uid = models.CharField(max_length=64)
    kind = models.CharField(max_length=16)
    status = models.CharField(max_length=9)
    source = models.CharField(max_length=64)
    by = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    about = models.TextField(default="")
    work = models.TextField(default="")
    stage = models.CharField(max_length=16, default="")
    worker = models.CharField(max_length=64, null=True)
    lease_until = InstantField(null=True)
    created_at = InstantField()
    start_at = InstantField(null=True)
    due_at = InstantField()
    finished_at = InstantField(null=True)
    report = DocumentField(default=dict)
    file = models.BinaryField(null=True)
    file_until = InstantField(null=True)
    problem = models.CharField(max_length=500, null=True)

    class Meta:
        db_table = "privacy_request"
        constraints = (models.UniqueConstraint(fields=("shop", "uid"), name="privacy_request_once"),)
        indexes = (
            models.Index(fields=("shop", "-id"), name="privacy_request_recent"),
            models.Index(fields=("shop", "digest"), name="privacy_request_about"),
            models.Index(
                fields=("shop", "due_at"), name="privacy_request_open", condition=models.Q(finished_at__isnull=True)
            ),
            models.Index(
                fields=("start_at",), name="privacy_request_due", condition=models.Q(status__in=("planned", "running"))
            ),
            models.Index(fields=("file_until",), name="privacy_request_file", condition=models.Q(file__isnull=False)),
        )


class Erased(models.Model):
    """A link (`customer:17`, `email:ana@example.com`, `order:1001`) of an erased person as a keyed hash. What happened
    before `at` and comes in later is erased on the way in."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    digest = models.CharField(max_length=64)
    at = InstantField()

    class Meta:
        db_table = "erased"
        constraints = (models.UniqueConstraint(fields=("shop", "digest"), name="erased_once"),)
