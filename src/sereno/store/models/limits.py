"""What holds effects back: switches, budgets used up, the questions they lead to, and who answers for whom."""

from __future__ import annotations

from django.db import models

from sereno.store.fields import InstantField
from sereno.store.models.flows import Flow
from sereno.store.models.runs import Run
from sereno.store.models.shops import Shop


class Switch(models.Model):
    """Something that is off, for as long as the row is there. `kind`: `shop`, `channel` or `connection`; `name` is the
    channel or connection, empty for the shop. `actions` are those that use the channel, framed by spaces, so that the
    statement that claims effects can tell. A flow that is off is a flow that is paused."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_index=False)
    kind = models.CharField(max_length=10)
    name = models.CharField(max_length=200)
    actions = models.TextField(default="")
    reason = models.CharField(max_length=500)
    by = models.CharField(max_length=200)
    at = InstantField()

    class Meta:
        db_table = "switch"
        constraints = (models.UniqueConstraint(fields=("shop", "kind", "name"), name="switch_once"),)


class FlowUse(models.Model):
    """What a flow has used of a budget. `span` is the hour (`h:490123`, hours since 1970) or the shop's day and the
    currency (`d:2026-11-22:EUR`); `used` and `raised_to` (what a person allowed for this span) are exact decimals."""

    id = models.BigAutoField(primary_key=True)
    flow = models.ForeignKey(Flow, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    span = models.CharField(max_length=32)
    used = models.CharField(max_length=40, default="0")
    raised_to = models.CharField(max_length=40, null=True)
    at = InstantField(db_index=True)

    class Meta:
        db_table = "flow_use"
        constraints = (models.UniqueConstraint(fields=("flow", "span"), name="flow_use_once"),)


class LimitQuestion(models.Model):
    """A flow came to its limit, paused itself and asks. `kind`: `effects_per_hour` or `spend_per_day`. `status`:
    `open`, `raised` (it goes on, `allowed` for the rest of the span), `kept` (stays paused), `settled` (somebody set
    the flow live elsewhere). `run` is what the mails about it hang on."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_index=False)
    flow = models.ForeignKey(Flow, on_delete=models.CASCADE, db_constraint=False)
    run = models.ForeignKey(Run, on_delete=models.CASCADE, null=True, db_constraint=False)
    kind = models.CharField(max_length=20)
    span = models.CharField(max_length=32)
    currency = models.CharField(max_length=3, default="")
    limit = models.CharField(max_length=40)
    wanted = models.CharField(max_length=40)
    status = models.CharField(max_length=8, default="open")
    allowed = models.CharField(max_length=40, null=True)
    note = models.CharField(max_length=500, default="")
    created_at = InstantField()
    decided_at = InstantField(null=True)
    decided_by = models.CharField(max_length=200, null=True)

    class Meta:
        db_table = "limit_question"
        indexes = (models.Index(fields=("shop", "-id"), name="limit_question_newest"),)
        constraints = (
            models.UniqueConstraint(fields=("flow",), name="limit_question_open", condition=models.Q(status="open")),
        )


class Deputy(models.Model):
    """Who answers in a person's place, and when. Both are addresses of members of the shop.

    Personal: person, deputy (staff, not customers)."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_index=False)
    person = models.CharField(max_length=254)
    deputy = models.CharField(max_length=254)
    since_at = InstantField()
    until_at = InstantField()

    class Meta:
        db_table = "deputy"
        constraints = (models.UniqueConstraint(fields=("shop", "person"), name="deputy_once"),)
