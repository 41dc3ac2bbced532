"""The page of a customer's own order: what may be changed, once, by whoever has the link; and the shop's rules."""

from __future__ import annotations

import json
import re
import time
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from seeding import NOW, make_shop, person

from sereno.modules.messages.unsubscribe import ORDER, SignedLinks
from sereno.modules.orders.models import Order, OrderStanding
from sereno.runtime.orders import self_service
from sereno.sdk.writes import CancelOrder, ChangeAddress, ChangeItems
from sereno.store.models import Audit, Effect, Event, Shop
from sereno.store.sealing import seal
from sereno.web.people.tries import Limit
from sereno.web.selfservice import customers

ADDRESS = {"name": "Mara Vidal", "line1": "Calle Mayor 7", "city": "Madrid", "postal_code": "28013", "country": "ES"}
DATA: dict[str, Any] = {
    "id": "1001", "number": "#1001", "currency": "EUR", "total": "50.00", "status": "open", "payment_status": "paid",
    "email": "mara@example.com", "customer_id": "7", "placed_at": NOW.isoformat(), "shipping_address": ADDRESS,
    "lines": [{"id": "a", "sku": "CUP", "title": "Taza", "quantity": 2, "total": "30.00"},
              {"id": "b", "sku": "TEA", "title": "Té", "quantity": 1, "total": "20.00"}],
}  # fmt: skip


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Shop:
    def holding(stores: Any, kind: str, key: str) -> Any:
        return SimpleNamespace(api=SimpleNamespace(writes={ChangeAddress, ChangeItems, CancelOrder}))

    monkeypatch.setattr(self_service, "holding", holding)
    made = make_shop()
    let(made)
    place(made)
    return made


def let(shop: Shop, **rules: Any) -> None:
    self_service.change_rules(shop.pk, {"is_on": True, **rules}, "ana")


def place(shop: Shop, key: str = "1001", **changes: Any) -> Order:
    data = {**DATA, "id": key, **changes}
    return Order.objects.create(shop=shop, key=key, version=1, data=data, seen_at=NOW, number=data["number"])


def stand(shop: Shop, **facts: Any) -> None:
    OrderStanding.objects.update_or_create(
        shop=shop, key="1001", defaults={"version": 0, "data": {"id": "1001", **facts}, "seen_at": NOW}
    )


def link(shop: Shop, key: str = "1001") -> str:
    return SignedLinks(settings.ENVIRONMENT.secret_key, "", shop.pk).order(key)


def see(shop: Shop, path: str = "") -> Any:
    return Client().get(path or link(shop))


def ask(shop: Shop, do: str, once: str = "x", **given: Any) -> Any:
    return Client().post(link(shop), {"do": do, "once": once, **given}, follow=True)


def wishes() -> list[dict[str, Any]]:
    return [one.config for one in Effect.objects.filter(action="orders.apply_change").order_by("id")]


def test_the_page_shows_what_may_be_changed_and_changes_nothing(shop: Shop) -> None:
    answer = see(shop)
    page = answer.content.decode()
    assert all(one in page for one in ("#1001", "Taza", "Calle Mayor 7", "Lantern &amp; Wick"))
    assert re.findall(r'name="do" value="(\w+)"', page) == ["address", "items", "cancel"]
    assert answer["Cache-Control"] == "no-store" and "noindex" in answer["X-Robots-Tag"]
    assert not Event.objects.exists() and not Effect.objects.exists()


def test_it_is_the_shop_s_page_and_names_the_country_in_the_reader_s_language(shop: Shop) -> None:
    page = see(shop).content.decode()
    assert "Sereno" not in page.replace("/sereno", "") and "<title>Order #1001 · Lantern &amp; Wick</title>" in page
    place(shop, "1002", shipping_address={**ADDRESS, "country": "RO"})
    pages = {code: Client(HTTP_ACCEPT_LANGUAGE=code).get(link(shop, "1002")).content.decode() for code in ("pt", "ro")}
    assert "Roménia" in pages["pt"] and "România" in pages["ro"]


def test_of_a_single_piece_nothing_is_left_but_to_cancel(shop: Shop) -> None:
    place(shop, "1002", lines=[DATA["lines"][1]], payment_status="pending")
    page = see(shop, link(shop, "1002")).content.decode()
    assert re.findall(r'name="do" value="(\w+)"', page) == ["address", "cancel"]
    assert "what you paid" not in page, "nothing was paid"
    let(shop, takes_more=True)
    assert 'value="items"' in see(shop, link(shop, "1002")).content.decode()


def test_an_order_that_was_paid_before_says_so(shop: Shop) -> None:
    stand(shop, is_prepaid=True, prepaid_amount="47.50")
    assert "This order is paid." in see(shop).content.decode()


def test_only_what_the_rules_allow_is_offered(shop: Shop) -> None:
    let(shop, can=["cancel"])
    assert re.findall(r'name="do" value="(\w+)"', see(shop).content.decode()) == ["cancel"]
    assert ask(shop, "address", line1="Calle 2").status_code == 422
    let(shop, is_on=False)
    page = see(shop).content.decode()
    assert "cannot be changed here" in page and 'name="do"' not in page


def test_a_new_address_goes_to_the_store_whole(shop: Shop) -> None:
    answer = ask(shop, "address", **{**ADDRESS, "line1": "Calle 2", "country": "FR"})
    assert answer.redirect_chain[0][1] == 302
    assert "We are seeing to it" in answer.content.decode()
    (wish,) = wishes()
    assert wish["kind"] == "address" and wish["address"]["line1"] == "Calle 2" and wish["address"]["country"] == "ES"
    assert "Calle 2" not in json.dumps(list(Event.objects.values_list("data", flat=True)))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({**ADDRESS, "postal_code": "ABC"}, "postal code does not fit"),
        ({**ADDRESS, "line1": " "}, "Something is missing"),
        ({**ADDRESS, "phone": "12"}, "telephone number cannot be right"),
        (ADDRESS, "nothing had to be changed"),
    ],
)
def test_an_address_that_cannot_be_right_stays_in_the_form(shop: Shop, given: dict[str, str], said: str) -> None:
    answer = ask(shop, "address", **given)
    page = answer.content.decode()
    assert answer.status_code == 422 and said in page and wishes() == []
    assert f'value="{given["postal_code"]}"' in page


def test_quantities(shop: Shop) -> None:
    assert ask(shop, "items", **{"line-a": "3", "line-b": "1"}).status_code == 422
    assert ask(shop, "items", **{"line-a": "0", "line-b": "0"}).status_code == 422
    assert ask(shop, "items", **{"line-zz": "0"}).status_code == 422
    ask(shop, "items", **{"line-a": "1", "line-b": "0"})
    (wish,) = wishes()
    assert wish["lines"] == [{"line": "a", "quantity": 1}, {"line": "b", "quantity": 0}]


def test_pressed_twice_is_cancelled_once(shop: Shop) -> None:
    assert ask(shop, "cancel").status_code == ask(shop, "cancel").status_code == 200
    assert len(wishes()) == 1
    again = ask(shop, "cancel", once="another")
    assert again.status_code == 422 and "just being made" in again.content.decode()


def test_a_link_of_another_secret_purpose_or_order_opens_nothing(shop: Shop) -> None:
    secret = settings.ENVIRONMENT.secret_key
    for token in (
        "x", seal("another", ORDER, [shop.pk, "1001"]), seal(secret, "unsubscribe", [shop.pk, "1001"]),
        seal(secret, ORDER, [shop.pk]), seal(secret, ORDER, [shop.pk, "none"]),
        seal(secret, ORDER, [shop.pk + 9, "1001"]),
    ):  # fmt: skip
        for path in (f"/o/{token}", f"/o/{token}/pay"):
            answer = see(shop, path)
            assert answer.status_code == 404 and "1001" not in answer.content.decode()
        assert Client().post(f"/o/{token}", {"do": "cancel"}).status_code == 404
    assert wishes() == []


def test_a_link_does_not_last_for_ever(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    path = link(shop)
    later = time.time() + customers.LASTS.total_seconds() + 2
    monkeypatch.setattr("time.time", lambda: later)
    assert see(shop, path).status_code == 404


def test_many_tries_are_slowed(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(customers, "WISHES", Limit("self-service", 2))
    for number in range(3):
        answer = ask(shop, "items", once=str(number), **{"line-a": "9"})
    assert "tried this often" in answer.content.decode()


def test_it_says_how_it_went(shop: Shop) -> None:
    stand(shop, change_kind="cancel", change_at=NOW.isoformat(), change_reason="")
    assert "Your order is cancelled" in see(shop).content.decode()
    stand(shop, change_kind="items", change_at=NOW.isoformat(), change_reason="stock.short")
    assert "not enough of it left" in see(shop, f"{link(shop)}?asked=1").content.decode()


def test_paying_leads_to_the_shop_s_own_page_as_long_as_it_is_open(shop: Shop) -> None:
    assert see(shop, f"{link(shop)}/pay").status_code == 409
    let(shop, pay_url="https://pay.example.com/?ref={reference}&amount={amount}")
    Order.objects.filter(key="1001").update(data={**DATA, "payment_status": "pending"})
    stand(shop, prepay_amount="47.50", prepay_discount="2.50", prepay_until="2999-01-01T00:00:00Z")
    page = see(shop).content.decode()
    assert "You save" in page and "/pay" in page
    answer = see(shop, f"{link(shop)}/pay")
    assert (answer.status_code, answer["Location"]) == (
        302, "https://pay.example.com/?ref=1001-prepay&amount=47.50",
    )  # fmt: skip
    stand(shop, prepay_amount="47.50", prepay_until="2999-01-01T00:00:00Z", is_prepaid=True)
    answer = see(shop, f"{link(shop)}/pay")
    assert answer.status_code == 409 and "is paid" in answer.content.decode()


@pytest.mark.parametrize(("language", "said"), [("es", "Cancelar"), ("pt", "Cancelar"), ("ro", "Anulează")])
def test_it_speaks_the_customer_s_language(shop: Shop, language: str, said: str) -> None:
    page = Client(headers={"accept-language": language}).get(link(shop)).content.decode()
    assert f'lang="{language}"' in page and said in page


# --- the rules --------------------------------------------------------------------------------------

FORM = {"is_on": "1", "can": ["address", "cancel"], "minutes": "45", "until": "label", "pay_url": ""}


def test_the_rules_are_kept_and_written_down(shop: Shop) -> None:
    client = Client()
    client.force_login(person(shop, "owner@example.com", "owner"))
    page = client.get("/self-service").content.decode()
    tag = re.search(r'name="tag" value="(\w+)"', page)
    assert tag is not None
    answer = client.post("/self-service", {**FORM, "tag": tag.group(1)}, follow=True)
    assert "Kept." in answer.content.decode()
    shop.refresh_from_db()
    assert shop.settings["self_service"] == {
        "is_on": True, "minutes": 45, "until": "label", "can": ["address", "cancel"], "takes_more": False,
        "pay_url": "",
    }  # fmt: skip
    assert Audit.objects.filter(action="self_service.changed", by="owner@example.com").count() == 1
    assert "Somebody else" in client.post("/self-service", {**FORM, "tag": "old"}, follow=True).content.decode()


def test_wrong_rules_name_the_field_and_keep_what_was_typed(shop: Shop) -> None:
    client = Client()
    client.force_login(person(shop, "owner@example.com", "owner"))
    answer = client.post("/self-service", {**FORM, "minutes": "soon", "pay_url": "ftp://x"})
    page = answer.content.decode()
    assert answer.status_code == 422 and 'value="soon"' in page and "begins with https://" in page


def test_who_may_not_change_settings_only_looks(shop: Shop) -> None:
    client = Client()
    client.force_login(person(shop, "help@example.com", "support"))
    assert "Only owners and operators" in client.get("/self-service").content.decode()
    client.post("/self-service", FORM)
    shop.refresh_from_db()
    assert shop.settings["self_service"]["minutes"] == 60
