"""The history of a flow's draft: every state it was in, so that undo is exact and nothing is overwritten unseen."""

from __future__ import annotations

from django.db import models

from sereno.store.fields import InstantField
from sereno.store.models.flows import Flow


class FlowDraftChange(models.Model):
    """A state of a flow's draft. The one with the greatest `revision` is the draft; rows never change, so an undo is a
    new row with an older text. `back` is the revision whose text an undo brings, `forth` the one a redo brings."""

    id = models.BigAutoField(primary_key=True)
    flow = models.ForeignKey(Flow, on_delete=models.CASCADE, db_index=False)
    revision = models.IntegerField()
    text = models.TextField()
    what = models.CharField(max_length=200)
    by = models.CharField(max_length=200)
    at = InstantField()
    back = models.IntegerField(null=True)
    forth = models.IntegerField(null=True)

    class Meta:
        db_table = "flow_draft_change"
        constraints = (models.UniqueConstraint(fields=("flow", "revision"), name="flow_draft_change_once"),)
