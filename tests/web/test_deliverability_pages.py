"""The page of deliverability: numbers by provider, sending domains, warm-up, what is followed; links and pictures."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from calling import call
from django.conf import settings
from django.test import Client
from seeding import make_shop, person

from sereno.modules.messages.models import MailDomain, MailTally
from sereno.modules.messages.tracking import Stamp, Tracking, rewrite
from sereno.runtime.deliverability import domains
from sereno.store.keys import issue
from sereno.store.models import Event, Shop


def sign_in(shop: Shop) -> Client:
    client = Client()
    client.force_login(person(shop, "mara@example.com", "owner"))
    return client


PERSON = {"HTTP_USER_AGENT": "Mozilla/5.0 (iPhone) AppleWebKit/605.1.15"}


def addresses_of(shop: Shop, sent_at: int = 1) -> tuple[str, str]:
    """Of a link and of the picture in a mail."""
    stamp = Stamp(shop.pk, "run1/0", "mara@example.com", sent_at, "42", "cart-help")
    html, _ = rewrite(
        '<a href="https://shop.example/p?a=1">x</a>',
        "",
        stamp,
        Tracking(True, True, {}),
        secret=settings.ENVIRONMENT.secret_key,
        base_url="http://t",
    )
    assert html is not None
    link, picture = html.split('href="http://t')[1].split('"')[0], html.split('src="http://t')[1].split('"')[0]
    return link, picture


def told() -> list[tuple[str, bool, str]]:
    rows = Event.objects.filter(type__startswith="message.").order_by("id")
    return [(row.type, row.data["is_machine"], row.data["effect"]) for row in rows]


def test_a_click_leads_on_and_is_told_once() -> None:
    shop = make_shop()
    link, picture = addresses_of(shop)
    for _ in range(2):
        answer = Client().get(link, **PERSON)
        assert (answer.status_code, answer["Location"]) == (302, "https://shop.example/p?a=1")
        assert Client().get(picture, **PERSON)["Content-Type"] == "image/gif"
    assert Client().head(link, **PERSON).status_code == 302
    assert told() == [
        ("message.clicked", False, "run1/0"),
        ("message.opened", False, "run1/0"),
        ("message.clicked", True, "run1/0"),
    ]
    event = Event.objects.get(type="message.opened")
    assert event.subject == "customer:42" and event.data["message"] == "cart-help"


def test_a_shop_that_switched_it_off_hears_nothing() -> None:
    shop = make_shop()
    Shop.objects.filter(pk=shop.pk).update(settings={"track_clicks": "off", "track_opens": "off"})
    link, picture = addresses_of(shop)
    assert Client().get(link, **PERSON).status_code == 302 and Client().get(picture, **PERSON).status_code == 200
    assert told() == []


def test_a_link_that_is_not_ours_leads_nowhere() -> None:
    link, _ = addresses_of(make_shop())
    for broken in (link[:-6], "/l/https://evil.example", "/l/x"):
        answer = Client().get(broken)
        assert answer.status_code == 404 and "Location" not in answer
    assert Client().get("/m/x.gif").status_code == 200
    assert told() == []


def page(client: Client, **query: str) -> str:
    return client.get("/deliverability", query).content.decode()


def test_numbers_and_what_to_do() -> None:
    shop = make_shop()
    client = sign_in(shop)
    assert "No mail yet" in page(client)
    today = datetime.now(UTC).strftime("%Y-%m-%d")
    for what, count in (("sent", 200), ("delivered", 180), ("bounced", 12), ("complained", 1), ("opened_machine", 9)):
        MailTally.objects.create(shop=shop, day=today, provider="google", what=what, shard=0, count=count)
    shown = page(client)
    assert "Gmail" in shown and "6.0 %" in shown and "0.50 %" in shown and "9 machines" in shown
    assert "Too many addresses are dead" in shown and "mark your mail as spam" in shown


def test_a_domain_gets_a_key_is_checked_and_signs(monkeypatch: pytest.MonkeyPatch) -> None:
    shop = make_shop()
    client = sign_in(shop)
    assert client.post("/deliverability/domains", {"domain": "not a domain"}).status_code == 422
    assert client.post("/deliverability/domains", {"domain": "Shop.Example."}).status_code == 302
    row = MailDomain.objects.get()
    assert row.domain == "shop.example" and row.public_key in page(client) and "PRIVATE" not in row.private_key
    texts = {
        "shop.example": ["v=spf1 include:_spf.host.example -all"],
        f"{row.selector}._domainkey.shop.example": [f"v=DKIM1; k=rsa; p={row.public_key}"],
        "_dmarc.shop.example": ["v=DMARC1; p=none"],
    }
    monkeypatch.setattr(
        domains, "resolver", lambda: type("Names", (), {"texts": lambda _, name: texts.get(name, [])})()
    )
    assert client.post("/deliverability/domains/shop.example", {"do": "check"}).status_code == 302
    shown = page(client)
    assert "mail is signed" in shown and "Watching only" in shown
    client.post("/deliverability/domains/shop.example", {"do": "stop"})
    assert not MailDomain.objects.get().is_signing
    client.post("/deliverability/domains/shop.example", {"do": "remove"})
    assert not MailDomain.objects.exists()
    assert client.post("/deliverability/domains/shop.example", {"do": "remove"}, follow=True).status_code == 200


def test_a_warm_up_begins_and_ends() -> None:
    shop = make_shop()
    client = sign_in(shop)
    assert client.post("/deliverability/warmup", {"first": "0", "growth": "40", "until": "9"}).status_code == 422
    client.post("/deliverability/warmup", {"first": "70", "growth": "40", "until": "9000"})
    assert "Today up to 70 marketing mails" in page(client)
    client.post("/deliverability/warmup", {"do": "end"})
    assert "warmup" not in Shop.objects.get(pk=shop.pk).settings


def test_what_is_followed_is_chosen_here() -> None:
    shop = make_shop()
    client = sign_in(shop)
    given = {"track_opens": "off", "track_clicks": "all", "utm": "on", "utm_source": "news"}
    assert client.post("/deliverability/choices", given).status_code == 302
    held = Shop.objects.get(pk=shop.pk).settings
    assert {name: held.get(name) for name in given} == given
    assert client.post("/deliverability/choices", {**given, "utm_source": "a b"}).status_code == 422


def test_a_domain_is_added_and_taken_away_by_api() -> None:
    shop = make_shop()
    key = issue(shop.pk, "whole", "read work settings", "ana@example.com")
    assert call(key, "POST", "deliverability/domains", {"domain": "shop.example"})["domain"] == "shop.example"
    call(key, "DELETE", "deliverability/domains/shop.example", status=204)
    call(key, "DELETE", "deliverability/domains/shop.example", status=404)
