"""Who waits for what, and whom is told: kept from events, told in line, once each, whoever dies meanwhile."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from support import START, Place, fact, order

from sereno.runtime.interests.telling import Teller
from sereno.sdk.connector import NewEvent


def variant(place: Place, number: int, price: str = "20.00", **more: Any) -> NewEvent:
    at = place.clock.now()
    data = {"variant_id": "v1", "product_id": "p1", "sku": "MUG", "price": price, "currency": "EUR", "title": "Mug"}
    data |= {"updated_at": at.isoformat(), **more}
    return fact(f"variant-{number}", "variant.updated", "variant:v1", data, at, product="p1")


def stock(place: Place, number: int, available: int) -> NewEvent:
    at = place.clock.now()
    data = {"variant_id": "v1", "product_id": "p1", "sku": "MUG", "available": available, "is_tracked": True}
    data["updated_at"] = at.isoformat()
    return fact(f"stock-{number}", "stock.changed", "variant:v1", data, at, stock_level="v1", product="p1")


def said(type: str, who: str, after: float = 0, product: str = "p1", **data: Any) -> NewEvent:
    at = START + timedelta(minutes=after)
    given = {"product_id": product, "email": f"{who}@example.com", "customer_id": who, **data}
    refs = {"customer": who, "product": product, "email": f"{who}@example.com"}
    return fact(f"{type}-{who}-{product}-{after}", type, f"customer:{who}", given, at, **refs)


def told(place: Place, type: str = "interest.restocked") -> list[str]:
    rows = place.rows(f"SELECT subject FROM event WHERE type = '{type}' ORDER BY id")
    return [row[0].removeprefix("customer:") for row in rows]


@pytest.fixture
def gone(place: Place) -> Place:
    """A mug that is sold out, for which five people wait and one wishes."""
    place.send(variant(place, 1), stock(place, 1, 0))
    place.send(*(said("waiting.joined", f"w{n}", n, variant_id="v1") for n in range(5)))
    place.send(said("wish.added", "fan", 0.5))
    place.drain()
    return place


def test_as_many_hear_of_it_as_there_are_pieces_and_the_next_a_day_later(gone: Place) -> None:
    gone.send(stock(gone, 2, 2))
    gone.drain()
    assert told(gone) == ["w0", "w1"], "first come, first told"
    gone.after(hours=23)
    assert len(told(gone)) == 2
    gone.after(hours=1)
    assert told(gone) == ["w0", "w1", "w2", "w3"], "two pieces are left: the next two"
    gone.send(stock(gone, 3, 0))
    gone.after(hours=25)
    assert len(told(gone)) == 4, "nothing is left"
    gone.send(stock(gone, 4, 5))
    gone.drain()
    assert told(gone)[4:] == ["w4", "fan"], "the line goes on where it stood; who wishes comes after who waits"


def test_the_same_said_twice_changes_nothing(gone: Place) -> None:
    gone.send(stock(gone, 2, 9))
    gone.send(said("waiting.joined", "w0", 0, variant_id="v1"))
    gone.drain()
    before = told(gone)
    assert sorted(before) == ["fan", "w0", "w1", "w2", "w3", "w4"]
    gone.send(stock(gone, 2, 9), stock(gone, 3, 9), stock(gone, 4, 8))
    gone.after(days=3)
    assert told(gone) == before


def test_whoever_left_the_line_or_bought_hears_nothing(gone: Place) -> None:
    gone.send(said("waiting.left", "w1", 9, variant_id="v1"), said("wish.removed", "fan", 9))
    line = [{"product_id": "p1", "variant_id": "v1", "quantity": 1}]
    at = START + timedelta(minutes=30)
    bought = order("o1", at=at, customer_id="w3", email="w3@example.com", customer=None, lines=line)
    gone.send(NewEvent("bought", "order.created", "order:o1", at, bought.data, {"order": "o1", "customer": "w3"}))
    gone.drain()
    gone.send(stock(gone, 2, 50))
    gone.drain()
    assert told(gone) == ["w0", "w2", "w4"]
    assert gone.rows("SELECT waiting, wishes FROM interests_demand") == [(0, 0)]


def test_nothing_is_lost_or_doubled_when_it_breaks_anywhere(gone: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each statement of the telling in turn is the last before the process dies."""
    gone.send(stock(gone, 2, 4))
    gone.runtime.round_of("dispatch")
    import sereno.runtime.interests.telling as telling

    class Killed(BaseException):
        pass

    count = 0
    for at in range(1, 12):
        left = at
        make = gone.database.transaction

        class Dying:
            def __init__(self, tx: Any) -> None:
                self._tx = tx

            def __getattr__(self, name: str) -> Any:
                found = getattr(self._tx, name)

                def call(*args: Any) -> Any:
                    nonlocal left
                    left -= 1
                    if left == 0:
                        raise Killed
                    return found(*args)

                return call

        teller = Teller(gone.runtime.world)
        round_ = teller._round
        monkeypatch.setattr(teller, "_round", lambda tx, now, work=round_: work(Dying(tx), now))
        try:
            teller.run()
            break
        except Killed:
            count += 1
            assert told(gone) == [], "nothing of it was kept"
    assert count > 4 and make is not None and telling is not None
    gone.drain()
    assert told(gone) == ["w0", "w1", "w2", "w3"]


def test_two_workers_share_a_round(gone: Place) -> None:
    other = Place.__new__(Place)
    gone.send(stock(gone, 2, 3))
    gone.runtime.round_of("dispatch")
    first, second = Teller(gone.runtime.world), Teller(gone.runtime.world)
    while first.run() + second.run():
        pass
    gone.drain()
    assert told(gone) == ["w0", "w1", "w2"] and other is not None


def test_a_long_line_is_told_in_pages(gone: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sereno.runtime.interests.telling.PAGE", 2)
    gone.send(stock(gone, 2, 5))
    gone.drain()
    assert told(gone) == ["w0", "w1", "w2", "w3", "w4"]
    (row,) = gone.rows("SELECT told, wave, room, is_open FROM interests_round")
    assert (row[0], row[1], row[2], bool(row[3])) == (5, 1, 0, True)


def test_a_price_counts_from_what_was_last_told(gone: Place) -> None:
    gone.send(stock(gone, 2, 0), said("product.viewed", "eye", 1))
    gone.drain()
    steps = {"19.00": 0, "18.00": 1, "17.00": 1, "22.00": 1, "16.20": 2}
    for number, (price, times) in enumerate(steps.items(), 2):
        gone.clock.move_to(gone.clock.now() + timedelta(hours=1))
        gone.send(variant(gone, number, price), stock(gone, number + 20, 7))
        gone.drain()
        assert told(gone, "interest.price_dropped").count("fan") == times, price
    (row,) = gone.rows(
        "SELECT data FROM event WHERE type = 'interest.price_dropped' AND subject = 'customer:eye' LIMIT 1"
    )
    assert '"old_price":"20.00"' in row[0] and '"percent":10' in row[0] and '"kind":"view"' in row[0]
    assert "w0" not in told(gone, "interest.price_dropped")


def test_few_left_is_said_once_each_time(gone: Place) -> None:
    gone.send(stock(gone, 2, 0))
    for number, available in enumerate((9, 3, 2, 9, 3), 3):
        gone.clock.move_to(gone.clock.now() + timedelta(hours=1))
        gone.send(stock(gone, number, available))
        gone.drain()
    assert told(gone, "interest.running_low") == ["fan", "fan"]


def cart(who: str, at: datetime, *items: str, **more: Any) -> NewEvent:
    lines = [{"product_id": item, "variant_id": f"{item}-v", "quantity": 1} for item in items]
    data = {"id": f"c-{who}", "customer_id": who, "lines": lines, "updated_at": at.isoformat(), **more}
    return NewEvent(
        f"cart-{who}-{at}", "cart.updated", f"cart:c-{who}", at, data, {"cart": f"c-{who}", "customer": who}
    )


def test_a_cart_is_an_interest_as_long_as_it_holds_the_thing(place: Place) -> None:
    place.send(cart("ana", START, "p1", "p2"))
    place.drain()
    held = "SELECT product FROM interests_interest WHERE state = 'active' ORDER BY product"
    assert place.rows(held) == [("p1",), ("p2",)]
    place.send(cart("ana", START + timedelta(minutes=5), "p2"))
    place.drain()
    assert place.rows(held) == [("p2",)]
    place.send(cart("ana", START + timedelta(minutes=9), "p2", completed_at=START.isoformat()))
    place.drain()
    assert place.rows(held) == []


def test_who_looked_and_left_is_told_once_the_visit_is_over(place: Place) -> None:
    place.send(said("product.viewed", "ana", 0), said("product.viewed", "ana", 5, "p2"))
    place.send(said("product.viewed", "ana", 8, "p2"), said("product.viewed", "eva", 1), cart("eva", START, "p1"))
    place.drain()
    place.after(minutes=100)
    assert told(place, "interest.browsed") == []
    place.after(minutes=40)
    assert told(place, "interest.browsed") == ["ana"], "who has a cart is left to the cart's own reminder"
    (row,) = place.rows("SELECT data FROM event WHERE type = 'interest.browsed'")
    assert '"items":["p2","p1"]' in row[0], "what was looked at most comes first"
    place.after(days=2)
    assert len(told(place, "interest.browsed")) == 1


def test_the_usual_interval_is_learned_from_reorders(place: Place) -> None:
    place.send(variant(place, 1))
    line = [{"product_id": "p1", "variant_id": "v1", "quantity": 1}]
    number = 0
    for who in ("a", "b", "c"):
        for days in (95, 65, 35, 26 if who == "a" else 5):
            number += 1
            at = START - timedelta(days=days)
            data = {"id": f"o{number}", "placed_at": at.isoformat(), "customer_id": who, "lines": line}
            data |= {"updated_at": at.isoformat(), "currency": "EUR", "total": "1.00"}
            refs = {"order": f"o{number}", "customer": who}
            place.send(NewEvent(f"o{number}", "order.created", f"order:o{number}", at, data, refs))
    place.drain()
    (habit,) = place.rows("SELECT item, count, is_regular, days FROM interests_habit")
    assert habit[:2] == ("v1", 9) and bool(habit[2]) and habit[3] == 30
    assert told(place, "interest.running_out") == [], "27 of 30 days have not passed"
    place.after(days=1)
    assert told(place, "interest.running_out") == ["a"]
    place.after(days=1)
    assert told(place, "interest.running_out") == ["a"], "once for a purchase"


def test_new_goods_go_to_who_likes_their_kind_all_in_one(place: Place) -> None:
    def product(key: str, kind: str, type: str = "product.updated") -> NewEvent:
        data = {"id": key, "title": key, "product_type": kind, "status": "active", "updated_at": START.isoformat()}
        data["variants"] = [{"variant_id": f"{key}-v", "product_id": key, "price": "5.00"}]
        return NewEvent(f"{key}-{type}", type, f"product:{key}", place.clock.now(), data, {"product": key})

    place.send(product("p1", "Mugs"), product("p2", "Pens"))
    place.send(said("wish.added", "ana"), said("wish.added", "eva", 0, "p2"))
    place.drain()
    place.send(product("p3", "Mugs", "product.published"), product("p4", "mugs", "product.published"))
    place.drain()
    assert told(place, "interest.arrived") == []
    place.after(hours=25)
    assert told(place, "interest.arrived") == ["ana"]
    (row,) = place.rows("SELECT data FROM event WHERE type = 'interest.arrived'")
    assert '"items":["p3","p4"]' in row[0]
