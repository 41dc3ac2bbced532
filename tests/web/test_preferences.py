"""What a shop may write: the link in a mail shows it, and what the person says there is kept with its proof."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client
from seeding import make_shop
from test_actions import work

from sereno.modules.customers.models import Customer
from sereno.modules.messages import services
from sereno.modules.messages.unsubscribe import Recipient, make_token
from sereno.runtime.consenting import choose
from sereno.store.models import Consent, Event, Shop

WHO = ("mara@example.com", "email")


def address_of(shop: Shop) -> str:
    token = make_token(settings.ENVIRONMENT.secret_key, Recipient(shop.pk, *WHO))
    return f"/preferences/{token}"


def chosen(page: str) -> list[str]:
    return [value for value in ("yes", "no") if f'value="{value}" required checked' in page]


def say(client: Client, shop: Shop, word: str) -> str:
    response = client.post(address_of(shop), {"marketing": word}, follow=True, headers={"user-agent": "Mail/1"})
    assert response.redirect_chain[0][1] == 302
    return response.content.decode()


def test_the_page_shows_what_holds_and_changes_nothing() -> None:
    shop = make_shop()
    assert chosen(Client().get(address_of(shop)).content.decode()) == []
    Customer.objects.create(
        shop=shop, key="7", version=1, data={}, seen_at=shop.created_at, email=WHO[0], accepts_email=True
    )
    page = Client().get(address_of(shop)).content.decode()
    assert chosen(page) == ["yes"]
    assert "mara@example.com" in page and "Lantern &amp; Wick" in page
    choose(shop.pk, *WHO, granted=False)
    assert chosen(Client().get(address_of(shop)).content.decode()) == ["no"]
    assert Consent.objects.count() == 1


def test_what_is_said_is_kept_with_its_proof() -> None:
    shop = make_shop()
    client = Client(enforce_csrf_checks=True)
    page = say(client, shop, "yes")
    assert "Saved." in page
    assert chosen(page) == ["yes"]
    assert services.allows(shop.pk, *WHO, "marketing") is True
    assert chosen(say(client, shop, "no")) == ["no"]
    assert chosen(say(client, shop, "no")) == ["no"]
    assert services.allows(shop.pk, *WHO, "marketing") is False
    lines = list(Consent.objects.order_by("id").values_list("granted", "source", "proof"))
    assert [line[:2] for line in lines] == [(True, "preferences"), (False, "preferences")]
    seen = {"by": "page", "said": "No, only about my orders", "language": "en", "agent": "Mail/1", "ip": "127.0.0.1"}
    assert lines[1][2] == seen


@pytest.mark.parametrize(
    ("language", "words"), [("es", "Ofertas y novedades"), ("pt", "Ofertas e novidades"), ("ro", "Oferte și noutăți")]
)
def test_it_speaks_the_readers_language(language: str, words: str) -> None:
    shop = make_shop()
    page = Client(headers={"accept-language": language}).get(address_of(shop)).content.decode()
    assert words in page
    assert "Offers and news" not in page


@pytest.mark.parametrize("answer", [{}, {"marketing": "maybe"}])
def test_no_answer_is_asked_again(answer: dict[str, str]) -> None:
    response = Client().post(address_of(make_shop()), answer)
    assert response.status_code == 422
    assert "Choose one of the two." in response.content.decode()
    assert not Consent.objects.exists()


def test_a_bounced_address_gets_another_chance_by_a_yes_and_a_complaint_none() -> None:
    shop = make_shop()
    for reason, is_left in (("bounce.permanent", False), ("complaint", True)):
        services.suppress(shop.pk, *WHO, reason)
        assert chosen(Client().get(address_of(shop)).content.decode()) == ["no"]
        say(Client(), shop, "no")
        assert services.is_suppressed(shop.pk, *WHO)
        say(Client(), shop, "yes")
        assert services.is_suppressed(shop.pk, *WHO) is is_left


def test_a_link_that_is_not_ours_shows_nothing() -> None:
    address = address_of(make_shop())
    for broken in (address[:-5], "/preferences/x"):
        for response in (Client().get(broken), Client().post(broken, {"marketing": "no"})):
            assert response.status_code == 404
            assert "This link does not work" in response.content.decode()
    assert not Consent.objects.exists()


def test_a_choice_is_an_event_once_and_one_line_of_the_ledger() -> None:
    shop = make_shop()
    for word in ("yes", "yes", "no", "no"):
        say(Client(), shop, word)
    found = list(Event.objects.filter(type="consent.changed").order_by("id"))
    assert [event.data["granted"] for event in found] == [True, False]
    assert found[0].refs["email"] == "mara@example.com" and found[0].subject == "customer:email:mara@example.com"
    work()
    assert Event.objects.filter(error__isnull=False).count() == 0
    assert Consent.objects.count() == 2
