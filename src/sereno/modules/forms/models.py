"""Lead capture forms as a shop keeps them, how often each was seen and sent, and what was sent. Rows only.

`forms_count`, `forms_submission` and `forms_lead` are written by `runtime.forms`.
"""

from __future__ import annotations

from django.db import models

from sereno.store.fields import DocumentField, InstantField
from sereno.store.models.shops import Shop


class ShopForm(models.Model):
    """While it is not `is_open`, storefronts do not show it and it takes nothing."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    name = models.CharField(max_length=40)
    document = DocumentField()
    is_open = models.BooleanField(default=False)
    version = models.IntegerField(default=1)
    compared_since = InstantField(null=True)
    changed_at = InstantField()
    changed_by = models.CharField(max_length=200)

    class Meta:
        db_table = "forms_form"
        constraints = (models.UniqueConstraint(fields=("shop", "name"), name="forms_form_once"),)


class FormCount(models.Model):
    """Of one form, variant and day (UTC, days since 1970): to how many visits it was shown, and how many sent it.
    `variant` is `a` or `b` while two are compared, and empty otherwise."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    form = models.CharField(max_length=40)
    variant = models.CharField(max_length=1)
    day = models.IntegerField()
    views = models.IntegerField(default=0)
    submits = models.IntegerField(default=0)

    class Meta:
        db_table = "forms_count"
        constraints = (models.UniqueConstraint(fields=("shop", "form", "variant", "day"), name="forms_count_once"),)


class FormSubmission(models.Model):
    """What one person sent. `uid` is the number of the view it was sent from: a form is sent once from each. `result`
    is what they were told, for whoever sends the same again."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    form = models.CharField(max_length=40)
    uid = models.CharField(max_length=40)
    variant = models.CharField(max_length=1)
    customer = models.CharField(max_length=200)
    email = models.CharField(max_length=254)
    phone = models.CharField(max_length=32)
    answers = DocumentField()
    consents = DocumentField()
    result = DocumentField()
    page = models.CharField(max_length=300)
    locale = models.CharField(max_length=8)
    points = models.IntegerField(default=0)
    at = InstantField()

    class Meta:
        db_table = "forms_submission"
        constraints = (models.UniqueConstraint(fields=("shop", "uid"), name="forms_submission_once"),)
        indexes = (
            models.Index(fields=("shop", "form", "-id"), name="forms_submission_newest"),
            models.Index(fields=("shop", "email"), name="forms_submission_email"),
            models.Index(fields=("shop", "customer"), name="forms_submission_customer"),
        )


class Lead(models.Model):
    """Somebody who came by a form: `stage` is `new`, `engaged`, `qualified` or `customer`, and never goes back."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    person = models.CharField(max_length=200)
    email = models.CharField(max_length=254, null=True)
    form = models.CharField(max_length=40)
    points = models.IntegerField(default=0)
    stage = models.CharField(max_length=10, default="new")
    since = InstantField()
    changed_at = InstantField()

    class Meta:
        db_table = "forms_lead"
        constraints = (models.UniqueConstraint(fields=("shop", "person"), name="forms_lead_once"),)
        indexes = (
            models.Index(fields=("shop", "email"), name="forms_lead_email"),
            models.Index(fields=("shop", "stage", "-points", "id"), name="forms_lead_best"),
        )
