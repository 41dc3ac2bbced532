"""What a form asks while it is filled in: values of the shop, whether a condition holds, how a text would read."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from seeding import NOW, make_event, make_flow, make_shop, person

from sereno.modules.orders.models import Order
from sereno.store.models import Connection, Shop, Tag

FLOW = """\
flow: big-orders
name: Big orders
trigger: {event: order.paid, when: "order.total >= 30"}
steps:
  - log: {text: "Order {{ order.number }}"}
  - set: {points: order.total}
  - if: vars.points > 3
    then: [{stop: null}]
"""


def order(shop: Shop, place: Connection, number: int, **data: Any) -> None:
    record = {"id": str(number), "number": f"#{number}", "total": f"{number}.00", "currency": "EUR", **data}
    columns = {"number": f"#{number}", "total": record["total"], "currency": "EUR", "placed_at": NOW}
    Order.objects.create(shop=shop, key=str(number), version=1, data=record, seen_at=NOW, **columns)
    make_event(shop, place, None, number, "order.paid", f"order:{number}", {"order": str(number)}, record)


def desk(slug: str, orders: int) -> tuple[Shop, Client]:
    shop = make_shop(slug, slug.title())
    place = Connection.objects.create(
        shop=shop, name=f"{slug}-store", kind="generic", secrets="", settings={}, created_at=NOW
    )
    make_flow(shop, "big-orders", "Big orders", FLOW, "draft", None)
    for number in range(1, orders + 1):
        order(shop, place, number, payment_method=f"{slug}-{number % 30}", tags=["vip"] if number % 2 else [])
    client = Client()
    client.force_login(person(shop, f"{slug}@example.com", "owner"))
    return shop, client


@pytest.fixture
def shops() -> tuple[tuple[Shop, Client], tuple[Shop, Client]]:
    return desk("lantern", 40), desk("harbour", 3)


Shops = tuple[tuple[Shop, Client], tuple[Shop, Client]]


def ask(client: Client, what: str, path: str, name: str, **values: Any) -> str:
    response = client.post(f"/flows/builder/{what}?flow=big-orders&path={path}&name={name}", values)
    assert response.status_code == 200, response.status_code
    return response.content.decode()


def test_values_come_from_the_shops_own_newest_records(shops: Shops) -> None:
    (shop, mine), (_other, theirs) = shops
    found = mine.get("/flows/builder/values?field=order.payment_method&flow=big-orders&path=trigger").content.decode()
    assert found.count("<option") == 20 and "lantern-" in found and "harbour" not in found
    found = theirs.get("/flows/builder/values?field=event.payment_method&flow=big-orders&path=trigger").content.decode()
    assert found.count("<option") == 3 and "lantern" not in found
    Tag.objects.create(shop=shop, kind="order", key="1", tag="kept", added_at=NOW)
    for where in ("field=order.tags", "suggest=tags"):
        found = mine.get(f"/flows/builder/values?{where}&flow=big-orders&path=0").content.decode()
        assert "kept" in found
        assert "kept" not in theirs.get(f"/flows/builder/values?{where}&flow=big-orders&path=0").content.decode()
    assert mine.get("/flows/builder/values?field=order.nothing.at.all&flow=big-orders").status_code == 200
    assert mine.get("/flows/builder/values?field=order.tags&flow=nothing").status_code == 404


def test_a_condition_says_for_how_many_of_the_last_it_held(shops: Shops) -> None:
    (_shop, mine), (_other, theirs) = shops
    rows = {"f-when-mode": "rows", "f-when-join": "all", "f-when-0-field": "order.total", "f-when-0-op": "ge"}
    found = ask(mine, "check", "trigger", "f-when", **rows, **{"f-when-0-v": "31"})
    assert "True for 10 of the last 40" in found and "#40" in found and "Order: Total" in found
    assert "True for 0 of the last 3" in ask(theirs, "check", "trigger", "f-when", **rows, **{"f-when-0-v": "31"})
    assert ask(mine, "check", "trigger", "f-when", **rows, **{"f-when-0-v": ""}).strip() == ""
    text = {"f-when-mode": "text", "f-when-text": "order.total > 1 && order.totl > 2"}
    assert "did you mean order.total?" in ask(mine, "check", "trigger", "f-when", **text)
    later = {"f-if-mode": "text", "f-if-text": "vars.points > 3"}
    assert "It asks about earlier steps" in ask(mine, "check", "2", "f-if", **later)


def test_a_condition_that_cannot_be_answered_says_why(shops: Shops) -> None:
    (_shop, mine), _ = shops
    text = {"f-when-mode": "text", "f-when-text": "customer.order_count > 1"}
    assert "40 could not be answered: customer.order_count is null" in ask(mine, "check", "trigger", "f-when", **text)


def test_a_text_is_written_by_the_real_renderer_for_a_real_record(shops: Shops) -> None:
    (_shop, mine), (_other, theirs) = shops
    text = {"c-text": "Hello {{ order.number }}, {{ order.total | money }}"}
    found = ask(mine, "preview", "0", "c-text", **text)
    assert "Hello #40, 40,00 €" in found.replace("\xa0", " ")
    chosen = found.partition('<option value="e')[2].split('<option value="e')[3].partition('"')[0]
    assert "Hello #37" in ask(mine, "preview", "0", "c-text", **text, **{"f-record": f"e{chosen}"})
    # A record of another shop is not to be had: the newest of one's own is taken.
    assert "Hello #3," in ask(theirs, "preview", "0", "c-text", **text, **{"f-record": f"e{chosen}"})
    wrong = ask(mine, "preview", "0", "c-text", **{"c-text": "a\n{{ order.number | upcas }}"})
    assert "Line 2: there is no filter" in wrong and "did you mean upcase" in wrong
    assert "did you mean order.number?" in ask(mine, "preview", "0", "c-text", **{"c-text": "{{ order.numbr }}"})
    assert ask(mine, "preview", "0", "c-text", **{"c-text": "plain"}).strip() == ""


def test_markup_in_a_record_stays_text(shops: Shops) -> None:
    (shop, mine), _ = shops
    Order.objects.filter(shop=shop, key="40").update(data={"id": "40", "number": "<img src=x>"})
    assert "&lt;img src=x&gt;" in ask(mine, "preview", "0", "c-text", **{"c-text": "{{ order.number }}"})


def test_variables_are_listed_in_words(shops: Shops) -> None:
    (_shop, mine), _ = shops
    found = mine.get("/flows/builder/variables?flow=big-orders&path=2&into=c-text").content.decode()
    assert "{{ order.total | money }}" in found and "Shipping address › City" in found and "{{ vars.points" in found
    assert "{{ product." not in found


def test_a_step_that_is_gone_has_no_answer(shops: Shops) -> None:
    (_shop, mine), _ = shops
    for what in ("check", "preview"):
        assert mine.post(f"/flows/builder/{what}?flow=big-orders&path=9&name=c-text").status_code == 204


def test_only_those_who_may_write_flows_are_answered(shops: Shops) -> None:
    (shop, _mine), _ = shops
    viewer = Client()
    viewer.force_login(person(shop, "vic@example.com", "viewer"))
    for what in ("values", "variables"):
        assert viewer.get(f"/flows/builder/{what}?flow=big-orders&path=0").status_code == 403
    for what in ("check", "preview"):
        assert viewer.post(f"/flows/builder/{what}?flow=big-orders&path=0&name=c-text").status_code == 403


def test_no_answer_scans_a_table(shops: Shops) -> None:
    (_shop, mine), _ = shops
    text = {"c-text": "{{ order.number }} {{ customer.name }}"}
    rows = {"f-when-mode": "text", "f-when-text": "order.total > 3 && customer.name != null"}
    with CaptureQueriesContext(
        connection,
    ) as seen:
        for field in ("order.payment_method", "customer.name", "cart.channel", "product.vendor", "event.channel"):
            mine.get(f"/flows/builder/values?field={field}&flow=big-orders&path=trigger")
        ask(mine, "preview", "0", "c-text", **text)
        ask(mine, "check", "trigger", "f-when", **rows)
    tables = ("event", "orders_order", "orders_cart", "catalog_product", "customers_customer")
    asked = [
        query["sql"]
        for query in seen.captured_queries
        if any(query["sql"].startswith("SELECT") and f'FROM "{table}"' in query["sql"] for table in tables)
    ]
    assert len(asked) > 6
    plans: list[str] = []
    with connection.cursor() as cursor:
        for sql in asked:
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
            plans += [f"{row[3]}: {sql[:120]}" for row in cursor.fetchall()]
    assert [plan for plan in plans if "SCAN" in plan or "TEMP B-TREE" in plan] == []
