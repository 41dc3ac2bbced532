"""Back-tests that were asked for, and what they found: kept by run, so that pages stay fast with 100,000 of them.

Hot rows carry no foreign-key constraints in the database: they come and go by thousands.
"""

from __future__ import annotations

from django.db import models

from sereno.store.fields import DocumentField, InstantField
from sereno.store.models.shops import Shop


class Backtest(models.Model):
    """A back-test of `text` over the shop's own past, or over an uploaded file.

    `status`: `waiting`, `running` (leased by `worker` until `lease_until`), then `done`, `failed` (with `error` and
    `message`), `cancelled`; `forgotten` rows are being deleted. `version` is the published version the text is, None
    for a draft; `base_version` the live version it is compared with, None for no comparison. `begin` and `until` bound
    the events that may start runs (before `begin` they only build the records). `done` of `total` events are through,
    in all replays together; `at` is the virtual clock. `facts` is the shop as it was taken; `summary` the counts.
    """

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE)
    flow = models.CharField(max_length=100)
    text = models.TextField()
    digest = models.CharField(max_length=64)
    version = models.IntegerField(null=True)
    base_version = models.IntegerField(null=True)
    origin = models.CharField(max_length=200, default="")
    begin = InstantField(null=True)
    until = InstantField(null=True)
    seed = models.BigIntegerField(default=0)
    status = models.CharField(max_length=9, default="waiting")
    by = models.CharField(max_length=200)
    created_at = InstantField()
    started_at = InstantField(null=True)
    finished_at = InstantField(null=True)
    cancel_at = InstantField(null=True)
    worker = models.CharField(max_length=64, null=True)
    lease_until = InstantField(null=True)
    attempts = models.IntegerField(default=0)
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0)
    at = InstantField(null=True)
    error = models.CharField(max_length=64, null=True)
    message = models.CharField(max_length=1000, null=True)
    facts = DocumentField(default=dict)
    summary = DocumentField(null=True)

    class Meta:
        db_table = "backtest"
        constraints = (
            models.UniqueConstraint(
                fields=("shop",), name="backtest_one_at_a_time", condition=models.Q(status="running")
            ),
        )
        indexes = (
            models.Index(fields=("shop", "flow", "-id"), name="backtest_by_flow"),
            models.Index(
                fields=("id",),
                name="backtest_open",
                condition=models.Q(status__in=("waiting", "running", "forgotten")),
            ),
        )


class BacktestUpload(models.Model):
    """The events of a file, as canonical lines, zlib; kept until the back-test is over.

    Personal: `body`, for as long as the back-test waits or runs; delete the row with its back-test to be rid of it.
    """

    backtest = models.OneToOneField(Backtest, on_delete=models.CASCADE, primary_key=True)
    body = models.BinaryField()

    class Meta:
        db_table = "backtest_upload"


class BacktestRun(models.Model):
    """A run that would have been. `is_live_version`: of the live version, for comparison.

    `change` is how it differs from its `pair` on the other side: `new`, `gone`, `changed`, `same`; empty without a
    comparison. `way` is the path it took, a number of `summary.ways`. `story` is its trace, its effects and, for
    messages, the records as they were then (JSON, zlib); None where only counts were kept.

    Personal: `subject`, `customer`, `address` (both indexed with the shop) name the person; `story` tells of them.
    """

    id = models.BigAutoField(primary_key=True)
    backtest = models.ForeignKey(Backtest, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    is_live_version = models.BooleanField()
    uid = models.CharField(max_length=100)
    subject = models.CharField(max_length=200)
    customer = models.CharField(max_length=200, default="")
    address = models.CharField(max_length=254, default="")
    key = models.CharField(max_length=200)
    event = models.CharField(max_length=270)
    event_type = models.CharField(max_length=100)
    started_at = InstantField()
    ended_at = InstantField(null=True)
    status = models.CharField(max_length=8)
    step = models.CharField(max_length=200)
    reason = models.CharField(max_length=200, null=True)
    effects = models.IntegerField(default=0)
    messages = models.IntegerField(default=0)
    way = models.IntegerField(default=0)
    change = models.CharField(max_length=7, default="")
    pair = models.BigIntegerField(null=True)
    story = models.BinaryField(null=True)

    class Meta:
        db_table = "backtest_run"
        indexes = (
            models.Index(fields=("backtest", "is_live_version", "id"), name="backtest_run_all"),
            models.Index(fields=("backtest", "is_live_version", "change", "id"), name="backtest_run_change"),
            models.Index(fields=("backtest", "is_live_version", "way", "id"), name="backtest_run_way"),
            models.Index(fields=("shop", "subject"), name="backtest_run_subject"),
            models.Index(fields=("shop", "customer"), name="backtest_run_customer"),
            models.Index(fields=("shop", "address"), name="backtest_run_address"),
        )


class BacktestEffect(models.Model):
    """Something a run would have done. `kind` is a number of `summary.kinds`: step, action, what it is, and what would
    have become of it. Personal: through `run` alone; deleted with it."""

    id = models.BigAutoField(primary_key=True)
    backtest = models.ForeignKey(Backtest, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    run = models.ForeignKey(BacktestRun, on_delete=models.CASCADE, db_constraint=False)
    is_live_version = models.BooleanField()
    kind = models.IntegerField()
    at = InstantField()

    class Meta:
        db_table = "backtest_effect"
        indexes = (models.Index(fields=("backtest", "is_live_version", "kind", "id"), name="backtest_effect_kind"),)


class BacktestSkip(models.Model):
    """An event that would have started nothing, and why: the first of each reason, and those the live version would
    have run for. Personal: `subject`, `customer`, `address`, as in `BacktestRun`."""

    id = models.BigAutoField(primary_key=True)
    backtest = models.ForeignKey(Backtest, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    subject = models.CharField(max_length=200)
    customer = models.CharField(max_length=200, default="")
    address = models.CharField(max_length=254, default="")
    event = models.CharField(max_length=270)
    at = InstantField()
    reason = models.CharField(max_length=64)
    details = DocumentField(default=dict)

    class Meta:
        db_table = "backtest_skip"
        indexes = (
            models.Index(fields=("backtest", "reason", "id"), name="backtest_skip_reason"),
            models.Index(fields=("backtest", "event"), name="backtest_skip_event"),
            models.Index(fields=("shop", "subject"), name="backtest_skip_subject"),
            models.Index(fields=("shop", "customer"), name="backtest_skip_customer"),
            models.Index(fields=("shop", "address"), name="backtest_skip_address"),
        )
