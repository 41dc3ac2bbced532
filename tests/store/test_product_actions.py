"""What flows change on products in the store: price, visibility, tags, collections, badge; and taking it back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from support import START, Place, fact

from sereno.commerce.money import Money
from sereno.runtime.products import ProductLookup
from sereno.runtime.stock.evening import LiveTransfers
from sereno.sdk.connector import NewEvent
from sereno.sdk.plugin import registry
from sereno.sdk.ports import Products
from sereno.sdk.result import Done, Fail, Result
from sereno.sdk.stores import Stores
from sereno.sdk.templates import shipped_flow
from sereno.sdk.writes import (
    CollectProduct,
    PublishProduct,
    SetMetafield,
    SetPrice,
    SetStock,
    SetTexts,
    TagProduct,
    Write,
)
from sereno.store.fields import to_micros


class Store:
    """Takes what it is asked, or answers as the test says; and tells the keys."""

    def __init__(self) -> None:
        self.writes: list[Write] = []
        self.keys: list[str] = []
        self.answers: list[Result] = []

    def write(self, write: Write, *, key: str, attempt: int, now: Any) -> Result:
        self.writes.append(write)
        self.keys.append(key)
        return self.answers.pop(0) if self.answers else Done({})


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def shop(database: Any, store: Store) -> Iterator[Place]:
    def ports(kind: type[Any], facts: Any) -> object | None:
        if kind is Products:
            return ProductLookup(database, registry(), facts.id)
        return store if kind is Stores else None

    place = Place(database, ports)
    yield place
    place.runtime.stop()


def product(id: str = "p1", at: Any = START, **changes: Any) -> NewEvent:
    variants = [
        {"variant_id": f"{id}-{size}", "product_id": id, "sku": f"{id}{size}", "currency": "EUR", "price": "9.00"}
        for size in ("s", "m")
    ]
    data = {
        "id": id,
        "title": "Taza",
        "vendor": "A&B",
        "status": "active",
        "published_at": "2026-01-01T00:00:00Z",
        "currency": "EUR",
        "variants": variants,
        "updated_at": at.isoformat(),
        **changes,
    }
    return fact(f"product|{id}|{at.isoformat()}", "product.updated", f"product:{id}", data, at)


def stock(variant: str, available: int, at: Any = START) -> NewEvent:
    data = {"variant_id": variant, "product_id": variant[:2], "sku": variant.replace("-", ""), "available": available}
    given = {**data, "updated_at": at.isoformat()}
    refs = {"variant": variant, "stock_level": variant, "sku": data["sku"], "product": data["product_id"]}
    name = f"stock|{variant}|{at.isoformat()}"
    return fact(name, "stock.changed", f"variant:{variant}", given, at, **refs)


def flow(place: Place, step: str, event: str = "product.updated") -> None:
    place.flow(f"flow: try\nname: T\ntrigger: {{event: {event}}}\nsteps:\n  - {step}\n")


@pytest.mark.parametrize(
    ("step", "event", "writes"),
    [
        (
            'catalog.set_price: {price: "12.50", compare_at: "{{ product.price }}", variants: all}',
            "product.updated",
            [
                SetPrice("p1", "p1-s", Money.parse("12.50", "EUR"), None),
                SetPrice("p1", "p1-m", Money.parse("12.50", "EUR"), None),
            ],
        ),
        (
            'catalog.set_price: {price: "12.50", compare_at: "15"}',
            "stock.changed",
            [SetPrice("p1", "p1-s", Money.parse("12.50", "EUR"), Money.parse("15", "EUR"))],
        ),
        (
            'catalog.set_texts: {title: "{{ product.title }}  <2>", description: "<p>{{ product.vendor }}</p>"}',
            "product.updated",
            [SetTexts("p1", "Taza <2>", "<p>A&amp;B</p>")],
        ),
        ('catalog.set_texts: {title: "Cup"}', "product.updated", [SetTexts("p1", "Cup", None)]),
        ('catalog.set_texts: {description: "Warm"}', "product.updated", [SetTexts("p1", "", "Warm")]),
        (
            'stock.set: {available: "{{ product.available | plus: 3 }}", location: l1}',
            "stock.changed",
            [SetStock("p1-s", 7, "p1", "", "p1s", "l1")],
        ),
        ("catalog.add_tag: {tag: new}", "product.updated", [TagProduct("p1", ("new",))]),
        ("catalog.remove_tag: {tag: new}", "product.updated", [TagProduct("p1", (), ("new",))]),
        ("catalog.collect: {collection: cups}", "product.updated", [CollectProduct("p1", "cups", is_in=True)]),
        ("catalog.uncollect: {collection: cups}", "product.updated", [CollectProduct("p1", "cups", is_in=False)]),
        ("catalog.publish: {}", "product.updated", [PublishProduct("p1", is_published=True)]),
        ("catalog.hide: {}", "product.updated", [PublishProduct("p1", is_published=False)]),
        (
            'catalog.set_badge: {badge: "Last {{ product.variants | size }}"}',
            "product.updated",
            [SetMetafield("product", "p1", "badge", "Last 2")],
        ),
    ],
)
def test_what_the_store_is_asked(shop: Place, store: Store, step: str, event: str, writes: list[Write]) -> None:
    shop.send(product(), stock("p1-s", 4))
    shop.drain()
    flow(shop, step, event)
    at = START + timedelta(minutes=1)
    shop.send(product(at=at) if event == "product.updated" else stock("p1-s", 4, at))
    shop.drain()
    assert store.writes == writes
    assert len(set(store.keys)) == len(writes)
    assert [row[1] for row in shop.effects()] == ["done"]


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        ('catalog.set_price: {price: "1"}', "variant.missing"),
        ('catalog.set_texts: {title: "{{ product.url }} "}', "texts.missing"),
        ('stock.set: {available: "1"}', "variant.missing"),
        ('stock.set: {available: "{{ product.title }}"}', "config.invalid"),
        ('catalog.set_price: {price: "{{ product.title }}"}', "config.invalid"),
    ],
)
def test_what_cannot_be_asked(shop: Place, store: Store, step: str, reason: str) -> None:
    flow(shop, step)
    shop.send(product())
    shop.drain()
    assert shop.effects()[0][3] == reason
    assert store.writes == []


def test_several_prices_are_set_each_under_its_key_when_tried_again(shop: Place, store: Store) -> None:
    from sereno.sdk.result import Retry

    store.answers = [Done({}), Retry("store.busy")]
    flow(shop, 'catalog.set_price: {price: "2", variants: all}')
    shop.send(product())
    shop.drain()
    shop.after(minutes=1)
    assert len(store.writes) == 4
    assert store.keys[:2] == store.keys[2:]
    assert [row[1] for row in shop.effects()] == ["done"]


def hiding(place: Place) -> None:
    shipped = shipped_flow("hide-sold-out")
    assert shipped is not None
    place.flow(shipped.text)


def shown(store: Store) -> list[bool]:
    return [one.is_published for one in store.writes if isinstance(one, PublishProduct)]


def test_hidden_when_the_last_variant_is_gone_and_shown_when_any_is_back(shop: Place, store: Store) -> None:
    shop.send(product(), stock("p1-s", 1), stock("p1-m", 1))
    shop.drain()
    hiding(shop)
    minute = [START + timedelta(minutes=number) for number in range(9)]
    shop.send(stock("p1-s", 0, minute[1]))
    shop.drain()
    assert shown(store) == []
    shop.send(stock("p1-m", 0, minute[2]))
    shop.drain()
    assert shown(store) == [False]
    # The store tells that it is hidden; the other variant comes back.
    shop.send(product(at=minute[3], status="draft", published_at=None), stock("p1-s", 2, minute[4]))
    shop.drain()
    assert shown(store) == [False, True]
    shop.send(stock("p1-s", 3, minute[5]))
    shop.drain()
    assert shown(store) == [False, True]


def test_what_somebody_else_hid_stays_hidden(shop: Place, store: Store) -> None:
    shop.send(product(status="draft", published_at=None), stock("p1-s", 1), stock("p1-m", 0))
    shop.drain()
    hiding(shop)
    shop.send(stock("p1-s", 0, START + timedelta(minutes=1)))
    shop.drain()
    shop.send(stock("p1-s", 5, START + timedelta(minutes=2)))
    shop.drain()
    assert shown(store) == []


def test_a_store_that_refuses_leaves_no_mark(shop: Place, store: Store) -> None:
    store.answers = [Fail("store.refused", "no")]
    flow(shop, "catalog.hide: {}")
    shop.send(product())
    shop.drain()
    assert shop.rows("SELECT count(*) FROM catalog_mark") == [(0,)]
    assert [row[1] for row in shop.effects()] == ["failed"]


def test_a_badge_that_is_there_is_not_written_again(shop: Place, store: Store) -> None:
    shipped = shipped_flow("stock-badge")
    assert shipped is not None
    shop.flow(shipped.text)
    shop.send(product())
    for number, level in enumerate((9, 4, 3, 0, 0, 9)):
        shop.send(stock("p1-s", level, START + timedelta(minutes=number)))
        shop.drain()
    assert [one.value for one in store.writes if isinstance(one, SetMetafield)] == ["Últimas unidades", "Agotado", ""]


def test_transfers_are_proposed_once(shop: Place) -> None:
    for number, place in enumerate(("north", "south")):
        at = START + timedelta(seconds=number)
        data = {"variant_id": "v", "sku": "A", "available": (60, 0)[number], "location_id": place}
        given = {**data, "updated_at": at.isoformat()}
        shop.send(fact(f"s|{place}", "stock.changed", "variant:v", given, at, stock_level="v", variant="v", sku="A"))
        shop.drain()
    with shop.database.transaction() as tx:
        sold = (shop.shop, "A", "south", "shipped", -56, 0, "order:1", "", to_micros(START))
        tx.many("add_stock_movements", [sold])
    transfers = LiveTransfers(shop.database, shop.shop, to_micros(START))
    assert len(transfers.propose(14, 28, "flow:x")) == 1
    assert transfers.propose(14, 28, "flow:x") == []
    assert shop.rows("SELECT origin, destination, lines FROM stock_transfer") == [("north", "south", '[["A",28]]')]


def test_a_product_is_shown_in_every_store_that_has_its_sku_and_one_that_cannot_holds_up_none(
    shop: Place, store: Store
) -> None:
    def of(key: str, sku: str) -> NewEvent:
        data = {"variant_id": f"{key}-v", "product_id": key, "sku": sku, "updated_at": START.isoformat()}
        return fact(f"v|{key}", "variant.updated", f"variant:{key}-v", data, variant=f"{key}-v", sku=sku)

    shop.send(product(), of("p1", "p1s"), of("eb~9", "p1s"), of("am~7", "p1s"), of("am~8", "p1s"), of("eb~5", "other"))
    shop.drain()
    shop.flow(
        "flow: show\nname: S\ntrigger: {event: product.updated}\n"
        "steps:\n  - catalog.publish: {stores: all}\n    as: shown\n"
    )
    store.answers = [Fail("store.cannot", "not there"), Done({})]
    shop.send(product(at=START + timedelta(minutes=1)))
    shop.drain()
    assert store.writes == [PublishProduct("p1", is_published=True), PublishProduct("eb~9", is_published=True)]
    assert [key.rsplit("/", 1)[1] for key in store.keys] == ["0", "1"]
    assert shop.effects()[-1][1] == "failed"
    shop.send(product(at=START + timedelta(minutes=2)))
    shop.drain()
    ((shown,),) = shop.rows("SELECT result FROM effect WHERE status = 'done'")
    assert '"left_out":["p1s"]' in shown.replace(" ", "") and '"products":["p1","eb~9"]' in shown.replace(" ", "")
