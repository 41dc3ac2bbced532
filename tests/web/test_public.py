"""Leaving marketing mail: a link asks, a button or one click does it, and it can be undone."""

from __future__ import annotations

from django.conf import settings
from django.test import Client
from seeding import make_shop

from sereno.modules.messages.services import allows
from sereno.modules.messages.unsubscribe import Recipient, make_token
from sereno.store.models import Consent, Shop


def address_of(shop: Shop) -> str:
    token = make_token(settings.ENVIRONMENT.secret_key, Recipient(shop.pk, "mara@example.com", "email"))
    return f"/unsubscribe/{token}"


def test_following_the_link_changes_nothing() -> None:
    shop = make_shop()
    page = Client().get(address_of(shop)).content.decode()
    assert "mara@example.com" in page and "Lantern &amp; Wick" in page
    assert not Consent.objects.exists()


def test_one_click_needs_no_cookie_and_no_token() -> None:
    shop = make_shop()
    client = Client(enforce_csrf_checks=True)
    for _ in range(2):
        assert client.post(address_of(shop), {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert allows(shop.pk, "mara@example.com", "email", "marketing") is False
    assert Consent.objects.count() == 1


def test_it_can_be_undone_on_the_page() -> None:
    shop = make_shop()
    client = Client(enforce_csrf_checks=True)
    assert "You are unsubscribed" in client.post(address_of(shop)).content.decode()
    assert "You are unsubscribed" in client.get(address_of(shop)).content.decode()
    assert "subscribed again" in client.post(address_of(shop), {"undo": "1"}).content.decode()
    assert allows(shop.pk, "mara@example.com", "email", "marketing") is True


def test_a_broken_token_says_what_to_do() -> None:
    address = address_of(make_shop())
    for broken in (address[:-5], "/unsubscribe/x"):
        response = Client().get(broken)
        assert response.status_code == 404
        assert "Use the link in the newest mail" in response.content.decode()
