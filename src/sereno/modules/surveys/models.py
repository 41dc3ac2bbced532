"""Surveys as a shop keeps them, and what was answered. Rows only."""

from __future__ import annotations

from django.db import models

from sereno.store.fields import DocumentField, InstantField
from sereno.store.models.shops import Shop


class ShopSurvey(models.Model):
    """A survey of the shop's own, or its edition of one that ships, of the same name. While it is not `is_open` its
    links say so and take no answer."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    name = models.CharField(max_length=40)
    document = DocumentField()
    is_open = models.BooleanField(default=True)
    version = models.IntegerField(default=1)
    changed_at = InstantField()
    changed_by = models.CharField(max_length=200)

    class Meta:
        db_table = "surveys_survey"
        constraints = (models.UniqueConstraint(fields=("shop", "name"), name="surveys_survey_once"),)


class SurveyAnswer(models.Model):
    """What one person said of one thing. `about` is the order's key, or "". `email` is theirs, lower case. `locale` is
    the language they read it in. `is_whole` once they sent the page; before, it is the one press in a mail."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    survey = models.CharField(max_length=40)
    email = models.CharField(max_length=254)
    about = models.CharField(max_length=200)
    customer = models.CharField(max_length=200, null=True)
    effect = models.CharField(max_length=200)
    locale = models.CharField(max_length=8)
    answers = DocumentField()
    satisfaction = models.SmallIntegerField(null=True)
    nps = models.SmallIntegerField(null=True)
    is_whole = models.BooleanField()
    first_at = InstantField()
    at = InstantField()

    class Meta:
        db_table = "surveys_answer"
        constraints = (
            models.UniqueConstraint(fields=("shop", "survey", "email", "about"), name="surveys_answer_once"),
        )
        indexes = (
            models.Index(fields=("shop", "survey", "-at", "id"), name="surveys_answer_newest"),
            models.Index(fields=("shop", "email"), name="surveys_answer_email"),
            models.Index(fields=("shop", "customer"), name="surveys_answer_customer"),
        )
