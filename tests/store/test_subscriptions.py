"""The webhooks a platform holds for us: looked at with every pass, missed when they go, made anew when wanted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from fakeplatform import TOPICS, Connected, connected
from support import Place

from sereno.runtime.reading import asking
from sereno.runtime.reading.subscribing import sort_out
from sereno.sdk.ports import HttpAnswer
from sereno.sdk.stores import Subscription
from sereno.store.documents import decode

DOOR = "https://shop.test/hooks/store"


@pytest.fixture
def store(place: Place) -> Iterator[Connected]:
    with connected(place) as found:
        found.reader.enrol()
        yield found


def by_hand(store: Connected) -> None:
    for number, topic in enumerate(TOPICS):
        store.platform.hooks[str(number)] = {"id": str(number), "topic": topic, "address": DOOR}


def look(store: Connected) -> dict[str, Any]:
    store.at.clock.move_to(store.at.clock.now() + timedelta(minutes=20))
    store.read()
    return decode(store.at.rows("SELECT subscriptions FROM reading")[0][0])


def alerts(store: Connected) -> list[tuple[Any, ...]]:
    return store.at.rows("SELECT text_code, severity, status FROM alert WHERE kind = 'subscription.gone' ORDER BY id")


def test_those_for_our_door_are_told_from_others() -> None:
    held = [
        Subscription("1", "orders/create", DOOR),
        Subscription("2", "orders/updated", DOOR + "/", is_active=False),
        Subscription("3", "orders/paid", "https://other.test/hooks/store"),
    ]
    found, off = sort_out(TOPICS, held, DOOR)
    assert (found.active, found.inactive, found.missing) == (["orders/create"], ["orders/updated"], ["orders/paid"])
    assert set(off) == {"orders/updated"}


def test_one_that_was_there_and_is_gone_is_an_alert_until_it_is_back(store: Connected) -> None:
    by_hand(store)
    assert look(store)["active"] == list(TOPICS)
    assert alerts(store) == []
    gone = store.platform.hooks.pop("1")
    assert look(store)["missing"] == ["orders/updated"]
    assert look(store)["lost"] == ["orders/updated"]
    assert alerts(store) == [("subscription.gone", "critical", "open")]
    store.platform.hooks["1"] = gone
    look(store)
    assert alerts(store) == [("subscription.gone", "critical", "settled")]


def test_what_was_never_subscribed_is_nobodys_alarm(store: Connected) -> None:
    assert look(store)["missing"] == list(TOPICS)
    look(store)
    assert alerts(store) == []


def test_missing_ones_are_made_and_made_anew(store: Connected) -> None:
    asking.change(store.at.shop, "store", "ana", keeps_subscriptions=True, database=store.at.database)
    found = look(store)
    assert (found["active"], found["made"]) == (sorted(TOPICS), sorted(TOPICS))
    assert {row["address"] for row in store.platform.hooks.values()} == {DOOR}
    assert {row["secret"] for row in store.platform.hooks.values()} == {"s3cret"}
    assert alerts(store) == []
    id_, row = next(iter(store.platform.hooks.items()))
    store.platform.hooks[id_] = {**row, "is_active": False}
    found = look(store)
    assert found["made"] == [row["topic"]]
    assert all(one.get("is_active", True) for one in store.platform.hooks.values())
    assert alerts(store) == [("subscription.remade", "info", "open")]
    look(store)
    assert alerts(store) == [("subscription.remade", "info", "settled")]


def test_one_that_cannot_be_made_is_said(store: Connected, monkeypatch: pytest.MonkeyPatch) -> None:
    asking.change(store.at.shop, "store", "ana", keeps_subscriptions=True, database=store.at.database)
    send = store.platform.send

    def refuse(request: Any) -> HttpAnswer:
        return HttpAnswer(422, {}, b"address is not https") if request.method == "POST" else send(request)

    monkeypatch.setattr(store.platform, "send", refuse)
    found = look(store)
    assert found["missing"] == list(TOPICS)
    assert "address is not https" in found["problem"]
    assert alerts(store) == [("subscription.gone", "critical", "open")]
