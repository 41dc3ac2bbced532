"""The second factor of a person: an authenticator app, and ten recovery codes for the day it is lost.

Invariants: a code is taken once, whoever asks at the same moment; the secret is encrypted and recovery codes are
digests, so that a copy of the database signs nobody in.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
import time
from datetime import UTC, datetime

from django.contrib.auth.models import User
from django.db import transaction

from sereno.store.models import RecoveryCode, SecondFactor
from sereno.store.secrets import decrypt, encrypt
from sereno.web.people import totp

CODES = 10


def is_on(user: User) -> bool:
    return SecondFactor.objects.filter(user=user, confirmed_at__isnull=False).exists()


def begin(user: User) -> str:
    """A secret to put into the app; it counts once `confirm` has seen a code. The one begun before is kept, so that
    loading the page again does not undo the scan."""
    with transaction.atomic():
        row = SecondFactor.objects.select_for_update().filter(user=user).first()
        if row is not None and row.confirmed_at is None:
            return decrypt(row.secret)[0]
        if row is not None:
            raise ValueError("there is a second factor already")
        secret = totp.new_secret()
        SecondFactor.objects.create(user=user, secret=encrypt([secret]), created_at=datetime.now(UTC))
    return secret


def confirm(user: User, code: str) -> list[str] | None:
    """Switch it on with a first code; gives the recovery codes, which are never seen again. None for a wrong code."""
    with transaction.atomic():
        row = SecondFactor.objects.filter(user=user, confirmed_at=None).first()
        if row is None or not _take(row, _digits(code)):
            return None
        SecondFactor.objects.filter(pk=row.pk).update(confirmed_at=datetime.now(UTC))
        return new_recovery_codes(user)


def new_recovery_codes(user: User) -> list[str]:
    """Ten codes of 80 bits; the former ones no longer work."""
    made = [base64.b32encode(secrets.token_bytes(10)).decode().lower() for _ in range(CODES)]
    with transaction.atomic():
        RecoveryCode.objects.filter(user=user).delete()
        RecoveryCode.objects.bulk_create(RecoveryCode(user=user, digest=_digest(code)) for code in made)
    return ["-".join(code[place : place + 4] for place in range(0, 16, 4)) for code in made]


def check(user: User, given: str) -> str | None:
    """`code` or `recovery` when it is right, and from then on used; None when it is not."""
    digits = _digits(given)
    if len(digits) == 6 and re.fullmatch(r"[\d\s-]+", given.strip()):
        row = SecondFactor.objects.filter(user=user, confirmed_at__isnull=False).first()
        return "code" if row is not None and _take(row, digits) else None
    letters = re.sub(r"[^a-z2-7]", "", given.lower())
    unused = RecoveryCode.objects.filter(user=user, digest=_digest(letters), used_at=None)
    return "recovery" if unused.update(used_at=datetime.now(UTC)) else None


def recovery_codes_left(user: User) -> int:
    return RecoveryCode.objects.filter(user=user, used_at=None).count()


def _take(row: SecondFactor, digits: str) -> bool:
    step = totp.matching_step(decrypt(row.secret)[0], digits, time.time(), after=row.last_step)
    # The condition is asked again in the statement: of two requests with the same code one finds it used.
    return step is not None and SecondFactor.objects.filter(pk=row.pk, last_step__lt=step).update(last_step=step) == 1


def _digits(given: str) -> str:
    return "".join(letter for letter in given if letter in "0123456789")


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
