"""The watch: on the workers' beat one of them counts what happened, judges it, and lets people know.

Invariant: whoever takes the turn looks; what is written is right even when two look at once (see `alerting`, `telling`,
`counting`), so a worker that dies in the middle costs one look and no alert.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from sereno.runtime.watching import checking, counting, noting, telling
from sereno.runtime.watching.alerting import Severity, raise_alert, settle_alert
from sereno.runtime.watching.judging import BUSY, SILENT, Judge, Problem, Series
from sereno.runtime.world import World
from sereno.store.database import Transaction
from sereno.store.documents import decode
from sereno.store.fields import to_micros

log = logging.getLogger("sereno.runtime")

SECOND = 1_000_000
EVERY = 10 * SECOND
"""Between two looks."""
SEEN_AGAIN = 300 * SECOND
"""How often what goes on is noted on its alert."""
OWN_STOP = 900 * SECOND
"""We were not running ourselves, when nobody looked for so long."""
NOTED = (noting.EFFECTS, noting.RUNS, noting.DELIVERIES, noting.EVENTS)
STATES = (*SILENT.values(), *BUSY.values(), *checking.KINDS)
"""Kinds of alert that last as long as the state does."""
STOPPED = "stopped"


class Watch:
    """One per worker; `look` from one thread at a time."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._database = world.database
        self._judge = Judge()

    def look(self) -> bool:
        """Look, when it is time and nobody else does. Gives whether it was our turn."""
        now = to_micros(self._world.clock.now())
        due: int = self._database.peek("watch_turn", {"name": "look"})[0]
        if due > now:
            return False
        with self._database.transaction() as tx:
            if tx.one("take_watch_turn", {"name": "look", "now": now, "next": now + EVERY}) is None:
                return False
            shops = [row[0] for row in tx.all("all_shop_ids")]
            if due and now - due > OWN_STOP:
                _excuse(tx, shops, due, now)
        self._take_notes()
        counted = counting.count(self._database, now)
        problems = checking.problems(self._database, shops, now)
        if not counted.is_behind:
            self._judge.learn(self._database, now)
            problems += self._silences(shops, now)
        self._hold(shops, problems, counted.farewells, now)
        telling.tell(self._world, now)
        return True

    def _take_notes(self) -> None:
        """Alerts of the failures that were noted since."""
        with self._database.transaction() as tx:
            rows = sorted(tx.all("take_alert_notes"))
            found: dict[tuple[int, str, str], list[Any]] = {}
            for _id, shop, kind, about, facts, count, at in rows:
                held = found.setdefault((shop, kind, about), [facts, 0, at])
                held[1], held[2] = held[1] + count, max(held[2], at)
            titles = _Titles(tx, {shop for shop, _, _ in found})
            for (shop, kind, about), (text, count, at) in sorted(found.items()):
                facts = decode(text)
                facts["name"] = titles.of(kind, str(facts["place"]))
                raise_alert(tx, shop, kind=kind, about=about, text_code=kind, values=facts, now=at, count=count)

    def _silences(self, shops: Sequence[int], now: int) -> list[Problem]:
        with self._database.read() as tx:
            rows = tx.all("watch_series")
            flows = {row[0]: row for row in tx.all("watched_flows", {"shops": shops})}
            connections = {row[0]: row for row in tx.all("watched_connections", {"shops": shops})}
            pauses = tx.all("pauses_since", {"since": 0})
        self._see_paused(rows, flows, now)
        triggers = self._triggers(flows)
        self._keep_used(rows, triggers)
        series = list(_watched(rows, flows, connections, triggers))
        return self._judge.judge(self._database, series, pauses, now)

    def _see_paused(self, rows: Iterable[tuple[Any, ...]], flows: dict[int, tuple[Any, ...]], now: int) -> None:
        """That a flow stands still because a person paused it is neither news nor a lesson."""
        begin = {row[0]: flows[int(row[3])][7] for row in rows if row[2] == "flow" and _stands(flows.get(int(row[3])))}
        if not begin:
            return
        with self._database.transaction() as tx:
            for id_, since in sorted(begin.items()):
                end = now + 3600 * SECOND
                if tx.one("stretch_pause", {"series": id_, "note": STOPPED, "begin": now, "end": end}) is None:
                    shop = next(row[1] for row in rows if row[0] == id_)
                    held = {"shop": shop, "series": id_, "begin": min(since, now), "end": end, "note": STOPPED}
                    tx.one("add_watch_pause", {**held, "by": "sereno"})

    def _keep_used(self, rows: Iterable[tuple[Any, ...]], triggers: dict[tuple[int, str], list[str]]) -> None:
        """Which types of events start a flow, for the pages."""
        used = {row[0]: "true" if (row[1], row[3]) in triggers else "false" for row in rows if row[2] == "event"}
        changed = sorted((row[0], used[row[0]]) for row in rows if row[0] in used and row[9] != used[row[0]])
        if changed:
            with self._database.transaction() as tx:
                tx.many("keep_judged", changed)

    def _triggers(self, flows: dict[int, tuple[Any, ...]]) -> dict[tuple[int, str], list[str]]:
        """By (shop, event type): what it starts."""
        found: dict[tuple[int, str], list[str]] = {}
        with self._database.read() as tx:
            self._world.flows.refresh(tx)
            for id_, shop, name, _title, status, is_derived, version, _at in flows.values():
                if is_derived or version is None or status not in ("live", "shadow"):
                    continue
                live = self._world.flows.version(tx, id_, version)
                for type_ in live.flow.trigger_types if live is not None else ():
                    found.setdefault((shop, type_), []).append(f"flow:{name}")
        return found

    def _hold(
        self, shops: Sequence[int], problems: list[Problem], farewells: Iterable[tuple[int, int]], now: int
    ) -> None:
        """Alerts as things are now: raised, seen again, settled."""
        with self._database.read() as tx:
            held = tx.all("unsettled_alerts", {"shops": shops})
            over = [
                (row[1], row[2], row[3])
                for row in held
                if row[2] in NOTED and checking.is_over(tx, row[1], row[2], decode(row[4]), row[6], now)
            ]
        known = {(row[1], row[2], row[3]): row[6] for row in held}
        so = {(one.shop_id, one.kind, one.about): one for one in problems}
        over += [key for key in known if key[1] in STATES and key not in so]
        new = [one for key, one in so.items() if key not in known or now - known[key] > SEEN_AGAIN]
        gone = list(farewells)
        if not (new or over or gone):
            return
        with self._database.transaction() as tx:
            for one in sorted(new, key=lambda one: (one.shop_id, one.kind, one.about)):
                _raise(tx, one, now, is_known=(one.shop_id, one.kind, one.about) in known)
            for shop, kind, about in sorted(over):
                settle_alert(tx, shop, kind, about, now)
            for shop, connection in sorted(gone):
                names = {row[0]: row[2] for row in tx.all("watched_connections", {"shops": [shop]})}
                name = names.get(connection, str(connection))
                problem = Problem(
                    shop,
                    "subscription.deleted",
                    f"connection:{name}",
                    "subscription.deleted",
                    {"name": name},
                    "critical",
                )
                _raise(tx, problem, now, is_known=False)


class _Titles:
    """What people call the flows and connections that notes name by their ids."""

    def __init__(self, tx: Transaction, shops: Iterable[int]) -> None:
        wanted = {"shops": sorted(shops)}
        self._flows = {str(row[0]): str(row[3] or row[2]) for row in tx.all("watched_flows", wanted)}
        rows = tx.all("watched_connections", wanted)
        self._connections = {str(row[0]): _title(row[4], row[2]) for row in rows}

    def of(self, kind: str, place: str) -> str:
        held = self._connections if kind == noting.DELIVERIES else self._flows
        return held.get(place, place)


def _title(settings: str | None, name: str) -> str:
    held: dict[str, Any] = decode(settings) if settings else {}
    return str(held.get("title") or name)


def _raise(tx: Transaction, one: Problem, now: int, *, is_known: bool) -> None:
    severity: Severity = "critical" if one.severity == "critical" else "info" if one.severity == "info" else "warning"
    raise_alert(
        tx,
        one.shop_id,
        kind=one.kind,
        about=one.about,
        text_code=one.text_code,
        values=one.facts,
        now=now,
        severity=severity,
        count=0 if is_known else 1,
    )


def _excuse(tx: Transaction, shops: Sequence[int], since: int, now: int) -> None:
    """What did not happen while we were not running says nothing about others."""
    end = now + checking.LEAST_RUNNING // timedelta(microseconds=1)
    for shop in shops:
        held = {"shop": shop, "series": None, "begin": since, "end": end, "note": STOPPED, "by": "sereno"}
        tx.one("add_watch_pause", held)


def _stands(flow: tuple[Any, ...] | None) -> bool:
    return flow is not None and flow[4] == "paused"


def _watched(
    rows: Iterable[tuple[Any, ...]],
    flows: dict[int, tuple[Any, ...]],
    connections: dict[int, tuple[Any, ...]],
    triggers: dict[tuple[int, str], list[str]],
) -> Iterable[Series]:
    """Of all that is counted, what should happen now: flows that are on, connections that are open, and the events that
    start such flows."""
    for id_, shop, kind, name, _first, last_at, learned, is_ignored, patience, _used in rows:
        if is_ignored:
            continue
        if kind == "flow":
            flow = flows.get(int(name))
            if flow is not None and flow[4] in ("live", "shadow") and not flow[5]:
                yield Series(id_, shop, kind, name, last_at, learned, patience, f"flow:{flow[2]}", flow[3] or flow[2])
        elif kind == "connection":
            row = connections.get(int(name))
            settings: dict[str, Any] = decode(row[4]) if row is not None and row[4] else {}
            if row is not None and row[3] and not settings.get("deleted_at"):
                title = str(settings.get("title") or row[2])
                yield Series(id_, shop, kind, name, last_at, learned, patience, f"connection:{row[2]}", title)
        elif (shop, name) in triggers:
            about, feeds = f"event:{name}", tuple(triggers[shop, name])
            yield Series(id_, shop, kind, name, last_at, learned, patience, about, name, feeds)
