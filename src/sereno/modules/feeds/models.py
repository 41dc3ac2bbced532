"""Tables from files and feeds: where they come from, each file, what was held back of it; and tables that go out.

Rows only; what is done with them is in `runtime.feeds`.
"""

from __future__ import annotations

from django.db import models

from sereno.store.fields import DocumentField, InstantField
from sereno.store.models.shops import Connection, Shop


class FeedSource(models.Model):
    """Where tables of one kind come from; its facts are its connection's. `layout` is how it writes them
    (`sdk.tables.Layout`). `way`: `hand` (uploaded), `folder` (dropped into a folder of the machine's), `address`
    (fetched from `url` every so many seconds, `key` sealed). Orders placed before `begin_at` are history and start no
    flow. `mark` is the address's own word for what it gave last. `failures` in a row, the last of them `error` and
    `message`."""

    connection = models.OneToOneField(Connection, on_delete=models.CASCADE, primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_constraint=False)
    layout = DocumentField(default=dict)
    way = models.CharField(max_length=8, default="hand")
    url = models.CharField(max_length=1000, default="", blank=True)
    key = models.TextField(default="", blank=True)
    every = models.IntegerField(default=3600)
    is_on = models.BooleanField(default=True)
    begin_at = InstantField()
    created_at = InstantField()
    next_at = InstantField()
    looked_at = InstantField(null=True)
    mark = models.CharField(max_length=200, default="", blank=True)
    failures = models.IntegerField(default=0)
    error = models.CharField(max_length=64, null=True)
    message = models.CharField(max_length=1000, null=True)
    worker = models.CharField(max_length=64, null=True)
    lease_until = InstantField(null=True)

    class Meta:
        db_table = "feed_source"
        indexes = (
            models.Index(fields=("next_at",), name="feed_source_due", condition=models.Q(is_on=True, way="address")),
        )


class FeedFile(models.Model):
    """One file. `status`: `looked` (somebody looks at it, nothing is taken), `waiting`, `working` (leased by `worker`;
    `place` records of it are kept), `done`, `same` (as the one before it: nothing was read), `refused` (`error`,
    `message`). `rows`, `entries` and `held` count the table; `new` the facts it told. `body` goes when it is over."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    source = models.ForeignKey(FeedSource, on_delete=models.CASCADE, db_index=False, related_name="files")
    name = models.CharField(max_length=200)
    digest = models.CharField(max_length=40)
    size = models.IntegerField()
    body = models.BinaryField(null=True)
    columns = DocumentField(default=list)
    way = models.CharField(max_length=8)
    by = models.CharField(max_length=200)
    at = InstantField()
    status = models.CharField(max_length=8)
    place = models.IntegerField(default=0)
    rows = models.IntegerField(default=0)
    entries = models.IntegerField(default=0)
    new = models.IntegerField(default=0)
    held = models.IntegerField(default=0)
    finished_at = InstantField(null=True)
    error = models.CharField(max_length=64, null=True)
    message = models.CharField(max_length=1000, null=True)
    worker = models.CharField(max_length=64, null=True)
    lease_until = InstantField(null=True)

    class Meta:
        db_table = "feed_file"
        indexes = (
            models.Index(fields=("source", "-id"), name="feed_file_recent"),
            models.Index(
                fields=("id",), name="feed_file_open", condition=models.Q(status__in=("looked", "waiting", "working"))
            ),
        )


class FeedHeld(models.Model):
    """A record that was held back: `rows` as they stand in the file from `line` on, and their `faults`. `status`:
    `waiting`, `taken` (somebody mended it), `dropped`. `subject` and `address` say whom it may be about."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    file = models.ForeignKey(FeedFile, on_delete=models.CASCADE, db_index=False)
    line = models.IntegerField()
    name = models.CharField(max_length=200)
    rows = DocumentField()
    faults = DocumentField()
    subject = models.CharField(max_length=200, default="", blank=True)
    address = models.CharField(max_length=254, default="", blank=True)
    status = models.CharField(max_length=8, default="waiting")
    settled_at = InstantField(null=True)

    class Meta:
        db_table = "feed_held"
        indexes = (
            models.Index(fields=("file", "id"), name="feed_held_of_file"),
            models.Index(fields=("shop", "id"), name="feed_held_waiting", condition=models.Q(status="waiting")),
            models.Index(fields=("shop", "subject"), name="feed_held_subject"),
            models.Index(fields=("shop", "address"), name="feed_held_address"),
        )


class FeedOut(models.Model):
    """A table that others fetch at an address with a key. `what`: `stock` or `products`; `columns` is [[name, field],
    ...]; of the stock so many are kept back as in the shop's `channel` ("": as in none). `key` is the key's hash."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_constraint=False)
    name = models.CharField(max_length=64, unique=True)
    title = models.CharField(max_length=80)
    what = models.CharField(max_length=8)
    form = models.CharField(max_length=4, default="csv")
    columns = DocumentField(default=list)
    channel = models.CharField(max_length=64, default="", blank=True)
    key = models.CharField(max_length=64)
    is_on = models.BooleanField(default=True)
    created_at = InstantField()
    fetched_at = InstantField(null=True)

    class Meta:
        db_table = "feed_out"
