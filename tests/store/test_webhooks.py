"""Outgoing webhooks: told once for each fact, signed, tried again, and switched off when nobody listens."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from support import ANSWERS, TRIED, Place, fact

from sereno.runtime import hooks, services, webhooks
from sereno.sdk.ports import Http, HttpAnswer, HttpBlocked, HttpFailed, HttpRequest, Mail, Mailer, Subscribers
from sereno.sdk.result import Done, Fail
from sereno.sdk.standard_webhooks import signed_content, signing_keys
from sereno.store import secrets

FLOW = """
flow: told
trigger: {event: custom.begun}
exit: [custom.ended]
steps:
  - tests.call: {to: mail}
  - if: event.data.ask == true
    then:
      - approve: {by: owner, timeout: 2d, then: [], else: []}
  - if: event.data.wait == true
    then: [{wait: 1d}]
"""


class Outside:
    """The other side, and a mail server."""

    def __init__(self) -> None:
        self.answer: HttpAnswer | Exception = HttpAnswer(204, {}, b"")
        self.got: list[HttpRequest] = []
        self.mails: list[Mail] = []
        self.database: Any = None

    def __call__(self, kind: type[Any], shop: Any) -> object | None:
        if kind is Subscribers:
            return webhooks.WebhookLookup(self.database, shop.id)
        return self if kind in (Http, Mailer) else None

    def send(self, sent: HttpRequest | Mail) -> Any:
        if isinstance(sent, Mail):
            self.mails.append(sent)
            return Done({})
        self.got.append(sent)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def messages(self) -> list[dict[str, Any]]:
        return [json.loads(one.body or b"") for one in self.got]


@pytest.fixture
def outside() -> Outside:
    return Outside()


@pytest.fixture
def place(database: Any, outside: Outside) -> Iterator[Place]:
    before = secrets._keys
    secrets.configure("a key for tests")
    outside.database = database
    place = Place(database, outside)
    TRIED.clear()
    ANSWERS.clear()
    yield place
    ANSWERS.clear()
    place.runtime.stop()
    if before:
        secrets.configure(*before)


def subscribe(place: Place, *types: str) -> tuple[int, str]:
    return webhooks.create_webhook(
        place.shop, "ERP", "https://erp.example/hooks", types, "ana", database=place.database
    )


def status_of(place: Place) -> tuple[Any, ...]:
    return place.rows("SELECT status, failing_since IS NULL, succeeded_at IS NULL FROM webhook")[0]


def test_each_fact_is_told_once_to_those_who_asked(place: Place, outside: Outside) -> None:
    place.flow(FLOW)
    subscribe(place, "run.finished", "run.ended")
    subscribe(place, "*")
    ANSWERS["mail"] = lambda config, ctx: Fail("mail.refused", "No such mailbox")
    place.send(
        fact("1", "custom.begun", "thing:1"),
        fact("2", "custom.begun", "thing:2", {"ask": True}),
        fact("3", "custom.begun", "thing:3", {"wait": True}),
    )
    place.drain()
    place.send(fact("4", "custom.ended", "thing:3", at=place.clock.now() + timedelta(seconds=1)))
    place.drain()
    (asked,) = place.rows("SELECT id FROM approval")[0]
    services.decide_approval(asked, True, "ana", database=place.database)
    services.set_status(place.shop, "told", "paused", "ana", "a look", database=place.database)
    services.set_status(place.shop, "told", "live", "ana", database=place.database)
    place.drain()
    counted: dict[str, int] = {}
    for one in outside.messages():
        counted[one["type"]] = counted.get(one["type"], 0) + 1
    assert counted == {
        "run.finished": 4,
        "run.ended": 2,
        "effect.failed": 3,
        "approval.requested": 1,
        "approval.decided": 1,
        "flow.paused": 1,
        "flow.resumed": 1,
    }
    ended = next(one for one in outside.messages() if one["type"] == "run.ended")
    assert (ended["data"]["flow"], ended["data"]["subject"], ended["data"]["status"]) == ("told", "thing:3", "exited")
    failed = next(one for one in outside.messages() if one["type"] == "effect.failed")
    assert failed["data"]["error"] == "mail.refused"
    assert status_of(place) == ("active", True, False)


def test_nobody_asked_nothing_is_written(place: Place, outside: Outside) -> None:
    place.flow(FLOW)
    place.send(fact("1", "custom.begun"))
    place.drain()
    assert place.rows("SELECT count(*) FROM effect WHERE action LIKE 'webhooks%'") == [(0,)]


def test_messages_are_signed_by_the_new_and_the_old_secret(place: Place, outside: Outside) -> None:
    id_, old = subscribe(place, "run.failed")
    new = webhooks.rotate_webhook_secret(place.shop, id_, "ana", database=place.database)
    key = webhooks.test_webhook(place.shop, id_, "ana", database=place.database)
    place.drain()
    (sent,) = outside.got
    assert sent.headers["webhook-id"] == key
    content = signed_content(key, sent.headers["webhook-timestamp"], sent.body or b"")
    expected = [
        "v1," + base64.b64encode(hmac.digest(signing_keys(secret)[0], content, "sha256")).decode()
        for secret in (new, old)
    ]
    assert sent.headers["webhook-signature"].split() == expected
    assert outside.messages()[0]["type"] == "webhook.test"
    assert place.rows("SELECT secrets FROM webhook")[0][0].find("whsec") == -1, "encrypted at rest"


@pytest.mark.parametrize("answer", [HttpFailed("no route"), HttpAnswer(500, {}, b"oops"), HttpAnswer(404, {}, b"")])
def test_an_absent_listener_is_tried_for_a_day_then_left_to_a_person(
    place: Place, outside: Outside, answer: HttpAnswer | Exception
) -> None:
    id_, _ = subscribe(place, "*")
    webhooks.test_webhook(place.shop, id_, "ana", database=place.database)
    outside.answer = answer
    place.drain()
    assert status_of(place)[:2] == ("active", False)
    for _ in range(40):
        place.after(hours=1)
    assert len(outside.got) == 8
    assert place.effects() == [("webhooks.deliver", "failed", 8, place.effects()[0][3])]
    assert len({one.headers["webhook-id"] for one in outside.got}) == 1
    assert len({one.body for one in outside.got}) == 1
    outside.answer = HttpAnswer(200, {}, b"")
    failed = [row[0] for row in place.rows("SELECT id FROM effect WHERE status = 'failed'")]
    services.replay_effects(failed, "ana", database=place.database)
    place.drain()
    assert status_of(place) == ("active", True, False)


def test_after_days_of_failure_it_is_switched_off_and_somebody_is_told(place: Place, outside: Outside) -> None:
    with place.database.transaction() as tx:
        settings = json.dumps({"alert_email": "ana@shop.example", "sender_email": "x@shop.example"})
        tx.text(f"UPDATE shop SET settings = '{settings}'")
    id_, _ = subscribe(place, "*")
    outside.answer = HttpAnswer(500, {}, b"")
    for _ in range(6):
        webhooks.test_webhook(place.shop, id_, "ana", database=place.database)
        for _ in range(8):
            place.after(hours=3)
        if status_of(place)[0] == "disabled":
            break
    assert status_of(place)[0] == "disabled"
    (mail,) = outside.mails
    assert mail.to == "ana@shop.example" and "ERP" in mail.subject
    assert place.rows("SELECT action FROM audit WHERE action = 'webhook.disabled'") == [("webhook.disabled",)]
    with pytest.raises(ValueError, match="switched off"):
        webhooks.test_webhook(place.shop, id_, "ana", database=place.database)
    webhooks.set_webhook_status(place.shop, id_, "active", "ana", database=place.database)
    assert status_of(place)[:2] == ("active", True)


def test_gone_switches_it_off_at_once(place: Place, outside: Outside) -> None:
    id_, _ = subscribe(place, "*")
    outside.answer = HttpAnswer(410, {}, b"")
    webhooks.test_webhook(place.shop, id_, "ana", database=place.database)
    place.drain()
    assert status_of(place)[0] == "disabled"


def test_a_paused_webhook_keeps_its_messages_and_a_removed_one_takes_them_back(place: Place, outside: Outside) -> None:
    id_, _ = subscribe(place, "*")
    webhooks.test_webhook(place.shop, id_, "ana", database=place.database)
    webhooks.set_webhook_status(place.shop, id_, "paused", "ana", database=place.database)
    place.drain()
    assert outside.got == []
    webhooks.set_webhook_status(place.shop, id_, "active", "ana", database=place.database)
    place.after(hours=1)
    assert len(outside.got) == 1
    webhooks.test_webhook(place.shop, id_, "ana", database=place.database)
    webhooks.remove_webhook(place.shop, id_, "ana", database=place.database)
    place.drain()
    assert len(outside.got) == 1
    with pytest.raises(LookupError):
        webhooks.test_webhook(place.shop, id_, "ana", database=place.database)


def test_an_address_inside_is_refused_and_says_what_to_do(place: Place, outside: Outside) -> None:
    id_, _ = subscribe(place, "*")
    outside.answer = HttpBlocked("erp.example (10.0.0.1)")
    webhooks.test_webhook(place.shop, id_, "ana", database=place.database)
    place.drain()
    assert place.effects() == [("webhooks.deliver", "failed", 1, "http.address_blocked")]


@pytest.mark.parametrize(
    ("name", "url", "types"),
    [
        ("", "https://a.example", ["*"]),
        ("x", "ftp://a.example", ["*"]),
        ("x", "https://me:pw@a.example", ["*"]),
        ("x", "https://a.example/\r\nX: y", ["*"]),
        ("x", "https://[", ["*"]),
        ("x", "https://a.example", []),
        ("x", "https://a.example", ["run.done"]),
    ],
)
def test_what_cannot_be_used_is_refused(place: Place, name: str, url: str, types: list[str]) -> None:
    with pytest.raises(ValueError, match=r"."):
        webhooks.create_webhook(place.shop, name, url, types, "ana", database=place.database)


def test_other_shops_hear_nothing(place: Place, outside: Outside) -> None:
    other = services.create_shop(
        slug="other", name="Other", currency="EUR", timezone="UTC", locale="en", database=place.database
    )
    webhooks.create_webhook(other, "theirs", "https://theirs.example", ["*"], "eva", database=place.database)
    place.flow(FLOW)
    place.send(fact("1", "custom.begun"))
    place.drain()
    assert outside.got == []
    assert set(hooks.RUN_ENDS.values()) <= set(hooks.TYPES)
