"""Connections from the browser: chosen, set up, tested live, watched, their secrets changed, closed, deleted."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from seeding import NOW, Seeded, make_shop, person, seed

from sereno.connectors.shopify.webhooks import SHOPIFY
from sereno.ingest.refusals import Refusal
from sereno.runtime import connecting
from sereno.runtime.watching.alerting import raise_alert
from sereno.sdk.plugin import registry
from sereno.site.plugins import CONNECTORS
from sereno.store import secrets
from sereno.store.database import default_database
from sereno.store.fields import to_micros
from sereno.store.models import Audit, Connection, Delivery
from sereno.web import wiring
from sereno.web.connecting import forms, words
from sereno.web.search import links_for


@dataclass
class Refused:
    """What a door would have counted."""

    total: int = 0
    recent: deque[Refusal] = field(default_factory=lambda: deque[Refusal]())


@pytest.fixture
def refused() -> Iterator[Refused]:
    found = Refused()
    wiring.watch_door(lambda name: found if found.total else None)
    yield found
    wiring.watch_door(lambda name: None)


def owner(seeded: Seeded) -> Client:
    client = Client()
    client.force_login(seeded.owner)
    return client


def text_of(client: Client, path: str, status: int = 200) -> str:
    response = client.get(path)
    assert response.status_code == status, path
    return response.content.decode()


def arrived(row: Connection, secret: str, number: int = 1, at: datetime = NOW) -> Delivery:
    body = b'{"id": %d}' % number
    signed = SHOPIFY.sign(secret, body, {"x-shopify-topic": "orders/create"}, at, {})
    return Delivery.objects.create(
        connection=row, dedupe_key=f"k{number}", topic="orders/create", headers=signed, body=body, received_at=at,
        status="done",
    )  # fmt: skip


def shopify(seeded: Seeded, *given: str) -> Connection:
    connecting.connect(seeded.shop.pk, "shopify", "till", by="ana", title="Our till", secrets=given or ["first-secret"])
    return Connection.objects.get(name="till")


def test_every_platform_is_in_the_gallery_with_what_it_gives() -> None:
    seeded = seed()
    page, channels = text_of(owner(seeded), "/connections/new"), text_of(owner(seeded), "/channels")
    # What other tests of this process have registered is not a platform of ours.
    ours = [one for one in registry().connectors if one.kind in CONNECTORS]
    assert len(ours) >= len(words.ORDER)
    for one in ours:
        if one.channel is not None:
            # Those have an account and a key, and a page of their own that asks for them.
            assert one.guide is None and f"/connections/new/{one.kind}" not in page
            assert f"/channels/{one.kind}" in channels and (one.channel.steps or not one.channel.access), one.kind
            continue
        assert one.guide is not None and one.guide.brings and one.guide.steps, one.kind
        assert f"/connections/new/{one.kind}" in page
        assert words.platform(one.kind) in page
        assert one.kind in words.ORDER and words.platform(one.kind) != one.kind


@pytest.mark.parametrize("kind", [*words.ORDER])
def test_every_platform_can_be_set_up_in_the_browser(kind: str) -> None:
    seeded = seed()
    client = owner(seeded)
    assert words.platform(kind).lower() in text_of(client, f"/connections/new/{kind}").lower()
    response = client.post(f"/connections/new/{kind}", {"title": f"Our {kind}"})
    assert response.status_code == 302, response.content.decode()
    row = Connection.objects.get(name=f"our-{kind}")
    assert (row.kind, row.shop_id, row.is_active) == (kind, seeded.shop.pk, True)
    page = text_of(client, response["Location"])
    assert f"/hooks/our-{kind}" in page and "Waiting for the first event" in page
    guide = registry().connectors.get(kind).guide  # type: ignore[union-attr]
    for topic in guide.topics:
        assert topic in page
    held = secrets.decrypt(row.secrets)
    if guide.is_secret_theirs:
        assert held == [] and 'name="secret"' in page
    else:
        assert held[0] in page
    assert Audit.objects.filter(shop=seeded.shop, action="connection.made", by="ana@example.com").count() == 1


def test_a_made_secret_is_shown_to_its_maker_alone_and_not_for_ever() -> None:
    seeded = seed()
    client = owner(seeded)
    client.post("/connections/new/woocommerce", {"title": "Woo"})
    (secret,) = secrets.decrypt(Connection.objects.get(name="woo").secrets)
    assert secret in text_of(client, "/connections/woo/set-up")
    assert secret not in text_of(owner(seeded), "/connections/woo/set-up")
    session = client.session
    assert secret not in str(dict(session.items()))
    held = session["secrets-made"]
    held["woo"][1] -= 1000
    session["secrets-made"] = held
    session.save()
    assert secret not in text_of(client, "/connections/woo/set-up")
    assert secret not in text_of(client, "/connections/woo")


@pytest.mark.parametrize(
    ("kind", "fields", "said"),
    [
        ("shopify", {"title": ""}, "Give it a name"),
        ("shopify", {"title": "S", "secret": "short"}, "too short"),
        ("shopify", {"title": "S", "secret": "a good long secret "}, "space or a line break"),
        ("shopify", {"title": "S", "url": "my-shop"}, "no web address"),
        ("stripe", {"title": "S", "secret": "sk_live_1234567890"}, "begin with whsec_"),
        ("woocommerce", {"title": "S", "whose": "mine", "secret": ""}, "Paste the secret"),
        ("woocommerce", {"title": "S", "timezone": "Madrid"}, "no such time zone"),
        ("generic", {"title": "S", "signature_header": "X Sig:"}, "letters, digits and dashes"),
        ("generic", {"title": "S", "signature_encoding": "base32"}, "Choose one of the list"),
    ],
)
def test_what_is_wrong_is_said_in_words_at_its_field(kind: str, fields: dict[str, str], said: str) -> None:
    seeded = seed()
    response = owner(seeded).post(f"/connections/new/{kind}", fields)
    page = response.content.decode()
    assert response.status_code == 422
    assert said in page and 'aria-invalid="true"' in page
    assert Connection.objects.count() == 1


def test_a_second_store_is_told_apart_and_a_payment_provider_belongs_to_one() -> None:
    seeded = seed()
    client = owner(seeded)
    client.post("/connections/new/shopify", {"title": "First"})
    assert "get a prefix" in text_of(client, "/connections/new/woocommerce")
    client.post("/connections/new/woocommerce", {"title": "Second"})
    assert Connection.objects.get(name="first").settings.get("namespace") is None
    assert Connection.objects.get(name="second").settings["namespace"] == "second"
    assert "Whose orders" in text_of(client, "/connections/new/stripe")
    client.post("/connections/new/stripe", {"title": "Cards", "namespace": "second"})
    assert Connection.objects.get(name="cards").settings["namespace"] == "second"
    client.post("/connections/new/stripe", {"title": "Cards 2", "namespace": "nobody"})
    assert "namespace" not in Connection.objects.get(name="cards-2").settings


def test_a_system_with_records_of_its_own_has_ids_of_its_own() -> None:
    client = owner(seed())
    client.post("/connections/new/generic", {"title": "Script"})
    client.post("/connections/new/generic", {"title": "House PIM", "own_ids": "yes"})
    client.post("/connections/new/stripe", {"title": "Cards", "own_ids": "yes"})
    assert Connection.objects.get(name="house-pim").settings["namespace"] == "house-pim"
    for name in ("script", "cards"):
        assert "namespace" not in Connection.objects.get(name=name).settings


def test_the_live_test_turns_from_waiting_to_received(refused: Refused) -> None:
    seeded = seed()
    client, row = owner(seeded), shopify(seeded)
    page = text_of(client, "/connections/till/live")
    assert "Waiting for the first event" in page and 'hx-trigger="every 1500ms"' in page
    refused.total = 1
    refused.recent.append(Refusal(int(datetime.now(UTC).timestamp() * 1e6), "unsigned", "x-shopify-hmac-sha256"))
    page = text_of(client, "/connections/till/live")
    assert "Refused: the signature is wrong" in page and "x-shopify-hmac-sha256 is missing" in page
    came = arrived(row, "first-secret", at=datetime.now(UTC) + timedelta(seconds=1))
    Delivery.objects.filter(pk=came.pk).update(status="pending")
    page = text_of(client, "/connections/till/live")
    assert "orders/create" in page and "being read" in page and "every 1500ms" in page and "Refused" not in page
    Delivery.objects.filter(pk=came.pk).update(status="done")
    page = text_of(client, "/connections/till/live")
    assert "Received:" in page and "hx-trigger" not in page
    # A test begun after it waits for the next one.
    assert "Waiting for" in text_of(client, f"/connections/till/live?after={came.pk}&since=1")


@pytest.mark.parametrize(("status", "said"), [("failed", "not understood"), ("ignored", "Nothing in it is used")])
def test_the_live_test_says_what_was_not_used(status: str, said: str) -> None:
    seeded = seed()
    row = shopify(seeded)
    came = arrived(row, "first-secret")
    Delivery.objects.filter(pk=came.pk).update(status=status, reason="topic.not_used")
    page = text_of(owner(seeded), "/connections/till/live")
    assert said in page and "topic.not_used" in page


def test_every_cause_has_words_and_nothing_is_left_open() -> None:
    for code in ("no_secret", "too_old", "unsigned", "other_header", "other_encoding", "secret_spaces", "other_secret"):
        said = words.cause(code, "x-sig")
        assert len(said) > 40 and "%(" not in said
    assert words.cause("", "") == ""


def test_a_secret_is_rotated_without_losing_anything() -> None:
    seeded = seed()
    client, row = owner(seeded), shopify(seeded, "the-first-secret-1111")
    arrived(row, "the-first-secret-1111", 1)
    client.post("/connections/till/secrets", {"secret": "the-second-secret-2222"})
    row.refresh_from_db()
    assert secrets.decrypt(row.secrets) == ["the-second-secret-2222", "the-first-secret-1111"]
    page = text_of(client, "/connections/till")
    assert "…2222" in page and "…1111" in page and "the-second-secret" not in page
    assert "last used" in page
    arrived(row, "the-second-secret-2222", 2, NOW + timedelta(minutes=1))
    page = text_of(client, "/connections/till")
    assert page.count("last used") == 2
    mark = connecting.mark_of("the-first-secret-1111")
    client.post("/connections/till/secrets/end", {"mark": mark})
    row.refresh_from_db()
    assert secrets.decrypt(row.secrets) == ["the-second-secret-2222"]
    page = client.get("/connections/till").content.decode()
    assert "…1111" not in page


def test_an_old_secret_nobody_uses_any_more_is_said_to_be_so() -> None:
    seeded = seed()
    client, row = owner(seeded), shopify(seeded, "the-first-secret-1111")
    client.post("/connections/till/secrets", {"secret": "the-second-secret-2222"})
    row.refresh_from_db()
    for number in range(3):
        arrived(row, "the-second-secret-2222", number)
    assert "not used by the last 3 deliveries" in text_of(client, "/connections/till")


def test_a_delivery_shows_its_body_its_signature_and_no_secret() -> None:
    seeded = seed()
    client, row = owner(seeded), shopify(seeded)
    came = arrived(row, "first-secret")
    Delivery.objects.filter(pk=came.pk).update(
        headers={**came.headers, "x-sereno-token": "hush-hush", "x-api-key": "hush-hush"}
    )
    page = text_of(client, f"/deliveries/{came.pk}")
    assert "Signature right, by the newest secret" in page and "hush-hush" not in page and "x-api-key" in page
    client.post("/connections/till/secrets", {"secret": "another-long-secret"})
    assert "by an older secret" in text_of(client, f"/deliveries/{came.pk}")
    client.post("/connections/till/secrets/end", {"mark": connecting.mark_of("first-secret")})
    assert "that secret is ended" in text_of(client, f"/deliveries/{came.pk}")
    assert "not signed" in text_of(client, f"/deliveries/{seeded.delivery.pk}")


def test_a_delivery_says_what_became_of_it() -> None:
    seeded = seed()
    page = text_of(owner(seeded), f"/deliveries/{seeded.delivery.pk}")
    assert "checkout.abandoned" in page and f"/runs/{seeded.run.uid}" in page and "Cart recovery" in page
    page = text_of(owner(seeded), f"/deliveries/{seeded.broken_delivery.pk}")
    assert "not JSON" in page and "No event" in page and "Read it again" in page


def test_the_last_deliveries_are_narrowed_by_status_and_topic() -> None:
    seeded = seed()
    client = owner(seeded)
    rows = re.compile(r'href="/deliveries/(\d+)"')
    name = seeded.connection.name
    assert len(set(rows.findall(text_of(client, f"/connections/{name}")))) == 2
    failed = rows.findall(text_of(client, f"/connections/{name}?status=failed"))
    assert failed == [str(seeded.broken_delivery.pk)]
    assert rows.findall(text_of(client, f"/connections/{name}?topic=nothing")) == []
    assert "Nothing matches" in text_of(client, f"/connections/{name}?topic=nothing")


def test_a_silent_connection_is_seen() -> None:
    seeded = seed()
    row = shopify(seeded)
    last = datetime.now(UTC) - timedelta(days=3)
    for number in range(60):
        arrived(row, "first-secret", number, last - timedelta(hours=number))
    with default_database().transaction() as tx:
        raise_alert(
            tx,
            seeded.shop.pk,
            kind="connection.silent",
            about="connection:till",
            text_code="connection.silent",
            values={"name": "till"},
            now=to_micros(datetime.now(UTC)),
        )
    cache.clear()
    assert "Quiet for 3 days, which is unusual here" in text_of(owner(seeded), "/connections/till")
    assert "Silent" in text_of(owner(seeded), "/connections")


def test_what_the_door_refused_is_counted_and_explained(refused: Refused) -> None:
    seeded = seed()
    shopify(seeded)
    refused.total = 7
    refused.recent.append(Refusal(1_700_000_000_000_000, "other_secret"))
    page = text_of(owner(seeded), "/connections/till")
    assert "signs with another secret" in page and ">7<" in page
    assert "7 refused" in text_of(owner(seeded), "/connections")


def test_renaming_keeps_the_address() -> None:
    seeded = seed()
    client = owner(seeded)
    shopify(seeded)
    client.post("/connections/till/change", {"title": "Till by the door", "url": "https://a.example"})
    row = Connection.objects.get(name="till")
    assert (row.settings["title"], row.settings["url"]) == ("Till by the door", "https://a.example")
    assert "Till by the door" in text_of(client, "/connections")
    client.post("/connections/till/change", {"title": "Till by the door", "url": "no address"})
    row.refresh_from_db()
    assert row.settings["url"] == "https://a.example"


def test_closing_deleting_and_putting_back() -> None:
    seeded = seed()
    client = owner(seeded)
    shopify(seeded)
    client.post("/connections/till/switch", {"do": "close"})
    assert "This connection is closed" in text_of(client, "/connections/till")
    client.post("/connections/till/switch", {"do": "open"})
    assert Connection.objects.get(name="till").is_active
    assert client.post("/connections/till/switch", {"do": "delete"})["Location"] == "/connections"
    text_of(client, "/connections/till", 404)
    assert "1 deleted connection" in text_of(client, "/connections")
    assert client.post("/connections/till/switch", {"do": "put-back"})["Location"] == "/connections/till"
    assert Connection.objects.get(name="till").is_active
    client.post("/connections/till/switch", {"do": "erase"})
    assert Connection.objects.filter(name="till").exists(), "only what is deleted can be erased"
    client.post("/connections/till/switch", {"do": "delete"})
    client.post("/connections/till/switch", {"do": "erase"})
    assert not Connection.objects.filter(name="till").exists()
    actions = list(Audit.objects.filter(target="till").order_by("id").values_list("action", flat=True))
    assert [one.partition(".")[2] for one in actions] == [
        "made", "closed", "opened", "deleted", "put_back", "deleted", "erased",
    ]  # fmt: skip


def test_only_who_may_change_settings_changes_a_connection_and_none_of_another_shop() -> None:
    seeded = seed()
    shopify(seeded)
    forms_: dict[str, dict[str, Any]] = {
        "/connections/new/generic": {"title": "x"},
        "/connections/till/secrets": {"secret": "a long enough secret"},
        "/connections/till/secrets/end": {"mark": connecting.mark_of("first-secret")},
        "/connections/till/change": {"title": "x"},
        "/connections/till/switch": {"do": "delete"},
    }
    viewer, stranger = Client(), Client()
    viewer.force_login(seeded.viewer)
    other = make_shop("other", "Other")
    stranger.force_login(person(other, "eve@example.com", "owner"))
    for path, fields in forms_.items():
        assert viewer.post(path, fields).status_code == 403, path
        if path != "/connections/new/generic":
            assert stranger.post(path, fields).status_code == 404, path
    for path in ("/connections/till", "/connections/till/set-up", "/connections/till/live"):
        assert stranger.get(path).status_code == 404
        page = text_of(viewer, path)
        assert "first-secret" not in page and 'name="secret"' not in page
    row = Connection.objects.get(name="till")
    assert row.is_active and secrets.decrypt(row.secrets) == ["first-secret"] and row.settings == {"title": "Our till"}


def test_form_problems_have_words_for_every_kind_of_setting() -> None:
    client = owner(seed())
    # What other tests of this process have registered is not a platform of ours.
    ours = [one for one in registry().connectors if one.kind in CONNECTORS]
    assert len(ours) >= len(words.ORDER)
    for one in ours:
        if one.channel is not None:
            wanted = [setting for setting in (*one.channel.access, *one.channel.settings) if setting.is_required]
            response = client.post(f"/channels/{one.kind}", {})
            assert (response.status_code == 422) == bool(wanted), one.kind
            assert ("This is needed." in response.content.decode()) == bool(wanted), one.kind
            continue
        assert one.guide is not None
        values, errors = forms.read(one.guide, {})
        assert errors == {} and set(values) == {each.name for each in one.guide.settings if each.kind != "secret"}


def test_an_id_is_found_as_its_own_store_shows_it() -> None:
    seeded = seed()
    connecting.connect(seeded.shop.pk, "shopify", "first", by="ana", secrets=["first-secret"])
    connecting.connect(seeded.shop.pk, "woocommerce", "second", by="ana", secrets=["second-secret"])
    found = links_for(seeded.shop, "#1042")
    assert "order:1042" in found and "order:second~1042" in found
