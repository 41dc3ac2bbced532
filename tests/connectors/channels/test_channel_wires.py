"""Each channel's request, answer and error by its provider's published schema, and what its webhooks mean."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest

from sereno.connectors.telegram.webhooks import TELEGRAM
from sereno.connectors.texts.webhooks import TEXTS
from sereno.connectors.twilio.channel import sender_for
from sereno.connectors.twilio.webhooks import TWILIO
from sereno.connectors.whatsapp.webhooks import WHATSAPP
from sereno.sdk.channels import (
    Approved,
    Button,
    ChannelBusy,
    ChannelCall,
    ChannelLimited,
    ChannelRefused,
    ChannelUnclear,
    Outgoing,
)
from sereno.sdk.connector import Connector, Delivery
from sereno.sdk.ports import HttpAnswer, HttpRequest, HttpUnreached

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ANA = Outgoing(to="+34600111222", text="Tu pedido sale hoy", country="ES")
ACCESS = {"account": "AC1", "token": "12345678:" + "A" * 35, "app_secret": "s", "url": "https://sms.example/send"}


class Wire:
    def __init__(self, status: int = 200, body: Any = None, headers: dict[str, str] | None = None) -> None:
        self.asked: list[HttpRequest] = []
        self.answer = HttpAnswer(status, headers or {}, json.dumps(body or {}).encode())

    def send(self, request: HttpRequest) -> HttpAnswer:
        self.asked.append(request)
        return self.answer

    def body(self) -> Any:
        return json.loads(self.asked[-1].body or b"{}")


def call(wire: Any, **settings: str) -> ChannelCall:
    return ChannelCall(wire, {"number_id": "1065", **settings}, ACCESS, "run1/0", NOW, "https://s.example/hooks/x")


def send(kind: Connector, wire: Any, message: Outgoing = ANA, **settings: str) -> Any:
    assert kind.channel is not None
    return kind.channel.send(call(wire, **settings), message)


def delivered(kind: Connector, body: bytes, **headers: str) -> list[Any]:
    return list(kind.map(Delivery(headers, body, "", NOW), {}).events)


# --- Twilio -----------------------------------------------------------------------------------------


def test_twilio_is_asked_by_a_form() -> None:
    wire = Wire(201, {"sid": "SM1", "num_segments": "2", "status": "queued"})
    sent = send(TWILIO, wire, sender="Casa Azahar", senders="RO +40700000000, ES MG12")
    assert (sent.id, sent.segments) == ("SM1", 2)
    request = wire.asked[0]
    assert request.url == "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages.json"
    assert request.headers["Authorization"].startswith("Basic ")
    assert dict(parse_qsl((request.body or b"").decode())) == {
        "To": "+34600111222",
        "Body": "Tu pedido sale hoy",
        "MessagingServiceSid": "MG12",
        "StatusCallback": "https://s.example/hooks/x",
    }
    assert sender_for({"sender": "A", "senders": "RO B"}, "PT") == "A"


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (400, {"code": 21211, "message": "The 'To' number is not valid."}, "address.invalid"),
        (400, {"code": 21610, "message": "Attempt to send to unsubscribed recipient"}, "address.unsubscribed"),
        (401, {"code": 20003, "message": "Authenticate", "status": 401}, "channel.key_refused"),
        (400, {"code": 21617, "message": "The body exceeds the 1600 character limit"}, "message.refused"),
    ],
)  # fmt: skip
def test_twilio_refuses(status: int, body: Any, code: str) -> None:
    with pytest.raises(ChannelRefused) as refused:
        send(TWILIO, Wire(status, body), sender="A")
    assert refused.value.code == code


def test_what_was_surely_not_sent_is_told_from_what_may_have_been() -> None:
    with pytest.raises(ChannelLimited) as limited:
        send(TWILIO, Wire(429, {}, {"retry-after": "7"}), sender="A")
    assert limited.value.after == timedelta(seconds=7)
    with pytest.raises(ChannelUnclear):
        send(TWILIO, Wire(500), sender="A")

    class Gone:
        def send(self, request: HttpRequest) -> HttpAnswer:
            raise HttpUnreached("refused")

    with pytest.raises(ChannelBusy):
        send(TWILIO, Gone(), sender="A")


def test_twilio_signs_over_its_address_and_its_fields() -> None:
    # The example of Twilio's own documents.
    fields = {"CallSid": "CA1234567890ABCDE", "Caller": "+14158675309", "Digits": "1234", "From": "+14158675309"}
    body = urlencode({**fields, "To": "+18005551212"}).encode()
    settings = {"hook": "https://mycompany.com/myapp.php?foo=1&bar=2"}
    right = {"x-twilio-signature": "RSOYDt4T1cUTdK1PDd93/VVr8B8="}
    assert TWILIO.sign("12345", body, {}, NOW, settings) == right
    assert TWILIO.verify(["12345"], right, body, NOW, settings) == "ok"
    assert TWILIO.verify(["12345"], right, body + b"0", NOW, settings) == "bad_signature"
    assert TWILIO.verify(["12345", ""], {}, body, NOW, settings) == "bad_signature"


def test_twilio_tells() -> None:
    status = urlencode(
        {"MessageSid": "SM1", "MessageStatus": "undelivered", "ErrorCode": "30005", "To": "+34600"}
    ).encode()
    (event,) = delivered(TWILIO, status)
    assert event.type == "channel.told" and event.id == "told:sms:SM1:failed"
    assert (event.data["status"], event.data["reason"]) == ("failed", "address.invalid")
    answer = urlencode({"MessageSid": "SM2", "SmsStatus": "received", "From": "+34600111222", "Body": "BAJA"}).encode()
    (event,) = delivered(TWILIO, answer)
    assert event.type == "channel.heard"
    assert (event.data["address"], event.data["text"]) == ("+34600111222", "BAJA")
    assert TWILIO.dedupe_key({}, status, {}) == "SM1:undelivered"


# --- a gateway of one's own ---------------------------------------------------------------------------


def test_a_gateway_gets_the_key_and_its_word_on_numbers_counts() -> None:
    wire = Wire(200, {"id": "g1", "segments": 2})
    assert send(TEXTS, wire, sender="Azahar").segments == 2
    assert wire.body() == {"to": "+34600111222", "text": "Tu pedido sale hoy", "from": "Azahar", "key": "run1/0"}
    assert wire.asked[0].headers["Idempotency-Key"] == "run1/0"
    with pytest.raises(ChannelRefused) as refused:
        send(TEXTS, Wire(422, {"code": "address.invalid"}))
    assert refused.value.code == "address.invalid"
    body = json.dumps({"type": "status", "id": "g1", "key": "run1/0", "status": "delivered"}).encode()
    headers = TEXTS.sign("whsec_" + "A" * 32, body, {}, NOW, {})
    assert TEXTS.verify(["whsec_" + "A" * 32], headers, body, NOW, {}) == "ok"
    assert delivered(TEXTS, body)[0].data["effect"] == "run1/0"


# --- WhatsApp -----------------------------------------------------------------------------------------

TAKEN = {
    "messaging_product": "whatsapp",
    "contacts": [{"input": "34600111222", "wa_id": "34600111222"}],
    "messages": [{"id": "wamid.1"}],
}


def test_whatsapp_takes_words_replies_lists_and_approved_texts() -> None:
    wire = Wire(200, TAKEN)
    assert send(WHATSAPP, wire).id == "wamid.1"
    assert wire.asked[0].url == "https://graph.facebook.com/v23.0/1065/messages"
    assert wire.body() == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": "34600111222",
        "biz_opaque_callback_data": "run1/0",
        "type": "text",
        "text": {"body": "Tu pedido sale hoy", "preview_url": False},
    }
    send(WHATSAPP, wire, Outgoing(to="+34600", text="¿Sí?", buttons=(Button("Sí", id="yes"), Button("No", id="no"))))
    assert wire.body()["interactive"] == {
        "type": "button",
        "body": {"text": "¿Sí?"},
        "action": {
            "buttons": [
                {"type": "reply", "reply": {"id": "yes", "title": "Sí"}},
                {"type": "reply", "reply": {"id": "no", "title": "No"}},
            ]
        },
    }
    rows = (Button("Mi pedido", id="track", description="Dónde está"),)
    send(WHATSAPP, wire, Outgoing(to="+34600", text="¿Qué?", listed=rows, list_label="Elige"))
    assert wire.body()["interactive"]["action"] == {
        "button": "Elige",
        "sections": [{"rows": [{"id": "track", "title": "Mi pedido", "description": "Dónde está"}]}],
    }
    send(WHATSAPP, wire, Outgoing(to="+34600", text="", approved=Approved("order_shipped", "es", ("Ana", "#1001"))))
    assert wire.body()["template"] == {
        "name": "order_shipped",
        "language": {"code": "es"},
        "components": [
            {"type": "body", "parameters": [{"type": "text", "text": "Ana"}, {"type": "text", "text": "#1001"}]}
        ],
    }


@pytest.mark.parametrize(
    ("status", "code", "wanted"),
    [
        (400, 131047, "window.closed"),
        (400, 131026, "address.unreachable"),
        (400, 131050, "address.unsubscribed"),
        (404, 132001, "approved.missing"),
        (400, 132015, "approved.paused"),
        (400, 131045, "channel.unregistered"),
        (400, 133010, "channel.unregistered"),
        (400, 131008, "message.refused"),
        (401, 190, "channel.key_refused"),
    ],
)
def test_whatsapp_refuses(status: int, code: int, wanted: str) -> None:
    error = {"error": {"message": "(#131047) Re-engagement message", "type": "OAuthException", "code": code}}
    with pytest.raises(ChannelRefused) as refused:
        send(WHATSAPP, Wire(status, error))
    assert refused.value.code == wanted
    with pytest.raises(ChannelLimited):
        send(WHATSAPP, Wire(400, {"error": {"code": 130429, "message": "Rate limit hit"}}))
    with pytest.raises(ChannelUnclear):
        send(WHATSAPP, Wire(400, {"error": {"code": 131000, "message": "Something went wrong"}}))


def whatsapp(value: dict[str, Any]) -> bytes:
    about = {"messaging_product": "whatsapp", "metadata": {"display_phone_number": "346", "phone_number_id": "1065"}}
    change = {"field": "messages", "value": {**about, **value}}
    return json.dumps({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [change]}]}).encode()


def test_whatsapp_tells_many_things_at_once() -> None:
    people = [{"profile": {"name": "Ana"}, "wa_id": "34600111222"}]
    pressed = {"type": "list_reply", "list_reply": {"id": "track", "title": "Mi pedido"}}
    messages = [
        {"from": "34600111222", "id": "wamid.a", "timestamp": "1795262400", "type": "text", "text": {"body": "Hola"}},
        {
            "from": "34600111222",
            "id": "wamid.b",
            "timestamp": "1795262401",
            "type": "interactive",
            "interactive": pressed,
        },
    ]
    first, second = delivered(WHATSAPP, whatsapp({"contacts": people, "messages": messages}))
    assert (first.data["address"], first.data["text"], first.data["name"]) == ("+34600111222", "Hola", "Ana")
    assert (second.data["kind"], second.data["choice"], second.data["text"]) == ("choice", "track", "Mi pedido")
    failed = {"id": "wamid.1", "status": "failed", "timestamp": "1795262400", "recipient_id": "34600111222"}
    failed |= {"biz_opaque_callback_data": "run1/0", "errors": [{"code": 131026, "title": "Message undeliverable"}]}
    (told,) = delivered(WHATSAPP, whatsapp({"statuses": [failed]}))
    assert (told.data["effect"], told.data["status"], told.data["reason"]) == (
        "run1/0",
        "failed",
        "address.unreachable",
    )


def test_what_a_provider_takes_for_a_stop_is_one_in_any_words() -> None:
    choice = {"wa_id": "34600111222", "detail": "User requested to stop marketing messages", "value": "stop"}
    choice |= {"category": "marketing_messages", "timestamp": 1795262400}
    (event,) = delivered(WHATSAPP, whatsapp({"user_preferences": [choice, {**choice, "category": "other"}]}))
    assert (event.type, event.data["kind"], event.data["meant"]) == ("channel.heard", "preference", "stop")
    (again,) = delivered(WHATSAPP, whatsapp({"user_preferences": [{**choice, "value": "resume"}]}))
    assert again.data["meant"] == "start" and again.id != event.id
    fields = {"MessageSid": "SM3", "SmsStatus": "received", "From": "+34600111222", "Body": "Nada más"}
    (own,) = delivered(TWILIO, urlencode({**fields, "OptOutType": "STOP"}).encode())
    assert own.data["meant"] == "stop"
    (plain,) = delivered(TWILIO, urlencode({**fields, "OptOutType": "HELP"}).encode())
    assert "meant" not in plain.data


def test_whatsapp_is_greeted_by_the_word_alone() -> None:
    asked = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": "w0rd"}
    assert WHATSAPP.greet(asked, {"word": "w0rd"}) == "1158201444"
    assert WHATSAPP.greet(asked, {"word": "other"}) is None
    assert WHATSAPP.greet({**asked, "hub.verify_token": ""}, {}) is None


# --- Telegram -----------------------------------------------------------------------------------------


def test_telegram_takes_words_and_buttons() -> None:
    wire = Wire(200, {"ok": True, "result": {"message_id": 7, "chat": {"id": 99, "type": "private"}}})
    message = Outgoing(
        to="99", text="Sale hoy", buttons=(Button("Ver", url="https://s.example/t"), Button("Sí", id="y"))
    )
    assert send(TELEGRAM, wire, message).id == "99.7"
    assert wire.asked[0].url == f"https://api.telegram.org/bot{ACCESS['token']}/sendMessage"
    assert wire.body()["reply_markup"] == {
        "inline_keyboard": [[{"text": "Ver", "url": "https://s.example/t"}], [{"text": "Sí", "callback_data": "y"}]]
    }
    blocked = {"ok": False, "error_code": 403, "description": "Forbidden: bot was blocked by the user"}
    with pytest.raises(ChannelRefused) as refused:
        send(TELEGRAM, Wire(403, blocked))
    assert refused.value.code == "address.gone"
    with pytest.raises(ChannelRefused, match="token"):
        send(TELEGRAM, Wire(401, {"ok": False, "error_code": 401, "description": "Unauthorized"}))


def test_telegram_tells() -> None:
    chat = {"id": 99, "type": "private"}
    ana = {"date": 1795262400, "chat": chat, "from": {"first_name": "Ana"}}
    message = {**ana, "message_id": 5, "text": "/start 12-abc"}
    body = json.dumps({"update_id": 1, "message": message}).encode()
    (event,) = delivered(TELEGRAM, body)
    assert (event.data["address"], event.data["link"]) == ("99", "12-abc")
    assert TELEGRAM.verify(["s"], {"x-telegram-bot-api-secret-token": "s"}, body, NOW, {}) == "ok"
    assert TELEGRAM.verify(["s", ""], {}, body, NOW, {}) == "bad_signature"
    member = {**ana, "new_chat_member": {"status": "kicked"}}
    (stopped,) = delivered(TELEGRAM, json.dumps({"update_id": 2, "my_chat_member": member}).encode())
    assert stopped.data["text"] == "/stop"
    group = {**message, "chat": {"id": -5, "type": "group"}}
    assert delivered(TELEGRAM, json.dumps({"update_id": 3, "message": group}).encode()) == []
