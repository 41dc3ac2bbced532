"""Flows, their published versions, and who has entered."""

from __future__ import annotations

from django.db import models

from sereno.store.fields import DocumentField, InstantField
from sereno.store.models.shops import Shop


class Flow(models.Model):
    """A flow by name. `status`: `draft` (never published), `live`, `shadow` (decides, sends nothing), `paused`.
    `draft` is the YAML being worked on; `version` the number of the published one runs start on."""

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE)
    name = models.SlugField(max_length=100)
    title = models.CharField(max_length=200)
    status = models.CharField(max_length=8, default="draft")
    paused_reason = models.CharField(max_length=500, null=True)
    draft = models.TextField(default="")
    version = models.IntegerField(null=True)
    is_derived = models.BooleanField(default=False)
    created_at = InstantField()
    updated_at = InstantField()

    class Meta:
        db_table = "flow"
        constraints = (models.UniqueConstraint(fields=("shop", "name"), name="flow_once"),)


class FlowVersion(models.Model):
    """A published version; its document never changes. `listens` are the event types its runs may have to hear of."""

    flow = models.ForeignKey(Flow, on_delete=models.CASCADE, related_name="versions")
    number = models.IntegerField()
    document = models.TextField()
    listens = DocumentField(default=list)
    published_at = InstantField()
    published_by = models.CharField(max_length=200, default="")
    note = models.CharField(max_length=500, default="")

    class Meta:
        db_table = "flow_version"
        constraints = (models.UniqueConstraint(fields=("flow", "number"), name="flow_version_once"),)


class FlowEntry(models.Model):
    """When a key last entered a flow, kept for ever so that `once` is for ever. `lane` is 0, or the number of the stage
    whose version ran in shadow beside the live one: it neither holds that up nor is held up by it."""

    id = models.BigAutoField(primary_key=True)
    flow = models.ForeignKey(Flow, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    key = models.CharField(max_length=200)
    entered_at = InstantField()
    run_uid = models.CharField(max_length=40)
    is_live = models.BooleanField(default=True)
    lane = models.BigIntegerField(db_default=0)

    class Meta:
        db_table = "flow_entry"
        constraints = (models.UniqueConstraint(fields=("flow", "key", "lane"), name="flow_entry_once"),)


class FlowSchedule(models.Model):
    """When a scheduled or date-triggered flow is due next. `since_at` is the end of the last firing's window; while one
    is under way, `until_at` is the end of its own and `cursor` the last record's key, from which it resumes."""

    flow = models.OneToOneField(Flow, on_delete=models.CASCADE, primary_key=True)
    version = models.IntegerField()
    due_at = InstantField(db_index=True)
    since_at = InstantField()
    until_at = InstantField(null=True)
    cursor = models.CharField(max_length=200, null=True)

    class Meta:
        db_table = "flow_schedule"


class FlowWaking(models.Model):
    """A flow whose pause has ended and whose waiting runs are being woken, a page at a time: those with row ids up to
    `after` have been."""

    flow = models.OneToOneField(Flow, on_delete=models.CASCADE, primary_key=True)
    after = models.BigIntegerField(default=0)

    class Meta:
        db_table = "flow_waking"
