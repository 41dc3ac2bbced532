"""`sereno connection access`: the permission to write in a store, looked at, given, taken away.

Invariant: a secret is taken from the arguments or a file, and never printed.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from sereno.cli import database
from sereno.cli.host import host
from sereno.cli.lists.rows import person
from sereno.cli.narrowing import Flag, Json
from sereno.cli.output import Failed, WrongUse, emit, instant, no_such, say, table


def access(
    name: str,
    /,
    *,
    given: Annotated[list[str] | None, Parameter(name="--set", negative=())] = None,
    unasked: Flag = False,
    check: Flag = False,
    take_away: Flag = False,
    json: Json = False,
) -> None:
    """Show what Sereno may do in a connection's store; with --set give it a key, with --take-away forget it.

    Parameters
    ----------
    name
        The connection.
    given
        NAME=VALUE of what the platform's key is made of; NAME=@FILE reads the value from a file. Repeat it. What is not
        given of a key that is there stays.
    unasked
        Keep the key without asking the store whether it takes it.
    check
        Ask the store what it says of the key that is kept.
    take_away
        Forget the key: nothing is written there any more.
    """
    if sum(map(bool, (given, check, take_away))) > 1:
        raise WrongUse("--set, --check and --take-away: one at a time")
    if unasked and not given:
        raise WrongUse("--unasked goes with --set")
    host().prepare()
    database.ready()
    row = _connection(name)
    if given:
        give(name, row.shop, given, is_asked=not unasked)
    elif check or take_away:
        _change(row, check=check)
    _show(name, json=json)


def give(name: str, shop: Any, given: Sequence[str], *, is_asked: bool) -> None:
    """Raises Failed with the reason, WrongUse for what cannot be read."""
    from sereno.modules.http.shops import shop_http
    from sereno.runtime.connecting import ConnectionRefused
    from sereno.runtime.stores import permitting

    values = dict(_pair(one) for one in given)
    try:
        permitting.give_access(
            name, values, by=person(), shop_id=shop.pk, http=shop_http(shop.settings), is_asked=is_asked
        )
    except ConnectionRefused as refusal:
        raise (WrongUse if refusal.code.startswith("access.") else Failed)(str(refusal)) from refusal


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise WrongUse(f"{text.partition('=')[0]!r}: write it as NAME=VALUE")
    if value.startswith("@"):
        try:
            value = Path(value[1:]).read_text().strip()
        except (OSError, UnicodeDecodeError) as error:
            raise WrongUse(f"{name}: {value[1:]} cannot be read: {error}") from error
    return name, value


def _change(row: Any, *, check: bool) -> None:
    from sereno.modules.http.shops import shop_http
    from sereno.runtime.connecting import ConnectionRefused
    from sereno.runtime.stores import permitting

    try:
        if check:
            http = shop_http(row.shop.settings)
            permitting.check_access(row.name, by=person(), shop_id=row.shop_id, http=http)
        else:
            permitting.take_access(row.name, by=person(), shop_id=row.shop_id)
    except ConnectionRefused as refusal:
        raise Failed(str(refusal)) from refusal


def _connection(name: str) -> Any:
    from sereno.store.models import Connection

    held = Connection.objects.filter(name=name).select_related("shop").first()
    if held is None:
        raise no_such("connection", name, list(Connection.objects.order_by("name").values_list("name", flat=True)))
    return held


def _show(name: str, *, json: bool) -> None:
    from sereno.runtime.connecting import ConnectionRefused
    from sereno.runtime.stores import permitting
    from sereno.runtime.stores.abilities import of_kind
    from sereno.runtime.stores.keys import facts_of

    row = _connection(name)
    able = of_kind(host().prepare(), row.kind)
    if able is None:
        if not json:
            raise Failed(f"{row.kind} can only be listened to: nothing is written there")
        emit({"connection": name, "kind": row.kind, "can_write": False, "is_given": False})
        return
    try:
        values = permitting.shown(name, shop_id=row.shop_id)
    except ConnectionRefused as refusal:
        raise Failed(str(refusal)) from refusal
    facts = facts_of(row.settings)
    if json:
        emit(
            {
                "connection": name,
                "kind": row.kind,
                "can_write": True,
                "is_given": bool(row.access),
                "asked_for": [
                    {"name": one.setting.name, "is_required": one.setting.is_required, "is_kept": one.is_kept}
                    for one in values
                ],
                "abilities": {one.ability: one.is_there for one in able},
                "shop": facts.shop,
                "currency": facts.currency,
                "version": facts.version,
                "lacking": list(facts.lacking),
                "checked_at": instant(facts.checked_at),
            }
        )
        return
    if row.access:
        say(f"{name}: Sereno may write{f' in {facts.shop}' if facts.shop else ''}.")
        for one in facts.lacking:
            say(f"The key lacks: {one}")
    else:
        asked = " ".join(f"--set {one.setting.name}=..." for one in values if one.setting.is_required)
        say(f"{name}: Sereno only listens. `sereno connection access {name} {asked}` lets it write.")
    table(["ABILITY", "THERE", "WHAT"], [[one.ability, one.is_there, one.words] for one in able], empty="None.")
