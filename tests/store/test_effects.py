"""Effects: carried out once, retried as their errors ask, and settled with the runs that wait for them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import support
from support import ANSWERS, START, TRIED, Place, fact

from sereno.runtime import services
from sereno.sdk.ports import Tags
from sereno.sdk.result import Done, Fail, Retry
from sereno.store.fields import to_micros

AWAITED = """
flow: awaited
trigger: {event: custom.begun}
steps:
  - tests.call: {to: label}
    as: label
  - log: {text: "number {{ vars.label.number }}"}
"""
PLAIN = "flow: plain\ntrigger: {event: custom.begun}\nsteps:\n  - tests.call: {to: mail}\n  - log: {text: on}\n"


def test_a_run_waits_for_the_outcome_it_asked_for(place: Place) -> None:
    ANSWERS["label"] = lambda config, ctx: Done({"number": "A1"})
    place.flow(AWAITED)
    place.send(fact("1", "custom.begun"))
    place.runtime.dispatcher.run(10)
    assert place.runs()[0][1] == "parked"
    place.drain()
    assert place.runs()[0][1] == "finished"
    assert place.rows("SELECT config FROM effect WHERE action = 'log'") == [('{"text":"number A1"}',)]


def test_what_nobody_waits_for_goes_to_the_attention_list_alone(place: Place) -> None:
    ANSWERS["mail"] = lambda config, ctx: Fail("mail.refused", "No such mailbox.")
    place.flow(PLAIN)
    place.send(fact("1", "custom.begun"))
    place.drain()
    assert place.runs()[0][1] == "finished"
    assert ("tests.call", "failed", 1, "mail.refused") in place.effects()


def test_a_replay_keeps_the_key_and_moves_nothing_twice(place: Place) -> None:
    ANSWERS["mail"] = lambda config, ctx: Fail("mail.refused")
    place.flow(PLAIN)
    place.send(fact("1", "custom.begun"))
    place.drain()
    ANSWERS.clear()
    failed = [row[0] for row in place.rows("SELECT id FROM effect WHERE status = 'failed'")]
    assert services.replay_effects(failed, "tester", database=place.database) == 1
    assert services.replay_effects(failed, "tester", database=place.database) == 0
    place.drain()
    assert len(set(TRIED)) == 1 and len(TRIED) == 2
    assert [row[1] for row in place.effects()] == ["done", "done"]


def test_transient_errors_are_tried_again_and_then_given_up(place: Place) -> None:
    ANSWERS["mail"] = lambda config, ctx: Retry("mail.busy", "451")
    place.flow(PLAIN)
    place.send(fact("1", "custom.begun"))
    place.drain()
    assert ("tests.call", "pending", 1, "mail.busy") in place.effects()
    assert place.after(seconds=3) == 0
    for _ in range(10):
        place.after(hours=1)
    assert len(TRIED) == 8
    assert ("tests.call", "failed", 8, "mail.busy") in place.effects()


def test_a_limit_holds_the_whole_connection_and_costs_no_attempt(place: Place) -> None:
    ANSWERS["mail"] = lambda config, ctx: Retry("mail.limited", kind="limited", after=timedelta(minutes=2))
    place.flow(PLAIN)
    place.send(fact("1", "custom.begun"))
    place.drain()
    place.send(fact("2", "custom.begun", "thing:2"))
    place.drain()
    assert len(TRIED) == 1
    ANSWERS.clear()
    place.after(minutes=1)
    assert len(TRIED) == 1
    place.after(minutes=2)
    assert len(TRIED) == 3
    calls = [row for row in place.effects() if row[0] == "tests.call"]
    assert [row[1:3] for row in calls] == [("done", 1), ("done", 1)]


def test_a_budget_is_shared_and_spent_token_by_token(place: Place) -> None:
    with place.database.transaction() as tx:
        mark = "?1, ?2" if place.database.dialect == "sqlite" else "$1, $2"
        tx.text(
            "INSERT INTO connection_budget (shop_id, connection, per_second, burst, tokens, updated_at) "
            f"VALUES ({mark.split(', ')[0]}, 'tests', 2, 2, 2, {mark.split(', ')[1]})",
            [place.shop, to_micros(START)],
        )
    place.flow(PLAIN)
    place.send(*(fact(str(number), "custom.begun", f"thing:{number}") for number in range(7)))
    place.drain()
    assert len(TRIED) == 2
    place.after(seconds=1)
    assert len(TRIED) == 4
    place.after(seconds=1)
    place.after(seconds=1)
    assert len(TRIED) == 7


def test_an_action_that_raises_has_failed_for_good(place: Place) -> None:
    def broken(config: Any, ctx: Any) -> Any:
        raise ValueError("oops")

    ANSWERS["label"] = broken
    place.flow(AWAITED)
    place.send(fact("1", "custom.begun"))
    place.drain()
    assert ("tests.call", "failed", 1, "action.crashed") in place.effects()


def test_what_an_outside_action_writes_here_is_kept_with_its_outcome(place: Place) -> None:
    def tagging(config: Any, ctx: Any) -> Any:
        ctx.port(Tags).add("order", "7", "called")
        return Done() if ctx.attempt > 1 else Retry("busy")

    ANSWERS["mail"] = tagging
    place.flow(PLAIN)
    place.send(fact("1", "custom.begun"))
    place.drain()
    assert place.rows("SELECT key, tag FROM tag") == []
    place.after(minutes=1)
    assert place.rows("SELECT key, tag FROM tag") == [("7", "called")]


def test_leases_of_a_dead_worker_are_taken_over(place: Place) -> None:
    place.flow(PLAIN)
    place.send(fact("1", "custom.begun"))
    place.runtime.dispatcher.run(10)
    now = to_micros(START)
    with place.database.transaction() as tx:
        claim = {"worker": "dead", "lease_until": now + 60_000_000, "now": now, "limit": 10, "reserved": 0, "mine": []}
        assert len(tx.all("claim_effects", claim)) == 1
        tx.many("beat", [("dead", now, now)])
    place.runtime.beat()
    place.drain()
    assert TRIED == []
    place.clock.move_to(START + timedelta(seconds=61))
    place.runtime.beat()
    place.drain()
    assert len(TRIED) == 1


def test_an_outcome_after_the_lease_was_lost_changes_nothing(place: Place) -> None:
    place.flow(AWAITED)

    def slow(config: Any, ctx: Any) -> Any:
        with place.database.transaction() as tx:
            later = to_micros(START + timedelta(days=1))
            tx.all("reclaim_effects", {"now": later, "dead": later, "worker": "another"})
        return Done({"number": "late"})

    ANSWERS["label"] = slow
    place.send(fact("1", "custom.begun"))
    place.runtime.round(wait_for_effects=True)
    assert place.runs()[0][1] == "parked"
    ANSWERS["label"] = lambda config, ctx: Done({"number": "in time"})
    place.drain()
    assert place.runs()[0][1] == "finished"
    assert place.rows("SELECT config FROM effect WHERE action = 'log'") == [('{"text":"number in time"}',)]


def test_shadow_flows_record_and_send_nothing(place: Place) -> None:
    place.flow(AWAITED)
    services.set_status(place.shop, "awaited", "shadow", "tester", database=place.database)
    place.send(fact("1", "custom.begun"))
    place.drain()
    assert support.TRIED == []
    assert place.runs()[0][1] == "finished"
    assert [row[1] for row in place.effects()] == ["shadow", "shadow"]
