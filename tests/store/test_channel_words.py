"""What comes back by channels, from the request of a provider to the event, the ledger and the list of the dead."""

from __future__ import annotations

import json
from functools import partial
from typing import Any
from urllib.parse import urlencode

import pytest
from support import Place
from test_channels import ANY, TEXT, Provider, order, results, shop, wire

from sereno.connectors.talking import heard
from sereno.connectors.twilio.webhooks import TWILIO
from sereno.connectors.whatsapp.webhooks import WHATSAPP
from sereno.runtime.channels import keeping, subscribing
from sereno.sdk.connector import Connector, Delivery
from sereno.sdk.ports import HttpFailed

__all__ = ["shop", "wire"]
NUMBER = "+34600111222"


def deliver(place: Place, kind: Connector, body: bytes) -> None:
    place.send(*kind.map(Delivery({}, body, "", place.clock.now()), {}).events)
    place.drain()


def told(place: Place) -> list[str]:
    return [row[0] for row in place.rows("SELECT type FROM event WHERE type LIKE 'message.%' ORDER BY id")]


def test_statuses_of_whatsapp_come_back_as_events_once_each(shop: Place, wire: Provider) -> None:
    shop.send(heard("whatsapp", NUMBER, "w1", "hola", shop.clock.now()))
    shop.drain()
    shop.flow(TEXT.replace("send_sms", "send_whatsapp"))
    order(shop)
    at = str(int(shop.clock.now().timestamp()))
    for status in ("sent", "delivered", "delivered", "read", "delivered"):
        said = {"id": "wamid.1", "status": status, "timestamp": at, "recipient_id": "34600111222"}
        body = {"entry": [{"changes": [{"field": "messages", "value": {"statuses": [said]}}]}]}
        deliver(shop, WHATSAPP, json.dumps(body).encode())
    assert told(shop) == ["message.delivered", "message.opened"]
    assert shop.rows("SELECT status FROM channels_message") == [("read",)]


def test_a_dead_number_is_not_written_to_again_until_it_writes(shop: Place, wire: Provider) -> None:
    """Twilio's report 30005: the number is unknown."""
    shop.flow(TEXT)
    order(shop, "1")
    fields = {"MessageSid": "SM1", "MessageStatus": "undelivered", "ErrorCode": "30005", "To": NUMBER}
    deliver(shop, TWILIO, urlencode(fields).encode())
    assert told(shop) == ["message.bounced"]
    assert shop.rows("SELECT address, channel, reason FROM suppression") == [(NUMBER, "sms", "bounce.permanent")]
    order(shop, "2")
    assert results(shop)[-1][1]["reason"] == "address.suppressed" and len(wire.asked) == 1
    shop.send(heard("sms", NUMBER, "SMin", "¿Dónde está mi pedido?", shop.clock.now()))
    shop.drain()
    order(shop, "3")
    assert results(shop)[-1][1]["sent"] is True and len(wire.asked) == 2


@pytest.mark.parametrize(("stop", "start"), [("STOP", "START"), ("BAJA", "ALTA"), ("PARAR", "Sim"), ("OPRIRE", "Da")])
def test_a_stop_and_a_start_are_lines_of_the_ledger_with_their_words(
    shop: Place, wire: Provider, stop: str, start: str
) -> None:
    said = ["yes", stop, start]  # A yes to who stopped nothing is no consent.
    for number, text in enumerate(said):
        fields = {"MessageSid": f"SMin{number}", "SmsStatus": "received", "From": NUMBER, "Body": text}
        deliver(shop, TWILIO, urlencode(fields).encode())
        shop.after(seconds=1)
    lines = shop.rows("SELECT address, channel, purpose, granted, proof FROM consent WHERE channel = 'sms' ORDER BY id")
    lines = [row for row in lines if row[0] == NUMBER]
    assert [(row[2], bool(row[3]), json.loads(row[4])["wrote"]) for row in lines] == [
        ("marketing", False, stop),
        ("marketing", True, start),
    ]


def test_who_stopped_it_with_the_provider_is_left_alone_until_they_write(shop: Place, wire: Provider) -> None:
    """Twilio's 21610: nothing reaches the number any more. Another way is taken, and the number not asked again."""
    shop.flow(ANY)
    wire.answers["api.twilio.com"] = [(400, {"code": 21610, "message": "Attempt to send to unsubscribed recipient"})]
    order(shop, "1")
    for _ in range(2):
        shop.after(seconds=30)
    assert shop.rows("SELECT address, channel, reason FROM suppression") == [(NUMBER, "sms", "bounce.stopped")]
    assert len(wire.mails) == 1
    order(shop, "2")
    shop.after(seconds=30)
    assert len(wire.mails) == 2 and wire.sent().count("api.twilio.com") == 1
    fields = {"MessageSid": "SMin", "SmsStatus": "received", "From": NUMBER, "Body": "START"}
    deliver(shop, TWILIO, urlencode(fields).encode())
    assert shop.rows("SELECT address FROM suppression") == []


def test_whatsapps_own_switch_ends_offers_there_and_opens_no_window(shop: Place, wire: Provider) -> None:
    choice = {"wa_id": NUMBER[1:], "category": "marketing_messages", "value": "stop", "timestamp": 1772443000}
    body = {"entry": [{"changes": [{"field": "user_preferences", "value": {"user_preferences": [choice]}}]}]}
    deliver(shop, WHATSAPP, json.dumps(body).encode())
    deliver(shop, WHATSAPP, json.dumps(body).encode())
    sql = "SELECT channel, granted, source FROM consent WHERE channel = 'whatsapp'"
    assert [(one, bool(granted), source) for one, granted, source in shop.rows(sql)] == [
        ("whatsapp", False, "whatsapp settings")
    ]
    assert told_of_chats(shop) == 0
    shop.flow(TEXT.replace("send_sms", "send_whatsapp"))
    order(shop)
    assert results(shop) == [("failed", "window.closed")]


def told_of_chats(place: Place) -> int:
    return int(place.rows("SELECT count(*) FROM event WHERE type = 'chat.message_received'")[0][0])


@pytest.mark.parametrize("status", [404, 410])
def test_a_browser_that_is_gone_is_forgotten_and_may_come_back(shop: Place, wire: Provider, status: int) -> None:
    keeping.connect(shop.shop, "webpush", {}, {}, by="t", base_url="https://s.example", database=shop.database)
    subscribe(shop, "old.example")
    subscribe(shop, "new.example")
    shop.flow(TEXT.replace("send_sms:", "send_push:").replace("{text", "{title: Casa, text"))
    wire.answers["old.example"] = [(status, {})]
    wire.answers["new.example"] = [(201, {}), (status, {})]
    order(shop, "1")
    assert results(shop)[-1][1]["sent"] is True
    assert shop.rows("SELECT count(*) FROM channels_browser") == [(1,)]
    assert all(one.headers["Authorization"].startswith("vapid t=") for one in wire.asked)
    order(shop, "2")
    assert results(shop)[-1] == ("failed", "address.gone")
    assert shop.rows("SELECT count(*) FROM channels_browser") == [(0,)]
    subscribe(shop, "again.example")
    wire.answers["again.example"] = [(201, {})]
    order(shop, "3")
    assert results(shop)[-1][1]["sent"] is True


@pytest.mark.parametrize("lost_first", [True, False])
def test_a_browser_that_may_have_shown_it_keeps_all_other_ways_closed(
    shop: Place, wire: Provider, lost_first: bool
) -> None:
    """One browser's answer is lost, another's service refuses: nobody can say that it did not arrive."""
    keeping.connect(shop.shop, "webpush", {}, {}, by="t", base_url="https://s.example", database=shop.database)
    subscribe(shop, "one.example")
    subscribe(shop, "two.example")
    shop.flow(ANY.replace("[whatsapp, sms, email]", "[push, sms]"))
    lost, refused = ("one", "two") if lost_first else ("two", "one")
    wire.answers[f"{lost}.example"] = [HttpFailed("cut"), (201, {})]
    wire.answers[f"{refused}.example"] = [(403, {})] * 2
    order(shop, "1")
    for _ in range(3):
        shop.after(minutes=1)
    assert "api.twilio.com" not in wire.sent()
    assert results(shop)[-1][1]["channel"] == "push"


def subscribe(place: Place, host: str) -> None:
    keys = {
        "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        "auth": "BTBZMqHH6r4Tts7J_aSIgg",
    }
    held: dict[str, Any] = {"endpoint": f"https://{host}/p/1", "keys": keys}
    subscribing.subscribe(place.shop, "7", held, "es", {"said": "Notify me"}, database=place.database)
    place.drain()


def test_each_customer_has_an_order_of_their_own_and_steps_follow_it(shop: Place, wire: Provider) -> None:
    """Without `channels` the usual order holds, and what fails later goes on to the next of it."""
    shop.flow(ANY.replace("channels: [whatsapp, sms, email], ", ""))
    set_order = partial(subscribing.set_order, shop.shop, "7", by="ana", database=shop.database)
    with pytest.raises(ValueError, match="fax is no channel"):
        set_order(["fax"])
    with pytest.raises(ValueError, match="once"):
        set_order(["sms", "sms"])
    set_order(["email", "sms"])
    shop.drain()
    (row,) = shop.rows("SELECT data FROM customers_customer WHERE key = '7'")
    assert json.loads(row[0])["reach"]["order"] == ["email", "sms"]
    shop.send(heard("whatsapp", NUMBER, "w1", "hola", shop.clock.now()))
    shop.drain()
    order(shop, "1")
    assert len(wire.mails) == 1 and wire.sent() == []
    shop.after(seconds=1)
    set_order(["sms"])
    shop.drain()
    order(shop, "2")
    assert wire.sent() == ["api.twilio.com"]
    fields = {"MessageSid": "SM1", "MessageStatus": "undelivered", "ErrorCode": "30003", "To": NUMBER}
    deliver(shop, TWILIO, urlencode(fields).encode())
    shop.after(seconds=30)
    assert wire.sent() == ["api.twilio.com", "graph.facebook.com"] and len(wire.mails) == 1
    shop.after(seconds=1)
    set_order([])
    shop.drain()
    order(shop, "3")
    assert wire.sent()[2:] == ["graph.facebook.com"]  # No wish any more: by which they wrote last.
