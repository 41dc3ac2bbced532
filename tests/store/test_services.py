"""What staff do: publish, pause, move, end, approve, start by hand, and ask why."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from support import START, Place, fact, order

from sereno.engine.catalog import FlowInvalid
from sereno.runtime import services

WAITING = "flow: waiting\ntrigger: {event: custom.begun}\nsteps:\n  - wait: 2h\n  - log: {text: one}\n"


@pytest.fixture
def place(database: Any) -> Place:
    return Place(database)


def test_a_wrong_draft_is_refused_with_its_problems(place: Place) -> None:
    with pytest.raises(FlowInvalid):
        services.save_draft(place.shop, "flow: x\ntrigger: {event: no.such}\nsteps: []\n", database=place.database)


def test_a_pause_holds_runs_and_says_why_others_do_not_start(place: Place) -> None:
    place.flow(WAITING)
    place.send(fact("1", "custom.begun"))
    place.drain()
    services.set_status(place.shop, "waiting", "paused", "tester", "too many", database=place.database)
    place.send(fact("2", "custom.begun", "thing:2"))
    place.after(hours=3)
    assert place.runs() == [("thing:1", "waiting", "0", None)]
    assert place.skips() == ["flow_paused"]
    services.set_status(place.shop, "waiting", "live", "tester", database=place.database)
    place.drain()
    assert place.runs()[0][1] == "finished"


@pytest.mark.parametrize(("inflight", "text", "status"), [("finish", "one", "finished"), ("move", "two", "finished")])
def test_publishing_leaves_or_moves_the_runs_under_way(place: Place, inflight: Any, text: str, status: str) -> None:
    place.flow(WAITING)
    place.send(fact("1", "custom.begun"))
    place.drain()
    services.save_draft(place.shop, WAITING.replace("text: one", "text: two"), database=place.database)
    number = services.publish(place.shop, "waiting", "tester", inflight=inflight, database=place.database)
    assert number == 2
    place.after(hours=3)
    assert place.runs()[0][1] == status
    assert place.rows("SELECT config FROM effect") == [(f'{{"text":"{text}"}}',)]


def test_publishing_can_end_the_runs_under_way(place: Place) -> None:
    place.flow(WAITING)
    place.send(fact("1", "custom.begun"))
    place.drain()
    services.publish(place.shop, "waiting", "tester", inflight="end", database=place.database)
    assert place.runs()[0][1:] == ("stopped", "0", "flow.replaced")
    place.after(hours=3)
    assert place.effects() == []


def test_an_approval_is_asked_once_and_answered_once(place: Place) -> None:
    place.flow(
        "flow: asks\ntrigger: {event: custom.begun}\nsteps:\n"
        "  - approve:\n      by: owner\n      timeout: 2d\n"
        "      then:\n        - log: {text: agreed}\n      else:\n        - log: {text: refused}\n"
    )
    place.send(fact("1", "custom.begun"), fact("2", "custom.begun", "thing:2"))
    place.drain()
    asked = [row[0] for row in place.rows("SELECT id FROM approval ORDER BY id")]
    services.decide_approval(asked[0], True, "ana", "fine", database=place.database)
    with pytest.raises(ValueError, match="answered already"):
        services.decide_approval(asked[0], False, "ana", database=place.database)
    place.after(days=3)
    assert [row[1] for row in place.runs()] == ["finished", "finished"]
    assert place.rows("SELECT config FROM effect ORDER BY id") == [('{"text":"agreed"}',), ('{"text":"refused"}',)]
    assert [row[0] for row in place.rows("SELECT status FROM approval ORDER BY id")] == ["approved", "expired"]


def test_a_run_can_be_ended_by_hand(place: Place) -> None:
    place.flow(WAITING)
    place.send(fact("1", "custom.begun"))
    place.drain()
    uid = place.rows("SELECT uid FROM run")[0][0]
    services.end_run(uid, "ana", "wrong one", database=place.database)
    with pytest.raises(ValueError, match="already"):
        services.end_run(uid, "ana", database=place.database)
    assert place.runs()[0][1:] == ("stopped", "0", "wrong one")


def test_a_manual_flow_starts_for_one_record(place: Place) -> None:
    place.flow("flow: by-hand\ntrigger: {manual: order}\nsteps:\n  - log: {text: '{{ order.number }}'}\n")
    place.send(order("1001"))
    place.drain()
    services.start_by_hand(place.shop, "by-hand", "order:1001", "ana", database=place.database)
    place.drain()
    assert place.rows("SELECT config FROM effect") == [('{"text":"1001"}',)]
    with pytest.raises(ValueError, match="order:17"):
        services.start_by_hand(place.shop, "by-hand", "customer:17", "ana", database=place.database)


@pytest.mark.parametrize("was", ["unknown", "paused"])
def test_what_is_asked_for_right_after_the_flow_went_live_is_begun(place: Place, was: str) -> None:
    """A worker looks at the flows twice a second; a request by hand is made once."""
    text = "flow: by-hand\ntrigger: {manual: order}\nsteps:\n  - log: {text: asked}\n"
    if was == "paused":
        services.set_status(place.shop, place.flow(text), "paused", "ana", database=place.database)
    place.drain()
    flows = place.runtime.world.flows
    with place.database.transaction() as tx:
        flows.invalidate()
        flows.refresh(tx)
    if was == "paused":
        services.set_status(place.shop, "by-hand", "live", "ana", database=place.database)
    else:
        place.flow(text)
    services.start_by_hand(place.shop, "by-hand", "order:1", "ana", database=place.database)
    place.runtime.drain()
    assert [row[1] for row in place.runs()] == ["finished"]


def test_why_answers_for_what_ran_and_what_did_not(place: Place) -> None:
    place.flow("flow: big\ntrigger: {event: order.created, when: order.total > 100}\nsteps:\n  - log: {text: big}\n")
    place.send(order("1"), order("2", total="20.00"))
    place.drain()
    ran = services.why(place.shop, "big", "order:1", database=place.database)
    assert ran["reason"] is None
    assert ran["runs"][0]["status"] == "finished"
    assert ran["runs"][0]["effects"][0]["config"] == {"text": "big"}
    assert ran["runs"][0]["trace"][0]["code"] == "run.started"
    did_not = services.why(place.shop, "big", "order:2", database=place.database)
    assert did_not["reason"] == "when_false"
    assert did_not["skipped"][0]["details"]["values"] == {"order.total": 20.0}
    assert services.why(place.shop, "big", "order:3", database=place.database)["reason"] == "no_event"
    place.flow("flow: later\ntrigger: {event: order.created}\nsteps:\n  - log: {text: x}\n")
    assert services.why(place.shop, "later", "order:2", database=place.database)["reason"] == "not_live_then"
    by_mail = services.why(place.shop, "big", "ana@example.com", database=place.database)
    assert len(by_mail["runs"]) == 1 and len(by_mail["skipped"]) == 1


def test_a_schedule_fires_once_for_each_record_and_resumes(place: Place) -> None:
    place.flow(
        "flow: daily\ntrigger: {schedule: '0 9 * * *', over: order, when: order.total > 100}\n"
        "steps:\n  - log: {text: '{{ order.id }}'}\n"
    )
    place.send(*(order(str(number), total=str(99 + number)) for number in range(4)))
    place.drain()
    place.after(days=1)
    # 2 and 3 are above; the fired events of two days down are made up for by one.
    assert len(place.effects()) == 2
    place.after(days=2)
    assert len(place.effects()) == 4
    place.after(minutes=10)
    assert len(place.effects()) == 4


def test_dates_on_records_are_reached_also_after_a_downtime(place: Place) -> None:
    place.flow(
        "flow: birthday\ntrigger: {date: customer.birthday, offset: -3d, at: '09:00', yearly: true}\n"
        "steps:\n  - log: {text: '{{ customer.id }}'}\n"
    )
    at = START.isoformat()
    for number, birthday in ((1, "1990-03-07"), (2, "1980-03-06"), (3, "1970-07-01"), (4, None)):
        data = {"id": str(number), "birthday": birthday, "updated_at": at}
        place.send(fact(f"c{number}", "customer.created", f"customer:{number}", data))
    place.drain()
    place.after(days=4)
    assert sorted(row[0] for row in place.rows("SELECT config FROM effect")) == ['{"text":"1"}', '{"text":"2"}']
    place.after(days=1)
    assert len(place.effects()) == 2


def test_later_events_do_not_start_what_is_paused_and_older_versions_listen_on(place: Place) -> None:
    place.flow(
        "flow: waits\ntrigger: {event: custom.begun}\nsteps:\n"
        "  - wait: {until: {event: custom.done}, timeout: 9d}\n  - log: {text: told}\n"
    )
    place.send(fact("1", "custom.begun"))
    place.drain()
    place.flow("flow: waits\ntrigger: {event: custom.begun}\nsteps:\n  - log: {text: new}\n")
    place.send(fact("2", "custom.done", at=START + timedelta(minutes=1)))
    place.drain()
    assert place.rows("SELECT config FROM effect") == [('{"text":"told"}',)]


def test_a_question_is_closed_when_its_time_is_over_and_the_run_goes_on(place: Place) -> None:
    place.flow(
        "flow: asks\ntrigger: {event: custom.begun}\nsteps:\n"
        "  - approve:\n      by: owner\n      timeout: 1h\n"
        "      then:\n        - log: {text: agreed}\n      else:\n        - wait: 10d\n"
        "  - approve: {by: owner, timeout: 2d, then: [{log: {text: late}}]}\n"
    )
    place.send(fact("1", "custom.begun"))
    place.drain()
    place.after(hours=2)
    [(asked, status)] = place.rows("SELECT id, status FROM approval")
    assert status == "expired"
    with pytest.raises(ValueError, match="its time is over"):
        services.decide_approval(asked, True, "ana", database=place.database)
    place.after(days=10)
    assert [row[0] for row in place.rows("SELECT status FROM approval ORDER BY id")] == ["expired", "open"]


def test_a_decision_the_run_does_not_wait_for_is_refused(place: Place) -> None:
    place.flow(
        "flow: asks\ntrigger: {event: custom.begun}\nsteps:\n"
        "  - approve: {by: owner, timeout: 1h, then: [{log: {text: agreed}}]}\n  - wait: 1d\n"
    )
    place.send(fact("1", "custom.begun"))
    place.drain()
    place.after(hours=2)
    with place.database.transaction() as tx:
        tx.text("UPDATE approval SET status = 'open'")
    [(asked,)] = place.rows("SELECT id FROM approval")
    with pytest.raises(ValueError, match="does not wait"):
        services.decide_approval(asked, True, "ana", database=place.database)
    assert place.rows("SELECT status FROM approval") == [("open",)]


def test_a_moved_run_hears_what_its_new_version_listens_to(place: Place) -> None:
    place.flow(WAITING)
    place.send(fact("1", "custom.begun"))
    place.drain()
    text = WAITING.replace("steps:", "exit: [custom.ended]\nsteps:")
    services.save_draft(place.shop, text, database=place.database)
    services.publish(place.shop, "waiting", "tester", inflight="move", database=place.database)
    place.send(fact("2", "custom.ended", at=START + timedelta(minutes=5)))
    place.drain()
    assert place.runs()[0][1] == "exited"
