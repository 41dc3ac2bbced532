"""Where a flow came from, when it is one that ships: how an update is told from the shop's own changes."""

from __future__ import annotations

from django.db import models

from sereno.store.fields import InstantField
from sereno.store.models.flows import Flow


class FlowOrigin(models.Model):
    """The shipped flow that was installed. `digest` is that of its file then; `document` what was put into the shop, so
    that a later document can be compared with it."""

    flow = models.OneToOneField(Flow, on_delete=models.CASCADE, primary_key=True, related_name="origin")
    template = models.CharField(max_length=100)
    digest = models.CharField(max_length=64)
    document = models.TextField()
    installed_at = InstantField()

    class Meta:
        db_table = "flow_origin"
