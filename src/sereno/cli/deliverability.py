"""`sereno mail`: whether mail arrives, sending domains, a warm-up, and mails that came back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from sereno.cli import database
from sereno.cli.host import host
from sereno.cli.lists.rows import person
from sereno.cli.narrowing import Flag, Json, ShopName, shop_named
from sereno.cli.output import Failed, WrongUse, emit, instant, say, table

mail = App(name="mail", help="Whether mail arrives, and what it is sent with.", help_format="plaintext")


def _prepare() -> None:
    host().prepare()
    database.ready()


@mail.command(name="report")
def show_report(
    *,
    days: Annotated[int, Parameter(help="So many days, today counted in.")] = 30,
    shop: ShopName = None,
    json: Json = False,
) -> None:
    """What became of mail, by mailbox provider."""
    _prepare()
    from datetime import UTC, datetime, timedelta

    from sereno.runtime.deliverability.report import report

    if not 1 <= days <= 366:
        raise WrongUse("--days is from 1 to 366")
    today = datetime.now(UTC).date()
    found = report(shop_named(shop).pk, today - timedelta(days=days - 1), today)
    names = ("sent", "delivered", "bounced", "bounced_soft", "complained", "opened", "clicked", "unsubscribed")
    if json:
        emit({"total": dict(found.total.counts), "providers": {one.name: dict(one.counts) for one in found.providers}})
        return
    rows = [[one.name, *(one.count(name) for name in names)] for one in found.providers]
    table(["PROVIDER", *(name.upper() for name in names)], rows, empty="No mail went in that time.")


@mail.command(name="domains")
def list_domains(*, shop: ShopName = None, json: Json = False) -> None:
    """The domains mail is sent from, with what the name service last said of them."""
    _prepare()
    from sereno.runtime.deliverability import domains

    _show(domains.domains_of(shop_named(shop).pk), json=json)


@mail.command(name="domain")
def change_domain(
    domain: str,
    /,
    *,
    add: Flag = False,
    check: Flag = False,
    sign: Flag = False,
    stop: Flag = False,
    remove: Flag = False,
    shop: ShopName = None,
    json: Json = False,
) -> None:
    """Change one sending domain: make its key, check it, sign by it or stop, take it away.

    Parameters
    ----------
    domain
        Such as shop.example.
    add
        Make a key; publish the record that is shown.
    check
        Ask the name service about SPF, DKIM and DMARC.
    sign
        Sign mails from there that go by plain SMTP.
    stop
        Sign them no more.
    remove
        Take it away with its key.
    """
    if sum((add, check, sign, stop, remove)) != 1:
        raise WrongUse("say one of --add, --check, --sign, --stop, --remove")
    _prepare()
    from sereno.runtime.deliverability import domains
    from sereno.runtime.deliverability.names import NamesUnavailable

    id_ = shop_named(shop).pk
    try:
        if add:
            _show([domains.add_domain(id_, domain, person())], json=json)
            return
        if check:
            found = domains.check_domain(id_, domain, person())
            _show([found], json=json)
            if not found.is_good:
                raise Failed(f"{domain} is not in order yet")
            return
        if remove:
            domains.remove_domain(id_, domain, person())
        else:
            domains.sign_by(id_, domain, person(), is_on=sign)
    except (domains.DomainRefused, NamesUnavailable) as refused:
        raise Failed(str(refused)) from refused
    _show(domains.domains_of(id_), json=json)


@mail.command(name="warmup")
def warm_up(
    *,
    first: Annotated[int, Parameter(help="Mails on the first day, to each mailbox provider.")] = 50,
    growth: Annotated[int, Parameter(help="Per cent more each day.")] = 40,
    until: Annotated[int, Parameter(help="Over once a day may have so many.")] = 20_000,
    end: Flag = False,
    shop: ShopName = None,
    json: Json = False,
) -> None:
    """Begin a warm-up today; with --end, end the one that runs."""
    _prepare()
    from datetime import UTC, datetime

    from sereno.runtime.deliverability import choosing

    today = datetime.now(UTC).date().isoformat()
    plan = None if end else {"since": today, "first": first, "growth": growth, "until": until}
    try:
        held = choosing.choose(shop_named(shop).pk, {"warmup": plan}, person())
    except choosing.ChoiceRefused as refused:
        raise WrongUse(str(refused)) from refused
    if json:
        emit({"warmup": held["warmup"]})
        return
    say("Nothing is held any more." if end else f"Today {first} marketing mails go to each mailbox provider.")


@mail.command(name="bounces")
def bring_bounces(file: Path, /, *, shop: ShopName = None, json: Json = False) -> None:
    """Read mails that came back: addresses that are dead are not written to again.

    Parameters
    ----------
    file
        A mailbox (mbox), or one mail.
    """
    _prepare()
    from sereno.runtime.deliverability import bounces

    try:
        content = file.read_bytes()
    except OSError as error:
        raise Failed(f"{file}: {error}") from error
    found = bounces.take(shop_named(shop).pk, bounces.mails_in(content), person())
    if json:
        emit({"mails": found.mails, "told": found.told, "unread": found.unread})
        return
    say(f"{found.mails} mails: {found.told} told of an address, {found.unread} said nothing of one.")


def _show(found: list[Any], *, json: bool) -> None:
    if json:
        emit(
            [
                {
                    "domain": one.domain,
                    "record_name": one.record_name,
                    "record": one.record,
                    "is_signing": one.is_signing,
                    "checks": dict(one.checks),
                    "checked_at": instant(one.checked_at),
                }
                for one in found
            ]
        )
        return
    names = ("spf", "dkim", "dmarc")
    rows = [[one.domain, one.is_signing, *(one.checks.get(name, "") for name in names)] for one in found]
    table(
        ["DOMAIN", "SIGNING", "SPF", "DKIM", "DMARC"],
        rows,
        empty="No sending domain yet: sereno mail domain NAME --add",
    )
    for one in found:
        if one.checks.get("dkim") != "dkim.ok":
            say(f"Publish as TXT at {one.record_name}:\n{one.record}")
