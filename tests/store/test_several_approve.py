"""Approvals by several over the real runtime: rows, mails, answers at the same moment, and one decision."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from support import Place, order

from sereno.runtime import services

FLOW = (
    "flow: asks\ntrigger: {{event: order.created}}\nsteps:\n"
    "  - approve: {{{settings}, then: [{{tests.call: {{to: yes}}}}], else: [{{stop: no}}]}}\n"
)


def begin(place: Place, settings: str) -> list[int]:
    place.flow(FLOW.format(settings=settings))
    place.send(order("1"))
    place.drain()
    return [row[0] for row in place.rows("SELECT id FROM approval ORDER BY id")]


def statuses(place: Place) -> list[tuple[str, str]]:
    return place.rows("SELECT by, status FROM approval ORDER BY id")


def decide(place: Place, id: int, approved: bool, by: str, **more: Any) -> None:
    services.decide_approval(id, approved, by, database=place.database, **more)


def test_each_has_a_question_and_the_rest_is_closed(place: Place) -> None:
    first, second, _third = begin(place, "by: [support, operator, owner], need: 2")
    decide(place, first, True, "a")
    with pytest.raises(ValueError, match="you have given yours already"):
        decide(place, second, True, "a")
    assert statuses(place) == [("support", "approved"), ("operator", "open"), ("owner", "open")]
    decide(place, second, True, "b")
    assert statuses(place) == [("support", "approved"), ("operator", "approved"), ("owner", "closed")]
    place.drain()
    assert place.runs()[0][1] == "finished" and len(place.effects()) == 1


def test_in_order_and_escalated(place: Place) -> None:
    (first,) = begin(
        place, "by: [support, owner], need: all, in_order: true, escalate: {after: 1h, to: boss@x.example}"
    )
    decide(place, first, True, "a")
    assert statuses(place)[1:] == [("owner", "open")]
    place.after(hours=1)
    assert statuses(place)[1:] == [("owner", "open"), ("boss@x.example", "open")]
    last = place.rows("SELECT max(id) FROM approval")[0][0]
    decide(place, last, False, "boss@x.example")
    assert statuses(place)[1:] == [("owner", "closed"), ("boss@x.example", "refused")]
    assert place.runs()[0][3] == "no"


def test_a_reminder_is_a_mail_of_its_own(place: Place) -> None:
    begin(place, "by: boss@x.example, remind: 1h, timeout: 3h")
    asked = "SELECT count(*) FROM effect WHERE action = 'alerts.ask'"
    assert place.rows(asked) == [(1,)]
    place.after(hours=2)
    place.after(hours=1)
    assert place.rows(asked)[0][0] >= 2 and statuses(place) == [("boss@x.example", "expired")]


@pytest.mark.parametrize("need", ["any", "all"])
def test_two_answers_at_the_same_moment_are_one_decision(place: Place, need: str) -> None:
    """For `any` one of the two decides and the other comes too late; for `all` both count, once each."""
    for number in range(4):
        place.flow(FLOW.format(settings=f"by: [support, owner], need: {need}").replace("asks", f"asks-{number}"))
    place.send(order("1"))
    place.drain()
    rows = place.rows("SELECT run_id, min(id), max(id) FROM approval GROUP BY run_id")
    for _run, *pair in rows:
        start, refused = threading.Barrier(2), []

        def answer(id: int, by: str, start: Any = start, refused: list[str] = refused) -> None:
            start.wait(120)
            try:
                decide(place, id, True, by)
            except ValueError as error:
                refused.append(str(error))

        threads = [threading.Thread(target=answer, args=(id, by)) for id, by in zip(pair, ("a", "b"), strict=True)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(refused) == (1 if need == "any" else 0)
    place.drain()
    assert [row[1] for row in place.runs()] == ["finished"] * 4
    assert place.rows("SELECT count(*) FROM effect WHERE action = 'tests.call'") == [(4,)]
    assert {status for _, status in statuses(place)} == ({"approved", "closed"} if need == "any" else {"approved"})


def test_who_asked_for_it_is_not_asked(place: Place) -> None:
    place.flow(
        "flow: asks\ntrigger: {manual: order}\nsteps:\n"
        "  - approve: {by: owner, not_by: requester, then: [{stop: yes}], else: [{stop: no}]}\n"
    )
    place.send(order("1"))
    place.drain()
    services.start_by_hand(place.shop, "asks", "order:1", "Ana@Example.com", database=place.database)
    place.drain()
    assert place.rows("SELECT not_by FROM approval") == [("ana@example.com",)]
