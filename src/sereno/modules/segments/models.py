"""Segments, who is in them, and what is known of people for them: rows only, written by `runtime.segments`.

Tables of many rows are kept in the order of their keys (see the first migration), so that one person's rows, and those
of people one after the other, lie together.
"""

from __future__ import annotations

from django.db import models

from sereno.store.fields import DocumentField, InstantField
from sereno.store.models.shops import Shop


def _shop() -> models.ForeignKey[Shop]:
    return models.ForeignKey(Shop, on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="+")


class Segment(models.Model):
    """`name` is what flows and other segments call it and never changes, `title` what people read. `status`:
    `counting` while everybody is looked at (`cursor` is the last person who was), then `live`. `tag` is kept on its
    members. `version` goes up with every change of the definition."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_constraint=False)
    name = models.CharField(max_length=64)
    title = models.CharField(max_length=120)
    definition = DocumentField()
    tag = models.CharField(max_length=64, default="")
    status = models.CharField(max_length=8, default="counting")
    version = models.IntegerField(default=1)
    cursor = models.BigIntegerField(default=0)
    by = models.CharField(max_length=200, default="")
    created_at = InstantField()
    changed_at = InstantField()
    counted_at = InstantField(null=True)

    class Meta:
        db_table = "segments_segment"
        constraints = (models.UniqueConstraint(fields=("shop", "name"), name="segments_segment_once"),)


class Person(models.Model):
    """A customer as segments compare them: texts folded, days as ordinals of the shop's calendar, money in the smallest
    units of the shop's currency, tags between line feeds, birthdays as the day's number in a leap year. Not `is_known`:
    only events speak of them so far."""

    id = models.BigAutoField(primary_key=True)
    shop = _shop()
    key = models.CharField(max_length=200)
    is_known = models.SmallIntegerField(default=0)
    email = models.CharField(max_length=200, null=True)
    name = models.CharField(max_length=200, null=True)
    country = models.CharField(max_length=200, null=True)
    region = models.CharField(max_length=200, null=True)
    city = models.CharField(max_length=200, null=True)
    postal_code = models.CharField(max_length=200, null=True)
    locale = models.CharField(max_length=200, null=True)
    channel = models.CharField(max_length=200, null=True)
    company = models.CharField(max_length=200, null=True)
    status = models.CharField(max_length=200, null=True)
    accepts_email = models.SmallIntegerField(null=True)
    accepts_sms = models.SmallIntegerField(null=True)
    is_guest = models.SmallIntegerField(null=True)
    created_on = models.IntegerField(null=True)
    first_order_on = models.IntegerField(null=True)
    last_order_on = models.IntegerField(null=True)
    order_count = models.FloatField(null=True)
    total_spent = models.BigIntegerField(null=True)
    score_group = models.CharField(max_length=200, null=True)
    recency = models.FloatField(null=True)
    frequency = models.FloatField(null=True)
    money = models.FloatField(null=True)
    churn_risk = models.FloatField(null=True)
    expected_orders = models.FloatField(null=True)
    expected_value = models.BigIntegerField(null=True)
    next_order_on = models.IntegerField(null=True)
    tags = models.TextField(null=True)
    custom = models.TextField(null=True)
    x = models.FloatField(null=True)
    y = models.FloatField(null=True)
    z = models.FloatField(null=True)
    phone = models.CharField(max_length=200, null=True)
    birthday = models.IntegerField(null=True)
    last_seen_on = models.IntegerField(null=True)
    lead_score = models.FloatField(null=True)
    lead_stage = models.CharField(max_length=200, null=True)
    form = models.CharField(max_length=200, null=True)
    form_on = models.IntegerField(null=True)
    nps = models.FloatField(null=True)
    satisfaction = models.FloatField(null=True)
    opinion_on = models.IntegerField(null=True)
    tier = models.CharField(max_length=200, null=True)
    points = models.FloatField(null=True)
    store_credit = models.BigIntegerField(null=True)
    last_channel = models.CharField(max_length=200, null=True)
    telegram = models.CharField(max_length=200, null=True)
    takes_push = models.SmallIntegerField(null=True)
    wishes = models.FloatField(null=True)
    waits = models.FloatField(null=True)
    answers = models.TextField(null=True)
    crm_stage = models.CharField(max_length=200, null=True)
    crm_owner = models.CharField(max_length=200, null=True)
    deal_stage = models.CharField(max_length=200, null=True)
    deal_amount = models.BigIntegerField(null=True)
    lists = models.TextField(null=True)
    topics = models.TextField(null=True)
    first_visit_on = models.IntegerField(null=True)
    last_visit_on = models.IntegerField(null=True)
    visit_count = models.FloatField(null=True)
    visit_pages = models.FloatField(null=True)
    visit_products = models.FloatField(null=True)
    device = models.CharField(max_length=200, null=True)
    visit_language = models.CharField(max_length=200, null=True)
    visit_source = models.CharField(max_length=200, null=True)
    visit_medium = models.CharField(max_length=200, null=True)
    visit_campaign = models.CharField(max_length=200, null=True)
    first_source = models.CharField(max_length=200, null=True)
    first_medium = models.CharField(max_length=200, null=True)
    first_campaign = models.CharField(max_length=200, null=True)

    class Meta:
        db_table = "segments_person"
        constraints = (models.UniqueConstraint(fields=("shop", "key"), name="segments_person_once"),)


class Day(models.Model):
    """How many events of one type a person had on one day. `kind` is the type's number (`compiling.kind_of`)."""

    pk = models.CompositePrimaryKey("shop", "kind", "person_id", "day")
    shop = _shop()
    kind = models.IntegerField()
    person_id = models.BigIntegerField()
    day = models.IntegerField()
    count = models.IntegerField()

    class Meta:
        db_table = "segments_day"


class Look(models.Model):
    """How often on one day a person looked at a product, wished it or began to wait for it. `product` is its mark."""

    pk = models.CompositePrimaryKey("shop", "kind", "person_id", "day", "product")
    shop = _shop()
    kind = models.IntegerField()
    person_id = models.BigIntegerField()
    day = models.IntegerField()
    product = models.BigIntegerField()
    count = models.IntegerField()

    class Meta:
        db_table = "segments_look"


class PlacedOrder(models.Model):
    """An order that was placed and not cancelled. `amount` is in the smallest units of the shop's currency, 0 for one
    in another currency."""

    pk = models.CompositePrimaryKey("shop", "person_id", "day", "order")
    shop = _shop()
    person_id = models.BigIntegerField()
    day = models.IntegerField()
    order = models.CharField(max_length=200, db_column="order_key")
    amount = models.BigIntegerField()

    class Meta:
        db_table = "segments_order"
        indexes = (models.Index(fields=("shop", "order"), name="segments_order_key"),)


class Line(models.Model):
    """What somebody bought, by order. `product` and `sku` are marks (`things.mark_of`), 0 where there is none; `amount`
    as that of the order."""

    pk = models.CompositePrimaryKey("shop", "person_id", "day", "order", "number")
    shop = _shop()
    person_id = models.BigIntegerField()
    day = models.IntegerField()
    order = models.CharField(max_length=200, db_column="order_key")
    number = models.IntegerField()
    product = models.BigIntegerField()
    sku = models.BigIntegerField()
    amount = models.BigIntegerField()

    class Meta:
        db_table = "segments_line"
        indexes = (models.Index(fields=("shop", "order"), name="segments_line_key"),)


class Mark(models.Model):
    """What the catalogue says of a product: its categories, tags and brand, each as a mark (`things.mark_of`)."""

    pk = models.CompositePrimaryKey("shop", "mark", "product")
    shop = _shop()
    mark = models.BigIntegerField()
    product = models.BigIntegerField()

    class Meta:
        db_table = "segments_mark"
        indexes = (models.Index(fields=("shop", "product"), name="segments_mark_product"),)


class Locality(models.Model):
    """Where a postal code is, in degrees, by the first address with it that said so."""

    pk = models.CompositePrimaryKey("shop", "country", "postal_code")
    shop = _shop()
    country = models.CharField(max_length=8)
    postal_code = models.CharField(max_length=200)
    north = models.FloatField()
    east = models.FloatField()

    class Meta:
        db_table = "segments_locality"


class Member(models.Model):
    """Who is in a segment, or may come in by time alone: `due` is the ordinal of the next day on which time alone may
    change that. `crossings` counts how often they came in or went out; `since_at` is the last time."""

    pk = models.CompositePrimaryKey("segment_id", "key")
    segment_id = models.BigIntegerField()
    key = models.CharField(max_length=200)
    person_id = models.BigIntegerField()
    is_in = models.SmallIntegerField()
    due = models.IntegerField(null=True)
    crossings = models.IntegerField(default=0)
    since_at = InstantField(null=True)

    class Meta:
        db_table = "segments_member"
        indexes = (
            models.Index(
                fields=("segment_id", "due"), name="segments_member_due", condition=models.Q(due__isnull=False)
            ),
            models.Index(fields=("person_id",), name="segments_member_person"),
        )


class Tally(models.Model):
    """How many came in and went out on a day, and were in when it was first counted (`began`). Their sum is the size;
    `slot` keeps workers out of each other's way."""

    pk = models.CompositePrimaryKey("segment_id", "day", "slot")
    segment_id = models.BigIntegerField()
    day = models.IntegerField()
    slot = models.SmallIntegerField()
    began = models.IntegerField(default=0)
    entered = models.IntegerField(default=0)
    left = models.IntegerField(default=0, db_column="went")

    class Meta:
        db_table = "segments_tally"


class Touched(models.Model):
    """People of whom something changed outside the events: a tag, a consent, a suppression. Looked at next."""

    id = models.BigAutoField(primary_key=True)
    shop = _shop()
    key = models.CharField(max_length=200)

    class Meta:
        db_table = "segments_touched"
        constraints = (models.UniqueConstraint(fields=("shop", "key"), name="segments_touched_once"),)


class ShopState(models.Model):
    """A shop that has segments. What is known of its people is gathered first, `stage` by stage (`goods people
    ready`), from `cursor` on; events up to row `until` are the gathering's, later ones are counted as they come. `day`
    is the ordinal of the last day that time was seen to pass to."""

    shop = models.OneToOneField(Shop, on_delete=models.CASCADE, primary_key=True, db_constraint=False)
    stage = models.CharField(max_length=8, default="goods")
    cursor = models.BigIntegerField(default=0)
    until = models.BigIntegerField()
    day = models.IntegerField(default=0)
    began_at = InstantField()

    class Meta:
        db_table = "segments_shop"


class Snapshot(models.Model):
    """Who was in a segment at one moment. `effect` is the key of the flow's step that kept it, which keeps one."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_constraint=False)
    segment_id = models.BigIntegerField()
    title = models.CharField(max_length=120)
    size = models.IntegerField()
    by = models.CharField(max_length=200)
    taken_at = InstantField()
    effect = models.CharField(max_length=200, null=True)

    class Meta:
        db_table = "segments_snapshot"
        constraints = (models.UniqueConstraint(fields=("shop", "effect"), name="segments_snapshot_once"),)
        indexes = (models.Index(fields=("segment_id", "-id"), name="segments_snapshot_of"),)


class SnapshotMember(models.Model):
    """Who was in it: rows of `Person`. Whoever is erased is in no snapshot any more."""

    pk = models.CompositePrimaryKey("snapshot_id", "person_id")
    snapshot_id = models.BigIntegerField()
    person_id = models.BigIntegerField()

    class Meta:
        db_table = "segments_snapshot_member"
