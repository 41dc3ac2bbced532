"""Erasing one person: stage after stage, each in short transactions, until a search finds nothing.

1. find: all names of the person; they are remembered as keyed hashes, so that what comes in late is known.
2. stop: their runs end, what was to be done for them is taken back, events not yet offered to flows are not.
3. runs: states, traces, effects, questions and entries; `once` holds by the key's hash.
4. events: facts keep amounts and times of orders alone; raw deliveries are emptied.
5. records: customers and carts go, orders stay for the books, a no stays a no under a hash.
6. texts: audit, drafts, messages to other systems, and all that is found by columns of its own.
7. verify: everything is searched by its indexes; if anything still tells, from 2 again.
8. sweep: every text of the database is read through, in the background, for what no index leads to.

Invariant: doing a stage twice changes nothing, and how far it has got is committed with what was done.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sereno.commerce.event import links as links_of
from sereno.engine.durations import format_instant
from sereno.runtime.privacy import outside, places, redaction, searching, texts
from sereno.runtime.privacy.ending import end_live_runs
from sereno.runtime.privacy.finding import Finder, Found, begin
from sereno.runtime.privacy.person import BOOK_KINDS, Cloak, Person
from sereno.runtime.privacy.redaction import CODE
from sereno.runtime.staff import Staff
from sereno.runtime.tools import book
from sereno.store.database import Transaction, chunked
from sereno.store.documents import decode, encode
from sereno.store.fields import to_micros
from sereno.store.pseudonyms import is_pseudonym, pseudonym

STEP = 200
"""Runs or events in one transaction."""
MOST_ROUNDS = 5
STAGES = ("find", "stop", "runs", "events", "records", "texts", "verify", "sweep")
BOOKS_YEARS = 10
"""How long orders are kept for the books where the shop says nothing else (`books_years`)."""


@dataclass(slots=True)
class Work:
    """How far an erasure has got. `terms` are what was asked for; `after` the last row of the stage that is done;
    `place` the table the sweep reads. `before` and `after_all` count rows by table."""

    terms: list[str]
    stage: str = "find"
    person: dict[str, Any] | None = None
    after: int = 0
    place: int = 0
    round: int = 0
    started_at: int = 0
    report: dict[str, Any] = field(default_factory=dict[str, Any])

    def next(self, stage: str | None = None) -> None:
        """To this stage, else to the one that follows; none follows the last."""
        following = (*STAGES[1:], "")
        self.stage = stage or following[STAGES.index(self.stage)]
        self.after = 0


class CannotYet(Exception):  # noqa: N818
    """Something of the person's is under way; it is tried again in a moment."""


class Eraser:
    """`step` does one transaction's worth; an empty stage means that it is over."""

    def __init__(self, staff: Staff, shop_id: int, work: Work) -> None:
        self._staff = staff
        self._shop_id = shop_id
        self.work = work
        self._now = staff.world.clock.now()
        self._stages = {
            "find": self._find,
            "stop": self._stop,
            "runs": self._runs,
            "events": self._events,
            "records": self._records,
            "texts": self._texts,
            "verify": self._verify,
            "sweep": self._sweep,
        }

    def step(self, tx: Transaction) -> None:
        """Raises CannotYet, and then nothing of the transaction may be kept."""
        self._now = self._staff.world.clock.now()
        self._stages[self.work.stage](tx)

    def _finder(self, tx: Transaction) -> tuple[Finder, Found, Cloak]:
        assert self.work.person is not None
        person = Person.of_document(self.work.person)
        finder = Finder(self._staff, tx)
        found = finder.events(person)
        return finder, found, Cloak(person)

    # --- 1 ----------------------------------------------------------------------------------

    def _find(self, tx: Transaction) -> None:
        finder = Finder(self._staff, tx)
        person = begin(self._shop_id, self.work.terms)
        found = finder.find(person)
        finder.learn_words(found)
        seen = searching.look(finder, tx, found, Cloak(person))
        was = self.work.report.get("places", {})
        self.work.report["places"] = {
            place: {"before": was.get(place, {}).get("before", count[0]), "after": None}
            for place, count in sorted(seen.items())
        }
        self.work.person = person.to_document()
        at = to_micros(self._now)
        tx.many("remember_erased", sorted({(self._shop_id, _digest(link), at) for link in _all_links(person)}))
        self.work.next()

    # --- 2 ----------------------------------------------------------------------------------

    def _stop(self, tx: Transaction) -> None:
        finder, found, _cloak = self._finder(tx)
        now = to_micros(self._now)
        runs = finder.runs(found, self.work.after)[:STEP]
        for some in chunked(found.events, STEP):
            tx.run("unqueue_events", {"ids": some})
        if not runs:
            self.work.next()
            return
        world = self._staff.world
        live = end_live_runs(world, tx, runs, self._now)
        if live:
            # Those whose flow cannot be read any more.
            tx.run("force_end_runs", {"ids": live, "now": now})
            tx.run("delete_run_links", {"runs": live})
        tx.all("cancel_effects", {"runs": runs, "now": now})
        self.work.after = runs[-1]

    # --- 3 ----------------------------------------------------------------------------------

    def _runs(self, tx: Transaction) -> None:
        finder, found, cloak = self._finder(tx)
        ids = finder.runs(found, self.work.after)[:STEP]
        if not ids:
            self.work.next()
            return
        rows = tx.all("runs_to_erase", {"ids": ids})
        changed: list[tuple[Any, ...]] = []
        keys: set[tuple[int, str]] = set()
        for id_, _uid, flow, subject, key, reason, state, _status in rows:
            bare_subject, bare_key = cloak.key(subject) or "", cloak.key(key) or ""
            if bare_key != key:
                keys.add((flow, key))
            bare = redaction.run_state(state, bare_subject, bare_key)
            changed.append((id_, bare_subject, bare_key, redaction.reason_of(reason), bare))
        tx.many("redact_runs", changed)
        tx.run("delete_traces", {"runs": ids})
        trace = encode(
            [{"at": format_instant(self._now), "step": "", "code": "run.ended", "details": {"reason": CODE}}]
        )
        tx.many("copy_traces", [(id_, trace) for id_ in ids])
        self._entries(tx, keys, cloak)
        effects = [
            (
                id_,
                cloak.key(subject) or "",
                redaction.effect_config(config, cloak),
                "cancelled" if status in ("pending", "failed") else status,
                redaction.effect_result(result, cloak),
            )
            for id_, subject, config, status, result, _error in tx.all("effects_to_erase", {"runs": ids})
        ]
        tx.many("redact_effects", effects)
        tx.run("redact_approvals", {"runs": ids})
        self.work.after = ids[-1]

    def _entries(self, tx: Transaction, keys: set[tuple[int, str]], cloak: Cloak) -> None:
        """`once` is for ever: the entry stays, under the hash of its key."""
        if not keys:
            return
        asked = {"flows": sorted({flow for flow, _ in keys}), "keys": sorted({key for _, key in keys})}
        rows = [row for row in tx.all("entries_of_keys", asked) if (row[1], row[2]) in keys]
        tx.many("rename_entry", [(id_, flow, pseudonym(key), lane) for id_, flow, key, lane in rows])
        gone = sorted(key for _, key in keys if cloak.names(key))
        tx.run("drop_entries", {"flows": asked["flows"], "keys": gone})

    # --- 4 ----------------------------------------------------------------------------------

    def _events(self, tx: Transaction) -> None:
        _finder, found, cloak = self._finder(tx)
        ids = [id_ for id_ in found.events if id_ > self.work.after][:STEP]
        if not ids:
            self.work.next()
            return
        redact_events(tx, self._shop_id, ids, cloak)
        self.work.after = ids[-1]

    # --- 5 ----------------------------------------------------------------------------------

    def _records(self, tx: Transaction) -> None:
        finder, found, cloak = self._finder(tx)
        person, tables = found.person, finder.tables
        until = self._books_until(tx)
        kept = 0
        for projection, rows in finder.records(person):
            if projection.name not in BOOK_KINDS:
                tables.delete(projection.table, [row[0] for row in rows])
                continue
            kept += len(rows)
            changed: list[tuple[Any, ...]] = []
            for id_, _key, data in rows:
                bare = redaction.books_of(data, cloak)
                bare["erased"] = {"at": format_instant(self._now), "kept_until": until, "reason": "books"}
                changed.append((id_, encode(bare), None, bare.get("customer_id")))
            tables.change(projection.table, ("data", "email", "customer_key"), changed, ("text", "text", "text"))
        if kept:
            self.work.report["kept"] = {"orders": kept, "until": until, "reason": "books"}
        for kind, keys in searching.tagged(person).items():
            tables.delete("tag", [row[0] for row in searching.tags_of(tx, self._shop_id, kind, keys)])
        self._answers(tx, person, cloak)
        tables.delete("skip", finder.skips(found))
        self.work.next()

    def _answers(self, tx: Transaction, person: Person, cloak: Cloak) -> None:
        """What was said about being written to stays, under a hash: a no is a no also after, and a fresh yes counts."""
        addresses = searching.addresses_of(person)
        asked = {"shop": self._shop_id, "addresses": addresses}
        now = to_micros(self._now)
        lines: list[tuple[Any, ...]] = []
        channels = {("email", mail) for mail in person.emails}
        channels |= {(channel, address) for address, channel in tx.all("consent_channels", asked)}
        for id_, address, proof, source, _uid in tx.all("consents_to_hide", asked):
            bare = encode(redaction.words_of(decode(proof), ("basis",), cloak))
            lines.append((id_, pseudonym(address), bare, redaction.reason_of(source) or ""))
        tx.many("hide_consents", lines)
        last = [
            (
                *(self._shop_id, pseudonym(address), channel, "marketing", False, now, "erasure", "{}"),
                pseudonym(f"{channel}|{address}")[:200],
            )
            for channel, address in sorted(channels)
        ]
        tx.many("add_consents", last)
        hidden = {
            (self._shop_id, pseudonym(address), channel, redaction.reason_of(reason) or CODE, at)
            for _id, address, channel, reason, at in tx.all("suppressions_of", asked)
        }
        tx.run("drop_suppressions", asked)
        tx.many("suppress", sorted(hidden))

    def _books_until(self, tx: Transaction) -> str:
        row = tx.one("privacy_settings", {"shop": self._shop_id})
        settings: dict[str, Any] = decode(row[0]) if row is not None else {}
        years = settings.get("books_years")
        is_number = isinstance(years, int | str) and str(years).isdecimal()
        length = timedelta(days=366 * (int(str(years)) if is_number else BOOKS_YEARS))
        return format_instant(self._now + length)[:10]

    # --- 6 ----------------------------------------------------------------------------------

    def _texts(self, tx: Transaction) -> None:
        finder, found, cloak = self._finder(tx)
        self._off_lists(finder, found, tx)
        for place in places.SIMPLE:
            ids = searching.rows_of(finder.tables, place, found.person)
            for table, column in place.children:
                finder.tables.delete(table, ids, column)
            finder.tables.delete(place.table, ids, place.id, place.id_type)
        count = texts.blot_shared(finder.tables, tx, self._shop_id, cloak)
        for name, (_count, forget) in outside.KEPT.items():
            count[name] = forget(found.person.tokens())
        before = self.work.report["places"]
        for place, number in count.items():
            if number and place not in before:
                before[place] = {"before": number, "after": None}
        self.work.next()

    def _off_lists(self, finder: Finder, found: Found, tx: Transaction) -> None:
        """Who is on a list of another tool is taken off it; a sealed note is kept of whom, until that is done."""
        place = next(one for one in places.SIMPLE if one.table == "tools_audience_person")
        count = book.seal(tx, searching.rows_of(finder.tables, place, found.person))
        if count:
            self.work.report["lists"] = self.work.report.get("lists", 0) + count

    # --- 7 ----------------------------------------------------------------------------------

    def _verify(self, tx: Transaction) -> None:
        finder, found, cloak = self._finder(tx)
        runs = finder.runs(found)
        row = tx.one("running_effects_of", {"runs": runs})
        if row is not None and row[0]:
            raise CannotYet(f"{row[0]} of their effects are under way")
        seen = searching.look(finder, tx, found, cloak)
        shared = texts.count_shared(finder.tables, tx, self._shop_id, cloak)
        left = {place: counts[1] for place, counts in seen.items()} | shared
        for place, counts in self.work.report["places"].items():
            counts["after"] = left.get(place, 0)
        self.work.report["searched"] = len(places.PLACES) + len(outside.KEPT)
        still = {place: number for place, number in left.items() if number}
        if still:
            self.work.round += 1
            if self.work.round >= MOST_ROUNDS:
                raise RuntimeError(f"still found after {MOST_ROUNDS} rounds: {still}")
            self.work.next("stop")
            return
        self.work.report["verified_at"] = format_instant(self._now)
        self.work.next()

    # --- 8 ----------------------------------------------------------------------------------

    def _sweep(self, tx: Transaction) -> None:
        assert self.work.person is not None
        cloak = Cloak(Person.of_document(self.work.person))
        finder = Finder(self._staff, tx)
        swept = self.work.report.setdefault("swept", {"rows": 0, "found": 0})
        done = texts.sweep(finder.tables, tx, self._shop_id, cloak, self.work.place, self.work.after)
        swept["rows"] += done.rows
        swept["found"] += done.found
        self.work.place, self.work.after = done.place, done.after
        if done.is_over:
            self.work.next()


def redact_events(tx: Transaction, shop_id: int, ids: Sequence[int], cloak: Cloak) -> None:
    """Take the person out of these events, their links and the deliveries they came in."""
    rows = tx.all("events_to_erase", {"ids": ids})
    changed: list[tuple[Any, ...]] = []
    old: dict[int, set[str]] = {}
    new: dict[int, set[str]] = {}
    for id_, _delivery, _source, uid, type_, subject, data, refs, _error in rows:
        held = decode(refs)
        bare_subject = cloak.key(subject) or ""
        bare_refs = redaction.event_refs(held, cloak)
        old[id_], new[id_] = set(links_of(subject, held)), set(links_of(bare_subject, bare_refs))
        bare = redaction.event_data(type_, data, cloak)
        changed.append((id_, pseudonym(uid), bare_subject, bare, encode(bare_refs)))
    tx.many("redact_events", changed)
    gone = sorted({link for id_ in old for link in old[id_] - new[id_]})
    asked = {"shop": shop_id, "links": gone, "events": sorted(old)}
    held_links = tx.all("links_of_events", asked)
    about = {row[3]: (row[4], row[5]) for row in held_links}
    tx.run("delete_event_links", asked)
    made = [(shop_id, link, id_, *about[id_]) for id_ in sorted(about) for link in sorted(new[id_] - old[id_])]
    tx.many("copy_event_links", made)
    tx.run("unqueue_events", {"ids": ids})
    deliveries = sorted({row[1] for row in rows if row[1] is not None})
    if deliveries:
        tx.run("empty_deliveries", {"ids": deliveries, "nothing": b""})
        texts.rename_deliveries(tx, deliveries, cloak)


def _all_links(person: Person) -> list[str]:
    return [link for link in person.links() if not is_pseudonym(link)]


def _digest(link: str) -> str:
    return pseudonym(link)
