"""What is read back from shops' own platforms: history as a job, the steady reading beside the webhooks, and the gaps
it filled."""

from __future__ import annotations

from django.db import models

from sereno.store.fields import DocumentField, InstantField
from sereno.store.models.shops import Connection, Shop


class Backfill(models.Model):
    """A connection's history, to be read as it was before Sereno came: it starts no flow.

    `kinds` are read one after the other; `place` is the number of the one under way and `cursor` its next page ("": the
    first), both moved in the transaction that keeps the page's facts. `counts`: by kind `read`, `new` (facts), `failed`
    and, where the platform says it, `total`. `status`: `waiting`, `running` (leased by `worker` until `lease_until`),
    `paused`, then `done`, `failed` (with `error` and `message`; it may go on where it stopped) or `cancelled`. Not
    before `retry_at` the platform is asked again; `failures` in a row.
    """

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE)
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, db_index=False)
    kinds = DocumentField()
    since = InstantField(null=True)
    until = InstantField()
    status = models.CharField(max_length=9, default="waiting")
    place = models.IntegerField(default=0)
    cursor = models.TextField(default="")
    counts = DocumentField(default=dict)
    by = models.CharField(max_length=200)
    created_at = InstantField()
    started_at = InstantField(null=True)
    finished_at = InstantField(null=True)
    worker = models.CharField(max_length=64, null=True)
    lease_until = InstantField(null=True)
    retry_at = InstantField(null=True)
    failures = models.IntegerField(default=0)
    error = models.CharField(max_length=64, null=True)
    message = models.CharField(max_length=1000, null=True)

    class Meta:
        db_table = "backfill"
        constraints = (
            models.UniqueConstraint(
                fields=("connection",),
                name="backfill_one_at_a_time",
                condition=models.Q(status__in=("waiting", "running", "paused")),
            ),
        )
        indexes = (
            models.Index(fields=("connection", "-id"), name="backfill_by_connection"),
            models.Index(fields=("id",), name="backfill_open", condition=models.Q(status__in=("waiting", "running"))),
        )


class Reading(models.Model):
    """The steady reading of a connection's platform: what its webhooks missed is found, or all there is, where it has
    none (`is_poll`).

    What changed up to `through_at` was read; what happened before `begin_at` is history and starts no flow. A pass
    reads from `pass_since` to `pass_until`, kind by kind (`place`, `cursor` as in `Backfill`); `pass_until` is null
    between two passes, and the next begins at `next_at`. `counts` are of the pass under way, `last_counts` of the last
    whole one, from `last_started_at` to `last_at`. `error` and `message` say why it stands still; `failures` in a row.
    `keeps_subscriptions`: webhooks that are missing over there are made anew. `subscriptions` is what was found at
    `looked_at`.
    """

    connection = models.OneToOneField(Connection, on_delete=models.CASCADE, primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE)
    is_on = models.BooleanField(default=True)
    is_poll = models.BooleanField(default=False)
    every = models.IntegerField()
    begin_at = InstantField()
    through_at = InstantField()
    next_at = InstantField()
    pass_since = InstantField(null=True)
    pass_until = InstantField(null=True)
    place = models.IntegerField(default=0)
    cursor = models.TextField(default="")
    counts = DocumentField(default=dict)
    last_counts = DocumentField(default=dict)
    last_started_at = InstantField(null=True)
    last_at = InstantField(null=True)
    failures = models.IntegerField(default=0)
    error = models.CharField(max_length=64, null=True)
    message = models.CharField(max_length=1000, null=True)
    worker = models.CharField(max_length=64, null=True)
    lease_until = InstantField(null=True)
    keeps_subscriptions = models.BooleanField(default=False)
    subscriptions = DocumentField(default=dict)
    looked_at = InstantField(null=True)

    class Meta:
        db_table = "reading"
        indexes = (models.Index(fields=("next_at",), name="reading_due", condition=models.Q(is_on=True)),)


class ReadingGap(models.Model):
    """A record of which the platform knew more than its webhooks had told. `delivery` is what was read; `behind` the
    seconds between what happened and when it was found."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    delivery = models.BigIntegerField()
    kind = models.CharField(max_length=32)
    facts = models.IntegerField()
    found_at = InstantField()
    behind = models.IntegerField()

    class Meta:
        db_table = "reading_gap"
        indexes = (models.Index(fields=("connection", "-id"), name="reading_gap_recent"),)
