"""Wrong tries are counted in the database, so that every process and host counts alike.

Invariants: a try is counted before it is looked at, so that many at once are not more than many in a row; a count ends
by itself, so that nobody can be locked out for longer than its window.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F

from sereno.store.models import Tries


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` tries within `window` from the first."""

    kind: str
    most: int
    window: timedelta = timedelta(minutes=5)

    def take(self, whose: str) -> bool:
        """Count a try; False when there have been too many already."""
        key, now = self._key(whose), datetime.now(UTC)
        running = Tries.objects.filter(key=key, until__gt=now)
        if running.update(count=F("count") + 1):
            return running.values_list("count", flat=True).first() <= self.most
        try:
            with transaction.atomic():
                Tries.objects.filter(until__lte=now).delete()
                Tries.objects.create(key=key, count=1, until=now + self.window)
        except IntegrityError:  # somebody else began counting at the same moment
            running.update(count=F("count") + 1)
        return True

    def give_back(self, whose: str) -> None:
        """The try was right: it does not count."""
        Tries.objects.filter(key=self._key(whose), count__gt=0).update(count=F("count") - 1)

    def forget(self, whose: str) -> None:
        Tries.objects.filter(key=self._key(whose)).delete()

    def _key(self, whose: str) -> str:
        return hashlib.sha256(f"{self.kind}\0{whose}".encode()).hexdigest()


BY_ACCOUNT = Limit("account", 6)
"""Wrong passwords for one account from devices it was never signed in on."""
BY_DEVICE = Limit("device", 6)
"""Wrong passwords and codes from one device the account was signed in on: nobody else's tries count against it."""
BY_PLACE = Limit("place", 30)
"""Wrong passwords for any account from one address."""
BY_CODE = Limit("code", 6)
"""Wrong codes of one person's second factor."""
RESETS = Limit("reset", 3, timedelta(hours=1))
"""Mails with a link to set a password, to one address."""
RESETS_BY_PLACE = Limit("reset-place", 20, timedelta(hours=1))
INVITATIONS = Limit("invitation", 50, timedelta(hours=1))
"""Invitations from one shop: mail in somebody's name, which must not become a way to pester the world."""
