"""Suppliers, what they ask for what, what is expected to be sold, and the orders to them. Rows only; what is done with
them is in `services`. Money is decimal text in the currency beside it; quantities are whole units."""

from __future__ import annotations

from django.db import models

from sereno.store.fields import DocumentField, InstantField
from sereno.store.models.jobs import ShopJob
from sereno.store.models.shops import Shop


class Purchasing(models.Model):
    """One row for each shop that buys. Who changes what is on order holds it locked, so that what counts as on order
    and what is added to it belong together. `number` is the last purchase order's."""

    shop = models.OneToOneField(Shop, on_delete=models.CASCADE, primary_key=True, db_constraint=False)
    number = models.BigIntegerField(default=0)
    turn = models.BigIntegerField(default=0)

    class Meta:
        db_table = "purchasing"


class Supplier(models.Model):
    """`code` is its name in files and addresses. `send_by`: `email`, `api` (signed to `url`) or `hand`. `lead_days` is
    what it promises; what it keeps is learned from receipts. `minimum` is the least an order may come to, decimal
    text."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_constraint=False)
    code = models.CharField(max_length=64)
    name = models.CharField(max_length=200)
    email = models.CharField(max_length=254, default="", blank=True)
    contact = models.CharField(max_length=200, default="", blank=True)
    currency = models.CharField(max_length=3)
    locale = models.CharField(max_length=8, default="en")
    lead_days = models.IntegerField(default=14)
    confirm_days = models.IntegerField(default=2)
    minimum = models.CharField(max_length=32, default="", blank=True)
    send_by = models.CharField(max_length=8, default="email")
    url = models.CharField(max_length=500, default="", blank=True)
    secret = models.TextField(default="", blank=True)
    note = models.CharField(max_length=1000, default="", blank=True)
    is_active = models.BooleanField(default=True)
    created_at = InstantField()
    changed_at = InstantField()

    class Meta:
        db_table = "purchasing_supplier"
        constraints = (models.UniqueConstraint(fields=("shop", "code"), name="purchasing_supplier_once"),)


class SupplierPrice(models.Model):
    """What a supplier asks for one SKU. `breaks` is [[from how many, price of one], ...]; `minimum` and `multiple` are
    how many at least, and in packs of how many. `rank` 0 is who is asked first."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    supplier = models.ForeignKey(Supplier, on_delete=models.CASCADE, related_name="prices")
    sku = models.CharField(max_length=200)
    supplier_sku = models.CharField(max_length=200, default="", blank=True)
    title = models.CharField(max_length=300, default="", blank=True)
    price = models.CharField(max_length=32)
    breaks = DocumentField(default=list)
    minimum = models.IntegerField(default=1)
    multiple = models.IntegerField(default=1)
    lead_days = models.IntegerField(null=True)
    rank = models.IntegerField(default=0)
    changed_at = InstantField()

    class Meta:
        db_table = "purchasing_price"
        constraints = (models.UniqueConstraint(fields=("supplier", "sku"), name="purchasing_price_once"),)
        indexes = (models.Index(fields=("shop", "sku", "rank"), name="purchasing_price_sku"),)


class SupplierRefusal(models.Model):
    """What a supplier could not deliver lately: until then it is not asked for it by itself."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    supplier = models.ForeignKey(Supplier, on_delete=models.CASCADE, related_name="refusals", db_index=False)
    sku = models.CharField(max_length=200)
    reason = models.CharField(max_length=500, default="", blank=True)
    until = InstantField()

    class Meta:
        db_table = "purchasing_refusal"
        constraints = (models.UniqueConstraint(fields=("supplier", "sku"), name="purchasing_refusal_once"),)
        indexes = (models.Index(fields=("shop", "until"), name="purchasing_refusal_until"),)


class ReorderRule(models.Model):
    """What a person says about one SKU. `least` and `most`, where both are set, take the forecast's place. `service`
    is the share of cycles that shall not run out (null: the shop's)."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    sku = models.CharField(max_length=200)
    is_on = models.BooleanField(default=True)
    least = models.IntegerField(null=True)
    most = models.IntegerField(null=True)
    service = models.FloatField(null=True)
    changed_at = InstantField()

    class Meta:
        db_table = "purchasing_rule"
        constraints = (models.UniqueConstraint(fields=("shop", "sku"), name="purchasing_rule_once"),)


class DemandForecast(models.Model):
    """The newest forecast of one SKU. `history` is unconstrained demand by week from the Monday `first_day`, null where
    it was not in stock; `mean` and `sums` as in `demand.simple.Forecast`, by week from `begins_on`. `accuracy` is
    how the method did when it was tried on the weeks just past. `days`: known days to come, each with `code`, `on`,
    `effect` (0.1: a tenth more in its week) and `basis`."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    sku = models.CharField(max_length=200)
    title = models.CharField(max_length=300, default="")
    product_type = models.CharField(max_length=200, default="")
    first_day = models.DateField()
    begins_on = models.DateField()
    history = DocumentField()
    mean = DocumentField()
    sums = DocumentField()
    method = models.CharField(max_length=16)
    accuracy = DocumentField()
    days = DocumentField(default=list)
    weekly = models.FloatField(default=0)
    error = models.FloatField(null=True)
    job = models.BigIntegerField(default=0)
    made_at = InstantField()

    class Meta:
        db_table = "purchasing_forecast"
        constraints = (models.UniqueConstraint(fields=("shop", "sku"), name="purchasing_forecast_once"),)
        indexes = (models.Index(fields=("shop", "-weekly"), name="purchasing_forecast_much"),)


class DemandEvent(models.Model):
    """One time of something in the shop's own calendar that people buy for, or less. Times of the same `name` teach
    what the next brings. `lift` is what the shop expects of it (0.3: three tenths more a week); null: it cannot say."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    name = models.CharField(max_length=80)
    first_day = models.DateField()
    last_day = models.DateField()
    lift = models.FloatField(null=True)
    changed_at = InstantField()

    class Meta:
        db_table = "purchasing_event"
        constraints = (models.UniqueConstraint(fields=("shop", "name", "first_day"), name="purchasing_event_once"),)
        indexes = (models.Index(fields=("shop", "first_day"), name="purchasing_event_days"),)


class ForecastJob(ShopJob):
    """A forecast of all SKUs of a shop."""

    class Meta(ShopJob.Meta):
        db_table = "purchasing_job"


class PurchaseOrder(models.Model):
    """An order to a supplier. `status`: draft, approved, sent, confirmed, partial, received, cancelled. `key` says what
    made it: made again by the same, it is the same. `changes` counts them, so that two people do not undo each
    other."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    number = models.BigIntegerField()
    key = models.CharField(max_length=200)
    supplier = models.ForeignKey(Supplier, on_delete=models.PROTECT, related_name="orders")
    status = models.CharField(max_length=12)
    currency = models.CharField(max_length=3)
    total = models.CharField(max_length=32)
    origin = models.CharField(max_length=12)
    by = models.CharField(max_length=200)
    note = models.CharField(max_length=1000, default="")
    reference = models.CharField(max_length=100, default="")
    created_at = InstantField()
    approved_at = InstantField(null=True)
    approved_by = models.CharField(max_length=200, default="")
    sent_at = InstantField(null=True)
    confirmed_at = InstantField(null=True)
    expected_at = InstantField(null=True)
    chased_at = InstantField(null=True)
    chases = models.IntegerField(default=0)
    closed_at = InstantField(null=True)
    changes = models.IntegerField(default=0)

    class Meta:
        db_table = "purchasing_order"
        constraints = (
            models.UniqueConstraint(fields=("shop", "number"), name="purchasing_order_number"),
            models.UniqueConstraint(fields=("shop", "key"), name="purchasing_order_key"),
        )
        indexes = (
            models.Index(fields=("shop", "-id"), name="purchasing_order_newest"),
            models.Index(fields=("shop", "status", "-id"), name="purchasing_order_status"),
            models.Index(fields=("supplier", "-id"), name="purchasing_order_supplier"),
        )


class PurchaseLine(models.Model):
    """`is_open` while its order is one whose goods are still to come: what is on order is read along its index."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    order = models.ForeignKey(PurchaseOrder, on_delete=models.CASCADE, related_name="lines")
    sku = models.CharField(max_length=200)
    supplier_sku = models.CharField(max_length=200, default="")
    title = models.CharField(max_length=300, default="")
    quantity = models.IntegerField()
    received = models.IntegerField(default=0)
    price = models.CharField(max_length=32)
    is_open = models.BooleanField(default=True)
    why = DocumentField(default=dict)

    class Meta:
        db_table = "purchasing_line"
        constraints = (models.UniqueConstraint(fields=("order", "sku"), name="purchasing_line_once"),)
        indexes = (
            models.Index(fields=("shop", "sku"), name="purchasing_line_open", condition=models.Q(is_open=True)),
            models.Index(fields=("shop", "order"), name="purchasing_line_coming", condition=models.Q(is_open=True)),
            models.Index(fields=("shop", "sku", "-id"), name="purchasing_line_sku"),
        )


class Receipt(models.Model):
    """Goods that came in. `key` makes it once. `days` is how long they took since the order was sent."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    order = models.ForeignKey(PurchaseOrder, on_delete=models.CASCADE, related_name="receipts")
    supplier = models.ForeignKey(Supplier, on_delete=models.CASCADE, related_name="receipts")
    key = models.CharField(max_length=200)
    place = models.CharField(max_length=200, default="")
    by = models.CharField(max_length=200)
    at = InstantField()
    days = models.FloatField(null=True)
    is_first = models.BooleanField(default=True)

    class Meta:
        db_table = "purchasing_receipt"
        constraints = (models.UniqueConstraint(fields=("shop", "key"), name="purchasing_receipt_once"),)
        indexes = (models.Index(fields=("supplier", "-at"), name="purchasing_receipt_lead"),)


class ReceiptLine(models.Model):
    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    receipt = models.ForeignKey(Receipt, on_delete=models.CASCADE, related_name="lines")
    sku = models.CharField(max_length=200)
    quantity = models.IntegerField()

    class Meta:
        db_table = "purchasing_receipt_line"
