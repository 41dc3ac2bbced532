"""A workspace of Slack as its Web API answers: what stands in the channel, who its members are, and answers that get
lost on their way back."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from sereno.connectors.slack.webhooks import SLACK, sign
from sereno.sdk.connector import Delivery, NewEvent
from sereno.sdk.ports import HttpAnswer, HttpFailed, HttpRequest

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
TEAM = "T1"
HOOK = "https://hooks.slack.com/actions/T1/1/abc"


def member(id: str, email: str, **more: Any) -> dict[str, Any]:
    profile = {"email": email, "real_name": email.partition("@")[0].title()}
    return {"id": id, "team_id": TEAM, "deleted": False, "is_bot": False, "profile": profile, **more}


class Slack:
    """`lost`: methods whose next answer does not come back; what they asked is done all the same."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.cards: dict[str, dict[str, Any]] = {}
        self.whispers: list[str] = []
        self.lost: list[str] = []
        self.refused: dict[str, str] = {}
        self.members = [
            member("UANA", "ana@example.com", is_email_confirmed=True),
            member("UBOSS", "boss@example.com"),
            member("UEVE", "boss@example.com", team_id="T666"),
            member("UNEW", "boss@example.com", is_email_confirmed=False),
            member("UOUT", "out@example.com"),
        ]

    def send(self, request: HttpRequest) -> HttpAnswer:
        assert request.url.startswith(("https://slack.com/api/", HOOK))
        method = request.url.partition("/api/")[2].partition("?")[0] or "response_url"
        body = json.loads(request.body) if request.body else dict(parse_qsl(urlsplit(request.url).query))
        self.asked.append((method, body))
        if method == "response_url":
            self.whispers.append(body["text"])
            found: dict[str, Any] = {"ok": True}
        else:
            assert request.headers["Authorization"] == "Bearer xoxb-1"
            refused = self.refused.get(method)
            found = {"ok": False, "error": refused} if refused else {"ok": True, **self.answer(method, body)}
        if method in self.lost:
            self.lost.remove(method)
            raise HttpFailed("the answer got lost")
        return HttpAnswer(200, {}, json.dumps(found).encode())

    def answer(self, method: str, body: dict[str, Any]) -> dict[str, Any]:
        if method == "auth.test":
            return {"team": "Casa", "team_id": TEAM, "user": "sereno"}
        if method == "chat.postMessage":
            ts = f"1772442000.{len(self.cards):06d}"
            self.cards[ts] = body
            return {"channel": body["channel"], "ts": ts}
        if method == "chat.update":
            self.cards[body["ts"]] |= {"text": body["text"], "blocks": body["blocks"]}
            return {"channel": body["channel"], "ts": body["ts"]}
        if method == "conversations.history":
            return {"messages": [{"ts": ts, "metadata": card["metadata"]} for ts, card in self.cards.items()]}
        if method == "users.info":
            return {"user": next(one for one in self.members if one["id"] == body["user"])}
        if method == "users.lookupByEmail":
            found = next((one for one in self.members if one["profile"]["email"] == body["email"]), None)
            return {"user": found} if found else {"ok": False, "error": "users_not_found"}
        assert method == "chat.postEphemeral", method
        self.whispers.append(body["text"])
        return {}

    def methods(self, name: str = "chat.") -> list[str]:
        return [method for method, _ in self.asked if method.startswith(name)]

    def card(self, number: int = 0) -> dict[str, Any]:
        return list(self.cards.values())[number]

    def words(self, number: int = 0) -> str:
        return json.dumps(self.card(number)["blocks"], ensure_ascii=False)

    def buttons(self, number: int = 0) -> list[dict[str, Any]]:
        rows = [block["elements"] for block in self.card(number)["blocks"] if block["type"] == "actions"]
        return rows[0] if rows else []

    def form(self, user: str, *, yes: bool = True, card: int = 0, trigger: str = "1.2.3", value: str = "") -> bytes:
        """What Slack posts when somebody presses."""
        ts = list(self.cards)[card]
        wanted = value or next(
            one["value"] for one in self.buttons(card) if one.get("value", "").endswith("y" if yes else "n")
        )
        payload = {
            "type": "block_actions",
            "user": {"id": user, "username": user.lower(), "name": user.lower(), "team_id": TEAM},
            "api_app_id": "A1",
            "token": "verification",
            "container": {"type": "message", "message_ts": ts, "channel_id": "C1", "is_ephemeral": False},
            "trigger_id": trigger,
            "team": {"id": TEAM, "domain": "casa"},
            "channel": {"id": "C1", "name": "orders"},
            "message": {"type": "message", "ts": ts, "text": "…"},
            "response_url": HOOK,
            "actions": [{"action_id": "sereno.0", "type": "button", "value": wanted, "action_ts": f"17.{trigger}"}],
        }
        return urlencode({"payload": json.dumps(payload)}).encode()

    def press(self, user: str, at: Any, **more: Any) -> tuple[NewEvent, ...]:
        body = self.form(user, **more)
        headers = sign(SECRET, body, {}, at, {})
        assert SLACK.verify([SECRET], headers, body, at, {}) == "ok"
        return tuple(SLACK.map(Delivery(headers, body, "block_actions", at), {}).events)
