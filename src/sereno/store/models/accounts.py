"""How people come in: invitations, second factors, accounts elsewhere, the devices they are signed in on, wrong tries.

Invariant: no token, code or secret is kept in the clear; a digest or an encrypted text is.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models

from sereno.store.fields import InstantField
from sereno.store.models.shops import Shop


class Invitation(models.Model):
    """A seat offered to an address. It is open until it is accepted, withdrawn or past `expires_at`."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE)
    email = models.CharField(max_length=254)
    role = models.CharField(max_length=16)
    digest = models.CharField(max_length=64, unique=True)
    invited_by = models.CharField(max_length=200)
    created_at = InstantField()
    expires_at = InstantField()
    accepted_at = InstantField(null=True)
    revoked_at = InstantField(null=True)

    class Meta:
        db_table = "invitation"


class SecondFactor(models.Model):
    """A person's authenticator. It counts once `confirmed_at` is set. `last_step` is the time step of the last code
    taken (seconds since 1970 / 30): no code of it or before it is taken again."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True)
    secret = models.TextField()
    last_step = models.BigIntegerField(default=0)
    created_at = InstantField()
    confirmed_at = InstantField(null=True)

    class Meta:
        db_table = "second_factor"


class RecoveryCode(models.Model):
    """The digest of a code that stands in for the authenticator, once."""

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    digest = models.CharField(max_length=64)
    used_at = InstantField(null=True)

    class Meta:
        db_table = "recovery_code"


class Identity(models.Model):
    """A person's account at an OpenID Connect provider, by the provider's own never-changing `subject`."""

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    issuer = models.CharField(max_length=255)
    subject = models.CharField(max_length=255)
    email = models.CharField(max_length=254)
    linked_at = InstantField()

    class Meta:
        db_table = "identity"
        constraints = (models.UniqueConstraint(fields=("issuer", "subject"), name="identity_once"),)


class SignIn(models.Model):
    """A device somebody is signed in on. `how` is `password code recovery company link`, "" where nobody knows."""

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    session_key = models.CharField(max_length=40, unique=True)
    how = models.CharField(max_length=16, default="")
    address = models.CharField(max_length=64)
    device = models.CharField(max_length=300)
    began_at = InstantField()
    seen_at = InstantField()

    class Meta:
        db_table = "sign_in"


class Tries(models.Model):
    """Wrong tries of one kind from one place or at one account, until the window ends. `key` is a digest: the table
    holds no addresses."""

    key = models.CharField(max_length=64, primary_key=True)
    count = models.IntegerField()
    until = InstantField()

    class Meta:
        db_table = "tries"
        indexes = (models.Index(fields=("until",), name="tries_until"),)
