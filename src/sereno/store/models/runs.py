"""Runs, the links by which events find them, their traces, and the runs that did not happen."""

from __future__ import annotations

from django.db import models

from sereno.store.fields import DocumentField, InstantField
from sereno.store.models.flows import Flow
from sereno.store.models.inbox import Event
from sereno.store.models.shops import Shop


class Run(models.Model):
    """A run. `state` is `engine.run.RunState`; the columns beside it are copied out of it for queries. `due_at` is null
    unless a timer is set (or the flow is paused). Only the holder of the row's lock may change it.

    `event` is the one that started it. `state` leaves out what the event's row says already; `runtime.holding` puts
    it back, so read states through there (or `runtime.explaining.why`)."""

    id = models.BigAutoField(primary_key=True)
    uid = models.CharField(max_length=40, unique=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    flow = models.ForeignKey(Flow, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    version = models.IntegerField()
    subject = models.CharField(max_length=200)
    key = models.CharField(max_length=200)
    event = models.ForeignKey(Event, on_delete=models.CASCADE, null=True, db_index=False, db_constraint=False)
    status = models.CharField(max_length=8)
    step = models.CharField(max_length=200)
    reason = models.CharField(max_length=200, null=True)
    is_shadow = models.BooleanField(default=False)
    due_at = InstantField(null=True)
    started_at = InstantField()
    updated_at = InstantField()
    state = models.TextField()

    class Meta:
        db_table = "run"
        indexes = (
            models.Index(fields=("due_at",), name="run_due", condition=models.Q(due_at__isnull=False)),
            models.Index(fields=("flow", "status", "-id"), name="run_by_flow"),
            models.Index(fields=("flow", "started_at"), name="run_begun"),
            models.Index(fields=("shop", "subject"), name="run_by_subject"),
            models.Index(
                fields=("flow", "version", "step", "status"),
                name="run_standing",
                condition=models.Q(status__in=("running", "waiting", "parked", "failed")),
            ),
        )


class RunLink(models.Model):
    """Live runs by the refs they share with events; rows go when the run ends."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    link = models.CharField(max_length=210)
    run = models.ForeignKey(Run, on_delete=models.CASCADE, db_constraint=False)
    flow = models.ForeignKey(Flow, on_delete=models.CASCADE, db_index=False, db_constraint=False)

    class Meta:
        db_table = "run_link"
        indexes = (models.Index(fields=("shop", "link"), name="run_link_by"),)


class RunTrace(models.Model):
    """Why: the entries of one advance, in order of id."""

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="traces", db_constraint=False)
    entries = DocumentField()

    class Meta:
        db_table = "run_trace"


class Skip(models.Model):
    """Why not: an event that could have started a run and did not; `details` hold the values seen."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    flow = models.ForeignKey(Flow, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    version = models.IntegerField()
    subject = models.CharField(max_length=200)
    event = models.BigIntegerField()
    at = InstantField()
    reason = models.CharField(max_length=64)
    details = DocumentField()

    class Meta:
        db_table = "skip"
        indexes = (
            models.Index(fields=("shop", "subject"), name="skip_by_subject"),
            models.Index(fields=("flow", "-id"), name="skip_by_flow"),
        )
