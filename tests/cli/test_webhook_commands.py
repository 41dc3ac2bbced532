"""`sereno webhook`: made, listed, tested, rotated, paused, removed."""

from __future__ import annotations


def test_from_making_one_to_removing_it(shop) -> None:
    assert "no webhook" in shop("webhook", "list").err
    made = shop("webhook", "add", "ERP", "https://erp.example/hooks", "--event", "run.failed", "--json")
    assert made.status == 0, made.err
    id_, secret = made.json["id"], made.json["secret"]
    (row,) = shop("webhook", "list", "--json").json
    assert (row["name"], row["types"], row["status"]) == ("ERP", ["run.failed"], "active")
    assert secret not in shop("webhook", "list", "--json").out
    assert shop("webhook", "test", id_).status == 0
    (sent,) = shop("webhook", "show", id_, "--json").json["messages"]
    assert (sent["type"], sent["status"]) == ("webhook.test", "pending")
    assert "webhook.test" in shop("webhook", "show", id_).out
    assert shop("webhook", "rotate", id_).out.strip() not in ("", secret)
    assert shop("webhook", "pause", id_).status == 0
    assert shop("webhook", "test", id_).status == 2
    assert shop("webhook", "resume", id_).status == 0
    assert shop("webhook", "remove", id_).status == 0
    assert shop("webhook", "list", "--json").json == []


def test_what_is_wrong_is_said(shop) -> None:
    assert "there is no event" in shop("webhook", "add", "x", "https://a.example", "--event", "run.done").err
    assert shop("webhook", "add", "x", "ftp://a.example").status == 2
    assert "there is no webhook" in shop("webhook", "show", 7).err
    assert "run.finished" in {row["type"] for row in shop("webhook", "types", "--json").json}
