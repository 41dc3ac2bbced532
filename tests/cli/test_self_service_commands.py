"""`sereno self-service`: rules shown, set, and set wrongly."""

from __future__ import annotations

from typing import Any


def test_rules_are_shown_and_set(busy: Any) -> None:
    assert busy("self-service", "show", "--json").json["is_on"] is False
    kept = busy("self-service", "set", "--on", "--minutes", "30", "--can", "address,cancel", "--more", "--json").json
    assert (kept["is_on"], kept["minutes"], kept["can"], kept["takes_more"]) == (True, 30, ["address", "cancel"], True)
    assert busy("self-service", "set", "--no-on", "--json").json == {**kept, "is_on": False}
    assert "can: address, cancel" in busy("self-service", "show").out


def test_wrong_rules_are_said(busy: Any) -> None:
    for wrong, said in (
        (("--minutes", "0"), "minutes"),
        (("--pay-url", "http://x"), "pay_url"),
        ((), "say what to set"),
    ):
        outcome = busy("self-service", "set", *wrong)
        assert outcome.status == 2 and said in outcome.err
