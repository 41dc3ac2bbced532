"""The outbox: effects, approvals, and the budgets of the connections they go out through."""

from __future__ import annotations

from django.db import models

from sereno.store.fields import DocumentField, InstantField
from sereno.store.models.flows import Flow
from sereno.store.models.runs import Run
from sereno.store.models.shops import Shop


class Effect(models.Model):
    """An action to carry out once. Written in the transaction that moves the run; `key` is unique for ever.

    `status`: `pending` (due at `due_at`), `running` (leased by `worker` until `lease_until`), `done`, `failed` (on the
    attention list), `shadow` (recorded, never sent), `cancelled`. `priority`: 0 somebody waits for it, 1 anything
    else, 2 bulk. `recalled_at`: its run was cut short while it was under way, so it must not be tried again.
    `counted_at`: when it was last counted against its flow's budgets.
    """

    id = models.BigAutoField(primary_key=True)
    key = models.CharField(max_length=300, unique=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    flow = models.ForeignKey(Flow, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    run = models.ForeignKey(Run, on_delete=models.CASCADE, db_constraint=False)
    step = models.CharField(max_length=200)
    action = models.CharField(max_length=100)
    subject = models.CharField(max_length=200)
    config = DocumentField()
    status = models.CharField(max_length=9, default="pending")
    is_awaited = models.BooleanField(default=False)
    attempts = models.IntegerField(default=0)
    priority = models.SmallIntegerField(db_default=1)
    due_at = InstantField()
    lease_until = InstantField(null=True)
    worker = models.CharField(max_length=64, null=True)
    recalled_at = InstantField(null=True)
    connection = models.CharField(max_length=200, null=True)
    created_at = InstantField()
    finished_at = InstantField(null=True)
    result = DocumentField(null=True)
    error = models.CharField(max_length=64, null=True)
    message = models.CharField(max_length=1000, null=True)
    counted_at = InstantField(null=True)

    class Meta:
        db_table = "effect"
        indexes = (
            models.Index(
                fields=("priority", "due_at", "id"), name="effect_waiting", condition=models.Q(status="pending")
            ),
            models.Index(fields=("lease_until",), name="effect_running", condition=models.Q(status="running")),
            models.Index(fields=("shop", "-id"), name="effect_failed", condition=models.Q(status="failed")),
            models.Index(fields=("flow", "status", "-id"), name="effect_by_status"),
            models.Index(
                fields=("flow", "step", "created_at"), name="effect_failed_at", condition=models.Q(status="failed")
            ),
        )


class Approval(models.Model):
    """A question to a person. `status`: `open`, `approved`, `refused`, `expired` (nobody answered), `closed` (others'
    answers settled it). `part`: which of those whom the step asks; `not_by`: who may not answer, whatever the role."""

    id = models.BigAutoField(primary_key=True)
    key = models.CharField(max_length=300, unique=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE)
    run = models.ForeignKey(Run, on_delete=models.CASCADE, db_constraint=False)
    step = models.CharField(max_length=200)
    by = models.CharField(max_length=100)
    text = models.TextField()
    status = models.CharField(max_length=8, default="open")
    created_at = InstantField()
    expires_at = InstantField(null=True)
    decided_at = InstantField(null=True)
    decided_by = models.CharField(max_length=200, null=True)
    note = models.CharField(max_length=500, default="")
    part = models.SmallIntegerField(db_default=0)
    not_by = models.CharField(max_length=254, db_default="")

    class Meta:
        db_table = "approval"
        indexes = (models.Index(fields=("shop", "id"), name="approval_open", condition=models.Q(status="open")),)


class ConnectionBudget(models.Model):
    """How much a connection may still take: a token bucket shared by all workers, and a pause the remote asked for."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE)
    connection = models.CharField(max_length=200)
    per_second = models.FloatField(null=True)
    burst = models.FloatField(null=True)
    tokens = models.FloatField(default=0)
    updated_at = InstantField()
    paused_until = InstantField(null=True)

    class Meta:
        db_table = "connection_budget"
        constraints = (models.UniqueConstraint(fields=("shop", "connection"), name="connection_budget_once"),)
