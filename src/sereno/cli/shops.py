"""`sereno shop | key`: shops, their settings, and the keys programs come in with."""

from __future__ import annotations

import re
from typing import Annotated, Any

from cyclopts import App, Parameter

from sereno.cli import database
from sereno.cli.host import host
from sereno.cli.lists.rows import person
from sereno.cli.narrowing import Json, ShopName, shop_named
from sereno.cli.output import Failed, WrongUse, emit, no_such, say, table

key = App(name="key", help="Keys of the API.", help_format="plaintext")
shop = App(name="shop", help="Shops and their settings.", help_format="plaintext")


def _prepare() -> None:
    host().prepare()
    database.ready()


def _users() -> Any:
    from django.contrib.auth import get_user_model

    return get_user_model().objects


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
    from django.db import transaction

    from sereno.store.trail import note

    row = shop_named(name)
    changed = _settings(settings)
    before = {field: row.settings.get(field, "") for field in changed}
    kept = {**row.settings, **changed}
    row.settings = {field: value for field, value in kept.items() if value != ""}
    with transaction.atomic():
        row.save(update_fields=["settings"])
        shown = [field for field in changed if field != "slack_webhook"]  # a secret
        note(
            row.pk,
            person(),
            "shop.changed",
            row.slug,
            before={field: before[field] for field in shown},
            after={field: changed[field] for field in shown},
        )
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
