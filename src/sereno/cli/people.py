"""`sereno user | key | shop`: who may come in, and to what."""

from __future__ import annotations

import re
import secrets
import sys
from typing import Annotated, Any, Literal

from cyclopts import App, Parameter

from sereno.cli import database
from sereno.cli.host import host
from sereno.cli.lists.rows import person
from sereno.cli.narrowing import Json, ShopName, shop_named
from sereno.cli.output import Failed, WrongUse, emit, no_such, say, table

user = App(name="user", help="People who sign in.", help_format="plaintext")
key = App(name="key", help="Keys of the API.", help_format="plaintext")
shop = App(name="shop", help="Shops and their settings.", help_format="plaintext")

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
    save_user(address, role, shops, password)
    places = ", ".join(row.slug for row in shops) or "no shop yet (run this again after `sereno shop add`)"
    say(f"{address} is {role} in: {places}")
    if made:
        say(f"Password (shown once): {made}")


def save_user(address: str, role: str, shops: list[Any], password: str | None) -> Any:
    """Add or change a person. Raises WrongUse for a password that is too weak."""
    from django.contrib.auth.password_validation import validate_password
    from django.core.exceptions import ValidationError
    from django.db import transaction

    from sereno.store.models import Membership

    if password is not None:
        try:
            validate_password(password)
        except ValidationError as error:
            raise WrongUse(f"the password will not do: {' '.join(error.messages)}") from error
    with transaction.atomic():
        row, _ = _users().get_or_create(username=address, defaults={"email": address})
        if password is not None:
            row.set_password(password)
            row.save(update_fields=["password"])
        for place in shops:
            Membership.objects.update_or_create(user=row, shop=place, defaults={"role": role})
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


@user.command(name="list")
def list_users(*, json: Json = False) -> None:
    """List the people, and what they may do where."""
    _prepare()
    from sereno.store.models import Membership

    found = Membership.objects.order_by("user__username", "shop__slug")
    rows = [
        {"email": email, "shop": slug, "role": role}
        for email, slug, role in found.values_list("user__username", "shop__slug", "role")
    ]
    if json:
        emit(rows)
    else:
        table(["E-MAIL", "SHOP", "ROLE"], [list(row.values()) for row in rows], empty="Nobody. `sereno user add EMAIL`")


@shop.command(name="add")
def add_shop(
    name: str,
    /,
    *,
    currency: str = "EUR",
    timezone: str = "UTC",
    locale: str = "en",
    slug: str | None = None,
    set: Annotated[list[str] | None, Parameter(negative=(), help="A setting, KEY=VALUE; may be repeated.")] = None,
) -> None:
    """Make a shop.

    Parameters
    ----------
    name
        Its name, as customers read it.
    currency
        ISO 4217, such as EUR.
    timezone
        IANA name, such as Europe/Madrid.
    locale
        Language of its messages: en, es, pt or ro.
    slug
        Its name in commands; made from the name when left out.
    """
    _prepare()
    from django.utils.text import slugify

    from sereno.runtime import services
    from sereno.store.models import Membership, Shop

    check_place(currency, timezone, locale)
    short = slug or slugify(name)
    if not short:
        raise WrongUse(f"no short name can be made from {name!r}: give one with --slug")
    if Shop.objects.filter(slug=short).exists():
        raise Failed(f"there is a shop {short!r} already")
    settings = _settings(set or [])
    made = services.create_shop(
        slug=short, name=name, currency=currency.upper(), timezone=timezone, locale=locale, settings=settings
    )
    number = made if isinstance(made, int) else made.pk
    # Whoever owns every other shop owns this one too.
    others = Shop.objects.exclude(pk=number).count()
    for owner in _users().filter(is_active=True):
        if Membership.objects.filter(user=owner, role="owner").count() == others:
            Membership.objects.get_or_create(user=owner, shop_id=number, defaults={"role": "owner"})
    say(f"{name} is there as {short}.")
    if not _users().exists():
        say("\nNext: sereno user add you@example.com --role owner")
    say(f"Then: sereno connect shopify --shop {short} --name my-store --secret ...")


@shop.command(name="list")
def list_shops(*, json: Json = False) -> None:
    """List the shops."""
    _prepare()
    from sereno.store.models import Shop

    names = ("slug", "name", "currency", "timezone", "locale", "settings")
    rows = [dict(row) for row in Shop.objects.order_by("slug").values(*names)]
    if json:
        emit(rows)
    else:
        table(
            [name.upper() for name in names], [list(row.values()) for row in rows], empty="None. `sereno shop add NAME`"
        )


@shop.command(name="set")
def set_shop(name: str, settings: Annotated[list[str], Parameter(negative=())], /) -> None:
    """Change settings of a shop.

    Parameters
    ----------
    name
        The shop.
    settings
        KEY=VALUE, such as abandoned_after=2h or low_stock_threshold=5; KEY= takes a setting away.
    """
    _prepare()
    row = shop_named(name)
    changed = _settings(settings)
    kept = {**row.settings, **changed}
    row.settings = {field: value for field, value in kept.items() if value != ""}
    row.save(update_fields=["settings"])
    say(", ".join(f"{field} = {value}" for field, value in row.settings.items()) or "No settings.")


def check_place(currency: str, timezone: str, locale: str) -> None:
    """Raises WrongUse for a currency, time zone or language there is not."""
    from zoneinfo import available_timezones

    from babel.numbers import list_currencies

    if currency.upper() not in list_currencies():
        raise no_such("currency", currency.upper(), sorted(list_currencies()))
    if timezone not in available_timezones():
        raise no_such("time zone", timezone, sorted(available_timezones()))
    if locale not in ("en", "es", "pt", "ro"):
        raise no_such("language", locale, ["en", "es", "pt", "ro"])


def _settings(pairs: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not re.fullmatch(r"[a-z][a-z0-9_]*", name):
            raise WrongUse(f"{pair!r} is not of the form key=value")
        if re.fullmatch(r"-?\d+", value):
            found[name] = int(value)
        elif name == "allowed_hosts":
            found[name] = [host_name for host_name in value.split(",") if host_name]
        else:
            found[name] = value
    return found


@key.command(name="add")
def add_key(
    name: str = "api",
    /,
    *,
    shop: ShopName = None,
    scope: Annotated[
        list[str] | None, Parameter(negative=(), help="May be repeated; write stands for all that changes flows.")
    ] = None,
    json: Json = False,
) -> None:
    """Make a key for the API. It is printed once and cannot be read again.

    Parameters
    ----------
    name
        What it is for.
    """
    _prepare()
    from sereno.store import keys

    row = shop_named(shop)
    wrong = [one for one in scope or () if one not in (*keys.SCOPES, *keys.SHORT)]
    if wrong:
        raise no_such("scope", wrong[0], [*keys.SCOPES, *keys.SHORT])
    token = keys.issue(row.pk, name, " ".join(scope or ["write"]), person())
    if json:
        emit({"name": name, "shop": row.slug, "key": token})
    else:
        say(f"Key (shown once): {token}")
