"""Shops, the connections their events come through, who may see them, and the workers at hand."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from sereno.store.fields import DocumentField, InstantField


class Shop(models.Model):
    """A shop. `slug` is its name in commands and addresses; `settings` holds thresholds and texts of its own."""

    slug = models.SlugField(max_length=64, unique=True)
    name = models.CharField(max_length=200)
    currency = models.CharField(max_length=3)
    timezone = models.CharField(max_length=64)
    locale = models.CharField(max_length=8)
    settings = DocumentField(default=dict)
    created_at = InstantField()

    class Meta:
        db_table = "shop"


class Connection(models.Model):
    """A way in, and out where `access` is given. `secrets` is an encrypted JSON list, the newest first; several live in
    a rotation. `access`: what the platform gave so that Sereno may write there, encrypted too."""

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE)
    name = models.SlugField(max_length=64, unique=True)
    kind = models.CharField(max_length=32)
    secrets = models.TextField(default="")
    access = models.TextField(default="", db_default="")
    settings = DocumentField(default=dict)
    is_active = models.BooleanField(default=True)
    created_at = InstantField()

    class Meta:
        db_table = "connection"


class Membership(models.Model):
    """What a person may do in a shop: `owner operator marketer support viewer`."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE)
    role = models.CharField(max_length=16)

    class Meta:
        db_table = "membership"
        constraints = (models.UniqueConstraint(fields=("user", "shop"), name="membership_once"),)


class Worker(models.Model):
    """A worker's heartbeat. One that has not been seen for 15 s is taken for dead and its leases are free."""

    name = models.CharField(max_length=64, primary_key=True)
    seen_at = InstantField()
    started_at = InstantField()

    class Meta:
        db_table = "worker"
