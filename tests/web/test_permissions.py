"""Who may see and do what: strangers, viewers, other shops; the CSRF check; the headers of every answer."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from seeding import PASSWORD, Seeded, make_shop, person, seed

from sereno.store.models import Membership, Shop, Tries


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def forms_of(seeded: Seeded) -> dict[str, dict[str, str]]:
    return {
        f"/approvals/{seeded.approval.pk}/decide": {"answer": "yes"},
        "/flows/install": {"name": "low-stock"},
        f"/flows/{seeded.recovery.name}/edit": {"do": "draft", "text": "flow: x"},
        f"/flows/{seeded.recovery.name}/status": {"status": "paused"},
        f"/flows/{seeded.recovery.name}/start": {"subject": "cart:c-17"},
        f"/runs/{seeded.run.uid}/end": {"reason": "because"},
        "/deliveries/replay": {"id": str(seeded.broken_delivery.pk)},
        "/effects/replay": {"id": str(seeded.failed_effect.pk)},
        "/keys": {"name": "x"},
    }


def test_a_stranger_is_sent_to_sign_in_and_comes_back() -> None:
    seed()
    client = Client()
    response = client.get("/runs?status=live")
    assert response.status_code == 302
    assert response["Location"] == "/sign-in?next=/runs%3Fstatus%3Dlive"
    answer = client.post("/sign-in", {"email": "ANA@example.com", "password": PASSWORD, "next": "/runs?status=live"})
    assert answer["Location"] == "/runs?status=live"


def test_a_foreign_address_is_not_gone_to_after_signing_in() -> None:
    seed()
    answer = Client().post(
        "/sign-in", {"email": "ana@example.com", "password": PASSWORD, "next": "https://evil.example"}
    )
    assert answer["Location"] == "/"


def test_wrong_passwords_lock_the_account_for_a_while() -> None:
    seed()
    client = Client()
    wrong = {"email": "ana@example.com", "password": "wrong"}
    assert [client.post("/sign-in", wrong).status_code for _ in range(7)] == [401] * 6 + [429]
    assert client.post("/sign-in", {**wrong, "password": PASSWORD}).status_code == 429
    Tries.objects.update(until=0)
    assert client.post("/sign-in", {**wrong, "password": PASSWORD}).status_code == 302


def test_signing_out_ends_the_session() -> None:
    client = signed_in(seed().owner)
    client.post("/sign-out")
    assert client.get("/").status_code == 302


def test_a_viewer_sees_everything_and_changes_nothing() -> None:
    seeded = seed()
    client = signed_in(seeded.viewer)
    assert client.get("/attention").status_code == 200
    for address, fields in forms_of(seeded).items():
        response = client.post(address, fields)
        assert response.status_code == 403, address
        assert "Your role cannot do this" in response.content.decode()
    seeded.recovery.refresh_from_db()
    assert seeded.recovery.status == "live"


def test_a_viewer_is_shown_no_buttons_that_change_things() -> None:
    seeded = seed()
    client = signed_in(seeded.viewer)
    for page in (f"/flows/{seeded.recovery.name}", "/attention", f"/runs/{seeded.run.uid}", "/deliveries", "/flows"):
        forms = client.get(page).content.decode().count('method="post"')
        assert forms == 2, (page, forms)  # the language, and signing out


def test_another_shops_rows_are_not_there() -> None:
    seeded = seed()
    client = signed_in(person(make_shop("other", "Other"), "eve@example.com", "owner"))
    for page in (
        f"/flows/{seeded.recovery.name}",
        f"/flows/{seeded.recovery.name}/yaml",
        f"/flows/{seeded.recovery.name}/versions",
        f"/flows/{seeded.recovery.name}/edit",
        f"/runs/{seeded.run.uid}",
        f"/events/{seeded.event.pk}",
        f"/deliveries/{seeded.delivery.pk}",
        f"/effects/{seeded.effect.pk}",
        f"/connections/{seeded.connection.name}",
    ):
        assert client.get(page).status_code == 404, page
    for page in ("/events", "/runs", "/effects", "/deliveries", "/flows", "/attention", "/why?subject=%231001", "/"):
        text = client.get(page).content.decode()
        assert "cart:c-17" not in text and "order:1001" not in text and "Thank big orders" not in text, page


def test_another_shops_rows_cannot_be_changed() -> None:
    seeded = seed()
    client = signed_in(person(make_shop("other", "Other"), "eve@example.com", "owner"))
    for address, fields in forms_of(seeded).items():
        if address not in ("/keys", "/flows/install"):
            assert client.post(address, fields).status_code in (302, 404), address
    for row in (seeded.recovery, seeded.run, seeded.failed_effect, seeded.broken_delivery, seeded.approval):
        before = row.status
        row.refresh_from_db()
        assert row.status == before


def test_somebody_without_a_shop_is_told_so() -> None:
    seed()
    user = User.objects.create_user(username="no@example.com", password=PASSWORD)
    response = signed_in(user).get("/")
    assert response.status_code == 403
    assert "You belong to no shop yet" in response.content.decode()


def test_forms_need_their_token() -> None:
    seeded = seed()
    client = Client(enforce_csrf_checks=True)
    client.force_login(seeded.owner)
    for address, fields in forms_of(seeded).items():
        response = client.post(address, fields)
        assert response.status_code == 403, address
    assert "The page was open for too long" in response.content.decode()


@pytest.mark.parametrize("page", ["/", "/sign-in", "/flows", "/nowhere"])
def test_every_answer_carries_the_policy(page: str) -> None:
    client = signed_in(seed().owner)
    response = client.get(page)
    policy = response["Content-Security-Policy"]
    assert "script-src 'self'" in policy and "unsafe" not in policy
    text = response.content.decode()
    assert "<style" not in text and " style=" not in text and " onclick=" not in text
    assert response["X-Frame-Options"] == "DENY"


def test_the_first_visit_makes_owner_and_shop_and_then_never_again() -> None:
    client = Client()
    assert client.get("/")["Location"] == "/setup"
    wrong = client.post("/setup", {"email": "x", "password": "short", "currency": "EURO", "timezone": "Here"})
    assert wrong.status_code == 422
    assert "Write a whole e-mail address" in wrong.content.decode()
    good = {
        "email": "Ana@Example.com",
        "password": "lantern light at night",
        "person": "Ana",
        "name": "Café Lumière",
        "currency": "eur",
        "timezone": "Europe/Bucharest",
        "locale": "ro",
    }
    assert client.post("/setup", good)["Location"] == "/welcome"
    shop = Shop.objects.get()
    assert (shop.slug, shop.currency, shop.locale) == ("cafe-lumiere", "EUR", "ro")
    assert Membership.objects.get().role == "owner"
    assert User.objects.get().password.startswith("argon2")
    assert client.get("/").status_code == 200
    assert Client().get("/setup")["Location"] == "/"
    assert Client().post("/setup", good)["Location"] == "/"
    assert User.objects.count() == 1
