"""`sereno catalog`: for people, for programs, and used wrongly."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest


def product(key: str, price: str) -> str:
    at = "2026-11-20T10:00:00Z"
    variant = {"variant_id": key, "product_id": key, "sku": "OIL", "price": price, "currency": "EUR", "updated_at": at}
    data = {"id": key, "title": "Oil", "status": "active", "currency": "EUR", "variants": [variant], "updated_at": at}
    event = {"id": key, "type": "product.updated", "subject": f"product:{key}", "occurred_at": at, "data": data}
    return json.dumps(event) + "\n"


@pytest.fixture
def selling(shop: Any, tmp_path: Path) -> Any:
    """Two stores that sell the same thing at two prices."""
    for name, price in (("till", "10.00"), ("pim", "11.00")):
        path = tmp_path / f"{name}.jsonl"
        path.write_text(product("p1", price))
        own = ("--own-ids",) if name == "pim" else ()
        assert shop("connect", "generic", "--name", name, *own).status == 0
        assert shop("ingest", name, path).status == 0
    return shop


def test_a_rule_is_said_listed_and_taken_away(selling: Any) -> None:
    assert "Nothing is compared" in selling("catalog", "rules").err
    made = selling("catalog", "rule", "price", "pim", "--most-change", "20", "--json").json
    assert made == {"field": "price", "leader": "pim", "conflict": "leader", "connections": [], "most_change": 20}
    two = selling("catalog", "rule", "title", "pim", "--conflict", "ask", "--connection", "pim", "--connection", "till")
    assert "pim leads title" in two.out
    lines = selling("catalog", "rules", "--json").json
    assert [(one["field"], one["connections"]) for one in lines] == [("price", []), ("title", ["pim", "till"])]
    assert "pim, till" in selling("catalog", "rules").out
    assert "not compared any more" in selling("catalog", "rule", "title", "--remove").out
    assert len(selling("catalog", "rules", "--json").json) == 1


def test_used_wrongly(selling: Any) -> None:
    for words in (
        ("rule", "price"),
        ("rule", "price", "nowhere"),
        ("rule", "colour", "pim"),
        ("rule", "price", "pim", "--conflict", "loudest"),
        ("rule", "price", "--remove"),
        ("decide", "write"),
        ("decide", "write", "77"),
        ("decide", "toss", "77"),
    ):
        found = selling("catalog", *words)
        assert (found.status, "Traceback" in found.err) == (2, False), words
