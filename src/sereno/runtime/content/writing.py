"""The live `SiteStore` port of one shop: what campaigns and flows want the store's own site to say, and what was there.

Invariant: what was there before is committed before the store is asked, under a lease that one worker at a time has. A
worker that dies leaves the row and what it had begun; whoever comes next looks what is there, and goes on from that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

from sereno.runtime import namespaces
from sereno.runtime.content.showing import read_on, read_shown
from sereno.runtime.stores.finding import stores_of
from sereno.sdk import site
from sereno.sdk.content import wanted
from sereno.sdk.plugin import registry
from sereno.sdk.result import Done, Fail, Result, Retry
from sereno.sdk.site import Fields, Found, Held, Kind, Target
from sereno.sdk.site_files import NoJson, values_at, with_values
from sereno.sdk.site_writes import OfSite, PublishTheme, SetThemeFile, WritePage, WritePost
from sereno.sdk.stores import Stores
from sereno.store.database import Database, Transaction
from sereno.store.documents import decode, encode
from sereno.store.fields import storable, to_micros

LEASE = timedelta(minutes=3)
"""Longer than the few requests take that one thing needs."""
WRITES: Mapping[Kind, type[OfSite]] = {
    "post": WritePost,
    "page": WritePage,
    "theme_file": SetThemeFile,
    "theme": PublishTheme,
}
BUSY = Retry("content.busy", "It is just being written by another step.", after=timedelta(seconds=20))


@dataclass(slots=True)
class _Row:
    """The target while it is ours."""

    id: int
    held: Held | None
    place: str
    url: str = ""
    told: str = ""
    """Which step has told people of what somebody else changed: it does so again if it dies before that is known."""


class LiveSiteStore:
    def __init__(self, database: Database, shop_id: int, now: datetime, stores: Stores) -> None:
        self._database, self._shop_id, self._now, self._stores = database, shop_id, now, stores

    # --- the port -----------------------------------------------------------------------------------

    def settle(self, *, key: str, attempt: int) -> Result:
        with self._database.read() as tx:
            now_wanted = _campaigns(tx, self._shop_id, self._now)
            held = [_target(row) for row in tx.all("written_by_campaigns", {"shop": self._shop_id})]
            over = [_target(row) for row in tx.all("content_claims_over", self._asked())]
        trouble: list[Result] = []
        written = 0
        for target in dict.fromkeys((*now_wanted, *held, *over)):
            result = self._settle(target, key, attempt, is_campaign=target in now_wanted or target in held)
            if isinstance(result, Done):
                written += bool(result.value.get("changed"))
            else:
                trouble.append(result)
        # Whatever may be tried again is tried before anybody is asked to look.
        trouble.sort(key=lambda one: not isinstance(one, Retry))
        return trouble[0] if trouble else Done({"written": written})

    def want(
        self, target: Target, fields: Fields, by: str, until: datetime | None, *, key: str, attempt: int
    ) -> Result:
        with self._database.transaction() as tx:
            given = {**self._at(target), "by": storable(by)[:200], "fields": encode(dict(fields))}
            at = None if until is None else to_micros(until)
            tx.run("put_content_claim", {**given, "until": at, "now": to_micros(self._now)})
            if at is not None:
                # On every attempt: whoever made the first may have died before it came here.
                tx.run("add_content_due", {"shop": self._shop_id, "at": at})
        return self._settle(target, key, attempt)

    def let_go(self, target: Target, by: str, *, key: str, attempt: int) -> Result:
        with self._database.transaction() as tx:
            tx.run("drop_content_claim", {**self._at(target), "by": storable(by)[:200]})
        return self._settle(target, key, attempt)

    # --- one thing ----------------------------------------------------------------------------------

    def _settle(self, target: Target, key: str, attempt: int, *, is_campaign: bool = False) -> Result:
        own = f"{key}/{blake2b(repr(target).encode(), digest_size=8).hexdigest()}"
        with self._database.transaction() as tx:
            tx.run("forget_content_claims", {**self._at(target), "now": to_micros(self._now)})
            named = wanted_of(tx, self._shop_id, target, self._now)
            row = self._take(tx, target, own, is_campaign=is_campaign)
        if row is None:
            return BUSY
        if named is None and row.held is None:
            return self._end(row, own, Done({"changed": False}))
        if row.held is not None and site.is_settled(row.held, named):
            return self._end(row, own, Done({"changed": False}))
        try:
            return self._bring(target, row, named, own, attempt)
        except NoJson as error:
            return self._end(row, own, Fail("content.no_json", f"{target.key}: {error}."))
        except LookupError as error:
            return self._end(row, own, Fail("store.none", str(error)))

    def _bring(self, target: Target, row: _Row, named: Fields | None, own: str, attempt: int) -> Result:
        key = self._key(target, row.place)
        found = self._stores.look(target.kind, key)
        if found is not None and not isinstance(found, Found):
            return self._end(row, own, found)
        if found is not None:
            row.place, row.url = found.place or row.place, found.url
        names = {*(named or {}), *(row.held.fields if row.held is not None else ())}
        now = _fields(target, found, names)
        plan = site.plan(target.kind, row.held, now, named)
        row.held = plan.held
        if plan.edited:
            row.told = own
        if not plan.changes or plan.held is None:
            return self._end(row, own, self._told(target, row, own, {"changed": False, "url": row.url}))
        if not self._keep(row, own, is_over=False):
            return BUSY
        fields, expected = _change(target, found, plan.changes)
        write = WRITES[target.kind](self._key(target, row.place), fields, expected)
        result = self._stores.write(write, key=own, attempt=attempt, now=self._now)
        if not isinstance(result, Done):
            is_stale = isinstance(result, Fail) and result.reason == "content.changed"
            return self._end(row, own, BUSY if is_stale else result)
        said = dict(result.value.get("fields") or {})
        row.place, row.url = result.value.get("place") or row.place, result.value.get("url") or row.url
        after = _fields(target, Found("", said) if said else None, names) if target.kind == "theme_file" else said
        # A platform that does not say what it has now is taken at its word.
        there = after or {**(now or {}), **plan.changes}
        row.held = site.plan(target.kind, site.done(plan.held, there), there, named).held
        value = {"changed": True, "store": result.value.get("store"), "id": result.value.get("id"), "url": row.url}
        return self._end(row, own, self._told(target, row, own, value))

    def _told(self, target: Target, row: _Row, own: str, value: Mapping[str, Any]) -> Result:
        """What somebody else changed is for people, once."""
        if row.held is None or not row.held.edited or row.told != own:
            return Done(value)
        what = f"{target.kind} {target.key}".strip()
        names = ", ".join(name for name in row.held.edited if name)
        said = (
            f"Somebody changed {what}{f' ({names})' if names else ''} since Sereno wrote it, so it was left as it is."
        )
        return Fail("content.edited", f"{said} Say under Site content what shall stand.")

    # --- rows ---------------------------------------------------------------------------------------

    def _take(self, tx: Transaction, target: Target, own: str, *, is_campaign: bool) -> _Row | None:
        until = to_micros(self._now + LEASE)
        given = {**self._at(target), "is_campaign": is_campaign, "by": own[:250], "until": until}
        row = tx.one("take_written", {**given, "now": to_micros(self._now)})
        if row is None:
            return None
        document = decode(row[1])
        return _Row(row[0], site.read_held(document), row[2], row[3], document.get("told", ""))

    def _keep(self, row: _Row, own: str, *, is_over: bool = True) -> bool:
        """False where another has it by now."""
        own = own[:250]
        with self._database.transaction() as tx:
            if row.held is None:
                return tx.one("forget_written", {"id": row.id, "by": own}) is not None
            state = (
                "edited" if row.held.edited else "let_be" if row.held.let_be else "standing" if is_over else "working"
            )
            document = encode({**site.write_held(row.held), "told": row.told})
            given = {"id": row.id, "by": own, "document": document, "state": state}
            until = None if is_over else to_micros(self._now + LEASE)
            places = {"place": storable(row.place)[:100], "url": storable(row.url)[:1000]}
            return tx.one("keep_written", {**given, **places, "until": until, "now": to_micros(self._now)}) is not None

    def _end(self, row: _Row, own: str, result: Result) -> Result:
        return result if self._keep(row, own) else BUSY

    def _at(self, target: Target) -> dict[str, Any]:
        return _at(self._shop_id, target)

    def _asked(self) -> dict[str, Any]:
        return {"shop": self._shop_id, "now": to_micros(self._now)}

    def _key(self, target: Target, place: str) -> str:
        """As the connection that is meant knows it. Raises LookupError."""
        key = f"{place}:{target.key}" if place and target.kind == "theme_file" else target.key
        if not target.store:
            return key
        with self._database.read() as tx:
            found = [one for one in stores_of(tx, registry(), self._shop_id) if one.connection == target.store]
        if not found:
            raise LookupError(f"There is no store {target.store} that may be written to: see Connections.")
        return f"{found[0].namespace}{namespaces.MARK}{key}" if found[0].namespace else key


def wanted_of(tx: Transaction, shop_id: int, target: Target, now: datetime) -> dict[str, Any] | None:
    """Campaigns come before flows, a flow that asked later before one that asked earlier."""
    found = _campaigns(tx, shop_id, now).get(target)
    for (fields,) in tx.all("content_claims", {**_at(shop_id, target), "now": to_micros(now)}):
        found = {**decode(fields), **(found or {})}
    return found


def _campaigns(tx: Transaction, shop_id: int, now: datetime) -> dict[Target, dict[str, Any]]:
    return wanted(read_on(tx, shop_id, now), read_shown(tx, shop_id, [""], now), now)


def _at(shop_id: int, target: Target) -> dict[str, Any]:
    return {"shop": shop_id, "store": target.store, "kind": target.kind, "key": storable(target.key)[:250]}


def _target(row: Sequence[Any]) -> Target:
    return Target(row[0], row[1], row[2])


def _fields(target: Target, found: Found | None, names: set[str]) -> Fields | None:
    """What the thing says. Raises NoJson where places in a file are asked for and it is not there, or no JSON."""
    if target.kind != "theme_file" or names <= {""}:
        return None if found is None else found.fields
    if "" in names:
        raise NoJson("the file is wanted whole by one, and in part by another")
    if found is None:
        raise NoJson("there is no such file in the theme")
    return values_at(found.fields[""], sorted(names))


def _change(target: Target, found: Found | None, changes: Fields) -> tuple[Fields, Fields]:
    """What is written, and over what. Raises NoJson."""
    there: Fields = found.fields if found is not None else {}
    if target.kind == "theme_file" and "" not in changes:
        return {"": with_values(there[""], changes)}, {"": there[""]}
    return changes, {name: there.get(name) for name in changes}
