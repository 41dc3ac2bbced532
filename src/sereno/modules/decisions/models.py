"""The document of a shop's decisions with its versions, who counts as which visitor, and what came of it. Rows only;
what is done with them is in `runtime.decisions`."""

from __future__ import annotations

from django.db import models

from sereno.store.fields import DocumentField, InstantField
from sereno.store.models.shops import Shop


class DecisionsDocument(models.Model):
    """One row for each shop that decides anything. `version` is the live one, None before the first; `before` is the
    draft as it was before its last change, for taking that back. `revision` grows with every change of the draft."""

    shop = models.OneToOneField(Shop, on_delete=models.CASCADE, primary_key=True, db_constraint=False)
    draft = DocumentField()
    before = DocumentField(null=True)
    revision = models.IntegerField(default=1)
    version = models.IntegerField(null=True)
    changed_by = models.CharField(max_length=200)
    changed_at = InstantField()

    class Meta:
        db_table = "decisions_document"


class DecisionsVersion(models.Model):
    """What was published once; never changed."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    number = models.IntegerField()
    document = DocumentField()
    note = models.CharField(max_length=200, default="")
    published_by = models.CharField(max_length=200)
    published_at = InstantField()

    class Meta:
        db_table = "decisions_version"
        constraints = (models.UniqueConstraint(fields=("shop", "number"), name="decisions_version_once"),)


class VisitorLink(models.Model):
    """That a visitor of the storefront, who counts in an experiment by an id that means nothing, had this cart or is
    this customer: by it their orders are found. `link`: `cart:...`, `customer:...` or `email:...`. Personal: link."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    visitor = models.CharField(max_length=110)
    link = models.CharField(max_length=270)
    at = InstantField()

    class Meta:
        db_table = "decisions_visitor"
        constraints = (models.UniqueConstraint(fields=("shop", "visitor", "link"), name="decisions_visitor_once"),)
        indexes = (models.Index(fields=("shop", "link"), name="decisions_visitor_link"),)


class Winner(models.Model):
    """How a comparison of variants ended, by its stated rule: `arm` won, or, where it is empty, nobody did in time.
    Once for each design."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    experiment = models.CharField(max_length=200)
    design = models.CharField(max_length=40)
    arm = models.CharField(max_length=64)
    at = InstantField()
    evidence = DocumentField()

    class Meta:
        db_table = "decisions_winner"
        constraints = (models.UniqueConstraint(fields=("shop", "experiment", "design"), name="decisions_winner_once"),)


class DecisionTally(models.Model):
    """How often a rule held, did not, or could not be answered, on a day (since 1970 UTC). `rule` is empty for all
    answers together."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    day = models.IntegerField()
    rule = models.CharField(max_length=50)
    held = models.BigIntegerField()
    missed = models.BigIntegerField()
    unknown = models.BigIntegerField()

    class Meta:
        db_table = "decisions_tally"
        constraints = (models.UniqueConstraint(fields=("shop", "day", "rule"), name="decisions_tally_once"),)
