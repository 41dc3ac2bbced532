"""Questions to staff by the shop's bot and by WhatsApp: who is who there, one decision, and words that are not sent
where they may not go."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from support import Place, order
from test_desk_slack import FLOW, people, states

from sereno.connectors.telegram.webhooks import TELEGRAM
from sereno.connectors.whatsapp.webhooks import WHATSAPP
from sereno.runtime.channels import keeping, staffing
from sereno.sdk.connector import Connector, Delivery
from sereno.sdk.ports import Http, HttpAnswer, HttpFailed, HttpRequest
from sereno.store.database import Database

TOKEN = "12345678:" + "A" * 35


class Bots:
    """Telegram and WhatsApp on one wire. `lost`: methods whose next answer does not come back; `says`: answers that are
    not the usual ones."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.lost: list[str] = []
        self.says: dict[str, tuple[int, dict[str, Any]]] = {}

    def send(self, request: HttpRequest) -> HttpAnswer:
        method = request.url.rpartition("/")[2].partition("?")[0]
        self.asked.append((method, json.loads(request.body or b"{}")))
        usual: dict[str, Any] = {"ok": True, "result": {"message_id": len(self.asked), "username": "casa_bot"}}
        if "facebook" in request.url:
            usual = {"messages": [{"id": f"wamid.{len(self.asked)}"}], "verified_name": "Casa"}
        status, body = self.says.get(method, (200, usual))
        if method in self.lost:
            self.lost.remove(method)
            raise HttpFailed("the answer got lost")
        return HttpAnswer(status, {}, json.dumps(body).encode())

    def methods(self) -> list[str]:
        return [method for method, _ in self.asked]

    def last(self, method: str) -> dict[str, Any]:
        return [body for one, body in self.asked if one == method][-1]


@pytest.fixture
def bots() -> Bots:
    return Bots()


@pytest.fixture
def desk(database: Database, bots: Bots, secret_key: None) -> Iterator[Place]:
    place = Place(database, lambda kind, shop: bots if kind is Http else None)
    place.runtime.world.shops._base_url = "https://s.example"
    people(place)
    for kind, access, settings in (
        ("telegram", {"token": TOKEN}, {}),
        ("whatsapp", {"token": "t", "app_secret": "s"}, {"number_id": "123"}),
    ):
        keeping.connect(
            place.shop, kind, access, settings, by="t", base_url="https://s.example", database=database, http=bots
        )
    bots.asked.clear()
    yield place
    place.runtime.stop()


def enter(place: Place, kind: str, person: str, account: str) -> None:
    staffing.enter(place.shop, kind, person, account, by="t", role="owner", database=place.database)


def deliver(place: Place, kind: Connector, body: Any) -> list[Any]:
    events = kind.map(Delivery({}, json.dumps(body).encode(), "", place.clock.now()), {}).events
    place.send(*events)
    place.drain()
    return list(events)


def ask(place: Place, by: str = "operator") -> None:
    place.flow(FLOW.replace("SETTINGS", by))
    place.send(order("1001"))
    place.drain()


def press(place: Place, bots: Bots, account: int, *, yes: bool = True, update: int = 1, message: int = 1) -> None:
    (row, *_links) = bots.last("sendMessage")["reply_markup"]["inline_keyboard"]
    chat = {"id": account, "type": "private"}
    query = {
        "id": f"43{update}",
        "from": {"id": account, "first_name": "Ana"},
        "message": {"message_id": message, "chat": chat, "date": 1772442000},
        "chat_instance": "-1",
        "data": row[0 if yes else 1]["callback_data"],
    }
    deliver(place, TELEGRAM, {"update_id": update, "callback_query": query})


def test_who_opens_the_bot_by_their_own_link_is_asked_there_and_decides(desk: Place, bots: Bots) -> None:
    ((user,),) = desk.rows("SELECT id FROM auth_user WHERE username = 'ana@example.com'")
    word = staffing.link_word(desk.shop, user, database=desk.database)
    assert len(word) <= 64
    chat = {"id": 99, "type": "private"}
    start = {"message_id": 5, "date": 1772442000, "chat": chat, "from": {"id": 99}, "text": f"/start {word}"}
    deliver(desk, TELEGRAM, {"update_id": 7, "message": start})
    assert [one.person for one in staffing.entries(desk.shop, database=desk.database)] == ["ana@example.com"]
    assert "ana@example.com" in bots.last("sendMessage")["text"]
    assert desk.rows("SELECT count(*) FROM consent") == [(0,)]  # No customer said START.
    ask(desk)
    card = bots.last("sendMessage")
    assert (card["chat_id"], card["text"].splitlines()[0]) == ("99", "Refund <1001> & all?")
    answers, link = card["reply_markup"]["inline_keyboard"]
    assert len(answers) == 2 and link[0]["url"].startswith("https://s.example/runs/")
    press(desk, bots, 99, message=2)
    assert states(desk) == [("approved", "ana@example.com")]
    assert bots.methods()[-2:] == ["answerCallbackQuery", "editMessageText"]
    edited = bots.last("editMessageText")
    assert (edited["chat_id"], edited["message_id"]) == ("99", 2) and "ana@example.com" in edited["text"]
    assert [[one.get("url") is not None for one in row] for row in edited["reply_markup"]["inline_keyboard"]] == [
        [True]
    ]


@pytest.mark.parametrize("how", ["old", "forged", "other shop", "no member"])
def test_a_link_that_is_not_theirs_says_nothing(desk: Place, bots: Bots, how: str) -> None:
    ((user,),) = desk.rows("SELECT id FROM auth_user WHERE username = 'ana@example.com'")
    shop, number = desk.shop + (how == "other shop"), user + (99999 if how == "no member" else 0)
    word = staffing.link_word(shop, number, database=desk.database)
    if how == "forged":
        ((boss,),) = desk.rows("SELECT id FROM auth_user WHERE username = 'boss@example.com'")
        word = word.replace(f"staff-{user}-", f"staff-{boss}-")
    if how == "old":
        desk.clock.move_to(desk.clock.now() + timedelta(hours=2))
    chat = {"id": 99, "type": "private"}
    message = {"message_id": 5, "chat": chat, "from": {"id": 99}, "text": f"/start {word}"}
    deliver(desk, TELEGRAM, {"update_id": 7, "message": message})
    assert staffing.entries(desk.shop, database=desk.database) == []


def test_a_stranger_and_one_who_may_not_hear_so_and_nothing_is_decided(desk: Place, bots: Bots) -> None:
    enter(desk, "telegram", "boss@example.com", "1")
    enter(desk, "telegram", "sue@example.com", "2")
    ask(desk, "owner")
    press(desk, bots, 666)
    press(desk, bots, 2, update=2)
    assert states(desk) == [("open", None)]
    said = [body for method, body in bots.asked if method == "answerCallbackQuery"]
    assert [one["callback_query_id"] for one in said] == ["431", "432"] and said[0]["text"] != said[1]["text"]
    press(desk, bots, 1, update=3, yes=False)
    assert states(desk) == [("refused", "boss@example.com")]


@pytest.mark.parametrize("lost", ["sendMessage", "answerCallbackQuery", "editMessageText"])
def test_every_answer_of_telegram_may_get_lost_once(desk: Place, bots: Bots, lost: str) -> None:
    """Telegram cannot be asked whether a card stands: it is sent again, and either is good."""
    enter(desk, "telegram", "ana@example.com", "99")
    bots.lost.append(lost)
    ask(desk)
    desk.after(minutes=1)
    press(desk, bots, 99)
    desk.after(minutes=1)
    assert states(desk) == [("approved", "ana@example.com")] and bots.lost == []
    wanted = {"sendMessage": [2, 1, 2], "answerCallbackQuery": [1, 1, 1], "editMessageText": [1, 1, 2]}[lost]
    names = ("sendMessage", "answerCallbackQuery", "editMessageText")
    assert [bots.methods().count(name) for name in names] == wanted
    assert {row[0] for row in desk.rows("SELECT status FROM desk_post")} == {"settled"}


@pytest.mark.parametrize(
    ("said", "methods"),
    [
        ("Bad Request: message is not modified: specified new message content ...", ["editMessageText"]),
        ("Bad Request: message to edit not found", ["editMessageText"]),
        ("Bad Request: MESSAGE_TOO_OLD", ["editMessageText", "editMessageReplyMarkup"]),
    ],
)
def test_a_card_that_cannot_be_changed_loses_its_buttons_at_least(
    desk: Place, bots: Bots, said: str, methods: list[str]
) -> None:
    enter(desk, "telegram", "ana@example.com", "99")
    ask(desk)
    refused = {"ok": False, "error_code": 400, "description": said}
    bots.says["editMessageText"] = (400, refused)
    bots.says["answerCallbackQuery"] = (400, {**refused, "description": "Bad Request: query is too old and ..."})
    press(desk, bots, 99)
    assert [one for one in bots.methods() if one.startswith("edit")] == methods
    assert desk.rows("SELECT status FROM desk_post") == [("settled",)]
    assert desk.rows("SELECT count(*) FROM effect WHERE status = 'failed'") == [(0,)]


def test_whatsapp_asks_within_a_day_of_their_own_words_and_takes_the_reply(desk: Place, bots: Bots) -> None:
    enter(desk, "whatsapp", "ana@example.com", "+34 600 111 222")
    ask(desk)
    assert bots.methods() == []  # They have not written: no free words may go.
    write(desk, {"type": "text", "text": {"body": "hola"}})
    desk.flow(FLOW.replace("SETTINGS", "operator").replace("flow: refund", "flow: again"))
    desk.send(order("1002"))
    desk.drain()
    card = bots.last("messages")["interactive"]
    replies = [one["reply"] for one in card["action"]["buttons"]]
    assert "Refund <1002>" in card["body"]["text"] and "https://s.example/runs/" in card["body"]["text"]
    button = {"type": "button_reply", "button_reply": replies[1]}
    events = write(desk, {"type": "interactive", "context": {"id": "wamid.1"}, "interactive": button})
    assert [one.type for one in events] == ["desk.pressed"]
    assert desk.rows("SELECT status, decided_by FROM approval WHERE decided_by IS NOT NULL") == [
        ("refused", "ana@example.com")
    ]
    assert "ana@example.com" in bots.last("messages")["text"]["body"]


def write(place: Place, message: dict[str, Any]) -> list[Any]:
    stamp = str(int(place.clock.now().timestamp()))
    written = {"from": "34600111222", "id": f"wamid.in.{message['type']}", "timestamp": stamp, **message}
    value = {"messaging_product": "whatsapp", "contacts": [{"wa_id": "34600111222"}], "messages": [written]}
    return deliver(place, WHATSAPP, {"entry": [{"changes": [{"value": value, "field": "messages"}]}]})
