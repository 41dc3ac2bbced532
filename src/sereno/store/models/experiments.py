"""Who was in which arm of which experiment, what they ordered after, and the sums of that."""

from __future__ import annotations

from django.db import models

from sereno.store.fields import DocumentField, InstantField
from sereno.store.models.shops import Shop


class Exposure(models.Model):
    """The first time a person came to an experiment: whatever happened after, they count in this arm.

    `flow_id` is 0 for the holdout of the whole shop. `experiment` is `control`, `holdout` or the path of a split;
    `design` (see `engine.control`) changes with its arms, so that numbers of two designs are never mixed. `unit` is
    `email:<address>`, else `customer:<id>`, else what the event was about. Orders count until `until`. `due_at` is when
    the worker looks at their orders next, `looks` how many of its looks are over; `outcome` what it has counted so far.
    Personal: unit, customer, outcome.
    """

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    flow_id = models.BigIntegerField()
    version = models.IntegerField()
    experiment = models.CharField(max_length=200)
    design = models.CharField(max_length=40)
    arm = models.CharField(max_length=64)
    unit = models.CharField(max_length=210)
    customer = models.CharField(max_length=200, null=True)
    at = InstantField()
    until = InstantField()
    due_at = InstantField(null=True)
    looks = models.SmallIntegerField(db_default=0)
    outcome = DocumentField(null=True)

    class Meta:
        db_table = "exposure"
        constraints = (
            models.UniqueConstraint(fields=("shop", "flow_id", "experiment", "design", "unit"), name="exposure_first"),
        )
        indexes = (
            models.Index(fields=("due_at",), name="exposure_due", condition=models.Q(due_at__isnull=False)),
            models.Index(fields=("shop", "unit"), name="exposure_unit"),
            models.Index(
                fields=("shop", "customer"), name="exposure_customer", condition=models.Q(customer__isnull=False)
            ),
        )


class ExperimentSum(models.Model):
    """What the units of an arm add up to: all a page reads. `metric`: `exposed` (came to it), `units` (whose window is
    over), `orders`, a currency (in its smallest unit), `credited` and `credited:EUR` (last touched by this flow).
    `squares` is the sum of the units' squares, `events` the number of units with any. `day` is days since 1970 UTC of
    the exposure (`exposed`) or of the window's end, 0 for all time."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    flow_id = models.BigIntegerField()
    experiment = models.CharField(max_length=200)
    design = models.CharField(max_length=40)
    arm = models.CharField(max_length=64)
    metric = models.CharField(max_length=16)
    day = models.IntegerField()
    total = models.BigIntegerField()
    squares = models.FloatField()
    events = models.BigIntegerField()

    class Meta:
        db_table = "experiment_sum"
        constraints = (
            models.UniqueConstraint(
                fields=("shop", "flow_id", "experiment", "design", "arm", "metric", "day"), name="experiment_sum_once"
            ),
        )
        indexes = (models.Index(fields=("shop", "flow_id"), name="experiment_sum_whole", condition=models.Q(day=0)),)
