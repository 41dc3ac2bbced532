"""The page to stay on the list: it asks, keeps the yes with its proof, and a scanner that opens it says nothing."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client
from seeding import make_shop

from sereno.modules.messages import services
from sereno.modules.messages.unsubscribe import Recipient, make_token
from sereno.runtime.consenting import choose
from sereno.store.models import Consent, Event, Shop

WHO = ("mara@example.com", "email")


def address_of(shop: Shop) -> str:
    return f"/keep/{make_token(settings.ENVIRONMENT.secret_key, Recipient(shop.pk, *WHO, 'run1/0'))}"


def test_opening_it_says_nothing() -> None:
    shop = make_shop()
    page = Client().get(address_of(shop)).content.decode()
    assert "mara@example.com" in page and "Yes, keep writing to me" in page and "/preferences/" in page
    assert Consent.objects.count() == 0 and Event.objects.count() == 0


@pytest.mark.parametrize("before", [None, True, False])
def test_a_press_is_kept_with_its_proof_and_told_to_flows(before: bool | None) -> None:
    shop = make_shop()
    if before is not None:
        choose(shop.pk, *WHO, granted=before)
    client = Client(enforce_csrf_checks=True)
    for _press in range(2):
        page = client.post(address_of(shop), headers={"user-agent": "Mail/1"}).content.decode()
    assert "Good that you stay" in page
    assert services.allows(shop.pk, *WHO, "marketing") is True
    ((granted, proof),) = Consent.objects.filter(source="keep").values_list("granted", "proof")
    assert granted is True
    said = {"by": "page", "said": "Yes, keep writing to me", "language": "en", "agent": "Mail/1", "effect": "run1/0"}
    assert proof == said
    told = list(Event.objects.order_by("id").values_list("type", flat=True))
    assert told.count("consent.renewed") == 1
    assert told.count("consent.changed") == {None: 1, True: 1, False: 2}[before]


@pytest.mark.parametrize("language", ["es", "pt", "ro"])
def test_it_speaks_the_readers_language(language: str) -> None:
    page = Client(headers={"accept-language": language}).get(address_of(make_shop())).content.decode()
    assert f'lang="{language}' in page


def test_a_broken_link_says_so() -> None:
    shop = make_shop()
    for broken in (address_of(shop)[:-5], "/keep/x"):
        response = Client().get(broken)
        assert response.status_code == 404
        assert "This link does not work" in response.content.decode()
