"""`sereno code`: codes of one use that flows gave, and pools of codes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from sereno.cli import database
from sereno.cli.host import host
from sereno.cli.lists.rows import person
from sereno.cli.narrowing import Json, ShopName, instant_of, shop_named
from sereno.cli.output import Failed, emit, say, table

code = App(name="code", help="Codes of one use, and pools of them.", help_format="plaintext")


def _prepare() -> None:
    host().prepare()
    database.ready()


@code.command(name="list")
def list_codes(
    *,
    status: Annotated[str, Parameter(help="Only in this state: free, asked, issued, redeemed or expired.")] = "",
    flow: Annotated[str, Parameter(help="Only of this flow.")] = "",
    limit: Annotated[int, Parameter(help="At most so many.")] = 100,
    shop: ShopName = None,
    json: Json = False,
) -> None:
    """List codes, the newest first."""
    _prepare()
    from sereno.modules.pricing import services

    found = [services.told(one) for one in services.codes(shop_named(shop).pk, status=status, flow=flow, most=limit)]
    if json:
        emit(found)
        return
    names = ("code", "status", "kind", "value", "customer", "flow", "order", "cost", "expires_at")
    table(names, ([one[name] or "" for name in names] for one in found), empty="No codes.")


@code.command
def uses(*, shop: ShopName = None, json: Json = False) -> None:
    """Show what each flow gave away, and what came of it."""
    _prepare()
    from sereno.modules.pricing import services

    found = services.uses(shop_named(shop).pk)
    if json:
        emit(found)
        return
    names = ("flow", "currency", "issued", "redeemed", "cost", "revenue")
    table(names, ([one[name] for name in names] for one in found), empty="No codes were given yet.")


@code.command
def upload(
    pool: str,
    file: Path,
    *,
    kind: Annotated[str, Parameter(help="percent, amount, free_shipping or gift.")] = "percent",
    value: Annotated[str, Parameter(help="In percent, or an amount.")] = "",
    currency: Annotated[str, Parameter(help="Left out: the shop's.")] = "",
    minimum: Annotated[str, Parameter(help="What an order has to come to.")] = "",
    gift: Annotated[str, Parameter(help="The SKU of what is given, where kind is gift.")] = "",
    until: Annotated[str, Parameter(help="When they end, such as 2026-12-31T23:59+01:00; left out: as it is.")] = "",
    shop: ShopName = None,
    json: Json = False,
) -> None:
    """Add the codes of a file, one a line, to a pool; a pool that is not there is made."""
    _prepare()
    from sereno.runtime.pricing import pools

    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
        ends = instant_of("--until", until) if until else None
        wanted = pools.Pool(pool, kind, value, currency, minimum, gift, ends, ends is None)
        done = pools.put_pool(shop_named(shop).pk, wanted, lines, person())
    except OSError as error:
        raise Failed(f"{file} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise Failed(f"{file} is no text in UTF-8: save it as CSV or as plain text first") from error
    except pools.PoolInvalid as wrong:
        raise Failed(f"{wrong.field}: {wrong.code}") from wrong
    if json:
        emit({"new": done.new, "known": done.known})
        return
    say(f"{done.new} added, {done.known} were there already.")
