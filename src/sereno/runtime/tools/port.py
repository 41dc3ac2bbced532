"""The live `Tools` port: finds the connection that can, asks it under the effect's key, and says what came of it.

Invariant: a key a tool refuses is said to people at once, and settled when it takes one; longer lists of people go in
parts, each under a key of its own, so that a try after half of them changes nothing twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

from sereno.runtime.stores.finding import Store, tools_of
from sereno.runtime.stores.keys import REFUSED, note_refused, note_taken
from sereno.runtime.stores.watching import WatchedHttp
from sereno.runtime.stores.writing import exchange_of
from sereno.sdk.audience import AudienceApi, Person, PushPeople, RemovePeople, Turned
from sereno.sdk.plugin import Plugins
from sereno.sdk.ports import Http
from sereno.sdk.result import Done, Fail, Result, Retry
from sereno.sdk.stores import Call, StoreBusy, StoreLimited, StoreRefused, Written
from sereno.sdk.tools import Act
from sereno.store.database import Database
from sereno.store.fields import to_micros
from sereno.store.secrets import SecretsUnreadable

Handler = Callable[[Call, Act], Written]


def able(tools: Iterable[Store], ability: str, connection: str = "") -> Store | None:
    """The one of this name, else ("") the first, that has the ability."""
    fits = (one for one in tools if ability in one.api.abilities and connection in ("", one.connection))
    return next(fits, None)


class LiveTools:
    """`Tools` of one shop."""

    def __init__(self, database: Database, plugins: Plugins, shop_id: int, http: Http) -> None:
        self._database = database
        self._plugins = plugins
        self._shop_id = shop_id
        self._http = http

    def do(self, act: Act, *, connection: str, key: str, attempt: int, now: datetime) -> Result:
        try:
            with self._database.read() as tx:
                tools = tools_of(tx, self._plugins, self._shop_id)
        except SecretsUnreadable as error:
            return Fail("store.key_unreadable", str(error))
        tool = able(tools, act.ability, connection)
        if tool is None:
            return _lack(tools, act, connection)
        http = WatchedHttp(self._http)
        return self._ask(tool, act, Call(exchange_of(tool, http), key, attempt, now), http)

    def _ask(self, tool: Store, act: Act, call: Call, http: WatchedHttp) -> Result:
        at = to_micros(call.now)
        try:
            written = handler_of(tool, act)(call, act)
        except StoreLimited as error:
            return http.put_off("tool.rate_limited", _plain(error), error)
        except StoreBusy as error:
            return Retry("tool.busy", _plain(error), after=error.after)
        except StoreRefused as error:
            if error.code == REFUSED:
                title = str(tool.settings.get("title") or tool.connection)
                with self._database.transaction() as tx:
                    note_refused(tx, self._shop_id, tool.connection, title, _plain(error), at)
            return Fail(error.code.replace("store.", "tool.", 1), _plain(error))
        with self._database.transaction() as tx:
            note_taken(tx, self._shop_id, tool.connection, at)
        return Done({"tool": tool.connection, **written.value})


def handler_of(tool: Store, act: Act) -> Handler:
    """What carries it out there; lists of people in parts."""
    api = tool.api.tool
    assert api is not None
    if isinstance(act, PushPeople | RemovePeople):
        assert api.audience is not None
        return cast("Handler", _in_parts(api.audience))
    return api.acts[type(act)]


def _in_parts(api: AudienceApi) -> Callable[[Call, PushPeople | RemovePeople], Written]:
    def carry_out(call: Call, act: PushPeople | RemovePeople) -> Written:
        people, turned = willing(act.people) if isinstance(act, PushPeople) and api.needs_consent else (act.people, [])
        count = 0
        for number, part in enumerate(parts(people, api.most)):
            own = replace(call, key=f"{call.key}/{number}")
            if isinstance(act, PushPeople):
                done = api.push(own, replace(act, people=part))
            else:
                assert api.remove is not None
                done = api.remove(own, replace(act, people=part))
            count += int(done.value.get("taken") or 0)
            turned += [_turned(one) for one in done.value.get("turned") or ()]
        refused = [{"key": one.key, "code": one.code, "text": one.text} for one in turned]
        return Written({"taken": count, "turned": refused[:100], "turned_count": len(refused)})

    return carry_out


def willing(people: Sequence[Person]) -> tuple[tuple[Person, ...], list[Turned]]:
    """Those who agreed to marketing by mail, and the others."""
    agreed = tuple(one for one in people if one.agrees())
    return agreed, [Turned(one.key, "consent.missing") for one in people if not one.agrees()]


def parts(people: Sequence[Person], most: int) -> list[tuple[Person, ...]]:
    return [tuple(people[start : start + most]) for start in range(0, len(people), most)]


def _turned(one: Mapping[str, Any]) -> Turned:
    return Turned(str(one.get("key") or ""), str(one.get("code") or ""), str(one.get("text") or ""))


def _lack(tools: Sequence[Store], act: Act, connection: str) -> Fail:
    if connection and all(one.connection != connection for one in tools):
        return Fail("tool.unknown", f"There is no tool {connection} with a key: see Connections.")
    return Fail("tool.none", f"Nothing that is connected can do this ({act.ability}): see Connections.")


def _plain(error: Exception) -> str:
    """In words that do not call a help desk a store."""
    return str(error).replace("The store", "The tool").replace("the store", "the tool")[:500]
