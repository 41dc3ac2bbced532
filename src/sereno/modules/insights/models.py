"""What became of each message of flows and newsletters, which orders count for it, and the sums of both. Rows only;
written by `runtime.results` in the transactions that make them true.

Invariant: only `SentMessage` names a person; the sums and the credits stay when a person is erased.
"""

from __future__ import annotations

from django.db import models

from sereno.store.fields import InstantField
from sereno.store.models.shops import Shop


class Kind(models.Model):
    """What a message is told apart by. `source`: `flow` or `newsletter`, `source_id` its row; `step` the path of the
    flow's step; `variant` which of several wordings; `locale` the language it was written in, "" where that is not
    known."""

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    source = models.CharField(max_length=10)
    source_id = models.BigIntegerField()
    step = models.CharField(max_length=200)
    variant = models.CharField(max_length=64)
    channel = models.CharField(max_length=16)
    locale = models.CharField(max_length=8)

    class Meta:
        abstract = True


class Counted(Kind):
    """Where a message is counted. `day`: days since 1970 UTC on which it was sent, also for all that came of it
    later."""

    day = models.IntegerField()

    class Meta:
        abstract = True


class SentMessage(Counted):
    """A message that went, by the `key` of its effect or piece. Each answer is kept the first time; `trouble` is the
    last of `bounced`, `complained`, `unsubscribed`. Personal: person, address."""

    id = models.BigAutoField(primary_key=True)
    key = models.CharField(max_length=300, unique=True)
    purpose = models.CharField(max_length=16)
    person = models.CharField(max_length=200)
    address = models.CharField(max_length=320)
    segments = models.SmallIntegerField()
    sent_at = InstantField()
    delivered_at = InstantField(null=True)
    opened_at = InstantField(null=True)
    machine_at = InstantField(null=True)
    clicked_at = InstantField(null=True)
    trouble = models.CharField(max_length=12, null=True)

    class Meta:
        db_table = "insights_message"
        indexes = (
            models.Index(fields=("shop", "person", "sent_at"), name="insights_message_person"),
            models.Index(fields=("shop", "address", "sent_at"), name="insights_message_address"),
            models.Index(fields=("source", "source_id", "step", "-id"), name="insights_message_source"),
            models.Index(fields=("shop", "sent_at"), name="insights_message_sent"),
            *(
                models.Index(
                    fields=("source", "source_id", "step", "-id"),
                    name=f"insights_message_{name}",
                    condition=models.Q(**{f"{field}__isnull": False}),
                )
                for name, field in (("opened", "opened_at"), ("clicked", "clicked_at"), ("trouble", "trouble"))
            ),
        )


class OrderCredit(Counted):
    """An order and the one message it counts for. `amount` is what it came to, in `currency`'s smallest unit, refunds
    taken off; `margin` what is left of the goods' price after their cost, null where a cost is not known. Both are 0
    for an order that was cancelled, which is then not `counted`."""

    id = models.BigAutoField(primary_key=True)
    order_key = models.CharField(max_length=200)
    message_key = models.CharField(max_length=300)
    currency = models.CharField(max_length=3)
    amount = models.BigIntegerField()
    margin = models.BigIntegerField(null=True)
    counted = models.SmallIntegerField()
    placed_at = InstantField()

    class Meta:
        db_table = "insights_credit"
        constraints = (models.UniqueConstraint(fields=("shop", "order_key"), name="insights_credit_once"),)
        indexes = (models.Index(fields=("source", "source_id", "-id"), name="insights_credit_source"),)


class Sums(models.Model):
    """The sums. `currency` is empty for messages, else that of the orders counted in the row. `machine`: opened by a
    program and by nobody yet. `withheld`: not sent when its moment came, for consent, say. `segments`: parts of
    texts that are paid one by one. `known`: orders whose margin is known."""

    id = models.BigAutoField(primary_key=True)
    currency = models.CharField(max_length=3)
    shard = models.SmallIntegerField()
    sent = models.BigIntegerField()
    segments = models.BigIntegerField()
    failed = models.BigIntegerField()
    withheld = models.BigIntegerField()
    delivered = models.BigIntegerField()
    opened = models.BigIntegerField()
    machine = models.BigIntegerField()
    clicked = models.BigIntegerField()
    unsubscribed = models.BigIntegerField()
    complained = models.BigIntegerField()
    bounced = models.BigIntegerField()
    orders = models.BigIntegerField()
    revenue = models.BigIntegerField()
    known = models.BigIntegerField()
    margin = models.BigIntegerField()
    codes = models.BigIntegerField()

    class Meta:
        abstract = True


class MessageTally(Counted, Sums):
    """Sums of a day. A row whose step is `*` adds up all steps, wordings and languages of its source's day; one whose
    source is `*` too, all of the shop's day: the overview's curve reads those alone."""

    class Meta:
        db_table = "insights_tally"
        constraints = (
            models.UniqueConstraint(
                fields=(
                    *("shop", "day", "source", "source_id", "step", "variant", "channel", "locale", "currency"),
                    "shard",
                ),
                name="insights_tally_once",
            ),
        )
        indexes = (
            models.Index(fields=("shop", "source", "source_id", "day"), name="insights_tally_source"),
            models.Index(fields=("shop", "day"), name="insights_tally_whole", condition=models.Q(step="*")),
            models.Index(
                fields=("shop", "source", "source_id", "day"),
                name="insights_tally_days",
                condition=models.Q(step="*"),
            ),
        )


class MonthTally(Kind, Sums):
    """The same sums of a calendar month's days, changed together with those; `month` counts months from the year 0. A
    row whose step is `*` adds up all of its source's month. A year is read from twelve of them and a few days."""

    month = models.IntegerField()

    class Meta:
        db_table = "insights_month"
        constraints = (
            models.UniqueConstraint(
                fields=(
                    *("shop", "month", "source", "source_id", "step", "variant", "channel", "locale", "currency"),
                    "shard",
                ),
                name="insights_month_once",
            ),
        )
        indexes = (
            models.Index(fields=("shop", "source", "source_id", "month"), name="insights_month_source"),
            models.Index(fields=("shop", "month"), name="insights_month_whole", condition=models.Q(step="*")),
        )
