"""What is watched, what is usual for it, and what was amiss: alerts, who hears of them, hourly counts."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from sereno.store.fields import DocumentField, InstantField
from sereno.store.models.shops import Shop


class Alert(models.Model):
    """Something that is amiss, once for each (kind, about) that is not settled. `facts` fill the words of `text_code`.

    `status`: `open`, `acknowledged` (somebody sees to it: no more digests), `snoozed` (nothing until `snoozed_until`),
    `settled`. `tell_at` is when people are to hear of it next, null when there is nothing to say; they last heard
    `told_state` (`open`, `settled`, or "" for nothing yet) with `told_count`, in `told` tellings, and hear nothing
    more of the same before `quiet_until`. `last_at` is when it was last seen, `opened_at` when it last (re)opened."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE)
    kind = models.CharField(max_length=64)
    about = models.CharField(max_length=300)
    severity = models.CharField(max_length=8)
    text_code = models.CharField(max_length=64)
    facts = DocumentField()
    status = models.CharField(max_length=12, default="open")
    count = models.BigIntegerField(default=1)
    first_at = InstantField()
    opened_at = InstantField()
    last_at = InstantField()
    settled_at = InstantField(null=True)
    snoozed_until = InstantField(null=True)
    taken_by = models.CharField(max_length=200, default="")
    tell_at = InstantField(null=True)
    quiet_until = InstantField(default=0)
    told = models.IntegerField(default=0)
    told_count = models.BigIntegerField(default=0)
    told_state = models.CharField(max_length=8, default="")

    class Meta:
        db_table = "alert"
        constraints = (
            models.UniqueConstraint(
                fields=("shop", "kind", "about"), name="alert_once", condition=~models.Q(status="settled")
            ),
        )
        indexes = (
            models.Index(fields=("tell_at",), name="alert_to_tell", condition=models.Q(tell_at__isnull=False)),
            models.Index(fields=("shop", "status", "-id"), name="alert_by_status"),
            models.Index(fields=("shop", "kind", "about", "-id"), name="alert_about"),
        )


class AlertNote(models.Model):
    """A failure, noted where it happens and in that transaction; only ever inserted, so that nobody waits for anybody.
    The watch turns the notes into alerts, and deletes them."""

    id = models.BigAutoField(primary_key=True)
    shop = models.BigIntegerField()
    kind = models.CharField(max_length=64)
    about = models.CharField(max_length=300)
    facts = DocumentField()
    count = models.IntegerField()
    at = InstantField()

    class Meta:
        db_table = "alert_note"


class AlertListener(models.Model):
    """What one person of a shop wants to hear by mail: `hears` is `all`, `critical` or `none`. Between the hours
    `quiet_from` and `quiet_until` (0-24, of the shop's day) only what is critical comes. Personal: user."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    hears = models.CharField(max_length=8)
    quiet_from = models.SmallIntegerField(null=True)
    quiet_until = models.SmallIntegerField(null=True)

    class Meta:
        db_table = "alert_listener"
        constraints = (models.UniqueConstraint(fields=("shop", "user"), name="alert_listener_once"),)


class AlertTelling(models.Model):
    """That the shop's people were told of something, for the ceiling of an hour. Rows go after a day."""

    id = models.BigAutoField(primary_key=True)
    shop = models.BigIntegerField()
    at = InstantField()

    class Meta:
        db_table = "alert_telling"
        indexes = (models.Index(fields=("shop", "at"), name="alert_told"),)


class WatchTurn(models.Model):
    """Whose turn it is is whoever moves `due_at`. `after` is the last row of a log that was counted."""

    name = models.CharField(max_length=32, primary_key=True)
    due_at = InstantField()
    after = models.BigIntegerField(default=0)

    class Meta:
        db_table = "watch_turn"


class WatchSeries(models.Model):
    """Something that usually happens so and so often. `kind`: `flow` (its starts; `name` is the flow's id),
    `connection` (its deliveries; its id), `event` (a type; the type). `profile` is what is usual, learned up to
    `learned_hour`; `judged`, of a type, whether it starts a flow that is on. `is_ignored`: a person does not want to
    hear of it; `tolerance`: it rings after a silence so many times as heavy, because a person said that a shorter one
    is normal."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE)
    kind = models.CharField(max_length=10)
    name = models.CharField(max_length=100)
    first_hour = models.IntegerField()
    last_at = InstantField()
    learned_hour = models.IntegerField(default=0)
    profile = DocumentField(null=True)
    judged = DocumentField(null=True)
    is_ignored = models.BooleanField(default=False)
    tolerance = models.FloatField(db_default=1.0)

    class Meta:
        db_table = "watch_series"
        constraints = (models.UniqueConstraint(fields=("shop", "kind", "name"), name="watch_series_once"),)


class WatchHour(models.Model):
    """How often it happened in an hour (counted since 1970); hours without have no row. `pause` is the longest gap that
    ended in it, in microseconds, `pause_end` the instant it ended."""

    id = models.BigAutoField(primary_key=True)
    series = models.ForeignKey(WatchSeries, on_delete=models.CASCADE, db_index=False)
    hour = models.IntegerField()
    count = models.IntegerField()
    pause = models.BigIntegerField()
    pause_end = InstantField()

    class Meta:
        db_table = "watch_hour"
        constraints = (models.UniqueConstraint(fields=("series", "hour"), name="watch_hour_once"),)


class WatchPause(models.Model):
    """A time in which silence is meant: closing days. Without a series it is for all of the shop."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE)
    series = models.ForeignKey(WatchSeries, on_delete=models.CASCADE, null=True)
    begins_at = InstantField()
    ends_at = InstantField()
    note = models.CharField(max_length=200, default="")
    by = models.CharField(max_length=200, default="")

    class Meta:
        db_table = "watch_pause"
        indexes = (models.Index(fields=("shop", "ends_at"), name="watch_pause_of"),)
