"""The gallery: what it shows of every shipped flow, what is missing, putting one in, its first run, its update."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from seeding import make_shop, person, seed
from test_actions import order, work

from sereno.runtime import installing, services
from sereno.sdk.templates import LOCALES, shipped_flow, shipped_flows
from sereno.store.models import Audit, Effect, Flow, FlowOrigin, FlowVersion, Run, Shop

NAMES = [flow.name for flow in shipped_flows()]


def signed_in(user: User, language: str = "en") -> Client:
    client = Client(headers={"accept-language": language})
    client.force_login(user)
    return client


def owner_of(shop: Shop, language: str = "en") -> Client:
    return signed_in(person(shop, "ana@example.com", "owner"), language)


def text_of(client: Client, address: str, **fields: Any) -> str:
    answer = client.get(address, fields)
    assert answer.status_code == 200, (address, answer.status_code)
    return answer.content.decode()


@pytest.mark.parametrize("language", LOCALES)
def test_every_shipped_flow_is_there_in_the_readers_language(language: str) -> None:
    client = owner_of(make_shop(), language)
    listed = text_of(client, "/templates")
    for flow in shipped_flows():
        words = flow.in_language(language)
        assert words.title in listed and words.goal in listed, flow.name
        page = text_of(client, f"/templates/{flow.name}")
        assert words.title in page
        for message in flow.messages:
            frame = client.get(f"/templates/{flow.name}/messages/{message}")
            assert frame.status_code == 200 and "sandbox" in frame["Content-Security-Policy"]
            assert "{{" not in frame.content.decode() and f'lang="{language}"' in frame.content.decode()


def test_one_finds_a_template_by_goal_event_code_and_area() -> None:
    client = owner_of(make_shop())
    for fields in ({"q": "win back"}, {"q": "checkout.abandoned"}, {"q": "M03"}, {"area": "orders", "q": "carts"}):
        listed = text_of(client, "/templates", **fields)
        assert "Cart recovery" in listed and "Low stock alert" not in listed, fields
    assert "Nothing matches" in text_of(client, "/templates", q="zeppelin")
    assert "Nothing matches" in text_of(client, "/templates", state="installed")


def test_what_is_missing_is_named_with_its_fix() -> None:
    shop = make_shop()
    client = owner_of(shop)
    page = text_of(client, "/templates/low-stock")
    assert "A store that sends stock.changed" in page and 'href="/connections"' in page
    assert "A mail server" in page and "SERENO_SMTP_URL" in page
    assert 'href="#field-alert_email"' in page
    client.post("/templates/low-stock/settings", {"alert_email": "ana@lantern.example", "low_stock_threshold": "7"})
    shop.refresh_from_db()
    assert shop.settings == {"alert_email": "ana@lantern.example", "low_stock_threshold": "7"}
    assert Audit.objects.filter(action="shop.changed", by="ana@example.com").count() == 1
    page = text_of(client, "/templates/low-stock")
    assert 'href="#field-alert_email"' not in page and "ana@lantern.example" in page
    client.post("/templates/low-stock/settings", {"alert_email": "", "currency": "XXX"})
    shop.refresh_from_db()
    assert shop.settings == {"low_stock_threshold": "7"}


@pytest.mark.parametrize("name", NAMES)
def test_each_goes_into_shadow_at_once_in_the_readers_language(name: str) -> None:
    shop = make_shop()
    client = owner_of(shop, "ro")
    answer = client.post(f"/templates/{name}/install", {"mode": "shadow"})
    assert answer["Location"] == f"/flows/{name}/next"
    flow = Flow.objects.get(shop=shop, name=name)
    shipped = shipped_flow(name)
    assert shipped is not None
    assert (flow.status, flow.version, flow.title) == ("shadow", 1, shipped.in_language("ro").title)
    assert FlowVersion.objects.get(flow=flow).document == shipped.text_in("ro")
    assert FlowOrigin.objects.get(flow=flow).template == name
    again = client.post(f"/templates/{name}/install", {"mode": "shadow"}, follow=True)
    assert again.status_code == 200 and Flow.objects.filter(shop=shop, name=name).count() == 1


def test_a_draft_waits_to_be_published() -> None:
    shop = make_shop()
    client = owner_of(shop)
    page = client.post("/templates/low-stock/install", {"mode": "draft"}, follow=True).content.decode()
    assert "Read it, then publish it" in page
    flow = Flow.objects.get(shop=shop, name="low-stock")
    assert (flow.status, flow.version) == ("draft", None)


def test_its_first_run_in_shadow_shows_and_nothing_leaves() -> None:
    shop = make_shop()
    client = owner_of(shop)
    client.post("/templates/high-value-customer/install", {"mode": "shadow"})
    assert "Waiting for the first order.created." in text_of(client, "/flows/high-value-customer/next")
    services.insert_events(shop.pk, None, "test", [order("7", "900.00")])
    work()
    run = Run.objects.get(shop=shop, flow__name="high-value-customer")
    page = text_of(client, "/flows/high-value-customer/next")
    assert f"/runs/{run.uid}" in page and "#7" in page and 'hx-trigger="every 3s"' not in page
    assert run.is_shadow
    assert set(Effect.objects.filter(run=run).values_list("status", flat=True)) == {"shadow"}
    client.post("/flows/high-value-customer/status", {"status": "live"})
    assert "It is live." in text_of(client, "/flows/high-value-customer/next")


def test_a_newer_edition_is_offered_and_taken_as_a_draft() -> None:
    shop = make_shop()
    client = owner_of(shop)
    client.post("/templates/low-stock/install", {"mode": "shadow"})
    assert "Take the new version" not in text_of(client, "/templates/low-stock")
    FlowOrigin.objects.update(digest="an older one")
    assert "Update available" in text_of(client, "/templates", state="update")
    assert "Take the new version" in text_of(client, "/templates/low-stock")
    before = FlowVersion.objects.count()
    client.post("/templates/low-stock/update")
    assert FlowVersion.objects.count() == before
    assert "Take the new version" not in text_of(client, "/templates/low-stock")
    assert Audit.objects.filter(action="flow.update_taken").count() == 1


def test_a_flow_from_elsewhere_of_the_same_name_is_not_called_unchanged() -> None:
    shop = make_shop()
    client = owner_of(shop)
    services.save_draft(shop.pk, "flow: low-stock\nname: Mine\ntrigger: {manual: order}\nsteps: [{log: {text: x}}]\n")
    assert "Changed in the shop since it was installed." in text_of(client, "/templates/low-stock")
    with pytest.raises(ValueError, match="already"):
        shipped = shipped_flow("low-stock")
        assert shipped is not None
        installing.install(shop.pk, shipped, "en", "shadow", "ana@example.com")


def test_a_viewer_looks_and_installs_nothing() -> None:
    seeded = seed()
    client = signed_in(seeded.viewer)
    page = text_of(client, "/templates/low-stock")
    assert "Install in shadow" not in page and "Save the settings" not in page
    for address in ("install", "update", "settings"):
        assert client.post(f"/templates/low-stock/{address}", {"alert_email": "x@y.example"}).status_code == 403
    assert not Flow.objects.filter(name="low-stock").exists()


def test_an_unknown_template_or_message_is_not_found() -> None:
    client = owner_of(make_shop())
    for address in ("/templates/nothing", "/templates/low-stock/messages/cart-reminder", "/flows/low-stock/next"):
        assert client.get(address).status_code == 404, address
