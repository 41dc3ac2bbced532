"""What is kept of risk: verdicts, traces by keyed hash, lists, the shop's policy, and who bought an item out.

Invariant: traces, bought lines and outbreaks hold hashes and numbers only; the value of a list's entry stands beside
its hash, so that it can be blotted out and still holds.
"""

from __future__ import annotations

from django.db import models

from sereno.store.fields import DocumentField, InstantField
from sereno.store.models.projected import Projected
from sereno.store.models.shops import Shop


class RiskAssessment(Projected):
    """The newest verdict on an order with the facts it was made on. `subject` is the order's. `is_waiting`: staff have
    to look at it."""

    subject = models.CharField(max_length=210, null=True)
    score = models.IntegerField(null=True)
    level = models.CharField(max_length=8, null=True)
    is_waiting = models.BooleanField(null=True)
    decision = models.CharField(max_length=16, null=True)
    assessed_at = InstantField(null=True)

    class Meta:
        db_table = "risk_assessment"
        constraints = (models.UniqueConstraint(fields=("shop", "key"), name="risk_assessment_once"),)
        indexes = (
            models.Index(
                fields=("shop", "-score", "id"), name="risk_assessment_waiting", condition=models.Q(is_waiting=True)
            ),
            models.Index(fields=("shop", "level", "-id"), name="risk_assessment_level"),
            models.Index(fields=("shop", "decision", "-id"), name="risk_assessment_decision"),
            models.Index(fields=("shop", "subject"), name="risk_assessment_subject"),
        )


class _OfShop(models.Model):
    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_index=False, db_constraint=False)

    class Meta:
        abstract = True


class RiskTrace(_OfShop):
    """That an order has a mark. `mark` and `person` are keyed hashes."""

    order_key = models.CharField(max_length=200)
    kind = models.CharField(max_length=8)
    mark = models.CharField(max_length=32)
    person = models.CharField(max_length=32)
    at = InstantField()
    is_bad = models.BooleanField(default=False)

    class Meta:
        db_table = "risk_trace"
        constraints = (models.UniqueConstraint(fields=("shop", "order_key", "kind"), name="risk_trace_once"),)
        indexes = (models.Index(fields=("shop", "mark", "-at"), name="risk_trace_mark"),)


class RiskBought(_OfShop):
    """What an order took of an item. `patterns` are keyed hashes by kind."""

    order_key = models.CharField(max_length=200)
    item = models.CharField(max_length=200)
    quantity = models.IntegerField()
    at = InstantField()
    patterns = DocumentField()

    class Meta:
        db_table = "risk_bought"
        constraints = (models.UniqueConstraint(fields=("shop", "order_key", "item"), name="risk_bought_once"),)
        indexes = (models.Index(fields=("shop", "item", "-at"), name="risk_bought_item"),)


class RiskOutbreak(_OfShop):
    """An item bought out by one pattern. `mark` is a keyed hash."""

    item = models.CharField(max_length=200)
    pattern = models.CharField(max_length=8)
    mark = models.CharField(max_length=32)
    units = models.IntegerField()
    orders = models.IntegerField()
    first_at = InstantField()
    last_at = InstantField()

    class Meta:
        db_table = "risk_outbreak"
        indexes = (
            models.Index(fields=("shop", "item", "pattern", "mark", "-last_at"), name="risk_outbreak_found"),
            models.Index(fields=("shop", "-last_at"), name="risk_outbreak_recent"),
        )


class RiskEntry(_OfShop):
    """A mark that is always blocked or always allowed; one entry for a mark. `value` is what staff read, `digest` what
    is looked for."""

    LISTS = (("block", "block"), ("allow", "allow"))
    list = models.CharField(max_length=5, choices=LISTS)
    kind = models.CharField(max_length=8)
    digest = models.CharField(max_length=32)
    value = models.CharField(max_length=200)
    reason = models.CharField(max_length=500, default="")
    by = models.CharField(max_length=200)
    at = InstantField()
    expires_at = InstantField(null=True)

    class Meta:
        db_table = "risk_entry"
        constraints = (models.UniqueConstraint(fields=("shop", "digest"), name="risk_entry_once"),)
        indexes = (models.Index(fields=("shop", "list", "-id"), name="risk_entry_list"),)


class RiskPolicy(models.Model):
    """The shop's rules as a document, and what was last learned from its own outcomes."""

    shop = models.OneToOneField(Shop, on_delete=models.CASCADE, primary_key=True, db_constraint=False)
    document = DocumentField()
    version = models.IntegerField(default=0)
    learned = DocumentField(null=True)
    learned_at = InstantField(null=True)

    class Meta:
        db_table = "risk_policy"
