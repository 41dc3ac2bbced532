"""Changing and taking away access, for pages and commands alike: sign-ins ended, seats given up, factors dropped.

Invariants: ending a sign-in deletes Django's session itself, so nothing else has to be asked whether it still holds; a
shop never loses its last owner.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import transaction

from sereno.store.models import Membership, RecoveryCode, SecondFactor, SignIn
from sereno.store.trail import note

ROTATE = "rotate"
"""Set in a session whose owner's rights changed: its key is changed at the next request."""


class LastOwner(ValueError):  # noqa: N818
    """The shop would have no owner any more."""


def end_sign_ins(rows: Iterable[SignIn]) -> int:
    """Gives how many there were."""
    ended = list(rows)
    with transaction.atomic():
        Session.objects.filter(session_key__in=[row.session_key for row in ended]).delete()
        SignIn.objects.filter(pk__in=[row.pk for row in ended]).delete()
    return len(ended)


def end_all(user: Any, but: str | None = None) -> int:
    """End all of a person's sign-ins, `but` the one with this session key. Gives how many."""
    return end_sign_ins(SignIn.objects.filter(user=user).exclude(session_key=but or ""))


def rotate_all(user: Any) -> None:
    """The person's rights changed: every session gets a new key at its next request."""
    for key in SignIn.objects.filter(user=user).values_list("session_key", flat=True):
        store = SessionStore(key)
        if store.get("_auth_user_id") == str(user.pk):
            store[ROTATE] = True
            store.save()


def drop_second_factor(user: Any) -> bool:
    """Whether there was one."""
    with transaction.atomic():
        RecoveryCode.objects.filter(user=user).delete()
        return SecondFactor.objects.filter(user=user).delete()[0] > 0


def set_role(row: Membership, role: str, by: str) -> None:
    """Raises LastOwner."""
    with transaction.atomic():
        if role != "owner" and _is_last_owner(row):
            raise LastOwner(row.user.username)
        if Membership.objects.filter(pk=row.pk).exclude(role=role).update(role=role):
            before, after = {"role": row.role}, {"role": role}
            note(row.shop_id, by, "person.role_changed", row.user.username, before=before, after=after)
            rotate_all(row.user)


def take_out(row: Membership, by: str) -> None:
    """Raises LastOwner."""
    with transaction.atomic():
        if _is_last_owner(row):
            raise LastOwner(row.user.username)
        if Membership.objects.filter(pk=row.pk).delete()[0]:
            note(row.shop_id, by, "person.removed", row.user.username, before={"role": row.role})
            rotate_all(row.user)


def _is_last_owner(row: Membership) -> bool:
    """Asked inside the transaction that changes the membership, over the owners' locked rows."""
    owners = Membership.objects.select_for_update().filter(shop_id=row.shop_id, role="owner")
    return [one.pk for one in owners] == [row.pk]
