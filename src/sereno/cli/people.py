"""`sereno user`: who may come in, to what, and what to do when somebody cannot or must not any more."""

from __future__ import annotations

import re
import secrets
import sys
from collections.abc import Callable
from typing import Annotated, Any, Literal

from cyclopts import App, Parameter

from sereno.cli import database
from sereno.cli.host import host
from sereno.cli.lists.rows import person
from sereno.cli.narrowing import Json, ShopName, shop_named
from sereno.cli.output import Failed, WrongUse, emit, instant, no_such, say, table

user = App(name="user", help="People who sign in.", help_format="plaintext")

Role = Literal["owner", "operator", "marketer", "support", "viewer"]


def _prepare() -> None:
    host().prepare()
    database.ready()


@user.command(name="add")
def add_user(
    email: str,
    /,
    *,
    role: Role = "owner",
    shop: ShopName = None,
    password: str | None = None,
) -> None:
    """Let a person in, or change what a person may do.

    Parameters
    ----------
    email
        The address to sign in with.
    role
        What they may do: owner, operator, marketer, support or viewer.
    shop
        Only in this shop; without it in all there are.
    password
        The password; without it you are asked, and where nobody can be asked one is made and printed once.
    """
    _prepare()
    from sereno.store.models import Shop

    address = email.strip().lower()
    if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+|[^@\s]+@localhost", address):
        raise WrongUse(f"{email!r} is not an e-mail address")
    shops = [shop_named(shop)] if shop else list(Shop.objects.order_by("id"))
    made: str | None = None
    is_new = not _users().filter(username=address).exists()
    if password is None and is_new:
        password, made = _ask_password()
    _carry_out(lambda: save_user(address, role, shops, password))
    places = ", ".join(row.slug for row in shops) or "no shop yet (run this again after `sereno shop add`)"
    say(f"{address} is {role} in: {places}")
    if made:
        say(f"Password (shown once): {made}")


def save_user(address: str, role: str, shops: list[Any], password: str | None) -> Any:
    """Add or change a person. Raises WrongUse for a password that is too weak, LastOwner where a shop would have no
    owner any more."""
    from django.contrib.auth.password_validation import validate_password
    from django.core.exceptions import ValidationError
    from django.db import transaction

    from sereno.store.access import set_role
    from sereno.store.models import Membership
    from sereno.store.trail import note

    by = person()
    if password is not None:
        try:
            validate_password(password)
        except ValidationError as error:
            raise WrongUse(f"the password will not do: {' '.join(error.messages)}") from error
    with transaction.atomic():
        row, _ = _users().get_or_create(username=address, defaults={"email": address})
        row.is_active = True
        if password is not None:
            row.set_password(password)
        row.save(update_fields=["password", "is_active"])
        for place in shops:
            seat, is_new = Membership.objects.get_or_create(user=row, shop=place, defaults={"role": role})
            if is_new:
                note(place.pk, by, "person.added", address, after={"role": role})
            else:
                set_role(seat, role, by)
    return row


def _users() -> Any:
    from django.contrib.auth import get_user_model

    return get_user_model().objects


def _ask_password() -> tuple[str, str | None]:
    """(the password, the one to print if it was made here)."""
    if sys.stdin.isatty():
        import getpass

        first = getpass.getpass("Password (empty: make one): ")
        if first:
            if getpass.getpass("Once more: ") != first:
                raise WrongUse("the two passwords differ")
            return first, None
    made = secrets.token_urlsafe(12)
    return made, made


def _carry_out(what: Callable[[], Any]) -> None:
    from sereno.store.access import LastOwner

    try:
        what()
    except LastOwner as refusal:
        raise Failed(f"{refusal} is the last owner there: make somebody else an owner first") from refusal


def _account(email: str) -> Any:
    """Raises WrongUse for an address nobody has."""
    found = _users().filter(username=email.strip().lower()).first()
    if found is None:
        known = list(_users().order_by("username").values_list("username", flat=True)[:200])
        raise no_such("account", email, known, "`sereno user list` shows them.")
    return found


@user.command(name="list")
def list_users(*, json: Json = False) -> None:
    """List the people, what they may do where, and when they were last seen."""
    _prepare()
    from django.db.models import Max

    from sereno.store.models import Membership, SecondFactor, SignIn

    rows = Membership.objects.order_by("user__username", "shop__slug")
    found = list(rows.values_list("user_id", "user__username", "shop__slug", "role"))
    seen = dict(SignIn.objects.order_by().values_list("user").annotate(Max("seen_at")))
    with_factor = set(SecondFactor.objects.filter(confirmed_at__isnull=False).values_list("user_id", flat=True))
    shown = [
        {
            "email": email,
            "shop": slug,
            "role": role,
            "second_factor": id_ in with_factor,
            "seen_at": instant(seen.get(id_)),
        }
        for id_, email, slug, role in found
    ]
    if json:
        emit(shown)
        return
    cells = [
        [row["email"], row["shop"], row["role"], ("no", "yes")[row["second_factor"]], row["seen_at"] or "never"]
        for row in shown
    ]
    heads = ["E-MAIL", "SHOP", "ROLE", "SECOND FACTOR", "LAST SEEN"]
    table(heads, cells, empty="Nobody. `sereno user add EMAIL`")


@user.command(name="remove")
def remove_user(email: str, /, *, shop: ShopName = None) -> None:
    """Take a person out of a shop, or with no shop named out of all, and switch the account off.

    Parameters
    ----------
    email
        The address they sign in with.
    """
    _prepare()
    from django.db import transaction

    from sereno.store.access import end_all, take_out
    from sereno.store.models import Membership

    row = _account(email)
    seats = Membership.objects.filter(user=row).select_related("shop", "user")
    if shop:
        seats = seats.filter(shop=shop_named(shop))
        if not seats:
            raise Failed(f"{row.username} does not belong to that shop")

    def take() -> None:
        with transaction.atomic():
            for seat in seats:
                take_out(seat, person())
            if not shop:
                end_all(row)
                _users().filter(pk=row.pk).update(is_active=False)

    places = ", ".join(seat.shop.slug for seat in seats)
    _carry_out(take)
    say(f"{row.username} is out of: {places or 'no shop'}" + ("" if shop else ", and the account is switched off"))


@user.command(name="reset")
def reset_user(
    email: str,
    /,
    *,
    password: str | None = None,
    second_factor: Annotated[bool, Parameter(negative="", help="Switch the second factor off, too.")] = False,
) -> None:
    """Give a person a new password and sign them out everywhere. It is the way back for who lost telephone and codes.

    Parameters
    ----------
    email
        The address they sign in with.
    password
        The password; without it you are asked, and where nobody can be asked one is made and printed once.
    """
    _prepare()
    from django.contrib.auth.password_validation import validate_password
    from django.core.exceptions import ValidationError
    from django.db import transaction

    from sereno.store.access import drop_second_factor, end_all
    from sereno.store.models import Membership
    from sereno.store.trail import note

    row, made = _account(email), None
    if password is None:
        password, made = _ask_password()
    try:
        validate_password(password, row)
    except ValidationError as error:
        raise WrongUse(f"the password will not do: {' '.join(error.messages)}") from error
    with transaction.atomic():
        row.set_password(password)
        row.is_active = True
        row.save(update_fields=["password", "is_active"])
        dropped = drop_second_factor(row) if second_factor else False
        ended = end_all(row)
        for shop_id in Membership.objects.filter(user=row).values_list("shop_id", flat=True):
            note(shop_id, person(), "person.reset", row.username, after={"second_factor": False} if dropped else None)
    say(f"{row.username} has a new password and was signed out of {ended} devices.")
    if dropped:
        say("The second factor is off; it is set up anew on the page Your account.")
    if made:
        say(f"Password (shown once): {made}")
