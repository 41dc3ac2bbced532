"""`sereno flow stage`."""

from __future__ import annotations

from pathlib import Path

FLOW = "flow: greet\ntrigger: {event: order.paid}\nsteps: [{log: {text: old}}]\n"


def test_a_version_is_let_out_step_by_step(shop, tmp_path: Path) -> None:
    path = tmp_path / "greet.yaml"
    path.write_text(FLOW)
    assert shop("flow", "apply", path).status == 0
    assert shop("flow", "stage", "greet", "--json").json is None
    path.write_text(FLOW.replace("old", "new"))
    assert shop("flow", "apply", path, "--draft").status == 0
    begun = shop("flow", "stage", "greet", "--shadow", "--hours", "24", "--json").json
    assert (begun["mode"], begun["version"], begun["advance"]) == ("shadow", 2, {"hours": 24})
    assert shop("flow", "stage", "greet", "--share", "7.5", "--json").json["share"] == 7.5
    assert "7.5 % of the people; next 50 %" in shop("flow", "stage", "greet").out
    refused = shop("flow", "stage", "greet", "--share", "5")
    assert refused.status == 1 and "take it back" in refused.err
    assert "was taken back" in shop("flow", "stage", "greet", "--back", "-m", "no").out
    again = shop("flow", "stage", "greet", "--share", "50", "--version", "2", "--json").json
    assert (again["mode"], again["share"]) == ("share", 50)
    assert shop("flow", "stage", "greet", "--all", "--json").json["outcome"] == "live"
    assert shop("flow", "stage", "greet", "--up").status == 2
    assert shop("flow", "stage", "greet", "--up", "--back").status == 2
