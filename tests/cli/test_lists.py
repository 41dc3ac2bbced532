"""Lists: JSON and nothing else, the promised names, narrowing, completeness."""

from __future__ import annotations

import pytest

PROMISED = {
    "event": {"id", "connection", "source", "type", "subject", "occurred_at", "received_at", "data"},
    "run": {"id", "flow", "version", "subject", "key", "status", "step", "started_at", "due_at"},
    "effect": {
        "id", "key", "flow", "run", "step", "action", "status", "attempts", "at", "subject", "config", "result",
    },
}  # fmt: skip


@pytest.mark.parametrize("kind", sorted(PROMISED))
def test_rows_carry_what_is_promised(busy, kind: str) -> None:
    outcome = busy(kind, "list", "--json")
    assert outcome.status == 0
    assert outcome.err == ""
    assert outcome.json
    for row in outcome.json:
        assert PROMISED[kind] <= set(row)


@pytest.mark.parametrize("kind", ["event", "run", "effect", "delivery"])
def test_an_empty_list_is_an_empty_document(cli, kind: str) -> None:
    outcome = cli(kind, "list", "--json")
    assert (outcome.status, outcome.json) == (0, [])
    for_people = cli(kind, "list")
    assert for_people.status == 0
    assert for_people.err.strip(), "an empty list says what to do"


def test_narrowing_events(busy) -> None:
    def ids(*options: str) -> list[str]:
        return [row["id"] for row in busy("event", "list", *options, "--json").json]

    assert len(ids()) == 5
    assert ids("--type", "order.paid") == ["order.paid:1002", "order.paid:1001"]
    assert len(ids("--type", "order.*")) == 5
    assert ids("--subject", "order:1003") == ["order.created:1003"]
    assert ids("--since", "2026-11-20T10:05:00Z", "--limit", "1") == ["order.paid:1002"]
    assert ids("--until", "2026-11-20T10:05:00Z", "--type", "order.paid") == []
    assert ids("--flow", "big-orders") == ["order.paid:1001"]
    assert ids("--status", "pending") == []
    assert len(ids("--status", "done")) == 5


def test_narrowing_runs_and_effects(busy) -> None:
    assert [row["subject"] for row in busy("run", "list", "--json").json] == ["order:1001"]
    assert busy("run", "list", "--flow", "other", "--json").json == []
    assert len(busy("run", "list", "--type", "order.paid", "--status", "finished", "--json").json) == 1
    (effect,) = busy("effect", "list", "--type", "orders.add_tag", "--flow", "big-orders", "--json").json
    assert (effect["status"], effect["config"]) == ("done", {"tag": "big"})
    assert busy("effect", "list", "--subject", "order:1002", "--json").json == []


def test_for_people_it_is_a_table(busy) -> None:
    lines = busy("run", "list").out.splitlines()
    assert lines[0].split()[:3] == ["STARTED", "FLOW", "SUBJECT"]
    assert "big-orders" in lines[1]
    assert all(line == line.rstrip() for line in lines)


def test_show(busy) -> None:
    (run,) = busy("run", "list", "--json").json
    shown = busy("run", "show", run["id"][:8], "--json").json
    assert shown["trace"][0]["code"] == "run.started"
    assert shown["effects"][0]["action"] == "orders.add_tag"
    assert "The run came to its end" in busy("run", "show", run["id"]).out
    event = busy("event", "show", "order.paid:1002", "--json").json
    assert event["skipped"][0]["reason"] == "when_false"
    assert busy("event", "show", str(event["number"]), "--json").json == event
    (effect,) = busy("effect", "list", "--json").json
    assert busy("effect", "show", effect["key"], "--json").json == busy("effect", "show", effect["id"], "--json").json


def test_why_and_why_not(busy) -> None:
    ran = busy("run", "why", "--flow", "big-orders", "--subject", "order:1001")
    assert "order.paid started the run" in ran.out
    refused = busy("run", "why", "--flow", "big-orders", "--subject", "order:1002")
    assert "order.total >= 200 was false (order.total is 20)" in refused.out
    nothing = busy("run", "why", "--flow", "big-orders", "--subject", "order:1003")
    assert "Nothing that starts big-orders has been seen about order:1003" in nothing.out
    answer = busy("run", "why", "--flow", "big-orders", "--subject", "order:1002", "--json").json
    assert answer["runs"] == []
    assert answer["reason"] == "when_false"


def test_replay_of_failed_effects(busy) -> None:
    from sereno.store.models import Effect

    (effect,) = busy("effect", "list", "--json").json
    assert busy("effect", "replay", effect["id"]).status == 2, "one that is done is not done again"
    Effect.objects.update(status="failed", error="mail.refused")
    assert busy("effect", "list", "--status", "failed", "--json").json[0]["error"] == "mail.refused"
    assert busy("effect", "replay", "--failed", "--json").json == {"asked": 1, "replayed": 1, "held_back": 0}
    assert busy("effect", "list", "--json").json[0]["status"] == "pending"


def test_schema(cli) -> None:
    from jsonschema import Draft202012Validator

    schema = cli("event", "schema", "order.created").json
    Draft202012Validator.check_schema(schema)
    assert "total" in str(schema)
    assert any(row["type"] == "order.created" for row in cli("event", "schema", "--json").json)


def test_doctor(cli) -> None:
    findings = {row["check"]: row["state"] for row in cli("doctor", "--json").json}
    assert findings["database"] == "ok"
    assert findings["worker"] == "warn"
