"""Keeps lists over there in step with the segments attached to them: fills them at first, tells them of whoever comes
in, goes, changes their mind or is erased, and compares everybody once a day.

Invariant: one worker has a list, under a lease; where it has got to is committed before the tool is asked and after it
answered. Killed between any two batches, the next goes on there; a batch whose answer was lost is told once more, which
changes nothing over there. Whoever goes is taken off before anybody is put on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sereno.runtime.stores.keys import REFUSED, note_refused, note_taken
from sereno.runtime.stores.writing import exchange_of
from sereno.runtime.tools import book
from sereno.runtime.tools.book import Held
from sereno.runtime.tools.filling import known_people
from sereno.runtime.tools.reaching import Tool, failed
from sereno.runtime.tools.visiting import MICROS, PAGE, Visited, Visitor
from sereno.runtime.watching.alerting import raise_alert, settle_alert
from sereno.sdk.audience import Person, PushPeople, RemovePeople
from sereno.sdk.stores import Call, StoreBusy, StoreLimited, StoreRefused, Written
from sereno.store.database import Transaction
from sereno.store.documents import encode
from sereno.store.jobs import LeaseLost

GATHER = timedelta(seconds=15)
"""Between two visits of a list that is in step, so that changes go together."""
DAY = timedelta(days=1)
"""Between two comparisons of everybody."""
MOST = 2000
"""People of one batch, however many the tool would take."""
TOLD = 3
"""Failures in a row, after which people hear of it."""


@dataclass(slots=True)
class Work(Visited):
    """As its row was found; `cursor` and what follows are of the last look, `tool` is there once it was reached."""

    segment: int
    status: str
    compared_at: int | None
    cursor: str | None = None
    began_at: int = 0
    compare_at: int = 0
    tool: Tool | None = None


class Follower(Visitor[Work]):
    """Of lists that are attached to a segment."""

    due = "due_audiences"
    claim = "claim_audience"

    def _work(self, row: Any) -> Work:
        return Work(*row)

    # --- one step ---------------------------------------------------------------------------------

    def _step(self, work: Work) -> bool:
        """What is in step already is visited a little later."""
        if work.status == "letting":
            return self._let_go(work)
        if work.tool is None:
            work.tool = self._reach(work, lambda api: api.remove is not None)
        if self._advance(work, work.tool):
            return True
        self._rest(work, work.tool)
        return False

    def _advance(self, work: Work, tool: Tool) -> bool:
        """Whether there was anything to do."""
        if work.status == "leaving":
            return self._order_off(work) or self._take_off(work, tool) or self._let_go(work)
        return self._look(work) or self._take_off(work, tool) or self._compare(work) or self._put_on(work, tool)

    def _look(self, work: Work) -> bool:
        """People of whom something changed."""
        with self._database.transaction() as tx:
            self._keep(tx, work)
            keys = [key for (key,) in tx.all("take_touched_of_audience", {"id": work.id, "limit": PAGE})]
            if keys:
                is_live, _counted_at = self._segment(tx, work)
                self._judge(tx, work, keys, is_live=is_live)
        return bool(keys)

    def _judge(self, tx: Transaction, work: Work, keys: Sequence[str], *, is_live: bool) -> int:
        """While the segment is being counted nobody comes in or goes by it: only a no counts then."""
        held = book.held_of(tx, work.id, keys)
        if is_live:
            rows = tx.all("members_among", {"segment": work.segment, "keys": list(keys)})
            inside = {key for (key,) in rows}
        else:
            inside = {key for key, one in held.items() if one.there and not key.startswith(book.ERASED)}
            keys = sorted(inside)
        people = self._people(tx, work, sorted(inside))
        wishes = (book.wish_of(key, held.get(key), people.get(key), is_inside=key in inside) for key in keys)
        return book.write(tx, work.shop_id, work.id, [one for one in wishes if one is not None])

    def _compare(self, work: Work) -> bool:
        """A page of everybody in the segment and in the book; the first time that fills the list."""
        with self._database.transaction() as tx:
            self._keep(tx, work)
            tx.all("share_segments", {"shop": work.shop_id})
            is_live, counted_at = self._segment(tx, work)
            if not is_live:
                return False
            mine = {**self._mine(work), "now": self._now()}
            if work.cursor is None:
                if work.compare_at > self._now() and counted_at <= work.began_at:
                    return False
                tx.run("begin_comparing", mine)
                work.cursor = ""
            asked = {"segment": work.segment, "audience": work.id, "after": work.cursor, "limit": PAGE}
            keys = [key for (key,) in tx.all("keys_to_compare", asked)]
            found = self._judge(tx, work, keys, is_live=True) if keys else 0
            if len(keys) < PAGE:
                tx.run("go_on_comparing", {**mine, "cursor": "", "found": found})
                tx.run("end_comparing", {**mine, "next": self._now() + DAY // MICROS})
                return True
            tx.run("go_on_comparing", {**mine, "cursor": keys[-1], "found": found})
        return True

    def _put_on(self, work: Work, tool: Tool) -> bool:
        with self._database.transaction() as tx:
            self._keep(tx, work)
            due = book.due_of(tx, work.id, book.PUT, min(tool.api.most, MOST))
            known = self._people(tx, work, [one.key for one in due])
            refused = [wish for one in due if (wish := self._second_thought(one, known.get(one.key))) is not None]
            book.write(tx, work.shop_id, work.id, refused)
            left = {one.key for one in refused}
            batch = [(one, known[one.key]) for one in due if one.key not in left]
            told = [(work.id, one.key, *book.identity(person), book.mark_of(person)) for one, person in batch]
            tx.many("tell_audience_people", told)
            key = self._number(tx, work, book.PUT) if batch else ""
        if batch:
            people = tuple(person for _, person in batch)
            done = self._tell(tool, key, lambda call: tool.api.push(call, PushPeople(work.list, people)))
            self._settle_put(work, [one for one, _ in batch], done)
        return bool(due)

    def _second_thought(self, held: Held, person: Person | None) -> book.Wish | None:
        """Consent, as it stands the moment before they are put on."""
        wish = book.wish_of(held.key, held, person, is_inside=True)
        return None if wish is not None and wish.due == book.PUT else wish

    def _settle_put(self, work: Work, batch: Sequence[Held], done: Written) -> None:
        turned = {
            str(one.get("key")): str(one.get("code") or "person.refused") for one in done.value.get("turned") or ()
        }
        rows = [
            (work.id, one.key, int(one.key not in turned or one.there == 1), turned.get(one.key, "")[:64])
            for one in batch
        ]
        new = sum(1 for one in batch if one.there != 1 and one.key not in turned)
        with self._database.transaction() as tx:
            self._keep(tx, work)
            tx.many("settle_audience_people", rows)
            counted = {"put": new, "taken": 0, "invalid": int(done.value.get("invalid") or 0)}
            tx.run("tell_batch", {**self._mine(work), **counted})

    def _take_off(self, work: Work, tool: Tool) -> bool:
        remove = tool.api.remove
        assert remove is not None
        with self._database.transaction() as tx:
            self._keep(tx, work)
            due = book.due_of(tx, work.id, book.TAKE, min(tool.api.most, MOST))
            key = self._number(tx, work, book.TAKE) if due else ""
        if not due:
            return False
        people = tuple(one.person() for one in due)
        done = self._tell(tool, key, lambda call: remove(call, RemovePeople(work.list, people)))
        said = {str(one.get("key")) for one in done.value.get("turned") or ()}
        stuck = [one for one, person in zip(due, people, strict=True) if person.key in said]
        off = [one.key for one in due if one not in stuck]
        with self._database.transaction() as tx:
            self._keep(tx, work)
            if work.status == "leaving":
                off += [one.key for one in stuck]
            else:
                tx.many("settle_audience_people", [(work.id, one.key, 1, book.STUCK) for one in stuck])
                # They may be wanted by now, or by another address.
                again = sorted(key for key in off if not key.startswith(book.ERASED))
                tx.many("touch_audience_people", [(work.shop_id, work.id, key) for key in again])
            tx.run("forget_audience_people", {"audience": work.id, "keys": off})
            counted = {"put": 0, "taken": len(due) - len(stuck), "invalid": 0}
            tx.run("tell_batch", {**self._mine(work), **counted})
        return True

    # --- the end of it ----------------------------------------------------------------------------

    def _order_off(self, work: Work) -> bool:
        with self._database.transaction() as tx:
            self._keep(tx, work)
            asked = {"audience": work.id, "limit": MOST}
            return bool(tx.run("order_all_off", asked) + tx.run("forget_away", asked))

    def _let_go(self, work: Work) -> bool:
        """What the book still holds is forgotten, and at last the list itself."""
        with self._database.transaction() as tx:
            self._keep(tx, work)
            if tx.run("forget_some", {"audience": work.id, "limit": MOST}):
                return True
            tx.run("forget_touched", {"audience": work.id})
            tx.run("drop_audience", self._mine(work))
            settle_alert(tx, work.shop_id, "audience.stopped", f"audience:{work.id}", self._now())
        raise LeaseLost

    # --- what it stands on ------------------------------------------------------------------------

    def _people(self, tx: Transaction, work: Work, keys: Sequence[str]) -> dict[str, Person]:
        found = known_people(tx, self._world.plugins, self._database.dialect, work.shop_id, keys) if keys else []
        return {one.key: one for one in found}

    def _segment(self, tx: Transaction, work: Work) -> tuple[bool, int]:
        """Whether it is live, and when it was last counted."""
        row = tx.one("audience_segment", {"id": work.segment})
        if row is None:
            raise StoreRefused("segment.gone", "The segment is gone: detach the list, or make the segment again.")
        return row[1] == "live", row[2] or 0

    def _number(self, tx: Transaction, work: Work, what: str) -> str:
        row = tx.one("number_batch", self._mine(work))
        assert row is not None
        return f"audience/{work.id}/{what}/{row[0]}"

    def _tell(self, tool: Tool, key: str, tell: Callable[[Call], Written]) -> Written:
        """Raises LeaseLost when there is no time to wait for the tool, StoreError."""
        call = Call(exchange_of(tool.store, tool.http), key, 1, self._world.clock.now())
        return self._ask(tool, "take people", lambda: tell(call))

    # --- its row ----------------------------------------------------------------------------------

    def _keep(self, tx: Transaction, work: Work) -> None:
        """Renew the lease in this transaction. Raises LeaseLost, also where it was detached meanwhile."""
        held = {**self._mine(work), "status": work.status, "until": self._until()}
        row = tx.one("keep_audience", held)
        if row is None:
            raise LeaseLost
        work.cursor, began, work.compare_at, *_rest = row
        work.began_at = began or 0

    def _rest(self, work: Work, tool: Tool) -> None:
        """Nothing is left to do: how many there are, and when to come again."""
        now = self._now()
        place = self._measured(work, tool)
        mine = self._mine(work)
        with self._database.transaction() as tx:
            self._keep(tx, work)
            next_ = now + GATHER // MICROS
            is_live, _counted_at = self._segment(tx, work)
            if not is_live:
                tx.run("wait_audience", {**mine, "next": next_})
                return
            if place is not None:
                tx.run("measure_audience", {**mine, "title": place[0][:200], "there": place[1], "now": now})
            counts = encode(book.counts_of(tx, work.id))
            tx.run("step_audience", {**mine, "counts": counts, "now": now, "next": next_})
            settle_alert(tx, work.shop_id, "audience.stopped", f"audience:{work.id}", now)
            note_taken(tx, work.shop_id, tool.store.connection, now)

    def _measured(self, work: Work, tool: Tool) -> tuple[str, int | None] | None:
        """Once after each comparison; what the tool does not say today it says tomorrow."""
        with self._database.read() as tx:
            row = tx.one("audience_measured", {"id": work.id})
        if row is None or row[0] is None or (row[1] or 0) >= row[0]:
            return None
        try:
            found = {one.id: one for one in tool.api.lists(exchange_of(tool.store, tool.http))}
        except (StoreLimited, StoreBusy, StoreRefused):
            return None
        place = found.get(work.list)
        return None if place is None else (place.name, place.count)

    def _release(self, work: Work) -> None:
        with self._database.transaction() as tx:
            counts = encode(book.counts_of(tx, work.id))
            tx.run("release_audience", {**self._mine(work), "counts": counts})

    def _failed(self, work: Work, error: Exception) -> None:
        code, failures, after = failed(error, work.failures)
        now, about = self._now(), f"audience:{work.id}"
        mine = {**self._mine(work), "now": now, "next": now + after // MICROS}
        with self._database.transaction() as tx:
            counts = encode(book.counts_of(tx, work.id))
            told = {"error": code[:64], "message": str(error)[:1000], "failures": failures, "counts": counts}
            tx.run("fail_audience", {**mine, **told})
            row = tx.one("connection_called", {"connection": work.connection_id})
            name, title = (str(row[0]), str(row[0])) if row is not None else ("", work.title)
            if code == REFUSED:
                note_refused(tx, work.shop_id, name, title, str(error), now)
            elif failures >= TOLD:
                facts = {"name": work.title, "connection": name, "reason": code, "message": str(error)[:300]}
                kind = "audience.stopped"
                raise_alert(tx, work.shop_id, kind=kind, about=about, text_code=kind, values=facts, now=now)
