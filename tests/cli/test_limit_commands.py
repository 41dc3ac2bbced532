"""`sereno switch`, `sereno limits` and `sereno approval`: for people, for programs, and used wrongly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

FLOW = """\
flow: asks
trigger: {manual: order}
limits: {effects_per_hour: 5, spend_per_day: {EUR: 20}}
steps:
  - approve: {by: [owner, support], need: all, text: "Go on?", then: [{log: {text: on}}], else: [{stop: no}]}
"""


@pytest.fixture
def flow(shop: Any, tmp_path: Path) -> Any:
    path = tmp_path / "asks.yaml"
    path.write_text(FLOW)
    assert shop("flow", "apply", path).status == 0
    return shop


def test_switches_are_thrown_and_listed(flow: Any) -> None:
    assert "Nothing is off." in flow("switch", "list", "--off").err
    off = flow("switch", "off", "--channel", "email", "--reason", "a wrong price", "--json")
    assert off.json == {"kind": "channel", "name": "email", "changed": True}
    assert "off already" in flow("switch", "off", "--channel", "email", "--reason", "again").out
    (found,) = flow("switch", "list", "--off", "--json").json
    assert (found["kind"], found["name"], found["reason"], found["waiting"]) == ("channel", "email", "a wrong price", 0)
    assert "a wrong price" in flow("switch", "list").out
    assert flow("switch", "on", "--channel", "email", "--cancel-older-than", "1", "--json").json["cancelled"] == 0
    assert flow("switch", "off", "--shop", "casa-azahar", "--reason", "x", "--json").json["kind"] == "shop"
    assert "It is on." in flow("switch", "on", "--shop", "casa-azahar").out
    assert flow("switch", "off", "--flow", "asks", "--reason", "too many").status == 0
    (found,) = flow("switch", "list", "--off", "--json").json
    assert (found["kind"], found["name"], found["is_off"]) == ("flow", "asks", True)
    assert flow("switch", "on", "--flow", "asks").status == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("off", "--reason", "x"), "say one of --flow"),
        (("off", "--flow", "asks", "--channel", "email", "--reason", "x"), "say one of --flow"),
        (("off", "--channel", "pigeon", "--reason", "x"), "there is no channel 'pigeon'"),
        (("off", "--flow", "nothing", "--reason", "x"), "there is no flow 'nothing'"),
        (("off", "--channel", "email", "--reason", " "), "say why"),
        (("off", "--channel", "email"), "reason"),
        (("on", "--channel", "email"), "channel:email is not off"),
    ],
)
def test_what_cannot_be_switched_is_refused(flow: Any, words: tuple[str, ...], said: str) -> None:
    refused = flow("switch", *words)
    assert refused.status == 2 and said in refused.err and refused.out == ""


def test_limits_are_listed_and_a_flows_question_answered(flow: Any) -> None:
    found = {line["flow"]: line for line in flow("limits", "list", "--json").json}["asks"]
    assert found["effects_per_hour"] == "5" and found["effects_this_hour"] == "0"
    assert {code: float(amount) for code, amount in found["spend_per_day"].items()} == {"EUR": 20}
    assert "0 of 5" in flow("limits", "list").out
    assert "No flow asks." in flow("limits", "questions").err
    assert flow("switch", "off", "--flow", "asks", "--reason", "limit.effects_per_hour").status == 0
    from sereno.store.database import default_database

    with default_database().transaction() as tx:
        values = {"kind": "effects_per_hour", "span": "h:1", "currency": "", "limit": "5", "wanted": "6"}
        ((flow_id,),) = tx.text("SELECT id FROM flow WHERE name = 'asks'")
        tx.one("ask_limit", {"shop": 1, "flow": flow_id, "run": 1, "now": 10**15, **values})
    (question,) = flow("limits", "questions", "--json").json
    assert (question["flow"], question["limit"], question["wanted"]) == ("asks", "5", "6")
    refused = flow("limits", "answer", question["id"], "go-on", "--allow", "3")
    assert refused.status == 2 and "allow at least 6" in refused.err
    assert "It goes on." in flow("limits", "answer", question["id"], "go-on", "--allow", "50", "--note", "sale").out
    assert flow("flow", "list", "--json").json[0]["status"] == "live"
    assert flow("limits", "answer", question["id"], "go-on").status == 2
    assert flow("limits", "answer", 999, "keep-paused").status == 2


def test_questions_of_runs_are_listed_and_answered(flow: Any) -> None:
    assert "Nobody is asked anything." in flow("approval", "list").err
    from sereno.runtime import services
    from sereno.runtime.ports import no_ports
    from sereno.runtime.runtime import Runtime
    from sereno.sdk.plugin import registry
    from sereno.store.database import default_database

    runtime = Runtime(default_database(), registry(), no_ports, worker_name="w")
    services.start_by_hand(1, "asks", "order:1", "ana")
    runtime.drain()
    first, second = flow("approval", "list", "--json").json
    assert [one["by"] for one in (first, second)] == ["owner", "support"] and first["text"] == "Go on?"
    assert "Go on?" in flow("approval", "list", "--shop", "casa-azahar").out
    assert "Approved." in flow("approval", "answer", first["id"], "approve", "--note", "fine").out
    assert flow("approval", "answer", first["id"], "approve").status == 2
    assert flow("approval", "answer", 999, "refuse").status == 2
    (still,) = flow("approval", "list", "--json").json
    assert still["id"] == second["id"]
    (done,) = flow("approval", "list", "--status", "approved", "--json").json
    assert done["decided_by"]
    runtime.stop()
