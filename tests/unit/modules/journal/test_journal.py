"""The actions that write into Sereno itself: log, events, tags."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from sereno.modules.customers import actions as customers
from sereno.modules.journal.actions import EmitConfig, LogConfig, emit, log
from sereno.modules.orders import actions as orders
from sereno.sdk.config import problems
from sereno.sdk.context import Context, ShopFacts
from sereno.sdk.ports import Events, Log, Tags
from sereno.sdk.result import Done, Fail


class Book:
    """Remembers every call as (name, arguments)."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []

    def __getattr__(self, name: str) -> Any:
        return lambda *args: self.calls.append((name, *args))


def context(book: Book | None, refs: dict[str, str] | None = None, records: dict[str, Any] | None = None) -> Context:
    def find(kind: type[Any]) -> Any:
        if book is None or kind not in (Events, Log, Tags):
            raise LookupError(kind)
        return book

    shop = ShopFacts(1, "Shop", "EUR", "UTC", "en", "https://sereno.example")
    event = {"type": "cart.updated", "data": {"id": "c1", "total": "5.00"}}
    now = datetime(2026, 11, 22, tzinfo=UTC)
    return Context("run1/1", 1, "f", "run1", "cart:c1", shop, refs or {}, records or {}, event, {}, now, find)


def test_log_writes_a_line() -> None:
    book = Book()
    assert log(LogConfig(text="hello"), context(book)) == Done({"text": "hello"})
    assert book.calls == [("write", "hello")]
    assert log(LogConfig(text="hello"), context(None)) == Done({"text": "hello"})


def test_emit_states_a_fact_under_the_effects_key() -> None:
    book = Book()
    refs = {"cart": "c1", "email": "ana@example.com", "order": ""}
    outcome = emit(EmitConfig(type="checkout.abandoned"), context(book, refs))
    assert outcome == Done({"id": "run1/1", "type": "checkout.abandoned"})
    kept = {"cart": "c1", "email": "ana@example.com"}
    assert book.calls == [("emit", "run1/1", "checkout.abandoned", "cart:c1", {"id": "c1", "total": "5.00"}, kept)]
    emit(EmitConfig(type="custom.seen", subject="customer:7", data={"a": 1}), context(book))
    assert book.calls[1] == ("emit", "run1/1", "custom.seen", "customer:7", {"a": 1}, {})
    assert isinstance(emit(EmitConfig(type="custom.seen"), context(None)), Fail)


@pytest.mark.parametrize("name", ["Abandoned", "checkout", "checkout abandoned", ".x", ""])
def test_names_that_are_no_event(name: str) -> None:
    assert [problem.key for problem in problems(EmitConfig, {"type": name})] == ["type"]


@pytest.mark.parametrize(("room", "kind"), [(orders, "order"), (customers, "customer")])
def test_tags(room: Any, kind: str) -> None:
    book = Book()
    config = room.TagConfig(tag="  high   value ")
    assert room.add_tag(config, context(book, {kind: "17"})) == Done({"tag": "high value", kind: "17"})
    room.remove_tag(config, context(book, {kind: "17"}))
    room.add_tag(config, context(book, {}, {kind: {"id": 18}}))
    assert book.calls == [
        ("add", kind, "17", "high value"),
        ("remove", kind, "17", "high value"),
        ("add", kind, "18", "high value"),
    ]
    missing = room.add_tag(config, context(book))
    assert isinstance(missing, Fail)
    assert missing.reason == f"{kind}.missing"
    assert isinstance(room.add_tag(config, context(None, {kind: "17"})), Fail)


def test_a_tag_is_short_but_its_template_may_be_long() -> None:
    template = "source:{{ order.referring_site | split: '/' | last | default: 'nowhere at all, it seems' }}"
    assert problems(orders.TagConfig, {"tag": template}) == []
    assert [problem.key for problem in problems(orders.TagConfig, {"tag": "x" * 65})] == ["tag"]
    assert [problem.key for problem in problems(orders.TagConfig, {"tag": " "})] == ["tag"]
