"""Drafts of flows with revisions: every change says which state it was made on, so none overwrites another unseen.

A draft is kept even while it has problems. Its history is a list of states; undo and redo add to it. A draft that was
replaced from elsewhere (a file applied by the command line) is noticed and becomes a state of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, cast

from sereno.engine.catalog import FlowInvalid
from sereno.engine.documents import Unreadable, read_document
from sereno.engine.flow import compile_flow, is_flow_name
from sereno.engine.places import step_of_place
from sereno.runtime.publishing import FlowRow, flow_row
from sereno.runtime.staff import Staff, audit, open_staff
from sereno.sdk.plugin import Plugins
from sereno.store.database import Database, Transaction
from sereno.store.fields import from_micros, storable, to_micros

KEPT = 300
"""How many states of a draft are kept."""
ELSEWHERE = "sereno"
"""Whose change it was, when the draft was replaced from elsewhere."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something to mend. `path` is the step's ("2.then.0"), `trigger`, `entry`, `exit.N`, or empty for the flow itself;
    `field` what it is about inside that."""

    path: str
    line: int
    column: int | None
    field: str
    message: str
    suggestion: str | None


@dataclass(frozen=True, slots=True)
class Change:
    """One line of a draft's history."""

    revision: int
    what: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Draft:
    """A flow's draft. `document` is None while the text cannot be read at all. `what` was done to it last; `undo` and
    `redo` say what each would take back or bring back, None when there is nothing."""

    flow_id: int
    name: str
    title: str
    text: str
    document: dict[str, Any] | None
    revision: int
    problems: list[Problem]
    by: str
    at: datetime
    version: int | None
    status: str
    is_changed: bool
    what: str
    undo: str | None
    redo: str | None


class DraftConflict(Exception):  # noqa: N818 - reads as a sentence
    """Somebody else has changed the draft. `current` is how it stands now, `changes` what they did, newest first."""

    def __init__(self, current: Draft, changes: list[Change]) -> None:
        super().__init__("somebody else has changed this draft in the meantime")
        self.current = current
        self.changes = changes


@dataclass(frozen=True, slots=True)
class _State:
    revision: int
    text: str
    what: str
    by: str
    at: int
    back: int | None
    forth: int | None


def open_draft(shop_id: int, name: str, *, database: Database | None = None) -> Draft:
    """Raises LookupError when there is no such flow, ValueError for a flow that Sereno brings along."""
    staff = open_staff(database)
    with staff.database.read() as tx:
        row = _own_flow(tx, shop_id, name)
        head = _state(tx.one("draft_head", {"flow": row.id}))
        if head is not None and head.text == row.draft:
            return _draft(tx, staff, row, head)
    with staff.database.transaction() as tx:
        row = _own_flow(tx, shop_id, name)
        return _draft(tx, staff, row, _head(tx, staff, row))


def create_draft(shop_id: int, name: str, title: str, text: str, by: str, *, database: Database | None = None) -> Draft:
    """A new flow that is nothing but a draft. Raises ValueError for a name that is taken or cannot be one."""
    staff = open_staff(database)
    if not is_flow_name(name):
        raise ValueError(f"{name!r} cannot name a flow; use small letters, digits and hyphens")
    with staff.database.transaction() as tx:
        if tx.one("flow_by_name", {"shop": shop_id, "name": name}) is not None:
            raise ValueError(f"there is a flow {name!r} already")
        now = to_micros(staff.world.clock.now())
        kept = storable(text)
        tx.one(
            "insert_flow",
            {"shop": shop_id, "name": name, "title": title[:200], "draft": kept, "is_derived": False, "now": now},
        )
        row = flow_row(tx, shop_id, name)
        state = _State(1, kept, "", by[:200], now, None, None)
        _add(tx, row, state)
        audit(tx, shop_id, now, by, "flow.drafted", name, {"revision": 1})
        return _draft(tx, staff, row, state)


def change_draft(
    shop_id: int, name: str, text: str, *, expected: int, by: str, what: str, database: Database | None = None
) -> Draft:
    """Keep the text, right or wrong, as the draft's next state; `what` says in a few words what was done. Raises
    DraftConflict when the draft is not at revision `expected` any more, LookupError when there is no such flow."""
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        row, head = _expected(tx, staff, shop_id, name, expected)
        kept = storable(text)
        if kept == head.text:
            return _draft(tx, staff, row, head)
        state = _State(head.revision + 1, kept, what[:200], by[:200], _now(staff), head.revision, None)
        return _move_to(tx, staff, shop_id, row, state, "flow.draft_changed")


def undo(shop_id: int, name: str, expected: int, by: str, *, database: Database | None = None) -> Draft:
    """Take the last change back. Nothing happens where there is none. Raises as `change_draft`."""
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        row, head = _expected(tx, staff, shop_id, name, expected)
        earlier = _at(tx, row, head.back)
        if earlier is None:
            return _draft(tx, staff, row, head)
        state = _State(
            head.revision + 1, earlier.text, earlier.what, by[:200], _now(staff), earlier.back, head.revision
        )
        return _move_to(tx, staff, shop_id, row, state, "flow.draft_undone")


def redo(shop_id: int, name: str, expected: int, by: str, *, database: Database | None = None) -> Draft:
    """Bring back what `undo` took. Nothing happens where there is nothing to bring. Raises as `change_draft`."""
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        row, head = _expected(tx, staff, shop_id, name, expected)
        later = _at(tx, row, head.forth)
        if later is None:
            return _draft(tx, staff, row, head)
        state = _State(head.revision + 1, later.text, later.what, by[:200], _now(staff), later.back, later.forth)
        return _move_to(tx, staff, shop_id, row, state, "flow.draft_redone")


def draft_text(shop_id: int, name: str, revision: int, *, database: Database | None = None) -> str | None:
    """The draft as it was at a revision; None when that is not kept any more. Raises LookupError."""
    with open_staff(database).database.read() as tx:
        found = _at(tx, flow_row(tx, shop_id, name), revision)
        return None if found is None else found.text


def changes_since(shop_id: int, name: str, revision: int, *, database: Database | None = None) -> list[Change]:
    """What was done to the draft after a revision, newest first. Raises LookupError."""
    with open_staff(database).database.read() as tx:
        return _changes(tx, flow_row(tx, shop_id, name), revision)


def check(text: str, name: str, plugins: Plugins) -> tuple[dict[str, Any] | None, list[Problem]]:
    """The document in a text (None: it cannot be read), and everything that would refuse it as the flow `name`."""
    document, found = _checked(text, plugins)
    if document is not None and document.get("flow") != name:
        message = f"this draft belongs to the flow {name!r}; a flow keeps its name"
        return document, [Problem("", 1, None, "flow", message, name), *(one for one in found if one.field != "flow")]
    return document, list(found)


@lru_cache(maxsize=32)
def _checked(text: str, plugins: Plugins) -> tuple[dict[str, Any] | None, tuple[Problem, ...]]:
    """Kept for the next look at the same draft. The compiled flow is not: each edit makes another, nobody runs it."""
    try:
        return compile_flow(text, plugins).document, ()
    except FlowInvalid as invalid:
        problems = invalid.problems
    try:
        document = read_document(text)[0].document
    except Unreadable:
        document = None
    shown: list[Problem] = []
    for one in problems:
        path, field = step_of_place(document, one.path) if isinstance(document, Mapping) else ("", "")
        shown.append(Problem(path, one.line, one.column, field, one.message, one.suggestion))
    return cast("dict[str, Any]", document) if isinstance(document, dict) else None, tuple(shown)


def _own_flow(tx: Transaction, shop_id: int, name: str) -> FlowRow:
    row = flow_row(tx, shop_id, name)
    if row.is_derived:
        raise ValueError(f"{name} is a flow Sereno brings along; it cannot be changed")
    return row


def _expected(tx: Transaction, staff: Staff, shop_id: int, name: str, expected: int) -> tuple[FlowRow, _State]:
    row = _own_flow(tx, shop_id, name)
    head = _head(tx, staff, row)
    if head.revision != expected:
        raise DraftConflict(_draft(tx, staff, row, head), _changes(tx, row, expected))
    return row, head


def _head(tx: Transaction, staff: Staff, row: FlowRow) -> _State:
    """The newest state, under a lock. A draft that has none, or was replaced elsewhere, gets one. Where there is no
    draft at all, work begins with what is published."""
    locked = tx.one("lock_flow", {"flow": row.id})
    text = str(locked[1]) if locked is not None else row.draft
    if not text and row.version is not None:
        published = tx.one("published_document", {"flow": row.id, "version": row.version})
        text = str(published[0]) if published is not None else text
        tx.run("set_draft_text", {"flow": row.id, "draft": text, "title": row.title})
    head = _state(tx.one("draft_head", {"flow": row.id}))
    if head is not None and head.text == text:
        return head
    before = head.revision if head is not None else 0
    state = _State(before + 1, text, "", ELSEWHERE, _now(staff), before or None, None)
    _add(tx, row, state)
    return state


def _move_to(tx: Transaction, staff: Staff, shop_id: int, row: FlowRow, state: _State, action: str) -> Draft:
    document, _ = check(state.text, row.name, staff.plugins)
    title = document.get("name") if document is not None else None
    title = title if isinstance(title, str) and title.strip() else row.title
    tx.run("set_draft_text", {"flow": row.id, "draft": state.text, "title": title[:200]})
    _add(tx, row, state)
    audit(tx, shop_id, state.at, state.by, action, row.name, {"revision": state.revision, "what": state.what})
    return _draft(tx, staff, row, state)


def _add(tx: Transaction, row: FlowRow, state: _State) -> None:
    tx.run(
        "insert_draft_change",
        {
            "flow": row.id,
            "revision": state.revision,
            "text": state.text,
            "what": state.what,
            "by": state.by,
            "now": state.at,
            "back": state.back,
            "forth": state.forth,
        },
    )
    if state.revision % 20 == 0 and state.revision > KEPT:
        tx.run("forget_draft_changes", {"flow": row.id, "revision": state.revision - KEPT})


def _draft(tx: Transaction, staff: Staff, row: FlowRow, state: _State) -> Draft:
    document, problems = check(state.text, row.name, staff.plugins)
    published = tx.one("published_document", {"flow": row.id, "version": row.version}) if row.version else None
    title = document.get("name") if document is not None else None
    earlier, later = _at(tx, row, state.back), _at(tx, row, state.forth)
    return Draft(
        flow_id=row.id,
        name=row.name,
        title=title if isinstance(title, str) and title.strip() else row.title,
        text=state.text,
        document=document,
        revision=state.revision,
        problems=problems,
        by=state.by,
        at=from_micros(state.at),
        version=row.version,
        status=row.status,
        is_changed=published is None or published[0].strip() != state.text.strip(),
        what=state.what,
        undo=None if earlier is None else state.what,
        redo=None if later is None else later.what,
    )


def _at(tx: Transaction, row: FlowRow, revision: int | None) -> _State | None:
    return None if revision is None else _state(tx.one("draft_at", {"flow": row.id, "revision": revision}))


def _state(found: tuple[Any, ...] | None) -> _State | None:
    return None if found is None else _State(*found)


def _changes(tx: Transaction, row: FlowRow, revision: int) -> list[Change]:
    rows = tx.all("draft_changes_since", {"flow": row.id, "revision": revision})
    return [Change(one[0], one[1], one[2], from_micros(one[3])) for one in rows]


def _now(staff: Staff) -> int:
    return to_micros(staff.world.clock.now())
