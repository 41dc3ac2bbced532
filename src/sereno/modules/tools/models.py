"""Lists over there that a segment fills for good, with who was put on each, and those that are read back: rows only,
written by `runtime.tools`.

Invariant: whoever may be on a list by us has a row, with the address they were put on under, until the tool has said
that they are off it; the platforms tell nobody who is on a list.
"""

from __future__ import annotations

from django.db import models

from sereno.store.fields import DocumentField, InstantField
from sereno.store.models import Connection, Shop


class Audience(models.Model):
    """A segment attached to a list of a connection. `status`: `on`; `leaving`, while those on it are taken off, or
    `letting`, while they are forgotten here, after which the row goes. `cursor`: the last person that the comparison
    under way has looked at, None while none is; `drifting` what it found so far, `drift` what the last one did.
    `sent` numbers the batches. `counts` are of its people, as they stood when it was last in step or paused for
    others. `there`: how many the tool says are on the list."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    list = models.CharField(max_length=200)
    title = models.CharField(max_length=200)
    segment_id = models.BigIntegerField()
    status = models.CharField(max_length=8, default="on")
    by = models.CharField(max_length=200)
    made_at = InstantField()
    cursor = models.CharField(max_length=200, null=True)
    began_at = InstantField(null=True)
    compare_at = InstantField()
    compared_at = InstantField(null=True)
    in_step_at = InstantField(null=True)
    drifting = models.IntegerField(default=0)
    drift = models.IntegerField(default=0)
    there = models.BigIntegerField(null=True)
    there_at = InstantField(null=True)
    sent = models.BigIntegerField(default=0)
    put = models.BigIntegerField(default=0)
    taken = models.BigIntegerField(default=0)
    invalid = models.BigIntegerField(default=0)
    counts = DocumentField(default=dict)
    next_at = InstantField()
    failures = models.IntegerField(default=0)
    error = models.CharField(max_length=64, null=True)
    message = models.CharField(max_length=1000, null=True)
    failed_at = InstantField(null=True)
    worker = models.CharField(max_length=120, null=True)
    lease_until = InstantField(null=True)

    class Meta:
        db_table = "tools_audience"
        constraints = (models.UniqueConstraint(fields=("connection", "list"), name="tools_audience_once"),)
        indexes = (
            models.Index(fields=("shop",), name="tools_audience_shop"),
            models.Index(fields=("segment_id",), name="tools_audience_segment"),
        )


class AudiencePerson(models.Model):
    """`there`: 0 not on the list, 1 on it, 2 perhaps (asked for, and no answer yet). `due`: `put` or `take`, else "".
    `address`, `phone`: what they were put on under; `mark` is of all that was told of them. `code`: why they are not on
    it, or are to be taken off. Of somebody who was erased only `sealed` is left, until they are off."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    audience_id = models.BigIntegerField()
    key = models.CharField(max_length=200)
    address = models.CharField(max_length=320, default="")
    phone = models.CharField(max_length=40, default="")
    there = models.SmallIntegerField(default=0)
    due = models.CharField(max_length=4, default="")
    mark = models.CharField(max_length=32, default="")
    code = models.CharField(max_length=64, default="")
    sealed = models.TextField(default="")

    class Meta:
        db_table = "tools_audience_person"
        constraints = (models.UniqueConstraint(fields=("audience_id", "key"), name="tools_audience_person_once"),)
        indexes = (
            models.Index(fields=("shop", "key"), name="tools_audience_person_key"),
            models.Index(fields=("shop", "address"), name="tools_audience_person_address"),
            models.Index(fields=("audience_id", "there", "due", "code"), name="tools_audience_person_state"),
            models.Index(
                fields=("audience_id", "due", "id"), name="tools_audience_person_due", condition=~models.Q(due="")
            ),
        )


class AudienceTouched(models.Model):
    """Somebody in an attached segment, or just out of it, of whom something changed. Looked at next."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    audience_id = models.BigIntegerField()
    key = models.CharField(max_length=200)

    class Meta:
        db_table = "tools_audience_touched"
        constraints = (models.UniqueConstraint(fields=("audience_id", "key"), name="tools_audience_touched_once"),)
        indexes = (models.Index(fields=("shop", "key"), name="tools_audience_touched_key"),)


class Mirror(models.Model):
    """A list over there whose people are read back, round after round. `phase`: `rest`; `read`, page by page from
    `cursor` on; `end`, while those who were not seen any more are told; `drop`, while all is forgotten. `round` counts
    the readings, `people` are those the last whole one saw."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    list = models.CharField(max_length=200)
    title = models.CharField(max_length=200)
    by = models.CharField(max_length=200)
    made_at = InstantField()
    phase = models.CharField(max_length=4, default="rest")
    cursor = models.CharField(max_length=500, default="")
    round = models.BigIntegerField(default=0)
    seen = models.BigIntegerField(default=0)
    people = models.BigIntegerField(default=0)
    read_at = InstantField(null=True)
    next_at = InstantField()
    failures = models.IntegerField(default=0)
    error = models.CharField(max_length=64, null=True)
    message = models.CharField(max_length=1000, null=True)
    failed_at = InstantField(null=True)
    worker = models.CharField(max_length=120, null=True)
    lease_until = InstantField(null=True)

    class Meta:
        db_table = "tools_mirror"
        constraints = (models.UniqueConstraint(fields=("connection", "list"), name="tools_mirror_once"),)
        indexes = (
            models.Index(fields=("shop",), name="tools_mirror_shop"),
            models.Index(fields=("next_at",), name="tools_mirror_next"),
        )


class MirrorPerson(models.Model):
    """Somebody on a mirrored list: `round` is the last reading that saw them; `mark` is of what was told of how the
    tool has them."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    mirror_id = models.BigIntegerField()
    address = models.CharField(max_length=254)
    key = models.CharField(max_length=200)
    round = models.BigIntegerField()
    mark = models.CharField(max_length=32, default="")

    class Meta:
        db_table = "tools_mirror_person"
        constraints = (models.UniqueConstraint(fields=("mirror_id", "address"), name="tools_mirror_person_once"),)
        indexes = (
            models.Index(fields=("mirror_id", "round", "id"), name="tools_mirror_person_round"),
            models.Index(fields=("shop", "key"), name="tools_mirror_person_key"),
            models.Index(fields=("shop", "address"), name="tools_mirror_person_address"),
        )
