"""Events in, runs and effects out: the first way through everything, on both databases."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from support import START, Place, fact, order


@pytest.fixture
def place(database: Any) -> Place:
    return Place(database)


HIGH_VALUE = """
flow: high-value
trigger: {event: order.created, when: "order.total >= 100"}
steps:
  - customers.add_tag: {tag: vip}
  - if: customer.tags.exists(t, t == "vip")
    then:
      - log: {text: "tagged {{ customer.first_name }}"}
  - tests.call: {to: "{{ order.number }}"}
"""


def test_an_event_starts_a_run_that_tags_logs_and_calls(place: Place) -> None:
    place.flow(HIGH_VALUE)
    assert place.send(order("1001"), order("1002", total="40.00")) == 2
    assert place.send(order("1001")) == 0
    place.drain()
    assert [run[:2] for run in place.runs()] == [("order:1001", "finished")]
    assert [effect[:2] for effect in place.effects()] == [
        ("customers.add_tag", "done"),
        ("log", "done"),
        ("tests.call", "done"),
    ]
    assert place.skips() == ["when_false"]
    assert place.rows("SELECT kind, key, tag FROM tag") == [("customer", "17", "vip")]
    assert place.rows("SELECT count(*) FROM event_queue") == [(0,)]


def test_a_wait_ends_when_it_is_due_and_not_before(place: Place) -> None:
    place.flow("flow: wait\ntrigger: {event: custom.begun}\nsteps:\n  - wait: 30d\n  - log: {text: done}\n")
    place.send(fact("1", "custom.begun"))
    place.drain()
    assert place.runs()[0][1] == "waiting"
    place.after(days=29, hours=23)
    assert place.runs()[0][1] == "waiting"
    place.after(hours=1)
    assert place.runs()[0][1] == "finished"
    assert place.effects() == [("log", "done", 1, None)]


EXITS = """
flow: exits
trigger: {event: custom.begun}
exit: [{event: custom.ended}]
steps:
  - wait: 2h
  - log: {text: too late}
"""


def test_an_exit_ends_the_waiting_run(place: Place) -> None:
    place.flow(EXITS)
    place.send(fact("1", "custom.begun"), fact("2", "custom.ended", "thing:2", at=START + timedelta(seconds=1)))
    place.drain()
    assert place.runs()[0][1] == "waiting"
    place.send(fact("3", "custom.ended", at=START + timedelta(seconds=2)))
    place.drain()
    assert place.runs()[0][1] == "exited"
    place.after(hours=3)
    assert place.effects() == []
    assert place.rows("SELECT count(*) FROM run_link") == [(0,)]
    assert place.rows("SELECT is_live FROM flow_entry") in ([(0,)], [(False,)])


def test_an_exit_seen_before_the_start_prevents_it(place: Place) -> None:
    place.flow(EXITS)
    place.send(fact("3", "custom.ended", at=START + timedelta(seconds=2)))
    place.drain()
    place.send(fact("1", "custom.begun"))
    place.drain()
    assert place.runs() == []
    assert place.skips() == ["exit_already_happened"]


AWAITS = """
flow: awaits
trigger: {event: custom.begun}
steps:
  - wait: {until: {event: custom.answered}, timeout: 1h}
    as: answer
  - log: {text: "{{ vars.answer.happened }}"}
"""


def test_an_awaited_event_that_came_before_the_start_is_heard(place: Place) -> None:
    place.flow(AWAITS)
    place.send(fact("1", "custom.answered", at=START - timedelta(seconds=1)), fact("2", "custom.answered", "thing:2"))
    place.send(fact("3", "custom.answered", at=START + timedelta(seconds=2)))
    place.drain()
    place.send(fact("4", "custom.begun"), fact("5", "custom.begun", "thing:3"))
    place.drain()
    assert [run[1] for run in place.runs()] == ["finished", "waiting"]
    place.after(hours=2)
    assert [row[0] for row in place.rows("SELECT config FROM effect ORDER BY id")] == [
        '{"text":"true"}',
        '{"text":"false"}',
    ]


def test_one_batch_holds_the_start_and_the_exit(place: Place) -> None:
    place.flow(EXITS)
    place.send(fact("1", "custom.begun", at=START), fact("2", "custom.ended", at=START - timedelta(seconds=5)))
    place.send(fact("3", "custom.begun", "thing:9", at=START))
    place.drain()
    assert [run[1] for run in place.runs()] == ["waiting", "waiting"]
    place.send(fact("4", "custom.ended", at=START + timedelta(seconds=5)))
    place.drain()
    assert [run[1] for run in place.runs()] == ["exited", "waiting"]


def test_an_exit_still_in_the_queue_wins_over_the_timer(place: Place) -> None:
    place.flow(EXITS)
    place.send(fact("1", "custom.begun"))
    place.drain()
    place.clock.move_to(START + timedelta(hours=3))
    place.send(fact("2", "custom.ended", at=START + timedelta(hours=1)))
    place.runtime.waker.run(100)
    assert place.runs()[0][1] == "exited"
    place.drain()
    assert place.effects() == []


def test_reentry_rules(place: Place) -> None:
    flow = "flow: {name}\ntrigger: {{event: custom.begun}}\nreentry: {rule}\nsteps:\n  - wait: 1h\n"
    for name, rule in (("a", "once"), ("b", "{after: 2d}"), ("c", "{always: true, while_running: restart}")):
        place.flow(flow.format(name=name, rule=rule))
    for number in range(4):
        at = place.clock.now()
        place.send(fact(f"{number}-1", "custom.begun", at=at), fact(f"{number}-2", "custom.begun", at=at))
        place.drain()
        place.after(days=1)
    counts = dict(place.rows("SELECT flow.name, count(*) FROM run JOIN flow ON flow.id = run.flow_id GROUP BY 1"))
    assert counts == {"a": 1, "b": 2, "c": 8}
    ended = place.rows("SELECT count(*) FROM run WHERE status = 'stopped'")
    assert ended == [(4,)]


def test_a_broken_local_action_fails_alone(place: Place) -> None:
    place.flow("flow: broken\ntrigger: {event: custom.begun}\nsteps:\n  - tests.crash: {to: x}\n  - log: {text: on}\n")
    place.send(fact("1", "custom.begun"))
    place.drain()
    assert place.effects() == [("tests.crash", "failed", 1, "action.crashed"), ("log", "done", 1, None)]
