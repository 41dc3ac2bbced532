"""`sereno social` and `sereno calendar`: posts on social networks, and what goes out when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter

from sereno.cli import database
from sereno.cli.channels import Given, pairs
from sereno.cli.host import host
from sereno.cli.lists.rows import person
from sereno.cli.narrowing import Flag, Json, ShopName, shop_named
from sereno.cli.output import Failed, WrongUse, emit, say, table

if TYPE_CHECKING:
    from collections.abc import Callable

social = App(name="social", help="Posts on social networks.", help_format="plaintext")
Number = Annotated[int, Parameter(help="The post's number.")]


def _prepare() -> None:
    host().prepare()
    database.ready()


@social.command
def accounts(*, shop: ShopName = None, json: Json = False) -> None:
    """List the accounts posts go to, without their keys."""
    _prepare()
    from sereno.runtime.social import accounts as keeping
    from sereno.store.fields import instant_text

    names = ("id", "network", "title", "language", "known_as", "is_active", "trouble")
    lines = [
        {**{name: getattr(one, name) for name in names}, "expires_at": instant_text(one.expires_at)}
        for one in keeping.listed(shop_named(shop).pk)
    ]
    if json:
        emit(lines)
        return
    table(names, ([line[name] for name in names] for line in lines), empty="No account is connected.")


@social.command
def connect(
    network: str,
    *,
    access: Given = None,
    setting: Given = None,
    title: str = "",
    language: str = "",
    account: int | None = None,
    unasked: Flag = False,
    shop: ShopName = None,
    json: Json = False,
) -> None:
    """Connect an account (mastodon, bluesky, facebook, instagram, x, linkedin, telegram, generic), or change one:
    sereno social connect mastodon --access token=@token.txt --setting server=https://mastodon.social

    The network is asked whether it takes the key; with --unasked it is not.
    """
    _prepare()
    from sereno.modules.http.shops import shop_http
    from sereno.runtime.social import accounts as keeping
    from sereno.runtime.social.plan import PostInvalid

    place = shop_named(shop)
    try:
        kept = keeping.connect(
            place.pk, network, pairs(access), pairs(setting), by=person(), title=title, language=language,
            account=account, http=None if unasked else shop_http(place.settings),
        )  # fmt: skip
    except PostInvalid as unfit:
        raise WrongUse(str(unfit)) from None
    except LookupError as missing:
        raise Failed(str(missing.args[0])) from None
    emit({"id": kept.id, "title": kept.title, "known_as": kept.known_as}) if json else say(f"Connected: {kept.title}")


@social.command
def end(account: int, *, shop: ShopName = None, json: Json = False) -> None:
    """Forget an account's keys: nothing is posted from it any more."""

    def end_it(shop_id: int, by: str) -> str:
        from sereno.runtime.social import accounts as keeping

        keeping.disconnect(shop_id, account, by=by)
        return "Ended."

    _change(end_it, shop, json)


@social.command(name="list")
def list_posts(
    *,
    status: Annotated[str, Parameter(help="Only with this status, such as scheduled.")] = "",
    limit: Annotated[int | None, Parameter(help="At most so many.")] = None,
    shop: ShopName = None,
    json: Json = False,
) -> None:
    """List posts, the newest first."""
    _prepare()
    from sereno.modules.social.models import SocialPost
    from sereno.store.fields import instant_text

    found = SocialPost.objects.filter(shop=shop_named(shop)).order_by("-id")
    found = found.filter(status=status) if status else found
    lines = [
        {"id": row.pk, "title": row.title, "status": row.status, "at": instant_text(row.at), "accounts": row.accounts}
        for row in found[:limit]
    ]
    if json:
        emit(lines)
        return
    names = ("id", "title", "status", "at")
    table(names, ([line[name] for name in names] for line in lines), empty="No posts yet.")


@social.command
def post(
    text: str,
    *,
    to: Annotated[list[int] | None, Parameter(negative=(), help="Account's number; left out: all. Repeat it.")] = None,
    link: str = "",
    when: Annotated[str, Parameter(help="now, slot, best, or an instant such as 2026-12-01T09:00:00Z.")] = "now",
    every: Annotated[int, Parameter(help="Days after which it is posted anew.")] = 0,
    draft: Annotated[Flag, Parameter(help="Only keep it.")] = False,
    shop: ShopName = None,
    json: Json = False,
) -> None:
    """Write a post and plan it; a running worker publishes it."""

    def write(shop_id: int, by: str) -> str:
        from sereno.runtime.social import accounts as keeping
        from sereno.runtime.social import writing
        from sereno.runtime.social.plan import read_written
        from sereno.store.fields import instant_text

        chosen = to or [one.id for one in keeping.listed(shop_id) if one.is_active]
        plan: dict[str, Any] = {"kind": when} if when in ("now", "slot", "best") else {"kind": "at", "at": when}
        plan["every"] = every
        written = read_written({"text": text, "link": link, "accounts": chosen, "plan": plan})
        number = writing.create(shop_id, written, by)
        if draft:
            return f"Kept as {number}."
        return f"Post {number} goes at {instant_text(writing.schedule(shop_id, number, by))}."

    _change(write, shop, json)


@social.command
def show(number: Number, *, shop: ShopName = None, json: Json = False) -> None:
    """Show what became of a post on each account."""
    _prepare()
    from sereno.modules.social.models import SocialCopy

    rows = SocialCopy.objects.filter(shop=shop_named(shop), post=number).order_by("id")
    names = ("account", "network", "status", "url", "reason", "likes", "reposts", "replies", "clicks")
    lines = [{name: getattr(row, name) for name in names} for row in rows]
    if json:
        emit(lines)
        return
    table(names, (line.values() for line in lines), empty="It is not planned, or there is no such post.")


@social.command
def schedule(number: Number, *, shop: ShopName = None, json: Json = False) -> None:
    """Plan a draft as it says."""

    def plan(shop_id: int, by: str) -> str:
        from sereno.runtime.social import writing
        from sereno.store.fields import instant_text

        return f"It goes at {instant_text(writing.schedule(shop_id, number, by))}."

    _change(plan, shop, json)


@social.command
def take_back(number: Number, *, shop: ShopName = None, json: Json = False) -> None:
    """Make a planned post a draft again: nothing goes out."""

    def back(shop_id: int, by: str) -> str:
        from sereno.runtime.social import writing

        writing.take_back(shop_id, number, by)
        return "It is a draft again."

    _change(back, shop, json)


def calendar(
    *,
    days: Annotated[int, Parameter(help="How far ahead.")] = 30,
    shop: ShopName = None,
    json: Json = False,
) -> None:
    """List what goes out and when: posts, newsletters, launches, content of the site."""
    _prepare()
    from datetime import UTC, datetime, timedelta

    from sereno.runtime.social.calendar import everything
    from sereno.store.database import default_database
    from sereno.store.fields import instant_text

    now = datetime.now(UTC)
    with default_database().read() as tx:
        found = everything(tx, shop_named(shop).pk, now, now + timedelta(days=max(1, min(days, 370))))
    names = ("at", "until", "kind", "title", "state", "url")
    lines = [
        {**{name: getattr(one, name) for name in names}, "at": instant_text(one.at), "until": instant_text(one.until)}
        for one in found
    ]
    if json:
        emit(lines)
        return
    table(names[:5], ([line[name] for name in names[:5]] for line in lines), empty="Nothing has a date in these days.")


def _change(what: Callable[[int, str], str], shop: str | None, json: bool) -> None:
    _prepare()
    from sereno.runtime.social.plan import PostInvalid

    try:
        said = what(shop_named(shop).pk, person())
    except PostInvalid as unfit:
        raise Failed(str(unfit)) from None
    except LookupError as missing:
        raise Failed(str(missing.args[0])) from None
    emit({"said": said}) if json else say(said)
