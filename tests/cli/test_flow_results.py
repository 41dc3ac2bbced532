"""`sereno flow results`."""

from __future__ import annotations

from pathlib import Path

FLOW = """\
flow: recover
trigger: {event: order.paid}
control: {share: 10}
steps: [{log: {text: hello}}]
"""


def test_a_flow_that_nobody_has_come_to_says_so(shop, tmp_path: Path) -> None:
    path = tmp_path / "recover.yaml"
    path.write_text(FLOW)
    assert shop("flow", "apply", path).status == 0
    document = shop("flow", "results", "recover", "--json").json
    (control,) = document["experiments"]
    assert (document["flow"], control["experiment"], control["is_too_early"]) == ("recover", "control", True)
    assert [arm["exposed"] for arm in control["arms"]] == [0, 0]
    said = shop("flow", "results", "recover")
    assert (said.status, "too early" in said.out) == (0, True)


def test_a_flow_without_a_control_group_says_how_to_get_one(shop, flow_file: Path) -> None:
    shop("flow", "apply", flow_file)
    assert "control" in shop("flow", "results", "big-orders").out
    wrong = shop("flow", "results", "big-order")
    assert wrong.status == 2
    assert "big-orders" in wrong.err


def test_what_became_of_messages_is_told_by_the_shop_and_by_the_flow(shop, flow_file: Path) -> None:
    shop("flow", "apply", flow_file)
    whole = shop("results", "messages", "--json").json
    assert (whole["total"]["sent"], whole["sources"], len(whole["days"])) == (0, [], 30)
    said = shop("results", "messages", "--flow", "big-orders", "--by", "step")
    assert (said.status, "0 sent, 0 orders" in said.out) == (0, True)
    assert shop("results", "messages", "--flow", "nobody").status == 1
    assert shop("results", "messages", "--days", "0").status == 1
