"""A version let out step by step: how far it is, what it may not pass, and what was counted on the way."""

from __future__ import annotations

from django.db import models

from sereno.store.fields import DocumentField, InstantField
from sereno.store.models.flows import Flow
from sereno.store.models.shops import Shop


class FlowStage(models.Model):
    """One attempt to bring `version` in for `live_version`; a flow has at most one that has not ended.

    `mode`: `shadow` (beside the live one, nothing leaves) or `share` (it serves `share` basis points of the keys).
    `step` counts the changes of mode and share, `step_at` is when the last was. `ladder` are the shares to come to,
    `limits` what must not be passed, `advance` when it goes up by itself. `outcome`: `live`, `returned` (by itself, at
    a limit), `stopped` (by a person), `replaced` (another version was published); `reason` says more, with the numbers
    seen. `inflight` is what becomes of its runs when it returns by itself, `settle` what is still to be done with them.
    """

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_index=False)
    flow = models.ForeignKey(Flow, on_delete=models.CASCADE, db_index=False)
    version = models.IntegerField()
    live_version = models.IntegerField()
    mode = models.CharField(max_length=6)
    share = models.IntegerField(default=0)
    step = models.IntegerField(default=0)
    ladder = DocumentField()
    limits = DocumentField()
    advance = DocumentField()
    inflight = models.CharField(max_length=6, default="move")
    settle = models.CharField(max_length=6, null=True)
    started_at = InstantField()
    step_at = InstantField()
    ended_at = InstantField(null=True)
    outcome = models.CharField(max_length=8, null=True)
    reason = DocumentField(default=dict)
    by = models.CharField(max_length=200)

    class Meta:
        db_table = "flow_stage"
        indexes = (
            models.Index(fields=("flow", "-id"), name="flow_stage_by_flow"),
            models.Index(fields=("id",), name="flow_stage_settling", condition=models.Q(settle__isnull=False)),
        )
        constraints = (
            models.UniqueConstraint(
                fields=("flow",), name="flow_stage_once", condition=models.Q(ended_at__isnull=True)
            ),
        )


class FlowStageStep(models.Model):
    """A line of a stage's history. `what`: `started`, `stepped`, `changed` (its limits, say), `live`, `returned`,
    `stopped`, `replaced`."""

    id = models.BigAutoField(primary_key=True)
    stage = models.ForeignKey(FlowStage, on_delete=models.CASCADE, related_name="steps")
    at = InstantField()
    by = models.CharField(max_length=200)
    what = models.CharField(max_length=8)
    mode = models.CharField(max_length=6)
    share = models.IntegerField()
    details = DocumentField(default=dict)

    class Meta:
        db_table = "flow_stage_step"


class FlowStageTally(models.Model):
    """What came of the runs since the stage began, for each `step` of it: `is_candidate`, or of the live version.
    `what`: see `runtime.staging.counting`. `shard` keeps workers from waiting for each other: a number is the sum over
    its shards."""

    id = models.BigAutoField(primary_key=True)
    stage = models.ForeignKey(FlowStage, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    is_candidate = models.BooleanField()
    step = models.IntegerField()
    what = models.CharField(max_length=20)
    shard = models.SmallIntegerField()
    count = models.BigIntegerField()

    class Meta:
        db_table = "flow_stage_tally"
        constraints = (
            models.UniqueConstraint(
                fields=("stage", "is_candidate", "step", "what", "shard"), name="flow_stage_tally_once"
            ),
        )
