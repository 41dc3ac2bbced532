"""The list of customers and one person's page: found, narrowed, tagged, joined, split, and told from the newest on."""

from __future__ import annotations

import re
from datetime import timedelta
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from calling import call
from django.apps import apps
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from seeding import NOW, Seeded, make_event, make_shop, person

from sereno.modules.customers.models import Customer, Identity, Join, Marketing, SavedView
from sereno.modules.messages.unsubscribe import Recipient, make_token
from sereno.modules.orders.models import Order
from sereno.modules.scores.models import MomentState
from sereno.modules.visits.models import Visitor
from sereno.runtime.consents import last_words
from sereno.runtime.persons import joining
from sereno.store import models
from sereno.store.database import default_database
from sereno.store.keys import issue


def known(shop: models.Shop, key: str, **values: Any) -> Customer:
    data = {"id": key, **{name: value for name, value in values.items() if isinstance(value, str | bool | int)}}
    return Customer.objects.create(shop=shop, key=key, version=1, data=data, seen_at=NOW, **values)


@pytest.fixture
def few(seeded: Seeded) -> list[Customer]:
    shop = seeded.shop
    Customer.objects.filter(shop=shop).delete()
    return [
        known(shop, "1", name="Ana Ruiz", email="ana@x.example", accepts_email=True, last_order_at=NOW, order_count=3),
        known(shop, "2", name="Bo Lind", email="bo@x.example", last_order_at=NOW - timedelta(days=2)),
        known(shop, "3", name="Carla Paz", email="carla@x.example", accepts_email=False),
    ]


def read(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, (answer.status_code, answer.content[:300])
    return answer.content.decode()


def names(page: str) -> list[str]:
    return [name for name in ("Ana Ruiz", "Bo Lind", "Carla Paz") if name in page]


def test_the_list_teaches_finds_and_narrows(boss: Client, seeded: Seeded) -> None:
    Customer.objects.all().delete()
    assert "No customers yet" in read(boss, "/customers")
    few = [known(seeded.shop, str(number), name=name) for number, name in enumerate(("Ana Ruiz", "Bo Lind"))]
    Customer.objects.filter(pk=few[0].pk).update(accepts_email=True, phone="600 111 222", email="ana@x.example")
    Identity.objects.create(shop=seeded.shop, kind="phone", value="+34600111222", key="0")
    assert names(read(boss, "/customers")) == ["Ana Ruiz", "Bo Lind"]
    for query in ("q=ana", "q=ana@x.example", "q=%2B34600111222", "q=600+111+222", "consent=yes", "q=0"):
        assert names(read(boss, f"/customers?{query}")) == ["Ana Ruiz"], query
    assert names(read(boss, "/customers?consent=unknown")) == ["Bo Lind"]
    assert "Nobody matches" in read(boss, "/customers?q=nobody-at-all")


def test_pages_go_on_where_the_last_ended(boss: Client, seeded: Seeded) -> None:
    Customer.objects.all().delete()
    for number in range(120):
        at = NOW - timedelta(hours=number // 2) if number < 110 else None
        known(seeded.shop, f"k{number}", name=f"Person {number:03}", last_order_at=at)
    for by in ("", "by=name"):
        seen: list[str] = []
        path = f"/customers?{by}"
        for _turn in range(4):
            page = read(boss, path)
            seen += re.findall(r">(Person \d{3})</a>", page)
            older = re.search(r'href="(\?[^"]*before=[^"]*)"', page)
            if older is None:
                break
            path = "/customers" + older.group(1).replace("&amp;", "&")
        assert sorted(seen) == [f"Person {number:03}" for number in range(120)], by


def test_many_are_tagged_and_it_is_taken_back(boss: Client, seeded: Seeded, few: list[Customer]) -> None:
    given = {"id": [few[0].pk, few[2].pk], "tag": " vip  guest ", "do": "add"}
    assert boss.post("/customers/tag", given).status_code == 302
    tagged = models.Tag.objects.filter(shop=seeded.shop, kind="customer", tag="vip guest")
    assert sorted(tagged.values_list("key", flat=True)) == ["1", "3"]
    assert names(read(boss, "/customers?tag=vip+guest")) == ["Ana Ruiz", "Carla Paz"]
    assert boss.post("/customers/untag").status_code == 302
    assert not tagged.exists()
    actions = list(models.Audit.objects.filter(action__startswith="customer.").values_list("action", flat=True))
    assert actions == ["customer.tagged", "customer.untagged"]
    assert "Nothing was ticked" in boss.post("/customers/tag", {"tag": "x"}, follow=True).content.decode()


def test_filters_are_kept_by_name_without_what_was_searched(boss: Client, seeded: Seeded) -> None:
    boss.post("/customers/views", {"name": "Yes sayers", "query": "consent=yes&q=ana@x.example&evil=1"})
    view = SavedView.objects.get(shop=seeded.shop)
    assert (view.name, view.query) == ("Yes sayers", "consent=yes")
    assert "Yes sayers" in read(boss, "/customers")
    boss.post(f"/customers/views/{view.pk}/drop")
    assert not SavedView.objects.exists()


def test_one_person_with_two_records_and_their_story(boss: Client, seeded: Seeded, few: list[Customer]) -> None:
    shop = seeded.shop
    joining.join(shop.pk, "1", "2", "eva@example.com")
    make_event(shop, seeded.connection, None, 1, "order.paid", "order:77", {"customer": "2", "order": "77"},
               {"number": "#77", "total": "12.00", "currency": "EUR"})  # fmt: skip
    models.Consent.objects.create(
        shop=shop, address="bo@x.example", channel="email", purpose="marketing", granted=False, at=NOW, source="page",
        proof={}, uid="u1",
    )  # fmt: skip
    page = read(boss, f"/customers/{few[0].pk}")
    assert "2 records" in page
    assert "#77" in page
    assert "Refused marketing: E-mail" in page
    assert "joined by hand" in page
    assert page.count("bo@x.example") >= 2
    # Whichever record is asked for, the page is the person's.
    assert boss.get(f"/customers/{few[1].pk}")["Location"] == f"/customers/{few[0].pk}"
    assert names(read(boss, "/customers?q=bo@x.example")) == ["Ana Ruiz"]
    assert "#77" not in read(boss, f"/customers/{few[0].pk}?show=consent")
    boss.post(f"/customers/{few[1].pk}/split")
    assert "#77" not in read(boss, f"/customers/{few[0].pk}")
    assert "#77" in read(boss, f"/customers/{few[1].pk}")


def test_a_long_story_is_paged_without_losing_a_moment(boss: Client, seeded: Seeded, few: list[Customer]) -> None:
    for number in range(95):
        make_event(seeded.shop, seeded.connection, None, number // 3, f"order.n{number:03}", f"order:n{number}",
                   {"customer": "1", "email": "ana@x.example"}, {})  # fmt: skip
    seen: list[str] = []
    path = f"/customers/{few[0].pk}"
    for _turn in range(5):
        page = read(boss, path)
        seen += re.findall(r">(order\.n\d{3})</a>", page)
        older = re.search(r'href="(\?[^"]*before=[^"]+)"', page)
        if older is None:
            break
        path = f"/customers/{few[0].pk}{older.group(1).replace('&amp;', '&')}"
    assert sorted(seen) == [f"order.n{number:03}" for number in range(95)]


def test_a_person_joins_by_an_address_and_answers_what_was_proposed(
    boss: Client, seeded: Seeded, few: list[Customer]
) -> None:
    answer = boss.post(f"/customers/{few[0].pk}/join", {"other": "nobody@x.example"}, follow=True)
    assert "exactly one" in answer.content.decode()
    boss.post(f"/customers/{few[0].pk}/join", {"other": "bo@x.example"})
    assert Customer.objects.get(key="2").merged_into == "1"
    join = Join.objects.create(shop=seeded.shop, one="1", other="3", status="proposed", rule="phone_shared", at=NOW)
    page = read(boss, "/customers/proposals")
    assert "a family or an office" in page
    assert "Is Carla Paz the same person?" in read(boss, f"/customers/{few[0].pk}")
    boss.post(f"/customers/proposals/{join.pk}", {"decision": "joined"})
    assert Customer.objects.get(key="3").merged_into == "1"
    assert "one person" in read(boss, "/customers/proposals")
    boss.post(f"/customers/proposals/{join.pk}", {"decision": "apart"})
    assert Customer.objects.get(key="3").merged_into == ""


def test_another_shops_people_are_nobodys_business(boss: Client, seeded: Seeded, few: list[Customer]) -> None:
    other = make_shop("other", "Other")
    theirs = known(other, "9", name="Their Customer", email="ana@x.example")
    assert boss.get(f"/customers/{theirs.pk}").status_code == 404
    assert boss.post(f"/customers/{theirs.pk}/split").status_code == 404
    assert "Their Customer" not in read(boss, "/customers?q=ana@x.example")
    viewer = Client()
    viewer.force_login(person(seeded.shop, "see@example.com", "viewer"))
    page = read(viewer, "/customers")
    assert "Ana Ruiz" not in page
    assert "ana@x.example" not in page
    assert viewer.post("/customers/tag", {"id": [few[0].pk], "tag": "x"}).status_code == 403


def test_all_are_exported_one_line_each_without_formulas(boss: Client, seeded: Seeded, few: list[Customer]) -> None:
    joining.join(seeded.shop.pk, "1", "2", "eva@example.com")
    data = {"id": "3", "name": '=HYPERLINK("x")', "phone": "+34 600 111 222"}
    Customer.objects.filter(key="3").update(data=data)
    assert "Download" in read(boss, "/customers/export")
    answer = boss.get("/customers/export?field=id&field=name&field=phone&field=emails&field=nonsense")
    lines = b"".join(answer.streaming_content).decode().splitlines()  # type: ignore[attr-defined]
    assert lines[0] == "id,phone,name,emails"
    assert lines[1].startswith("1,,Ana Ruiz,")
    assert "bo@x.example" in lines[1]
    assert lines[2] == '3,+34 600 111 222,"\'=HYPERLINK(""x"")",'
    assert len(lines) == 3
    marketer = Client()
    marketer.force_login(person(seeded.shop, "mk@example.com", "marketer"))
    text = b"".join(marketer.get("/customers/export?field=id&field=phone").streaming_content)  # type: ignore[attr-defined]
    assert b"600 111" not in text
    assert models.Audit.objects.filter(action="customer.exported").count() == 2


def test_the_api_tells_joins_splits_and_tags(seeded: Seeded, few: list[Customer]) -> None:
    shop = seeded.shop
    work = issue(shop.pk, "work", "read work", "ana@example.com")
    reader = issue(shop.pk, "read", "read", "ana@example.com")
    call(reader, "GET", "customers", status=403)
    assert [one["key"] for one in call(work, "GET", "customers")["items"]] == ["3", "2", "1"]
    assert call(work, "POST", "customers/joins", {"one": "1", "other": "2"}) == {"changed": ["1", "2"]}
    assert call(work, "GET", "customers/2")["keys"] == ["1", "2"]
    (pair,) = call(work, "GET", "customers/joins?status=joined")["items"]
    assert call(work, "POST", f"customers/joins/{pair['id']}", {"decision": "apart"}) == {"before": "joined"}
    assert call(work, "GET", "customers/2")["keys"] == ["2"]
    assert call(work, "POST", "customers/tags", {"keys": ["1"], "tag": "vip"}) == {"changed": ["1"]}
    assert call(work, "GET", "customers/1")["record"]["tags"] == ["vip"]
    assert call(work, "POST", "customers/1/split") == {"changed": []}
    call(work, "GET", "customers/none", status=404)
    call(work, "POST", "customers/joins", {"one": "1", "other": "none"}, status=404)
    call(work, "POST", "customers/joins", {"one": "1", "other": "1"}, status=422)


def test_marketing_is_paused_by_the_persons_own_hand_until_it_is_over() -> None:
    shop = make_shop("paused", "Paused")
    address = make_token(settings.ENVIRONMENT.secret_key, Recipient(shop.pk, "mara@example.com", "email"))
    client, path = Client(), f"/preferences/{address}"
    client.post(path, {"marketing": "yes"})
    client.post(path, {"marketing": "pause"})
    assert 'value="pause" required checked' in client.get(path).content.decode()
    with default_database().read() as tx:
        assert [row[3] for row in last_words(tx, [(shop.pk, "mara@example.com")]) if row[2] == "email"] == [False]
    Marketing.objects.update(paused_until=NOW - timedelta(days=999))
    with default_database().read() as tx:
        assert [row[3] for row in last_words(tx, [(shop.pk, "mara@example.com")])] == [True]
    client.post(path, {"marketing": "pause"})
    client.post(path, {"marketing": "yes"})
    assert not Marketing.objects.exists()


def bought(shop: models.Shop, key: str, customer: str, **values: Any) -> Order:
    held = {"currency": "EUR", "total": "19.17", "placed_at": NOW, "status": "open", **values}
    data = {"id": key, "customer_id": customer, "placed_at": NOW.isoformat()}
    return Order.objects.create(shop=shop, key=key, customer_key=customer, version=1, data=data, seen_at=NOW, **held)


def test_who_ordered_has_ordered_whatever_the_platform_counts(
    boss: Client, seeded: Seeded, few: list[Customer]
) -> None:
    """Most platforms send no count; those that do send it after the order."""
    count = import_module("sereno.modules.customers.migrations.0007_orders_counted").count
    Customer.objects.filter(pk=few[1].pk).update(total_spent="0.00", currency="EUR")
    for key, status in (("a1", "open"), ("a2", "completed"), ("a3", "cancelled")):
        bought(seeded.shop, key, "2", status=status)
    count(apps, SimpleNamespace(connection=connection))
    held = Customer.objects.get(pk=few[1].pk)
    assert (held.order_count, held.data["orders_placed"], sorted(held.data["orders_seen"])) == (
        2,
        2,
        ["a1", "a2", "a3"],
    )
    assert Customer.objects.get(pk=few[0].pk).order_count == 3, (
        "whose orders never came here keeps the platform's count"
    )
    row = read(boss, "/customers").split("Bo Lind", 1)[1].split("</tr>", 1)[0]
    assert 'data-label="Orders">2<' in row and "38.34" in row
    figures = read(boss, f"/customers/{few[1].pk}").split('class="figures"', 1)[1].split("</section>", 1)[0]
    assert '<span class="value">2</span>' in figures and "38.34" in figures


def test_a_page_of_somebody_known_in_every_way_asks_little(boss: Client, seeded: Seeded, few: list[Customer]) -> None:
    shop = seeded.shop
    joining.join(shop.pk, "1", "2", "eva@example.com")
    Join.objects.create(shop=shop, one="2", other="3", rule="phone", status="proposed", at=NOW)
    MomentState.objects.create(shop=shop, takes_own=True, takes_shop=False, hours="0" * 48, days="0" * 14, made_at=NOW)
    Visitor.objects.create(shop=shop, person="2", first_at=NOW, last_at=NOW, visits=3)
    models.Suppression.objects.create(shop=shop, address="bo@x.example", channel="email", reason="bounced", at=NOW)
    for number, at in enumerate((NOW - timedelta(days=3), NOW)):
        Order.objects.create(
            shop=shop, key=f"{number}", number=f"#{number}", customer_key="2", version=1, seen_at=NOW, placed_at=at,
            data={"id": f"{number}"}, total="12.50", currency="EUR", status="open",
        )  # fmt: skip
    boss.get(f"/customers/{few[0].pk}")
    with CaptureQueriesContext(connection) as asked:
        page = read(boss, f"/customers/{few[0].pk}")
    assert len(asked) <= 15, [one["sql"][:120] for one in asked]
    assert page.index("#1<") < page.index("#0<"), "the newest order first"
    assert "25" in page
    assert "Carla Paz" in page, "who they may be"
