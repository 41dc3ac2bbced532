"""Scores of customers, one row each, replaced every night; what they were reckoned by; and the jobs. Rows only."""

from __future__ import annotations

from django.db import models

from sereno.store.fields import DocumentField, InstantField
from sereno.store.models.jobs import ShopJob
from sereno.store.models.shops import Shop


class CustomerScore(models.Model):
    """`key` is the customer's. `spent` and `value` are in the shop's currency, `value` for the coming year. `due_on` is
    what `next_on` was when they last ordered: it does not move while they are silent. `told` is what was last told by
    an event, and `told_risk` the risk in it."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    key = models.CharField(max_length=200)
    order_days = models.IntegerField()
    spent = models.FloatField()
    last_on = models.DateField()
    recency = models.SmallIntegerField()
    frequency = models.SmallIntegerField()
    money = models.SmallIntegerField()
    group = models.CharField(max_length=16, db_column="rfm_group")
    risk = models.FloatField()
    alive = models.FloatField(null=True)
    orders = models.FloatField()
    value = models.FloatField()
    next_on = models.DateField(null=True)
    next_from = models.DateField(null=True)
    next_until = models.DateField(null=True)
    due_on = models.DateField(null=True)
    told = models.CharField(max_length=40)
    told_risk = models.FloatField()
    job = models.BigIntegerField()
    scored_at = InstantField()

    class Meta:
        db_table = "scores_customer"
        constraints = (models.UniqueConstraint(fields=("shop", "key"), name="scores_customer_once"),)
        indexes = (
            models.Index(fields=("shop", "key"), name="scores_customer_key"),
            models.Index(fields=("shop", "-value", "id"), name="scores_customer_value"),
            models.Index(fields=("shop", "group", "-value", "id"), name="scores_customer_group"),
            models.Index(fields=("shop", "due_on", "id"), name="scores_customer_due"),
        )


class LeadScore(models.Model):
    """Of somebody known who has not ordered: the chance of a first order within thirty days. `signals`: what they did
    in the last thirty days, days by signal. `told` is the score, from 0 to 100, that was last told by an event."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    key = models.CharField(max_length=200)
    known_on = models.DateField()
    last_on = models.DateField(null=True)
    chance = models.FloatField()
    signals = DocumentField(default=dict)
    told = models.FloatField()
    job = models.BigIntegerField()
    scored_at = InstantField()

    class Meta:
        db_table = "scores_lead"
        constraints = (models.UniqueConstraint(fields=("shop", "key"), name="scores_lead_once"),)
        indexes = (
            models.Index(fields=("shop", "key"), name="scores_lead_key"),
            models.Index(fields=("shop", "-chance", "id"), name="scores_lead_best"),
            models.Index(fields=("shop", "job"), name="scores_lead_job"),
        )


class ScoreState(models.Model):
    """Of one shop: how its newest scores were made, how good they were on its own past, and how many are in which
    group."""

    shop = models.OneToOneField(Shop, on_delete=models.CASCADE, primary_key=True, db_constraint=False)
    currency = models.CharField(max_length=3)
    model = DocumentField(default=dict)
    quality = DocumentField(default=dict)
    groups = DocumentField(default=dict)
    made_at = InstantField()

    class Meta:
        db_table = "scores_state"


class CustomerMoment(models.Model):
    """When somebody answers: weights of the hours and weekdays on their own clock as `engine.moments` keeps them,
    learned from `acts` acts of their own and drawn towards the shop's. Only of who has done anything."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    key = models.CharField(max_length=200)
    hours = models.CharField(max_length=48)
    days = models.CharField(max_length=14)
    acts = models.IntegerField()
    job = models.BigIntegerField()
    made_at = InstantField()

    class Meta:
        db_table = "scores_moment"
        constraints = (models.UniqueConstraint(fields=("shop", "key"), name="scores_moment_once"),)


class MomentState(models.Model):
    """Of one shop: the weights of all together, whether a person's own and the shop's surely did better on its own
    past, and in `facts` how they did and how those written to at their moment did beside those left alone."""

    shop = models.OneToOneField(Shop, on_delete=models.CASCADE, primary_key=True, db_constraint=False)
    takes_own = models.BooleanField()
    takes_shop = models.BooleanField()
    hours = models.CharField(max_length=48)
    days = models.CharField(max_length=14)
    facts = DocumentField(default=dict)
    made_at = InstantField()

    class Meta:
        db_table = "scores_moment_state"


class MomentSend(models.Model):
    """A message for which a best moment was looked for and lay ahead, by the `key` of its effect or piece. `arm`:
    `treated` waited for it, `control` was left alone. `wanted_at`: when it would have gone, `best_at`: the moment.
    Personal: person."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    key = models.CharField(max_length=300, unique=True)
    person = models.CharField(max_length=200)
    arm = models.CharField(max_length=8)
    wanted_at = InstantField()
    best_at = InstantField()

    class Meta:
        db_table = "scores_moment_send"
        indexes = (
            models.Index(fields=("shop", "wanted_at"), name="scores_moment_send_at"),
            models.Index(fields=("shop", "person"), name="scores_moment_send_person"),
        )


class ScoreJob(ShopJob):
    """Scores of all customers of a shop."""

    class Meta(ShopJob.Meta):
        db_table = "scores_job"
