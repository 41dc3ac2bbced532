"""Recommendations on both databases: learned from orders, carts and the catalogue, brought up to date by what is new,
given with stock and rules in mind, and measured against popularity."""

from __future__ import annotations

import sys
from datetime import timedelta
from typing import Any

import pytest
from support import START, Place

from sereno.modules.recommendations import pulling, showing
from sereno.modules.recommendations.asking import Asked, recommend
from sereno.modules.recommendations.learning import LEASE, carry_out, keep
from sereno.modules.recommendations.reading import SEEN, Held
from sereno.runtime.recommending import Learner
from sereno.sdk.connector import NewEvent
from sereno.store.documents import decode

PRODUCTS = {
    "cup": ("Blue cup", "10.00", "Cups"),
    "saucer": ("Blue saucer", "5.00", "Saucers"),
    "jug": ("Blue jug", "14.00", "Cups"),
    "six": ("Blue cup, pack of 6", "50.00", "Cups"),
    "book": ("A book of tea", "20.00", "Books"),
    "pen": ("Red pen", "2.00", "Pens"),
}


def product(key: str, **more: Any) -> NewEvent:
    title, price, kind = PRODUCTS[key]
    data = {"id": key, "title": title, "price": price, "currency": "EUR", "product_type": kind, "status": "active"}
    data |= {"variants": [{"variant_id": f"v-{key}", "sku": key.upper(), "price": price}], "vendor": "Azahar", **more}
    at = START + timedelta(seconds=len(str(more)))
    return NewEvent(f"p-{key}-{len(str(more))}", "product.updated", f"product:{key}", at, data, {"product": key})


def order(number: int, *items: str, days: float = 1, who: str | None = None, status: str = "open") -> NewEvent:
    at = START - timedelta(days=days)
    lines = [{"product_id": item, "variant_id": f"v-{item}", "quantity": 1} for item in items]
    data = {"id": f"o{number}", "placed_at": at.isoformat(), "customer_id": who, "lines": lines, "status": status}
    data |= {"updated_at": (at + timedelta(hours=status != "open")).isoformat(), "currency": "EUR", "total": "1.00"}
    kind = "order.cancelled" if status == "cancelled" else "order.created"
    return NewEvent(f"{kind}-{number}", kind, f"order:o{number}", at, data, {"order": f"o{number}"})


def learn(place: Place) -> None:
    now = place.clock.now()
    at = int(now.timestamp() * 1e6)
    with place.database.transaction() as tx:
        given = {"shop": place.shop, "worker": "w", "until": at + 10**9, "now": at + 10**12}
        assert tx.one("take_learning", given) is not None
    assert carry_out(place.shop, "w", place.database, now) == "done"


@pytest.fixture
def sold(place: Place) -> Place:
    """Cups go with saucers; everybody buys pens; nobody ever bought the jug or the six."""
    place.send(*(product(key) for key in PRODUCTS))
    place.send(*(order(n, "cup", "saucer", days=n / 4, who=f"c{n % 9}") for n in range(40)))
    place.send(*(order(100 + n, "pen", days=n / 4) for n in range(80)))
    place.send(*(order(200 + n, "book", "pen", days=n / 4, who=f"d{n}") for n in range(20)))
    place.drain()
    learn(place)
    return place


def given(place: Place, way: Any, *items: str, at: str = "", **more: Any) -> list[str]:
    asked = Asked(way, items, **{"limit": 3, "place": at, **more})
    return [one.thing.item for one in recommend(place.database, place.shop, asked, place.clock.now())]


def test_bought_together_is_not_what_everybody_buys(sold: Place) -> None:
    (first, *_) = recommend(sold.database, sold.shop, Asked("together", ["cup"], limit=3), sold.clock.now())
    assert (first.thing.item, first.why, first.number, first.of) == ("saucer", "together", 40, 40)
    found = recommend(sold.database, sold.shop, Asked("together", ["book"], limit=1), sold.clock.now())
    assert found[0].thing.item == "pen" and found[0].why == "together", "all books went with a pen, most orders did not"
    sold.send(*(order(400 + n, "cup", "pen", days=n / 4) for n in range(9)))
    sold.drain()
    learn(sold)
    whys = {one.thing.item: one.why for one in recommend(sold.database, sold.shop, Asked("together", ["cup"]))}
    assert whys["pen"] != "together", "with a cup a pen is rarer than without"
    assert given(sold, "together", "CUP")[0] == "saucer", "a SKU names its product"
    assert given(sold, "together", "v-book")[0] == "pen", "so does a variant"


def test_what_is_bought_most_is_weighed_together(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulling, "ENOUGH", 30)
    monkeypatch.setattr(pulling, "RIDGE", 1.0)
    place.send(*(product(key) for key in PRODUCTS))
    # The jug comes with the cup only where the saucer does.
    place.send(*(order(n, "cup", "saucer", *(["jug"] if n % 2 else []), days=n / 9) for n in range(40)))
    place.send(*(order(100 + n, "saucer", "jug", days=n / 9) for n in range(20)))
    place.send(*(order(200 + n, "cup", "pen", days=n / 9) for n in range(20)))
    place.send(*(order(300 + n, "book", days=n / 9) for n in range(40)))
    place.drain()
    learn(place)
    held = {row[0]: row[1:] for row in place.rows("SELECT item, lean, pulls FROM recommendations_thing")}
    assert held["six"] == (None, None), "nobody bought it"
    weights = dict(decode(held["saucer"][1]))
    assert weights["jug"] > 0.3 > dict(decode(held["cup"][1]))["jug"]
    assert given(place, "together", "saucer")[:2] == ["cup", "jug"]
    with place.database.transaction() as tx:
        tx.many("set_pulls", [(place.shop, "jug", 0.99, "[]")])
    assert given(place, "together", "saucer")[:2] == ["jug", "cup"], "a request goes by what was weighed"
    with place.database.transaction() as tx:
        tx.run("ask_learning", {"shop": place.shop, "now": 1})
    monkeypatch.setattr(pulling, "ENOUGH", 10_000)
    learn(place)
    assert place.rows("SELECT count(*) FROM recommendations_thing WHERE pulls IS NOT NULL") == [(0,)]


def test_a_thing_nobody_bought_is_found_by_its_likeness(sold: Place) -> None:
    assert given(sold, "similar", "jug")[0] in ("cup", "six")
    assert given(sold, "together", "jug")[0] in ("cup", "six"), "cold start"
    (first, second) = recommend(sold.database, sold.shop, Asked("upsell", ["cup"]), sold.clock.now())
    assert (first.thing.item, first.why) == ("six", "pack")
    assert (second.thing.item, second.why) == ("jug", "upsell")


def test_for_you_is_never_what_you_have(sold: Place) -> None:
    found = given(sold, "for_you", person="d3", limit=6)
    assert found and not {"book", "pen"} & set(found)
    assert given(sold, "popular")[0] == "pen"


def test_what_is_sold_out_or_hidden_is_not_given(sold: Place) -> None:
    level = {"variant_id": "v-saucer", "product_id": "saucer", "sku": "SAUCER", "available": 0, "is_tracked": True}
    sold.send(NewEvent("s1", "stock.changed", "variant:v-saucer", START, level, {"variant": "v-saucer"}))
    sold.drain()
    assert "saucer" not in given(sold, "together", "cup", limit=6), "at once, without learning anew"
    shelf = given(sold, "category", category="saucers", limit=6)
    assert shelf == ["saucer"], "a category keeps it, at its end"
    sold.send(product("pen", status="archived"))
    sold.drain()
    assert "pen" not in given(sold, "popular", limit=6)


def test_a_message_shows_nothing_without_a_name(sold: Place) -> None:
    """Another channel sells what no catalogue here tells of: its id is no title."""
    from sereno.modules.recommendations.port import LiveRecommendations

    sold.send(*(order(n, "cup", "regalos~900401", days=1, who=f"d{n}") for n in range(300, 390)))
    sold.drain()
    learn(sold)
    asked = recommend(sold.database, sold.shop, Asked("popular", limit=6), now=sold.clock.now())
    assert "regalos~900401" in [one.thing.item for one in asked]
    given = LiveRecommendations(sold.database, sold.shop).products("popular", [], None, 3)
    assert len(given) == 3 and "regalos~900401" not in [one["title"] for one in given]


def test_a_visit_like_others(sold: Place) -> None:
    for number in range(12):
        at = START - timedelta(hours=number + 1)
        lines = [{"product_id": item, "quantity": 1} for item in ("jug", "book")]
        data = {"id": f"k{number}", "updated_at": at.isoformat(), "created_at": at.isoformat(), "lines": lines}
        sold.send(NewEvent(f"k{number}", "cart.updated", f"cart:k{number}", at, data, {"cart": f"k{number}"}))
    sold.drain()
    learn(sold)
    (first, *_) = recommend(sold.database, sold.shop, Asked("session", ["jug"], limit=2), sold.clock.now())
    assert (first.thing.item, first.why) == ("book", "session")


def test_what_no_visit_like_this_one_holds_is_two_steps_away(sold: Place) -> None:
    at, looked = int((START - timedelta(hours=1)).timestamp() * 1e6), [("jug", "book")] * 3 + [("book", "six")] * 3
    with sold.database.transaction() as tx:
        keep(tx, sold.shop, [Held(f"visit:{n}", SEEN, None, at, items) for n, items in enumerate(looked)])
    learn(sold)
    found = recommend(sold.database, sold.shop, Asked("session", ["jug"], limit=3), sold.clock.now())
    assert [(one.thing.item, one.why) for one in found[:2]] == [("book", "session"), ("six", "session")]


def test_an_order_counts_for_the_visit_that_saw_something_before_it(sold: Place) -> None:
    database, shop, now = sold.database, sold.shop, START
    with database.transaction() as tx:
        for visit in ("a", "b", "late", "a"):
            showing.shown(tx, shop, visit, now)
        showing.clicked(tx, shop, "a")

    def counted() -> dict[str, tuple[int, int, int]]:
        found = showing.report(database, shop, now - timedelta(days=1))
        return {arm: (one["visits"], *(one[name]["number"] for name in ("clicked", "ordered")))
                for arm, one in found.items() if arm in showing.ARMS}  # fmt: skip

    arms = {visit: showing.arm_of(visit) for visit in ("a", "b", "late")}
    assert set(arms.values()) == {"ours"} and counted() == {"ours": (3, 1, 0), "popular": (0, 0, 0)}
    showing.bought(database, shop, "a", "gid://shop/Order/o500")
    showing.bought(database, shop, "b", "o500")
    showing.bought(database, shop, "late", "o501")
    assert counted()["ours"] == (3, 1, 0), "nobody's book has it yet"
    sold.send(order(500, "pen", days=-0.01), order(501, "pen", days=-5), order(502, "pen", days=2))
    sold.drain()
    learn(sold)
    assert counted()["ours"] == (3, 1, 1), "one visit each, and not five days later"
    showing.bought(database, shop, "b", "o502")
    assert counted()["ours"] == (3, 1, 1), "what was ordered before is looked at again"
    sold.send(order(500, "pen", days=-0.01, status="cancelled"))
    sold.drain()
    learn(sold)
    assert counted()["ours"] == (3, 1, 0)


def test_what_is_new_is_learned_and_a_cancelled_order_is_unlearned(sold: Place) -> None:
    at = {"days": 0.5}
    sold.send(*(order(300 + n, "jug", "book", **at) for n in range(15)))
    sold.drain()
    learn(sold)
    assert given(sold, "together", "jug")[0] == "book"
    sold.send(*(order(300 + n, "jug", "book", **at, status="cancelled") for n in range(15)))
    sold.drain()
    learn(sold)
    (first, *_) = recommend(sold.database, sold.shop, Asked("together", ["jug"], limit=1), sold.clock.now())
    assert first.why != "together"


def test_learning_again_changes_nothing(sold: Place) -> None:
    def everything() -> Any:
        with sold.database.read() as tx:
            things = tx.all("neighbours_of", {"shop": sold.shop, "items": sorted(PRODUCTS)})
            return sorted(things), sorted(tx.all("count_baskets", {"shop": sold.shop}))

    before = everything()
    learn(sold)
    assert everything() == before


def test_a_shop_is_claimed_once(sold: Place) -> None:
    at = int(sold.clock.now().timestamp() * 1e6)
    given = {"shop": sold.shop, "until": at + 10**8, "now": at}
    with sold.database.transaction() as tx:
        assert tx.one("take_learning", {**given, "worker": "a"}) is not None
        assert tx.one("take_learning", {**given, "worker": "b"}) is None
    assert carry_out(sold.shop, "b", sold.database) == "lost"


def test_a_worker_begins_with_who_waits_longest_and_not_twice(sold: Place) -> None:
    begun: list[tuple[int, str]] = []

    def command(shop: int, worker: str) -> list[str]:
        begun.append((shop, worker))
        return [sys.executable, "-c", "import sys; sys.stdin.read()"]

    now = sold.clock.now()
    first, second = (Learner(sold.database, command, name, LEASE) for name in ("a", "b"))
    assert not first.look(now), "all was learned just now"
    sold.send(order(900, "pen"))
    sold.drain()
    later = now + timedelta(minutes=11)
    assert first.look(later) and first.look(later) and not second.look(later)
    assert begun == [(sold.shop, "a")]
    first.stop()
    assert second.look(later + LEASE * 2), "its process died"
    second.stop()


def test_what_is_new_is_what_came_since_they_were_last_here(sold: Place) -> None:
    """The newest first; a message shows nothing else, and nothing that is not on sale yet."""
    days = {"six": 3, "jug": 1, "cup": 40, "saucer": 50, "book": -5}
    sold.send(*(product(key, published_at=(START - timedelta(days=n)).isoformat()) for key, n in days.items()))
    sold.send(order(900, "pen", days=2, who="ana"), order(901, "pen", days=90, who="old"))
    sold.drain()
    learn(sold)
    assert given(sold, "new", limit=4) == ["jug", "six", "cup", "saucer"], "for anybody: the newest of all"
    assert given(sold, "new", person="ana", at="message", limit=4) == ["jug"]
    assert given(sold, "new", person="ana", limit=3) == ["jug", "six", "cup"], "a page is filled with what came before"
    assert given(sold, "new", person="old", at="message", limit=4) == ["jug", "six", "cup", "saucer"]
    sold.send(order(902, "pen", days=0, who="ana"))
    sold.drain()
    learn(sold)
    assert given(sold, "new", person="ana", at="message", limit=2) == ["jug", "six"], "nothing since: the newest"
