"""`sereno segment`: made by text, looked at, kept at two moments and compared."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def test_a_segment_is_made_kept_and_compared(busy: Any, tmp_path: Path) -> None:
    text = tmp_path / "leads.cel"
    text.write_text("customer.lead_score >= 5 && !(orders().count() >= 1)")
    assert busy("segment", "preview", str(text), "--json").json["size"] == 0
    assert busy("segment", "make", "Hot leads", str(text), "--json").json == {"name": "hot-leads"}
    assert "No snapshots" in busy("segment", "snapshots", "hot-leads").err
    first = busy("segment", "snapshot", "hot-leads", "--title", "March", "--json").json["id"]
    second = busy("segment", "snapshot", "hot-leads", "--json").json["id"]
    held = busy("segment", "snapshots", "hot-leads", "--json").json
    assert [(row["id"], row["title"], row["size"]) for row in held] == [(second, "Hot leads", 0), (first, "March", 0)]
    found = busy("segment", "compare", "hot-leads", str(first), str(second), "--json").json
    assert (found["added_count"], found["both_count"]) == (0, 0)
    assert "0 added" in busy("segment", "compare", "hot-leads", str(first), str(second)).out
    assert busy("segment", "forget", "hot-leads", str(first), "--json").json == {"removed": first}
    for wrong in (
        ("compare", "hot-leads", str(first), str(second)), ("forget", "hot-leads", str(first)),
        ("snapshot", "nobody"), ("snapshots", "nobody"), ("forget", "nobody", "1"),
    ):  # fmt: skip
        outcome = busy("segment", *wrong)
        assert outcome.status, wrong
        assert "There is no" in outcome.err
