"""`sereno flow`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

WRONG = """\
flow: wrong
name: Wrong
trigger: {event: order.paid, when: "order.totl >= 200"}
steps:
  - orders.add_tga: {tag: big}
"""


def test_lint_names_line_field_and_nearest(cli, tmp_path: Path) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(WRONG)
    outcome = cli("flow", "lint", path)
    assert outcome.status == 1
    assert f"{path}:3:" in outcome.err
    assert "total" in outcome.err
    assert f"{path}:5:" in outcome.err
    assert "orders.add_tag" in outcome.err
    report = cli("flow", "lint", path, "--json").json
    assert [problem["line"] for problem in report[0]["problems"]] == [3, 5]
    assert report[0]["flow"] is None


def test_apply_publishes_and_is_idempotent(shop, flow_file: Path) -> None:
    first = shop("flow", "apply", flow_file, "--json")
    assert first.json == [{"flow": "big-orders", "result": "published", "version": 1, "runs": 0, "status": "live"}]
    assert shop("flow", "apply", flow_file, "--json").json[0]["result"] == "unchanged"
    flow_file.write_text(flow_file.read_text().replace("200", "300"))
    assert "-" + "  when: order.total >= 200" in shop("flow", "diff", flow_file).out
    changed = shop("flow", "apply", flow_file, "--json").json[0]
    assert (changed["result"], changed["version"]) == ("changed and published", 2)
    assert shop("flow", "diff", flow_file, "--json").json[0]["diff"] == ""


def test_nothing_is_applied_when_one_of_several_is_wrong(shop, flow_file: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(WRONG)
    outcome = shop("flow", "apply", flow_file, wrong)
    assert outcome.status == 1
    assert shop("flow", "list", "--json").json == []


def test_draft_publish_pause_resume(shop, flow_file: Path) -> None:
    assert shop("flow", "apply", flow_file, "--draft").status == 0
    assert shop("flow", "list", "--json").json[0]["status"] == "draft"
    assert shop("flow", "pause", "big-orders").status == 1
    assert shop("flow", "publish", "big-orders", "--json").json == {"flow": "big-orders", "version": 1, "runs": 0}
    assert shop("flow", "pause", "big-orders", "--reason", "stocktaking").status == 0
    (row,) = shop("flow", "list", "--json").json
    assert (row["status"], row["paused_reason"]) == ("paused", "stocktaking")
    assert shop("flow", "resume", "big-orders").status == 0
    assert shop("flow", "list", "--json").json[0]["status"] == "live"
    assert "Did you mean 'big-orders'?" in shop("flow", "pause", "big-order").err


def test_export_round_trips(shop, flow_file: Path, tmp_path: Path) -> None:
    shop("flow", "apply", flow_file)
    exported = tmp_path / "exported.yaml"
    exported.write_text(shop("flow", "export", "big-orders").out)
    assert shop("flow", "apply", exported, "--json").json[0]["result"] == "unchanged"


def test_every_shipped_flow_installs(shop) -> None:
    shipped = {row["name"] for row in shop("flow", "templates", "--json").json}
    assert {"order-confirmation", "cart-recovery", "low-stock", "high-value-customer", "acquisition-channel"} <= shipped
    installed = shop("flow", "templates", "--install", "all", "--json").json
    assert {row["flow"] for row in installed} == shipped
    assert {row["status"] for row in shop("flow", "list", "--json").json} == {"live"}
    again = shop("flow", "templates", "--install", "low-stock", "--json").json
    assert again[0]["result"] == "unchanged"


def test_shadow(shop, flow_file: Path) -> None:
    assert shop("flow", "apply", flow_file, "--shadow", "--json").json[0]["status"] == "shadow"


@pytest.fixture
def events_file(tmp_path: Path) -> Path:
    def line(number: int, total: str) -> str:
        data = {"id": str(number), "total": total, "currency": "EUR", "updated_at": "2026-11-20T10:00:00Z"}
        event = {
            "id": f"paid-{number}",
            "source": "test",
            "type": "order.paid",
            "subject": f"order:{number}",
            "occurred_at": f"2026-11-20T10:{number:02}:00Z",
            "data": data,
        }
        return json.dumps(event) + "\n"

    path = tmp_path / "events.jsonl"
    path.write_text("".join(line(number, "250.00" if number % 2 else "10.00") for number in range(10)))
    return path


def test_backtest_is_the_same_byte_for_byte(cli, flow_file: Path, events_file: Path) -> None:
    first = cli("flow", "backtest", flow_file, "--events", events_file, "--seed", "7", "--json")
    assert first.status == 0, first.err
    report = first.json
    assert report["events"] == 10
    assert [effect["subject"] for effect in report["effects"]] == [f"order:{number}" for number in (1, 3, 5, 7, 9)]
    effect = report["effects"][0]
    assert {"flow", "run", "step", "action", "at", "subject", "config", "status"} <= set(effect)
    assert (effect["action"], effect["config"]) == ("orders.add_tag", {"tag": "big"})
    assert {skip["reason"] for skip in report["skipped"]} == {"when_false"}
    assert {"flow", "subject", "at", "reason"} <= set(report["skipped"][0])
    second = cli("flow", "backtest", flow_file, "--events", events_file, "--seed", "7", "--json")
    assert second.out == first.out


def test_backtest_names_the_line_that_is_not_an_event(cli, flow_file: Path, events_file: Path) -> None:
    with events_file.open("a") as file:
        file.write('{"id": "x"}\n')
    outcome = cli("flow", "backtest", flow_file, "--events", events_file)
    assert outcome.status == 1
    assert f"{events_file}:11: the event has no 'type'" in outcome.err


def test_backtest_on_the_shops_own_events(busy, flow_file: Path) -> None:
    outcome = busy("flow", "backtest", flow_file, "--from", "2026-11-01", "--to", "2026-12-01", "--json")
    assert outcome.status == 0, outcome.err
    assert [effect["subject"] for effect in outcome.json["effects"]] == ["order:1001"]
    assert busy("flow", "backtest", flow_file, "--events", "x.jsonl", "--from", "1d").status == 2


def test_start_by_hand_needs_a_manual_trigger(busy) -> None:
    outcome = busy("flow", "start", "big-orders", "order:1001")
    assert outcome.status == 1
    assert "manual" in outcome.err


def test_names_and_files_both_do(shop, flow_file: Path) -> None:
    assert shop("flow", "publish", flow_file, "--json").json["version"] == 1
    flow_file.write_text(flow_file.read_text().replace("200", "300"))
    shop("flow", "apply", flow_file, "--draft")
    assert "+  when: order.total >= 300" in shop("flow", "diff", "big-orders").out
    assert [row["flow"] for row in shop("flow", "list", "big-orders", "--json").json] == ["big-orders"]
    assert shop("flow", "list", "other", "--json").json == []
    assert shop("flow", "diff", "no-such-flow").status == 2


def test_a_misspelled_flow_is_said_beside_an_empty_list(busy) -> None:
    outcome = busy("run", "list", "--flow", "big-order", "--json")
    assert (outcome.status, outcome.json) == (0, [])
    assert "Did you mean 'big-orders'?" in outcome.err


def test_too_personal_words_are_warned_of_and_no_error(cli: Any, tmp_path: Path) -> None:
    mail = '{to: "{{ order.email }}", subject: "Hi {{ customer.birthday }}", text: Thanks, purpose: transactional}'
    file = tmp_path / "close.yaml"
    file.write_text(f"flow: close\ntrigger: {{event: order.paid}}\nsteps:\n  - messages.send_email: {mail}\n")
    told = cli("flow", "lint", file, "--json")
    assert told.status == 0
    assert [(one["code"], one["path"]) for one in told.json[0]["warnings"]] == [("personal.birth", "0")]
