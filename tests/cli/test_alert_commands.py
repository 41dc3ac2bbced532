"""`sereno alert`: the list for people and for programs, and what is said to an alert."""

from __future__ import annotations

from typing import Any


def test_alerts_are_listed_and_settled(cli: Any) -> None:
    assert cli("shop", "add", "Casa", "--currency", "EUR", "--timezone", "Europe/Madrid", "--locale", "es").status == 0
    assert cli("alert", "list", "--json").json == []
    from sereno.runtime.watching.alerting import raise_alert
    from sereno.store.database import default_database

    with default_database().transaction() as tx:
        raise_alert(tx, 1, kind="disk.full", about="disk", text_code="disk.full", values={"free_mb": 12}, now=10**15)
    (found,) = cli("alert", "list", "--json").json
    assert found["title"] == "The disk is nearly full: 12 MB are left"
    assert cli("alert", "acknowledge", str(found["id"])).status == 0
    assert cli("alert", "list", "--json").json[0]["status"] == "acknowledged"
    assert cli("alert", "settle", str(found["id"])).status == 0
    assert cli("alert", "list", "--json").json == []
    assert len(cli("alert", "list", "--all", "--json").json) == 1
    assert cli("alert", "settle", str(found["id"])).status == 2
