"""`sereno risk`: for people, for programs, and used wrongly."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def test_orders_are_decided_and_taken_back(busy: Any) -> None:
    assert busy("risk", "queue", "--json").json == []
    assert busy("risk", "queue", "--search", "1001", "--json").json == []
    assert "No order was judged so." in busy("risk", "judged", "--search", "1001", "--level", "high").err
    assert busy("risk", "assess", "1001", "--json").json["effect"].startswith("risk-")
    assert busy("risk", "decide", "refused", "1001", "--json").json == {"changed": ["1001"]}
    assert "already" in busy("risk", "decide", "refused", "1001").out
    assert busy("risk", "decide", "reopened", "1001", "--json").json == {"changed": ["1001"]}


def test_lists_and_rules(busy: Any, tmp_path: Path) -> None:
    assert busy("risk", "block", "email", "bad@example.com", "--days", "3", "--json").json == {"count": 1}
    (entry,) = busy("risk", "list", "--json").json
    assert entry["value"] == "bad@example.com"
    assert busy("risk", "unlist", str(entry["id"]), "--json").json == {"count": 1}
    rules = tmp_path / "rules.json"
    rules.write_text(json.dumps({"medium": 10, "high": 20, "rules": [{"code": "ip.far", "is_on": False}]}))
    assert busy("risk", "rules", "--put", str(rules), "--json").json["high"] == 20
    assert "ip.far" in busy("risk", "rules").out
    assert busy("risk", "learned", "--json").json["is_used"] is False


def test_what_is_wrong_is_said(busy: Any, tmp_path: Path) -> None:
    (tmp_path / "wrong.json").write_text('{"medium": 90, "high": 20}')
    for wrong in (
        ("show", "1001"), ("assess", "nobody"), ("decide", "eaten", "1001"), ("block", "email", "nobody"),
        ("rules", "--put", str(tmp_path / "wrong.json")), ("rules", "--put", str(tmp_path / "none.json")),
    ):  # fmt: skip
        outcome = busy("risk", *wrong)
        assert outcome.status == 2, wrong
        assert outcome.err
