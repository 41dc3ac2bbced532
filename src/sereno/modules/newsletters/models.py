"""Newsletters, a row for every mail of one, and their numbers. Rows only: what is written and when is in
`runtime.newsletters`.

Invariant: nobody, and no address, has two pieces of one newsletter; the database refuses the second.
"""

from __future__ import annotations

from django.db import models

from sereno.store.fields import DocumentField, InstantField
from sereno.store.models.shops import Shop


class Newsletter(models.Model):
    """`status`: `draft`; `scheduled` and `preparing` (its pieces are being written down) and `sending`, all three taken
    up at `due_at`; `paused`; `sent` and `cancelled`, which are final.

    `message` names the message; `document` is that message as it was when the newsletter was scheduled, so that what
    was checked is what goes out. `audience`, `schedule`, `trial` and `pace` are read by `runtime.newsletters.plan`.
    `cursor` says how far preparing is. `winner` is the subject the rest gets once the trial is over, `verdict` why.
    `slug` is its name in the archive; `is_public` whether it is shown there."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    name = models.CharField(max_length=200)
    status = models.CharField(max_length=12, default="draft")
    message = models.CharField(max_length=100, default="")
    document = DocumentField(null=True)
    audience = DocumentField(default=dict)
    schedule = DocumentField(default=dict)
    trial = DocumentField(default=dict)
    pace = DocumentField(default=dict)
    is_public = models.BooleanField(default=False)
    slug = models.CharField(max_length=40)
    by = models.CharField(max_length=200, default="")
    created_at = InstantField()
    changed_at = InstantField()
    due_at = InstantField(null=True)
    started_at = InstantField(null=True)
    finished_at = InstantField(null=True)
    paused_as = models.CharField(max_length=12, null=True)
    cursor = DocumentField(default=dict)
    winner = models.CharField(max_length=1, null=True)
    verdict = DocumentField(default=dict)
    worker = models.CharField(max_length=200, null=True)
    lease_until = InstantField(null=True)
    error = models.CharField(max_length=1000, null=True)

    class Meta:
        db_table = "newsletters_newsletter"
        constraints = (models.UniqueConstraint(fields=("shop", "slug"), name="newsletters_slug_once"),)
        indexes = (
            models.Index(fields=("shop", "status", "-id"), name="newsletters_of_shop"),
            models.Index(
                fields=("due_at", "id"),
                name="newsletters_due",
                condition=models.Q(status__in=("scheduled", "preparing", "sending")),
            ),
        )


class NewsletterPiece(models.Model):
    """One mail of a newsletter to one person; `news-<newsletter>/<id>` is its name in headers and events.

    `status`: `waiting` (from `due_at` on), `sending` (in the hands of the process named in `claim`), `sent`, `skipped`
    (not allowed at the moment of sending, for `reason`), `failed` (refused for good, for `reason`), `unknown` (the
    process died, or the connection broke, while it was handed over: it may or may not have gone; never sent again
    unless a person says so). `variant` is `a`, `b`, or empty for the rest of a trial. Personal: person, address."""

    id = models.BigAutoField(primary_key=True)
    newsletter = models.ForeignKey(Newsletter, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    person = models.CharField(max_length=200)
    address = models.CharField(max_length=320)
    provider = models.CharField(max_length=100)
    variant = models.CharField(max_length=1)
    status = models.CharField(max_length=8)
    due_at = InstantField()
    wanted_at = InstantField(null=True)
    attempts = models.SmallIntegerField(default=0)
    claim = models.CharField(max_length=120, null=True)
    reason = models.CharField(max_length=64, null=True)
    sent_at = InstantField(null=True)
    delivered_at = InstantField(null=True)
    opened_at = InstantField(null=True)
    machine_opened_at = InstantField(null=True)
    clicked_at = InstantField(null=True)
    trouble = models.CharField(max_length=12, null=True)
    order_key = models.CharField(max_length=200, null=True)

    class Meta:
        db_table = "newsletters_piece"
        constraints = (
            models.UniqueConstraint(fields=("newsletter", "person"), name="newsletters_piece_person"),
            models.UniqueConstraint(fields=("newsletter", "address"), name="newsletters_piece_address"),
        )
        indexes = (
            models.Index(
                fields=("newsletter", "due_at", "id"),
                name="newsletters_piece_due",
                condition=models.Q(status="waiting"),
            ),
            models.Index(fields=("newsletter", "status", "-id"), name="newsletters_piece_status"),
            models.Index(fields=("shop", "person", "sent_at"), name="newsletters_piece_of"),
            models.Index(fields=("shop", "address"), name="newsletters_piece_to"),
            *(
                models.Index(
                    fields=("newsletter", "-id"),
                    name=f"newsletters_piece_{name}",
                    condition=models.Q(**{f"{field}__isnull": False}),
                )
                for name, field in (
                    ("opened", "opened_at"),
                    ("clicked", "clicked_at"),
                    ("trouble", "trouble"),
                    ("ordered", "order_key"),
                )
            ),
        )


class NewsletterCount(models.Model):
    """How many of a newsletter's pieces are what, kept in the transactions that make it so: statuses, reasons
    (`skipped:consent.missing`), answers (`opened`), and whom preparing left out (`left:address.missing`)."""

    id = models.BigAutoField(primary_key=True)
    newsletter = models.ForeignKey(Newsletter, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    variant = models.CharField(max_length=1)
    name = models.CharField(max_length=80)
    number = models.BigIntegerField()

    class Meta:
        db_table = "newsletters_count"
        constraints = (
            models.UniqueConstraint(fields=("newsletter", "variant", "name"), name="newsletters_count_once"),
        )
