"""A platform on a wire: stands where HTTP does, keeps what was asked, and may lose an answer after it did the thing."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from sereno.sdk.connector import Delivery, Mapped
from sereno.sdk.ports import HttpAnswer, HttpFailed, HttpRequest
from sereno.sdk.stores import Call, Exchange, Item, Reading, StoreApi, StoreBusy, Written
from sereno.sdk.writes import Write

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@dataclass
class Asked:
    method: str
    path: str
    query: dict[str, str]
    body: Any
    headers: Mapping[str, str]
    url: str


@dataclass
class Wire:
    """A platform gives `answer`. `lose`: the number of the request whose answer is lost. `fixed`: answers that come
    instead of the platform's, by method and path."""

    asked: list[Asked] = field(default_factory=list)
    lose: int | None = None
    fixed: dict[tuple[str, str], tuple[int, Any]] = field(default_factory=dict)

    def send(self, request: HttpRequest) -> HttpAnswer:
        parts = urlsplit(request.url)
        body = json.loads(request.body) if request.body else None
        one = Asked(request.method, parts.path, dict(parse_qsl(parts.query)), body, request.headers, request.url)
        self.asked.append(one)
        found = self.fixed.get((one.method, one.path)) or self.answer(one)
        if self.lose is not None and len(self.asked) == self.lose + 1:
            raise HttpFailed("shop.example: the answer was lost")
        status, said, headers = found if len(found) == 3 else (*found, {})
        raw = said if isinstance(said, bytes) else json.dumps(said).encode()
        return HttpAnswer(status, headers, raw)

    def answer(self, asked: Asked) -> tuple[Any, ...]:
        raise NotImplementedError

    def state(self) -> Any:
        """What the platform holds, without what differs from one run to the next."""
        raise NotImplementedError

    @property
    def changes(self) -> list[tuple[str, str, Any]]:
        return [(one.method, one.path, one.body) for one in self.asked if one.method != "GET"]


def exchange(wire: Wire, store: StoreApi, access: Mapping[str, str], **settings: Any) -> Exchange:
    return Exchange(wire, {"url": "https://shop.example", **settings}, access, store.sign)


def carry_out(way: Exchange, store: StoreApi, write: Write, key: str = "7/1", attempt: int = 1, **more: Any) -> Written:
    now = NOW + timedelta(minutes=10 * (attempt - 1))
    return store.writes[type(write)](Call(way, key, attempt, more.pop("now", now), **more), write)


def changes_once(wire_of: Any, store: StoreApi, access: Mapping[str, str], write: Write, **more: Any) -> int:
    """Carry out the write, once with every single answer lost and then tried again: the platform must hold the same as
    after an undisturbed run. Gives how many requests that run took."""
    calm = wire_of()
    way = exchange(calm, store, access)
    carry_out(way, store, write, **more)
    needed = len(calm.asked)
    carry_out(way, store, write, attempt=2, **more)
    once = wire_of()
    carry_out(exchange(once, store, access), store, write, **more)
    assert calm.state() == once.state(), "a second attempt after a success changed something"
    for number in range(needed):
        wire = wire_of()
        wire.lose = number
        with pytest.raises(StoreBusy):
            carry_out(exchange(wire, store, access), store, write, **more)
        wire.lose = None
        _try_again(wire, store, access, write, more)
        assert wire.state() == once.state(), f"the answer to request {number} was lost, and it was done twice"
    return needed


def ordered(held: Any) -> Any:
    """With sets as lists, so that two states can be compared as text."""
    if isinstance(held, Mapping):
        return {key: ordered(value) for key, value in held.items()}
    return sorted(held) if isinstance(held, set) else held


def _try_again(wire: Wire, store: StoreApi, access: Mapping[str, str], write: Write, more: Mapping[str, Any]) -> None:
    """A second attempt, and a third where that one only waits."""
    try:
        carry_out(exchange(wire, store, access), store, write, attempt=2, **more)
    except StoreBusy as busy:
        assert busy.after is not None, "it only waits"
        carry_out(exchange(wire, store, access), store, write, attempt=3, **more)


def mapped(connector: Any, item: Item, settings: Mapping[str, Any] | None = None) -> Mapped:
    """What the connector makes of a record read back; the same of its value as of its text."""
    raw = json.dumps(item.body).encode()
    found = connector.map(Delivery({}, raw, item.topic, NOW), settings or {})
    before = copy.deepcopy(item.body)
    key = connector.dedupe_key({}, raw, settings or {})
    assert connector.map(Delivery({}, raw, item.topic, NOW, item.body, key), settings or {}) == found
    assert item.body == before, "mapping changes what was read"
    return found


def read_all(way: Any, api: Any, kind: str, size: int, since: Any, on_page: Any) -> list[Any]:
    """Every item of a kind, page by page; `on_page(number)` is called between two pages."""
    cursor, found = None, []
    for number in range(100):
        page = api.reads[kind](way, Reading(since, None, cursor, size))
        found += page.items
        on_page(number)
        cursor = page.next
        if cursor is None:
            return found
    raise AssertionError("reading does not end")
