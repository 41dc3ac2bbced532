"""Alerts: by mail to the shop's people, or in Slack."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sereno.modules.alerts.actions import NotifyConfig, connection, notify
from sereno.modules.alerts.slack import judge_slack
from sereno.sdk.config import problems
from sereno.sdk.context import Context, ShopFacts
from sereno.sdk.ports import Http, HttpAnswer, HttpBlocked, HttpFailed, HttpRequest, Mail, Mailer
from sereno.sdk.result import Done, Fail, Result, Retry


class Post:
    def __init__(self, outcome: Result | None = None) -> None:
        self.sent: list[Mail] = []
        self.outcome = outcome or Done()

    def send(self, mail: Mail) -> Result:
        self.sent.append(mail)
        return self.outcome


class Web:
    def __init__(self, answer: HttpAnswer | Exception) -> None:
        self.sent: list[HttpRequest] = []
        self.answer = answer

    def send(self, request: HttpRequest) -> HttpAnswer:
        self.sent.append(request)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def context(ports: dict[type[Any], Any], **settings: Any) -> Context:
    shop = ShopFacts(1, "Cerámica\nÑandú", "EUR", "UTC", "es", "https://sereno.example", settings)

    def find(kind: type[Any]) -> Any:
        if kind not in ports:
            raise LookupError(kind)
        return ports[kind]

    now = datetime(2026, 11, 22, tzinfo=UTC)
    return Context("run1/0", 1, "low-stock", "run1", "variant:5", shop, {}, {}, {}, {}, now, find)


def test_mail_goes_to_the_shops_alert_address() -> None:
    post = Post()
    config = NotifyConfig(channel="email", text="\nLow stock: Taza\nOnly 2 left")
    assert notify(config, context({Mailer: post}, alert_email="jefa@shop.example")) == Done(
        {"channel": "email", "to": "jefa@shop.example"}
    )
    (mail,) = post.sent
    assert mail.to == "jefa@shop.example"
    assert mail.subject == "[Cerámica Ñandú] Low stock: Taza"
    assert "Only 2 left" in mail.text
    assert "low-stock · variant:5" in mail.text
    assert mail.sender == '"Cerámica Ñandú" <no-reply@sereno.example>'
    assert mail.message_id.endswith("@sereno.example>")


def test_mail_to_somebody_named() -> None:
    post = Post()
    notify(NotifyConfig(channel="email:eva@shop.example", text="x" * 500), context({Mailer: post}))
    assert post.sent[0].to == "eva@shop.example"
    assert len(post.sent[0].subject) < 150


def test_what_is_missing_is_said() -> None:
    for ports, settings, channel, reason, named in (
        ({}, {}, "email", "alerts.no_address", "alert_email"),
        ({}, {"alert_email": "a@b.example"}, "email", "mail.not_configured", "SERENO_SMTP_URL"),
        ({}, {}, "slack", "alerts.no_webhook", "slack_webhook"),
    ):
        outcome = notify(NotifyConfig(channel=channel, text="x"), context(ports, **settings))
        assert isinstance(outcome, Fail)
        assert outcome.reason == reason
        assert named in outcome.message


def test_a_busy_mail_server_is_passed_on() -> None:
    post = Post(Retry("smtp.busy"))
    outcome = notify(NotifyConfig(channel="email", text="x"), context({Mailer: post}, alert_email="a@b.example"))
    assert outcome == Retry("smtp.busy")


def test_slack_gets_text_without_marks_of_its_own() -> None:
    web = Web(HttpAnswer(200, {}, b"ok"))
    text = "<!channel> sold & gone <https://evil.example|click>"
    outcome = notify(
        NotifyConfig(channel="slack", text=text),
        context({Http: web}, slack_webhook="https://hooks.slack.example/T/B/x"),
    )
    assert outcome == Done({"channel": "slack"})
    (sent,) = web.sent
    assert (sent.method, sent.url) == ("POST", "https://hooks.slack.example/T/B/x")
    said = json.loads(sent.body or b"")["text"]
    assert said == "&lt;!channel&gt; sold &amp; gone &lt;https://evil.example|click&gt;"


def test_slacks_answers() -> None:
    assert judge_slack(429, "9", b"") == Retry("slack.rate_limited", "", "limited", timedelta(seconds=9))
    assert isinstance(judge_slack(503, None, b""), Retry)
    assert isinstance(judge_slack(404, None, b"no_service"), Fail)
    for error, kind in ((HttpFailed("x"), Retry), (HttpBlocked("x"), Fail)):
        config = NotifyConfig(channel="slack", text="x")
        assert isinstance(notify(config, context({Http: Web(error)}, slack_webhook="https://h.example")), kind)


@pytest.mark.parametrize("channel", ["fax", "email:", "email:nobody", "slack:https://x", ""])
def test_channels_that_are_none(channel: str) -> None:
    found = problems(NotifyConfig, {"channel": channel, "text": "x"})
    assert [problem.key for problem in found] == (["channel"] if channel != "email:" else [])


def test_budgets() -> None:
    assert connection({"channel": "slack"}) == "slack"
    assert connection({"channel": "email:a@b.example"}) == "smtp"
