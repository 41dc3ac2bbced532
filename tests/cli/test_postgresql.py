"""The same commands over PostgreSQL."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

FLOW = """\
flow: big-orders
trigger: {event: order.paid, when: "order.total >= 200"}
steps:
  - orders.add_tag: {tag: big}
"""
EVENTS = (
    ("p-1", "order:1001", {"id": "1001", "total": "250.00", "currency": "EUR"}),
    ("p-2", "order:1002", {"id": "1002", "total": "20.00", "currency": "EUR"}),
)


def test_from_nothing_to_why(postgres_url: str, postgres: Any, tmp_path: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SERENO_", "DJANGO_"))}
    environment = {**kept, "SERENO_DATABASE_URL": postgres_url, "SERENO_DATA_DIR": str(tmp_path / "data")}

    def sereno(*words: object) -> str:
        outcome = subprocess.run(
            [str(Path(sys.executable).parent / "sereno"), *map(str, words)],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=100,
        )
        assert outcome.returncode == 0, outcome.stderr
        return outcome.stdout

    (tmp_path / "flow.yaml").write_text(FLOW)
    lines = [
        {"id": id_, "type": "order.paid", "subject": subject, "occurred_at": "2026-11-20T10:00:00Z", "data": data}
        for id_, subject, data in EVENTS
    ]
    (tmp_path / "events.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert "postgresql://" in sereno("init")
    sereno("shop", "add", "Casa Azahar", "--currency", "EUR")
    sereno("flow", "apply", tmp_path / "flow.yaml")
    sereno("connect", "generic", "--name", "erp")
    assert json.loads(sereno("ingest", "erp", tmp_path / "events.jsonl", "--json"))["done"] == 2
    assert len(json.loads(sereno("event", "list", "--json"))) == 2
    assert [row["status"] for row in json.loads(sereno("run", "list", "--json"))] == ["finished"]
    assert json.loads(sereno("effect", "list", "--json"))[0]["config"] == {"tag": "big"}
    assert [len(row["events"]) for row in json.loads(sereno("delivery", "list", "--json"))] == [1, 1]
    assert "was false (order.total is 20)" in sereno("run", "why", "--flow", "big-orders", "--subject", "order:1002")
    assert json.loads(sereno("flow", "list", "--json"))[0]["runs"] == 1
    sereno("doctor")
