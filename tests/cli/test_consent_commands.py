"""`sereno consent`: what was said is recorded with its proof, and listed again."""

from __future__ import annotations

from typing import Any

WHO = "mara@example.com"


def test_what_is_recorded_is_listed_with_its_proof(shop: Any) -> None:
    assert shop("consent", "list", WHO, "--json").json == []
    told = shop("consent", "record", WHO, "yes", "--text", "Yes, news", "--source", "till", "--json")
    assert told.json == {"address": WHO, "channel": "email", "state": "granted"}
    assert shop("consent", "record", WHO, "yes", "--json").json["state"] == "unchanged"
    assert shop("consent", "record", WHO, "no").status == 0
    last, first = shop("consent", "list", WHO, "--json").json
    assert (last["granted"], first["granted"], first["source"]) == (False, True, "till")
    assert first["proof"]["text"] == "Yes, news" and first["proof"]["by"]


def test_a_basis_that_does_not_hold_is_refused(shop: Any) -> None:
    assert shop("consent", "record", WHO, "yes", "--channel", "sms", "--basis", "existing_customer").status == 2
    assert shop("consent", "record", WHO, "perhaps").status == 2
    assert shop("consent", "list", WHO, "--json").json == []
