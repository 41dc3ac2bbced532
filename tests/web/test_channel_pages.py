"""Channels as staff connect and try them, and the customer's own page for browsers and the bot."""

from __future__ import annotations

import json

import pytest
from django.test import Client
from seeding import Seeded

from sereno.modules.messages.channels.models import ChannelMessage, ChannelOrder, PushBrowser
from sereno.modules.messages.unsubscribe import Recipient, make_token
from sereno.runtime.channels import keeping
from sereno.store import secrets
from sereno.store.models import Audit, Connection, Consent, Event, Shop

KEYS = {
    "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
    "auth": "BTBZMqHH6r4Tts7J_aSIgg",
}


@pytest.fixture
def staff(seeded: Seeded) -> Client:
    client = Client()
    client.force_login(seeded.owner)
    return client


@pytest.fixture
def client() -> Client:
    return Client()


def connect(seeded: Seeded, kind: str, **access: str) -> None:
    settings = {"sender": "+34600000000"} if kind == "twilio" else {}
    keeping.connect(seeded.shop.pk, kind, access, settings, by="anna", base_url="https://s.example")


def test_a_key_is_kept_sealed_and_never_shown(staff: Client, seeded: Seeded) -> None:
    page = staff.get("/channels").content.decode()
    assert page.count("Not connected") == 6
    answer = staff.post("/channels/twilio", {"account": "XX", "token": "t0ken-secret", "sender": "+34600000000"})
    assert answer.status_code == 422 and "begins" in answer.content.decode()
    connect(seeded, "twilio", account="AC1", token="t0ken-secret")
    row = Connection.objects.get(kind="twilio")
    assert "t0ken" not in row.access + row.secrets + json.dumps(row.settings)
    page = staff.get("/channels/twilio").content.decode()
    assert "t0ken-secret" not in page and f"https://s.example/hooks/{row.name}" in page
    assert Shop.objects.get(pk=seeded.shop.pk).settings["channels"] == ["sms"]
    staff.post("/channels/twilio/end")
    assert Shop.objects.get(pk=seeded.shop.pk).settings["channels"] == []
    assert list(Audit.objects.order_by("id").values_list("action", flat=True))[-2:] == [
        "channel.connected",
        "channel.disconnected",
    ]


def test_browsers_are_notified_by_a_key_that_is_made_when_the_button_is_pressed(staff: Client, seeded: Seeded) -> None:
    assert staff.post("/channels/webpush", {"csrfmiddlewaretoken": "x"}).status_code == 302
    key = keeping.push_key(seeded.shop.pk)
    assert len(key) == 87 and keeping.listed(seeded.shop.pk)[0].given == ("key",)
    staff.post("/channels/webpush", {"csrfmiddlewaretoken": "y"})
    assert keeping.push_key(seeded.shop.pk) == key


def test_one_of_two_accounts_is_chosen_to_send_and_both_can_be_tried(staff: Client, seeded: Seeded) -> None:
    connect(seeded, "twilio", account="AC1", token="t")
    connect(seeded, "texts", url="http://127.0.0.1:9/sms", secret="whsec_" + "A" * 32)
    assert "It stands by" in staff.get("/channels/twilio").content.decode()
    assert "It stands by" not in staff.get("/channels/texts").content.decode()
    assert staff.post("/channels/twilio/choose").status_code == 302
    assert "It stands by" not in staff.get("/channels/twilio").content.decode()
    assert "stands by" in staff.get("/channels").content.decode()
    tried = staff.post("/channels/texts/test", {"to": "+34600111222"}, follow=True)
    assert tried.status_code == 200 and "allow its host" in tried.content.decode()
    assert Audit.objects.filter(action="channel.chosen").count() == 1
    assert staff.post("/channels/whatsapp/choose").status_code == 404


def test_what_went_is_listed(staff: Client, seeded: Seeded) -> None:
    now = seeded.shop.created_at
    ChannelMessage.objects.create(
        shop=seeded.shop, effect_key="r/0", channel="sms", address="+34600111222", connection="c", status="failed",
        reason="address.unreachable", at=now, changed_at=now,
    )  # fmt: skip
    page = staff.get("/channels/messages?channel=sms").content.decode()
    assert "+34600111222" in page and "It does not reach them there." in page


def test_a_browser_says_yes_and_no_on_the_customers_own_page(seeded: Seeded, client: Client) -> None:
    connect(seeded, "webpush")
    token = make_token(secrets.newest(), Recipient(seeded.shop.pk, "ana@example.com", "email"))
    assert f"/hear/{token}" in client.get(f"/preferences/{token}").content.decode()
    page = client.get(f"/hear/{token}")
    assert keeping.push_key(seeded.shop.pk) in page.content.decode()
    held = {"endpoint": "https://push.example/1", "keys": KEYS}
    assert client.post(f"/hear/{token}", {"subscription": "nonsense"}).status_code == 422
    assert client.post(f"/hear/{token}", {"subscription": json.dumps(held)}).status_code == 302
    assert client.post(f"/hear/{token}", {"subscription": json.dumps(held)}).status_code == 302
    (browser,) = PushBrowser.objects.all()
    assert "push.example" not in browser.subscription
    line = Consent.objects.get(channel="push", granted=True)
    assert line.address == browser.customer and "Notify me" in line.proof["said"]
    client.post(f"/hear/{token}", {"stop": "yes"})
    assert not PushBrowser.objects.exists()
    assert Consent.objects.filter(channel="push").order_by("-id").first().granted is False  # type: ignore[union-attr]
    told = Event.objects.filter(type="customer.reached").order_by("id")
    assert [one.data["reach"]["push"] for one in told] == [True, True, False]


def test_a_customer_says_by_what_they_want_to_be_written_to(seeded: Seeded, client: Client) -> None:
    connect(seeded, "twilio", account="AC1", token="t")
    connect(seeded, "webpush")
    page = f"/hear/{make_token(secrets.newest(), Recipient(seeded.shop.pk, 'ana@example.com', 'email'))}"
    assert "Write to me first by" in client.get(page).content.decode()
    assert client.post(page, {"first": "sms"}).status_code == 302
    assert 'value="sms" selected' in client.get(page).content.decode()
    (told,) = Event.objects.filter(type="customer.reached")
    assert told.data["reach"]["order"] == ["sms", "email", "push"]
    client.post(page, {"first": ""})
    assert ChannelOrder.objects.count() == 0


def test_a_foreign_token_opens_nothing(seeded: Seeded, client: Client) -> None:
    assert client.get("/hear/xxxx").status_code == 404
    answer = client.get("/hear/worker.js")
    assert answer["Content-Type"].startswith("text/javascript")
