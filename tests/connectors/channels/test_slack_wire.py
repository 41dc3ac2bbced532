"""Slack's signature by the example of its own documents, what its requests mean, how its refusals are told apart."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from sereno.connectors.slack.blocks import blocks_of
from sereno.connectors.slack.channel import CHANNEL, address_of, ask
from sereno.connectors.slack.webhooks import SLACK, sign
from sereno.connectors.telegram.webhooks import TELEGRAM
from sereno.sdk.channels import ChannelBusy, ChannelCall, ChannelLimited, ChannelRefused, ChannelUnclear, Outgoing
from sereno.sdk.connector import Delivery, Unmappable
from sereno.sdk.desk import Card, Choice, Press, answer_value, read_value
from sereno.sdk.ports import HttpAnswer, HttpRequest, HttpUnreached

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
EXAMPLE = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
    b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
    b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
    b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
)


class Wire:
    def __init__(self, *answers: Any) -> None:
        self.asked: list[HttpRequest] = []
        self.answers = list(answers)

    def send(self, request: HttpRequest) -> HttpAnswer:
        self.asked.append(request)
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(found, Exception):
            raise found
        status, headers, body = found
        return HttpAnswer(status, headers, json.dumps(body).encode())


def call(wire: Wire) -> ChannelCall:
    return ChannelCall(wire, {"channel": "C1"}, {"token": "xoxb-1"}, "run1/0/ask", NOW)


def pressed(**changes: Any) -> bytes:
    payload = {
        "type": "block_actions",
        "user": {"id": "U1", "name": "ana"},
        "container": {"type": "message", "message_ts": "17.1", "channel_id": "C1"},
        "channel": {"id": "C1", "name": "orders"},
        "trigger_id": "1.2.3",
        "response_url": "https://hooks.slack.com/actions/T1/1/x",
        "actions": [{"type": "button", "action_id": "sereno.0", "value": "ask.a.7.y", "action_ts": "17.5"}],
        **changes,
    }
    return urlencode({"payload": json.dumps(payload)}).encode()


def test_the_signature_of_slacks_own_example() -> None:
    at = datetime.fromtimestamp(1531420618, UTC)
    headers = {
        "x-slack-request-timestamp": "1531420618",
        "x-slack-signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
    }
    assert SLACK.verify(["other", SECRET], headers, EXAMPLE, at, {}) == "ok"
    assert SLACK.verify([SECRET], headers, EXAMPLE, at + timedelta(seconds=300), {}) == "ok"
    assert SLACK.verify([SECRET], headers, EXAMPLE, at + timedelta(seconds=301), {}) == "too_old"
    assert SLACK.verify([SECRET], headers, EXAMPLE, at - timedelta(seconds=301), {}) == "too_old"
    assert SLACK.verify([SECRET], headers, EXAMPLE + b"&", at, {}) == "bad_signature"
    assert SLACK.verify([SECRET], {**headers, "x-slack-request-timestamp": "1531420619"}, EXAMPLE, at, {}) != "ok"
    assert SLACK.verify(["", "other"], headers, EXAMPLE, at, {}) == "bad_signature"
    for odd in ("", "soon", "-5", "9" * 40, "١٢٣"):
        assert SLACK.verify([SECRET], {**headers, "x-slack-request-timestamp": odd}, EXAMPLE, at, {}) == "bad_signature"
    assert SLACK.verify([SECRET], sign(SECRET, EXAMPLE, {}, at, {}), EXAMPLE, at, {}) == "ok"


def test_a_press_is_told_once_however_often_it_comes() -> None:
    body = pressed()
    (event,) = SLACK.map(Delivery({}, body, "", NOW), {}).events
    assert event.type == "desk.pressed" and event.id == "pressed:slack:17.1.U1.17.5"
    assert {name: event.data[name] for name in ("account", "chat", "message", "value")} == {
        "account": "U1",
        "chat": "C1",
        "message": "17.1",
        "value": "ask.a.7.y",
    }
    assert SLACK.dedupe_key({}, body, {}) == SLACK.dedupe_key({}, body + b"&x=1", {}) == "trigger:1.2.3"
    assert SLACK.topic({}, body, {}) == "block_actions"


@pytest.mark.parametrize(
    "changes",
    [
        {"actions": [{"type": "button", "action_id": "sereno.2", "url": "https://s.example/runs/1"}]},
        {"actions": [{"type": "button", "value": "something else"}]},
        {"actions": []},
        {"user": {}},
        {"container": {}, "channel": {}},
        {"type": "view_submission"},
    ],
)
def test_what_is_no_answer_tells_nothing(changes: dict[str, Any]) -> None:
    assert SLACK.map(Delivery({}, pressed(**changes), "", NOW), {}).events == ()


@pytest.mark.parametrize("body", [b"", b"payload=", b"payload=%7B", b"\xff\xfe", b"payload=[1]", b"other=1"])
def test_what_is_no_request_of_slacks_is_said_so(body: bytes) -> None:
    with pytest.raises(Unmappable):
        SLACK.map(Delivery({}, body, "", NOW), {})


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        ((200, {}, {"ok": False, "error": "invalid_auth"}), ChannelRefused, "channel.key_refused"),
        ((200, {}, {"ok": False, "error": "missing_scope", "needed": "x"}), ChannelRefused, "channel.key_refused"),
        ((200, {}, {"ok": False, "error": "not_in_channel"}), ChannelRefused, "channel.place_unknown"),
        ((200, {}, {"ok": False, "error": "message_not_found"}), ChannelRefused, "message.gone"),
        ((200, {}, {"ok": False, "error": "msg_too_long"}), ChannelRefused, "message.refused"),
        ((200, {}, {"ok": False, "error": "internal_error"}), ChannelUnclear, ""),
        ((200, {}, {}), ChannelUnclear, ""),
        ((503, {}, {}), ChannelUnclear, ""),
        ((429, {"retry-after": "30"}, {}), ChannelLimited, ""),
        ((200, {}, {"ok": False, "error": "ratelimited"}), ChannelLimited, ""),
        (HttpUnreached("no route"), ChannelBusy, ""),
    ],
)
def test_slack_refuses(answer: Any, kind: type[Exception], code: str) -> None:
    with pytest.raises(kind) as refused:
        ask(call(Wire(answer)), "chat.postMessage", {})
    if isinstance(refused.value, ChannelRefused):
        assert refused.value.code == code


OWN = (200, {}, {"ok": True, "team_id": "T1", "enterprise_id": "E1"})


@pytest.mark.parametrize(
    ("user", "address"),
    [
        ({"team_id": "T1", "profile": {"email": "Ana@Example.com"}}, "ana@example.com"),
        ({"team_id": "T1", "is_email_confirmed": True, "profile": {"email": "a@x.com"}}, "a@x.com"),
        ({"team_id": "T2", "enterprise_user": {"enterprise_id": "E1"}, "profile": {"email": "a@x.com"}}, "a@x.com"),
        ({"team_id": "T2", "profile": {"email": "a@x.com"}}, ""),
        ({"team_id": "T2", "enterprise_user": {"enterprise_id": "E2"}, "profile": {"email": "a@x.com"}}, ""),
        ({"team_id": "T1", "is_stranger": True, "profile": {"email": "a@x.com"}}, ""),
        ({"team_id": "T1", "deleted": True, "profile": {"email": "a@x.com"}}, ""),
        ({"team_id": "T1", "is_bot": True, "profile": {"email": "a@x.com"}}, ""),
        ({"team_id": "T1", "is_email_confirmed": False, "profile": {"email": "a@x.com"}}, ""),
        ({"team_id": "T1", "profile": {}}, ""),
    ],
)
def test_an_address_is_believed_of_members_of_the_own_workspace_alone(user: dict[str, Any], address: str) -> None:
    assert address_of(call(Wire(OWN, (200, {}, {"ok": True, "user": user}))), "U1") == address


def test_a_card_is_within_what_slack_takes_and_nothing_of_it_is_a_mark() -> None:
    choices = tuple(Choice("L" * 100, answer_value("approval", number, yes=True)) for number in range(9))
    card = Card("*T* <!channel> " + "x" * 4000, ("a & b",) * 200, ("fine " * 900,), choices)
    section, context, actions = blocks_of(card, "<@U1>")
    assert len(section["text"]["text"]) <= 3000 and "<!channel>" not in section["text"]["text"]
    assert len(context["elements"][0]["text"]) <= 2000 and len(actions["elements"]) == 5
    assert all(len(one["text"]["text"]) <= 75 for one in actions["elements"])
    assert len({one["action_id"] for one in actions["elements"]}) == 5


def test_a_test_message_and_a_word_to_one_alone() -> None:
    wire = Wire((200, {}, {"ok": True, "channel": "C1", "ts": "17.2", "team": "Casa", "user": "sereno"}))
    assert CHANNEL.send(call(wire), Outgoing(to="C1", text="<hello>")).id == "C1.17.2"
    assert json.loads(wire.asked[0].body or b"")["text"] == "&lt;hello&gt;"
    assert CHANNEL.probe(call(wire)) == "Casa · sereno" and CHANNEL.desk is not None
    gone = Wire((404, {}, {}), (200, {}, {"ok": True}))
    CHANNEL.desk.reply(call(gone), Press("slack", "U1", "C1", "17.1", "", reply="https://hooks.slack.com/x"), "no")
    assert gone.asked[1].url.endswith("/chat.postEphemeral")


@pytest.mark.parametrize(
    "value", ["", "ask.", "ask.a.y", "ask.b.1.y", "ask.a.1.z", "ask.a.-1.y", "ask.a.1.y ", "ask.a.٣.y"]
)
def test_a_value_that_is_none_of_ours(value: str) -> None:
    assert read_value(value) is None


def test_telegrams_secret_is_a_header_and_a_group_can_answer() -> None:
    query = {
        "id": "4382",
        "from": {"id": 7, "first_name": "Ana"},
        "message": {"message_id": 5, "chat": {"id": -100, "type": "supergroup"}},
        "data": "ask.l.3.n",
    }
    body = json.dumps({"update_id": 9, "callback_query": query}).encode()
    header = "x-telegram-bot-api-secret-token"
    assert TELEGRAM.verify(["w0rd"], {header: "w0rd"}, body, NOW, {}) == "ok"
    for given in ({}, {header: ""}, {header: "w0r"}, {header: "w0rd "}):
        assert TELEGRAM.verify(["w0rd", ""], given, body, NOW, {}) == "bad_signature"
    (event,) = TELEGRAM.map(Delivery({}, body, "", NOW), {}).events
    assert (event.type, event.id) == ("desk.pressed", "pressed:telegram:4382")
    assert (event.data["account"], event.data["chat"], event.data["message"]) == ("7", "-100", "5")
