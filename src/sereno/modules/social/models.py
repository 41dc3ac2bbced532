"""Accounts of social networks, posts, and a row for every account a post goes to. Rows only: what is decided is in
`runtime.social`.

Invariant: an account has one copy of a post; the database refuses the second.
"""

from __future__ import annotations

from django.db import models

from sereno.store.fields import DocumentField, InstantField
from sereno.store.models.shops import Shop


class _OfShop(models.Model):
    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_index=False, db_constraint=False)

    class Meta:
        abstract = True


class SocialSetting(models.Model):
    """A shop's regular times and who has to agree: `runtime.social.plan.Habits`."""

    shop = models.OneToOneField(Shop, on_delete=models.CASCADE, primary_key=True, db_constraint=False)
    document = DocumentField(default=dict)
    changed_at = InstantField()

    class Meta:
        db_table = "social_setting"


class SocialAccount(_OfShop):
    """An account Sereno posts from. `access` is sealed; `settings` are what is not secret and what the network told of
    it. `language`: of its readers, "" for the shop's. `trouble` is the code of the last refusal of its key."""

    network = models.CharField(max_length=16)
    title = models.CharField(max_length=100)
    language = models.CharField(max_length=2, default="", blank=True)
    access = models.TextField(default="", blank=True)
    settings = DocumentField(default=dict)
    known_as = models.CharField(max_length=200, default="", blank=True)
    url = models.CharField(max_length=500, default="", blank=True)
    is_active = models.BooleanField(default=True)
    expires_at = InstantField(null=True)
    trouble = models.CharField(max_length=64, default="", blank=True)
    made_at = InstantField()
    changed_at = InstantField()

    class Meta:
        db_table = "social_account"
        constraints = (models.UniqueConstraint(fields=("shop", "network", "title"), name="social_account_once"),)


class SocialPost(_OfShop):
    """`status`: `draft`; `waiting` (for somebody to agree) and `scheduled`, at `at`; `published` and `failed` (of some
    account at least), and `refused`, which are final.

    `texts` are by "" (the usual one), language or network; `pictures` are names with alt texts; `accounts` ids. `plan`
    says when, and how it repeats. `revision` grows with every change: what an older one asked for is not done any more.
    `origin` names the step of a flow, or the post before it, that it was made by; made once."""

    title = models.CharField(max_length=200)
    texts = DocumentField(default=dict)
    pictures = DocumentField(default=list)
    link = models.CharField(max_length=1000, default="", blank=True)
    campaign = models.CharField(max_length=100, default="", blank=True)
    accounts = DocumentField(default=list)
    plan = DocumentField(default=dict)
    status = models.CharField(max_length=12, default="draft")
    approver = models.CharField(max_length=16, default="", blank=True)
    revision = models.IntegerField(default=1)
    at = InstantField(null=True)
    origin = models.CharField(max_length=300, null=True)
    by = models.CharField(max_length=200, default="", blank=True)
    made_at = InstantField()
    changed_at = InstantField()

    class Meta:
        db_table = "social_post"
        constraints = (models.UniqueConstraint(fields=("shop", "origin"), name="social_post_origin"),)
        indexes = (
            models.Index(fields=("shop", "status", "-id"), name="social_post_of_shop"),
            models.Index(fields=("shop", "at"), name="social_post_at", condition=models.Q(at__isnull=False)),
        )


class SocialCopy(_OfShop):
    """A post for one account. `status`: `planned`, `begun` (the network was asked, its answer is not known),
    `published`, `failed` (surely not published), `unclear`, `removed`. `reason` is a code, `said` the network's own
    words. `held` is what the network holds of it before it is public, `held_at` since when. The figures are as last
    read at `measured_at`."""

    post = models.BigIntegerField()
    account = models.BigIntegerField()
    network = models.CharField(max_length=16)
    text = models.TextField()
    status = models.CharField(max_length=12, default="planned")
    provider_id = models.CharField(max_length=300, default="", blank=True)
    url = models.CharField(max_length=500, default="", blank=True)
    reason = models.CharField(max_length=64, default="", blank=True)
    said = models.CharField(max_length=300, default="", blank=True)
    at = InstantField()
    begun_at = InstantField(null=True)
    published_at = InstantField(null=True)
    held = DocumentField(null=True)
    held_at = InstantField(null=True)
    likes = models.IntegerField(null=True)
    reposts = models.IntegerField(null=True)
    replies = models.IntegerField(null=True)
    clicks = models.IntegerField(null=True)
    views = models.IntegerField(null=True)
    measured_at = InstantField(null=True)

    class Meta:
        db_table = "social_copy"
        constraints = (models.UniqueConstraint(fields=("post", "account"), name="social_copy_once"),)
        indexes = (models.Index(fields=("account", "-published_at"), name="social_copy_past"),)
