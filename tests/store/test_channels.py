"""Messages by channels, from a flow to a provider on a wire and back: once each, by one way, and heard."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

import pytest
from support import START, Place, fact

from sereno.connectors.talking import heard, told
from sereno.runtime import services
from sereno.runtime.channels import keeping
from sereno.sdk.connector import NewEvent
from sereno.sdk.plugin import registry
from sereno.sdk.ports import Http, HttpAnswer, HttpFailed, HttpRequest, HttpUnreached, Mailer
from sereno.sdk.result import Done, Result, Retry
from sereno.store.database import Database

ANA = {
    "id": "7",
    "email": "ana@example.com",
    "phone": "600 111 222",
    "first_name": "Ana",
    "accepts_sms": True,
    "default_address": {"country": "ES"},
}
TEXT = """\
flow: shipped
name: Shipped
trigger: {event: order.created}
steps:
  - messages.send_sms: {text: "Your order {{ order.number }} is on its way"}
"""
ANY = """\
flow: any-way
name: Any way
trigger: {event: order.created}
steps:
  - messages.send: {channels: [whatsapp, sms, email], text: "On its way", title: "On its way"}
"""


class Provider:
    """Twilio and WhatsApp on one wire. `answers`: what comes next, by host; an exception is raised."""

    def __init__(self) -> None:
        self.asked: list[HttpRequest] = []
        self.answers: dict[str, list[Any]] = {}
        self.mails: list[Any] = []
        self.mail_answers: list[Result] = []

    def send(self, request: HttpRequest) -> Any:
        if not isinstance(request, HttpRequest):
            self.mails.append(request)
            return self.mail_answers.pop(0) if self.mail_answers else Done({})
        self.asked.append(request)
        host = request.url.split("/")[2]
        queue = self.answers.get(host)
        found = queue.pop(0) if queue else None
        if isinstance(found, Exception):
            raise found
        if found is None:
            usual = {"api.twilio.com": (201, {"sid": f"SM{len(self.asked)}", "num_segments": "1"})}
            found = usual.get(host, (200, {"messages": [{"id": f"wamid.{len(self.asked)}"}]}))
        return HttpAnswer(found[0], {}, json.dumps(found[1]).encode())

    def sent(self) -> list[str]:
        return [one.url.split("/")[2] for one in self.asked if one.method == "POST"]


@pytest.fixture
def wire() -> Provider:
    return Provider()


@pytest.fixture
def shop(database: Database, wire: Provider, secret_key: None) -> Iterator[Place]:
    def find(kind: type[Any], shop: Any) -> Any:
        return wire if kind in (Http, Mailer) else None

    place = Place(database, find)
    for kind, access, settings in (
        ("twilio", {"account": "AC1", "token": "t"}, {"sender": "+34600000000"}),
        ("whatsapp", {"token": "t", "app_secret": "s"}, {"number_id": "123"}),
    ):
        keeping.connect(
            place.shop, kind, access, settings, by="tester", base_url="https://s.example", database=database
        )
    place.send(fact("c", "customer.created", "customer:7", {**ANA, "updated_at": START.isoformat()}, customer="7"))
    place.drain()
    yield place
    place.runtime.stop()


def order(place: Place, number: str = "1001") -> None:
    data = {"id": number, "number": number, "customer_id": "7", "email": "ana@example.com", "total": "10.00"}
    at = place.clock.now()
    refs = {"order": number, "customer": "7"}
    place.send(
        NewEvent(f"o{number}", "order.created", f"order:{number}", at, {**data, "updated_at": at.isoformat()}, refs)
    )
    place.drain()


def results(place: Place) -> list[tuple[str, Any]]:
    rows = place.rows("SELECT status, result, error FROM effect WHERE action LIKE 'messages.send%' ORDER BY id")
    return [(status, json.loads(result) if result else error) for status, result, error in rows]


def kept(place: Place) -> list[tuple[Any, ...]]:
    return place.rows("SELECT channel, status, reason FROM channels_message ORDER BY id")


def test_a_text_message_goes_to_the_number_in_e164(shop: Place, wire: Provider) -> None:
    shop.flow(TEXT)
    order(shop)
    assert dict(parse_qsl((wire.asked[0].body or b"").decode())) == {
        "To": "+34600111222",
        "Body": "Your order 1001 is on its way",
        "From": "+34600000000",
        "StatusCallback": "https://s.example/hooks/demo-twilio",
    }
    assert results(shop)[0][1]["provider_id"] == "SM1"
    assert kept(shop) == [("sms", "sent", "")]


def test_a_lost_answer_is_looked_for_and_not_sent_twice(shop: Place, wire: Provider) -> None:
    shop.flow(TEXT)
    body = "Your order 1001 is on its way"
    there = {"sid": "SM9", "body": body, "date_created": "Mon, 02 Mar 2026 09:00:01 +0000", "num_segments": "1"}
    wire.answers["api.twilio.com"] = [HttpFailed("lost"), (200, {"messages": [there]})]
    order(shop)
    shop.after(minutes=1)
    assert [one.method for one in wire.asked] == ["POST", "GET"]
    assert results(shop)[0][1]["provider_id"] == "SM9"


def test_what_reached_nobody_is_sent_again(shop: Place, wire: Provider) -> None:
    shop.flow(TEXT)
    wire.answers["api.twilio.com"] = [HttpUnreached("refused")]
    order(shop)
    shop.after(minutes=1)
    assert [one.method for one in wire.asked] == ["POST", "POST"]
    assert results(shop)[0][0] == "done"


def test_without_a_way_to_look_an_unclear_message_is_left_to_people(shop: Place, wire: Provider) -> None:
    shop.flow(TEXT.replace("send_sms", "send_whatsapp"))
    shop.send(heard("whatsapp", "+34600111222", "w1", "hola", shop.clock.now()))
    shop.drain()
    wire.answers["graph.facebook.com"] = [HttpFailed("lost")]
    order(shop)
    for _ in range(6):
        shop.after(minutes=2)
    assert wire.sent() == ["graph.facebook.com"]
    assert results(shop) == [("failed", "channel.unclear")]
    assert kept(shop) == [("whatsapp", "unclear", "")]


def test_free_words_go_by_whatsapp_only_within_a_day_of_theirs(shop: Place, wire: Provider) -> None:
    shop.flow(TEXT.replace("send_sms", "send_whatsapp"))
    order(shop, "1")
    assert results(shop) == [("failed", "window.closed")] and wire.asked == []
    shop.send(heard("whatsapp", "+34600111222", "w1", "hola", shop.clock.now()))
    shop.drain()
    order(shop, "2")
    assert results(shop)[-1][0] == "done"
    shop.after(hours=24)
    order(shop, "3")
    assert results(shop)[-1] == ("failed", "window.closed")


def test_it_goes_by_the_next_way_when_one_fails_now_or_later_and_never_by_two(shop: Place, wire: Provider) -> None:
    shop.flow(ANY)
    order(shop)
    shop.after(seconds=30)
    # WhatsApp's window is closed, so it went as a text message.
    assert wire.sent() == ["api.twilio.com"]
    assert kept(shop) == [("whatsapp", "failed", "window.closed"), ("sms", "sent", "")]
    failed = told("sms", "SM1", "failed", shop.clock.now(), reason="address.unreachable", text="Twilio 30005")
    for number in range(2):
        shop.send(NewEvent(f"{failed.id}{number}", failed.type, failed.subject, failed.occurred_at, failed.data))
    shop.drain()
    shop.after(seconds=30)
    assert len(wire.mails) == 1
    assert kept(shop)[1:] == [("sms", "failed", "address.unreachable"), ("email", "sent", "")]
    assert results(shop)[0][1]["channel"] == "email"
    assert shop.rows("SELECT count(*) FROM event WHERE type = 'message.bounced'") == [(1,)]


def test_what_arrived_does_not_fail_any_more(shop: Place, wire: Provider) -> None:
    shop.flow(ANY)
    order(shop)
    shop.after(seconds=30)
    for status in ("delivered", "failed"):
        shop.send(told("sms", "SM1", status, shop.clock.now(), reason="address.unreachable"))  # type: ignore[arg-type]
        shop.drain()
    shop.after(seconds=30)
    assert kept(shop)[1][1] == "delivered" and wire.mails == []


def test_marketing_needs_consent_to_the_channel_and_falls_to_one_that_has_it(shop: Place, wire: Provider) -> None:
    shop.flow(ANY.replace('title: "On its way"', 'title: "On its way", purpose: marketing'))
    order(shop)
    shop.after(hours=1)
    # No word on WhatsApp; text messages are agreed to, by the platform's own record.
    assert wire.sent() == ["api.twilio.com"]
    body = dict(parse_qsl((wire.asked[0].body or b"").decode()))["Body"]
    assert body.endswith("responde BAJA")
    shop.send(heard("sms", "+34600111222", "SMin", "Baja.", shop.clock.now()))
    shop.drain()
    shop.after(hours=30)
    order(shop, "2")
    shop.after(hours=1)
    assert len(wire.asked) == 1
    assert results(shop)[-1][1]["sent"] is False
    chats = shop.rows("SELECT subject, data FROM event WHERE type = 'chat.message_received'")
    assert chats[0][0] == "customer:7" and json.loads(chats[0][1])["is_stop"] is True


def test_who_wrote_last_is_known_and_their_channel_comes_first(shop: Place, wire: Provider) -> None:
    shop.flow(ANY.replace("[whatsapp, sms, email]", "[last, sms]"))
    shop.send(heard("whatsapp", "+34600111222", "w1", "hola", shop.clock.now()))
    shop.drain()
    (row,) = shop.rows("SELECT data FROM customers_customer WHERE key = '7'")
    reach = json.loads(row[0])["reach"]
    assert reach["last_channel"] == "whatsapp" and reach["whatsapp_at"].startswith("2026-03-02T09:00")
    order(shop)
    assert wire.sent() == ["graph.facebook.com"]


def test_the_price_of_text_messages_counts_against_the_limit(shop: Place, wire: Provider) -> None:
    priced = json.dumps({**json.loads(shop.rows("SELECT settings FROM shop")[0][0]), "sms_price": "0.06"})
    with shop.database.transaction() as tx:
        tx.run("keep_shop_settings", {"shop": shop.shop, "settings": priced})
    document = TEXT.replace("steps:", "limits: {spend_per_day: {EUR: '0.10'}}\nsteps:")
    shop.flow(document)
    order(shop, "1")
    order(shop, "2")
    assert len(wire.asked) == 1
    assert shop.rows("SELECT status FROM flow WHERE name = 'shipped'") == [("paused",)]


def test_what_is_connected_is_told_to_the_shop(shop: Place) -> None:
    assert registry().connectors.get("twilio") is not None
    keeping.disconnect(shop.shop, "demo-twilio", by="tester", database=shop.database)
    rows = shop.rows("SELECT settings FROM shop")
    assert json.loads(rows[0][0])["channels"] == ["whatsapp"]


LOOKING = """\
flow: any-way
name: Any way
trigger: {event: order.created}
steps:
  - messages.send: {channels: [last, whatsapp, sms, email], text: "On its way", title: "On its way"}
"""


def test_of_two_accounts_of_a_channel_the_newest_sends_and_what_the_other_began_stays_there(
    shop: Place, wire: Provider
) -> None:
    database = shop.runtime.world.database

    def sending() -> list[tuple[str, bool]]:
        return [(one.kind, one.sends) for one in keeping.listed(shop.shop, database=database) if one.channel == "sms"]

    def connect(kind: str, access: dict[str, str]) -> keeping.Told:
        held = {"sender": "+34600000000"}
        return keeping.connect(
            shop.shop, kind, access, held, by="tester", base_url="https://s.example", database=database
        )

    shop.flow(TEXT)
    wire.answers["api.twilio.com"] = [HttpFailed("reset")]
    order(shop)
    assert kept(shop) == [("sms", "begun", "")]
    gateway = {"url": "https://sms.example/send", "token": "t", "secret": "whsec_" + "A" * 32}
    assert connect("texts", gateway).sends and sending() == [("twilio", False), ("texts", True)]
    assert not connect("twilio", {"account": "AC1", "token": "changed"}).sends
    wire.answers["api.twilio.com"] = [(200, {"messages": [{"sid": "SM9", "body": "", "date_created": ""}]})]
    shop.after(minutes=2)
    # Twilio was asked about its own; that it took nothing is the word on which the gateway may send.
    assert [one.url.split("/")[2] for one in wire.asked] == ["api.twilio.com", "api.twilio.com", "sms.example"]
    order(shop, "1002")
    assert wire.sent()[-1] == "sms.example"
    keeping.choose(shop.shop, sorted(one.connection for one in keeping.listed(shop.shop, database=database)
                                     if one.kind == "twilio")[0], by="tester", database=database)  # fmt: skip
    assert sending() == [("twilio", True), ("texts", False)]
    order(shop, "1003")
    assert wire.sent()[-1] == "api.twilio.com"
    texts = next(one for one in keeping.listed(shop.shop, database=database) if one.kind == "texts")
    tried = keeping.try_out(
        shop.shop, texts.connection, "+34600111222", "A test", by="tester", http=wire, database=database
    )
    assert isinstance(tried, Done) and wire.sent()[-1] == "sms.example"
    keeping.disconnect(shop.shop, texts.connection, by="tester", database=database)
    with pytest.raises(LookupError):
        keeping.choose(shop.shop, texts.connection, by="tester", database=database)


def test_an_answer_lost_by_one_way_keeps_all_others_closed(shop: Place, wire: Provider) -> None:
    """Whatever changes meanwhile: which they like best, what is switched on, what is connected."""
    shop.flow(LOOKING)
    shop.send(heard("whatsapp", "+34600111222", "w1", "hola", shop.clock.now()))
    shop.drain()
    wire.answers["graph.facebook.com"] = [HttpFailed("lost")]
    order(shop)
    assert wire.sent() == ["graph.facebook.com"]
    shop.send(heard("sms", "+34600111222", "w2", "hola", shop.clock.now()))
    shop.drain()
    keeping.disconnect(shop.shop, "demo-whatsapp", by="tester", database=shop.database)
    for _ in range(4):
        shop.after(minutes=2)
    assert wire.sent() == ["graph.facebook.com"] and wire.mails == []
    assert results(shop) == [("failed", "channel.unclear")]


def test_a_worker_that_dies_after_the_answer_leaves_the_message_where_it_went(shop: Place, wire: Provider) -> None:
    shop.flow(LOOKING)
    shop.send(heard("whatsapp", "+34600111222", "w1", "hola", shop.clock.now()))
    shop.drain()
    order(shop)
    # It was taken and noted; that it is done was never committed, and they write by another way meanwhile.
    shop.database.execute_script("UPDATE effect SET status = 'pending', result = NULL WHERE action = 'messages.send'")
    shop.send(heard("sms", "+34600111222", "w2", "hola", shop.clock.now()))
    shop.drain()
    shop.after(minutes=2)
    assert wire.sent() == ["graph.facebook.com"] and wire.mails == []
    assert results(shop)[0][1]["channel"] == "whatsapp"


def test_a_mail_whose_answer_was_lost_is_not_followed_by_another_way(shop: Place, wire: Provider) -> None:
    shop.flow(LOOKING.replace("[last, whatsapp, sms, email]", "[last, email]"))
    answers: list[Any] = [Retry("smtp.unsure", "the connection broke"), Done({})]
    wire.mail_answers = answers
    order(shop)
    assert len(wire.mails) == 1
    shop.send(heard("sms", "+34600111222", "w2", "hola", shop.clock.now()))
    shop.drain()
    for _ in range(3):
        shop.after(minutes=5)
    assert len(wire.mails) == 2 and wire.mails[0].message_id == wire.mails[1].message_id
    assert wire.sent() == [] and results(shop)[0][1]["channel"] == "email"


def test_a_second_number_meanwhile_is_not_written_to_as_well(shop: Place, wire: Provider) -> None:
    shop.flow(TEXT)
    body = "Your order 1001 is on its way"
    there = {"sid": "SM9", "body": body, "date_created": "Mon, 02 Mar 2026 09:00:01 +0000", "num_segments": "1"}
    wire.answers["api.twilio.com"] = [HttpFailed("lost"), (200, {"messages": [there]})]
    order(shop)
    moved = {**ANA, "phone": "600 333 444", "updated_at": shop.clock.now().isoformat()}
    shop.send(fact("c2", "customer.updated", "customer:7", moved, customer="7"))
    shop.drain()
    shop.after(minutes=1)
    assert [one.method for one in wire.asked] == ["POST", "GET"]
    assert "To=%2B34600111222" in wire.asked[1].url
    assert results(shop)[0][1]["provider_id"] == "SM9"


@pytest.mark.parametrize("first", [HttpFailed("lost"), (400, {"error": {"code": 131026, "message": "no"}})])
def test_what_a_person_tries_again_is_tried_again(shop: Place, wire: Provider, first: Any) -> None:
    shop.flow(TEXT.replace("send_sms", "send_whatsapp"))
    shop.send(heard("whatsapp", "+34600111222", "w1", "hola", shop.clock.now()))
    shop.drain()
    wire.answers["graph.facebook.com"] = [first]
    order(shop)
    for _ in range(6):
        shop.after(minutes=2)
    assert results(shop)[0][0] == "failed" and len(wire.sent()) == 1
    rows = shop.rows("SELECT id FROM effect WHERE status = 'failed'")
    assert services.replay_effects([row[0] for row in rows], "tester", database=shop.database) == 1
    shop.drain()
    assert results(shop)[0][0] == "done" and len(wire.sent()) == 2
    assert kept(shop) == [("whatsapp", "sent", "")]
