"""Drafts: revisions, undo and redo, conflicts, and problems on the step they belong to."""

from __future__ import annotations

from typing import Any

import pytest
from support import Place

from sereno.runtime import drafting, services
from sereno.runtime.drafting import DraftConflict
from sereno.runtime.publishing import DraftChanged

TEXT = "flow: greet\nname: Greet\ntrigger: {event: order.paid}\nsteps:\n  - log: {text: one}\n"


@pytest.fixture
def place(database: Any) -> Place:
    return Place(database)


def _change(place: Place, number: int, text: str, by: str = "ana", what: str = "changed") -> drafting.Draft:
    return drafting.change_draft(place.shop, "greet", text, expected=number, by=by, what=what, database=place.database)


def _open(place: Place) -> drafting.Draft:
    return drafting.open_draft(place.shop, "greet", database=place.database)


def test_a_new_draft_is_changed_undone_and_redone(place: Place) -> None:
    made = drafting.create_draft(place.shop, "greet", "Greet", TEXT, "ana", database=place.database)
    assert (made.revision, made.status, made.version, made.is_changed) == (1, "draft", None, True)
    assert made.undo is None
    assert made.redo is None
    second = _change(place, 1, TEXT.replace("one", "two"), what="second")
    third = _change(place, 2, TEXT.replace("one", "three"), what="third")
    assert (third.undo, third.revision) == ("third", 3)
    back = drafting.undo(place.shop, "greet", 3, "ana", database=place.database)
    assert (back.text, back.undo, back.redo, back.revision) == (second.text, "second", "third", 4)
    first = drafting.undo(place.shop, "greet", 4, "ana", database=place.database)
    assert (first.text, first.undo, first.redo) == (TEXT, None, "second")
    assert drafting.undo(place.shop, "greet", 5, "ana", database=place.database).revision == 5
    drafting.redo(place.shop, "greet", 5, "ana", database=place.database)
    again = drafting.redo(place.shop, "greet", 6, "ana", database=place.database)
    assert (again.text, again.undo, again.redo) == (third.text, "third", None)
    drafting.undo(place.shop, "greet", 7, "ana", database=place.database)
    other = _change(place, 8, TEXT.replace("one", "four"), what="fourth")
    assert (other.undo, other.redo) == ("fourth", None)
    assert drafting.undo(place.shop, "greet", 9, "ana", database=place.database).text == second.text


def test_the_second_of_two_editors_is_told_what_the_first_did(place: Place) -> None:
    drafting.create_draft(place.shop, "greet", "Greet", TEXT, "ana", database=place.database)
    _change(place, 1, TEXT.replace("one", "theirs"), by="ben", what="the text")
    with pytest.raises(DraftConflict) as caught:
        _change(place, 1, TEXT.replace("one", "mine"))
    assert "theirs" in caught.value.current.text
    assert [(one.revision, one.by, one.what) for one in caught.value.changes] == [(2, "ben", "the text")]
    assert drafting.draft_text(place.shop, "greet", 1, database=place.database) == TEXT
    for step in (drafting.undo, drafting.redo):
        with pytest.raises(DraftConflict):
            step(place.shop, "greet", 1, "ana", database=place.database)
    assert _open(place).revision == 2


def test_a_draft_replaced_from_elsewhere_is_a_conflict_too(place: Place) -> None:
    drafting.create_draft(place.shop, "greet", "Greet", TEXT, "ana", database=place.database)
    services.save_draft(place.shop, TEXT.replace("one", "by file"), database=place.database)
    with pytest.raises(DraftConflict) as caught:
        _change(place, 1, TEXT.replace("one", "mine"))
    assert "by file" in caught.value.current.text
    opened = _open(place)
    assert (opened.revision, "by file" in opened.text) == (2, True)
    assert drafting.undo(place.shop, "greet", 2, "ana", database=place.database).text == TEXT


def test_a_flow_applied_before_opens_and_its_draft_is_what_is_published(place: Place) -> None:
    place.flow(TEXT)
    opened = _open(place)
    assert (opened.revision, opened.version, opened.is_changed, opened.status) == (1, 1, False, "live")
    changed = _change(place, 1, TEXT.replace("one", "two").replace("Greet", "Greet them"))
    assert changed.is_changed
    assert changed.title == "Greet them"
    assert place.rows("SELECT title, draft FROM flow WHERE name = 'greet'") == [("Greet", changed.text)]
    assert services.publish(place.shop, "greet", "ana", database=place.database) == 2
    assert not _open(place).is_changed


def test_where_there_is_no_draft_work_begins_with_what_is_published(place: Place) -> None:
    place.flow(TEXT)
    with place.database.transaction() as tx:
        tx.text("UPDATE flow SET draft = '' WHERE name = 'greet'")
    assert (_open(place).text, _open(place).is_changed) == (TEXT, False)


def test_only_the_draft_that_was_looked_at_is_published(place: Place) -> None:
    place.flow(TEXT)
    _open(place)
    _change(place, 1, TEXT.replace("one", "two"))
    with pytest.raises(DraftChanged):
        services.publish(place.shop, "greet", "ana", expected=TEXT, database=place.database)
    text = _open(place).text
    assert services.publish(place.shop, "greet", "ana", expected=text, database=place.database) == 2


def test_a_draft_with_problems_is_kept_and_says_where_they_are(place: Place) -> None:
    drafting.create_draft(place.shop, "greet", "Greet", TEXT, "ana", database=place.database)
    wrong = (
        "flow: greet\nname: Greet\ntrigger: {event: order.payed}\nkey: order.idd\nexit: [{event: nothing.is}]\n"
        "steps:\n"
        "  - if: order.total >= 1\n    then:\n      - orders.add_tag: {tagg: x}\n"
        "  - for_each:\n      items: order.lines\n"
        "      as: line\n      steps:\n        - wait: soon\n"
    )
    kept = _change(place, 1, wrong)
    assert kept.text == wrong
    assert {one.path for one in kept.problems} >= {"trigger", "exit.0", "0.then.0", "1.0"}
    assert next(one.field for one in kept.problems if one.path == "1.0") == "wait"
    assert _open(place).problems == kept.problems
    unreadable = _change(place, 2, "flow: }")
    assert unreadable.document is None
    assert unreadable.title == "Greet"
    assert [one.line for one in unreadable.problems] == [1]


def test_a_flow_keeps_its_name(place: Place) -> None:
    drafting.create_draft(place.shop, "greet", "Greet", TEXT, "ana", database=place.database)
    renamed = _change(place, 1, TEXT.replace("flow: greet", "flow: other"))
    assert [(one.path, one.field, one.suggestion) for one in renamed.problems] == [("", "flow", "greet")]


def test_names_taken_or_wrong_are_refused(place: Place) -> None:
    drafting.create_draft(place.shop, "greet", "Greet", TEXT, "ana", database=place.database)
    for name in ("greet", "No name", ""):
        with pytest.raises(ValueError, match=r"greet|cannot name"):
            drafting.create_draft(place.shop, name, "Greet", TEXT, "ana", database=place.database)
    derived = place.rows("SELECT name FROM flow WHERE is_derived")[0][0]
    with pytest.raises(ValueError, match="brings along"):
        drafting.open_draft(place.shop, derived, database=place.database)
    with pytest.raises(LookupError):
        drafting.open_draft(place.shop, "nothing", database=place.database)


def test_old_states_are_forgotten_and_the_rest_can_still_be_undone(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drafting, "KEPT", 10)
    drafting.create_draft(place.shop, "greet", "Greet", TEXT, "ana", database=place.database)
    for number in range(1, 25):
        _change(place, number, TEXT.replace("one", f"text {number}"))
    assert len(place.rows("SELECT revision FROM flow_draft_change")) <= 30
    revision, draft = 25, _open(place)
    while draft.undo is not None:
        draft = drafting.undo(place.shop, "greet", revision, "ana", database=place.database)
        revision = draft.revision
    assert "text" in draft.text


def test_every_change_is_in_the_audit(place: Place) -> None:
    drafting.create_draft(place.shop, "greet", "Greet", TEXT, "ana", database=place.database)
    _change(place, 1, TEXT.replace("one", "two"), what="the text")
    drafting.undo(place.shop, "greet", 2, "ben", database=place.database)
    lines = place.rows("SELECT action, \"by\" FROM audit WHERE target = 'greet' ORDER BY id")
    assert lines == [("flow.drafted", "ana"), ("flow.draft_changed", "ana"), ("flow.draft_undone", "ben")]
