"""What an HTTP action sends, and what an answer means."""

from __future__ import annotations

import base64
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sereno.modules.http.actions import RequestConfig, connection, judge, request, retry_after
from sereno.sdk.config import problems
from sereno.sdk.context import Context, ShopFacts
from sereno.sdk.ports import Http, HttpAnswer, HttpBlocked, HttpFailed, HttpRequest
from sereno.sdk.result import Done, Fail, Retry
from sereno.sdk.standard_webhooks import signed_headers
from sereno.store.documents import decode, encode

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


class Recorder:
    """Remembers the request and answers as told."""

    def __init__(self, answer: HttpAnswer | Exception) -> None:
        self.answer = answer
        self.sent: list[HttpRequest] = []

    def send(self, request: HttpRequest) -> HttpAnswer:
        self.sent.append(request)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def context(port: Recorder, settings: dict[str, Any] | None = None) -> Context:
    shop = ShopFacts(1, "Shop", "EUR", "UTC", "en", "https://sereno.example", settings or {})
    ports = {Http: port}
    return Context("run1/2", 1, "f", "run1", "order:1", shop, {}, {}, {}, {}, NOW, ports.__getitem__)


def answer(status: int, body: bytes = b"", **headers: str) -> HttpAnswer:
    return HttpAnswer(status, {name.replace("_", "-"): value for name, value in headers.items()}, body)


def test_json_goes_out_with_the_key() -> None:
    port = Recorder(answer(201, b'{"id": 5}'))
    config = RequestConfig(url="https://api.example/x", json={"name": "Ñandú"}, headers={"X-One": "1"})
    assert request(config, context(port)) == Done({"status": 201, "json": {"id": 5}})
    (sent,) = port.sent
    assert (sent.method, sent.url) == ("POST", "https://api.example/x")
    assert sent.body == '{"name": "Ñandú"}'.encode()
    assert sent.headers["Content-Type"] == "application/json"
    assert sent.headers["Idempotency-Key"] == "run1/2"
    assert sent.headers["X-One"] == "1"


def test_the_key_is_ours_to_set() -> None:
    port = Recorder(answer(200, b"{}"))
    request(RequestConfig(url="https://api.example", headers={"Idempotency-Key": "mine"}), context(port))
    assert port.sent[0].headers["Idempotency-Key"] == "run1/2"


@pytest.mark.parametrize("secret", ["whsec_" + base64.b64encode(b"k" * 24).decode(), "crm"])
def test_a_secret_signs_as_standard_webhooks_do(secret: str) -> None:
    key = b"k" * 24 if secret.startswith("whsec_") else b"plain secret"
    port = Recorder(answer(200, b"{}"))
    config = RequestConfig(url="https://api.example", json={"a": 1}, secret=secret)
    held: Any = {"crm": "plain secret"}
    request(config, context(port, {"secrets": json.dumps(held) if secret == "crm" else held}))
    (sent,) = port.sent
    assert sent.headers["webhook-id"] == "run1/2"
    content = f"run1/2.{int(NOW.timestamp())}.".encode() + (sent.body or b"")
    expected = base64.b64encode(hmac.digest(key, content, "sha256")).decode()
    assert sent.headers["webhook-signature"] == f"v1,{expected}"


def test_the_published_vector_of_standard_webhooks() -> None:
    now = datetime.fromtimestamp(1614265330, UTC)
    headers = signed_headers(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b'{"test": 2432232314}', "msg_p5jXN8AQM9LWM0D4loKWxJek", now
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_an_answer_that_is_not_json_is_text() -> None:
    assert judge(answer(200, "mañana".encode()), NOW) == Done({"status": 200, "text": "mañana"})
    assert judge(answer(204), NOW) == Done({"status": 204, "text": ""})
    assert judge(answer(200, b"[" * 100_000), NOW) == Done({"status": 200, "text": "[" * 10_000})


@pytest.mark.parametrize(
    ("found", "kind", "after"),
    [
        (answer(429), "limited", 60),
        (answer(429, retry_after="7"), "limited", 7),
        (answer(429, retry_after="Sun, 22 Nov 2026 09:00:30 GMT"), "limited", 30),
        (answer(429, retry_after="Sun, 22 Nov 2026 08:00:00 GMT"), "limited", 60),
        (answer(503, retry_after="99999999"), "limited", 86400),
        (answer(503), "transient", None),
        (answer(500), "transient", None),
        (answer(502), "transient", None),
        (answer(408), "transient", None),
    ],
)
def test_what_passes_is_tried_again(found: HttpAnswer, kind: str, after: int | None) -> None:
    outcome = judge(found, NOW)
    assert isinstance(outcome, Retry)
    assert outcome.kind == kind
    assert outcome.after == (None if after is None else timedelta(seconds=after))


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (400, "http.refused"),
        (401, "http.refused"),
        (404, "http.refused"),
        (410, "http.refused"),
        (302, "http.redirected"),
    ],
)
def test_what_does_not_pass_is_final(status: int, reason: str) -> None:
    outcome = judge(answer(status, b"no"), NOW)
    assert isinstance(outcome, Fail)
    assert outcome.reason == reason
    assert "no" in outcome.message


@pytest.mark.parametrize("value", [None, "", "soon", "-1", "1.5", "²"])
def test_a_wait_that_says_nothing(value: str | None) -> None:
    assert retry_after(value, NOW) is None


def test_no_answer_and_no_way() -> None:
    config = RequestConfig(url="https://api.example")
    assert isinstance(request(config, context(Recorder(HttpFailed("refused")))), Retry)
    outcome = request(config, context(Recorder(HttpBlocked("10.0.0.1"))))
    assert isinstance(outcome, Fail)
    assert "allowed_hosts" in outcome.message


def test_the_budget_is_the_hosts() -> None:
    assert connection({"url": "https://me:pw@API.example:8443/x?y"}) == "http:api.example:8443"


@pytest.mark.parametrize(
    ("config", "keys"),
    [
        ({"url": "https://x.example"}, []),
        ({"url": "{{ order.status_url }}"}, []),
        ({"url": "ftp://x.example"}, ["url"]),
        ({}, ["url"]),
        ({"url": "https://x.example", "method": "FETCH"}, ["method"]),
        ({"url": "https://x.example", "jsn": {}}, ["jsn"]),
        ({"url": "https://x.example", "headers": {"X": 1}}, ["headers.X"]),
    ],
)
def test_what_a_config_may_say(config: dict[str, Any], keys: list[str]) -> None:
    assert [problem.key for problem in problems(RequestConfig, config)] == keys


def test_json_of_any_shape() -> None:
    port = Recorder(answer(200, b"{}"))
    for value in ([1, None, {"a": "b"}], "text", 0, False):
        request(RequestConfig(url="https://x.example", json=value), context(port))
        assert json.loads(port.sent[-1].body or b"") == value


@pytest.mark.parametrize("body", [b'{"a": "\\ud800"}', b"NaN", b"[" * 100_000])
def test_an_answer_that_cannot_be_kept_as_json_is_kept_as_text(body: bytes) -> None:
    result = judge(HttpAnswer(200, {}, body), NOW)
    assert isinstance(result, Done)
    assert decode(encode(result.value))["text"] == body.decode()[:10_000]


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer abcdefghijklmnop"},
        {"X-Api-Key": "k"},
        {"Cookie": "session=1"},
        {"X-Other": "sk_live_0123456789abcdef"},
        {"Authorization": "Bearer sk_live_0123456789abcdef {{ order.id }}"},
    ],
)
def test_a_secret_written_into_a_flow_is_refused_with_the_way_out(headers: dict[str, str]) -> None:
    (found,) = problems(RequestConfig, {"url": "https://api.example", "headers": headers})
    assert found.key == f"headers.{next(iter(headers))}"
    assert "secret:its-name" in found.message


def test_what_is_no_secret_or_a_name_is_taken() -> None:
    fine = {
        "Authorization": "Bearer secret:erp",
        "X-Api-Key": "{{ vars.key }}",
        "X-Shop": "demo",
        "Accept": "text/html",
    }
    assert (
        problems(RequestConfig, {"url": "https://api.example", "headers": fine, "json": {"token": "{{ vars.t }}"}})
        == []
    )
    held = problems(RequestConfig, {"url": "https://api.example", "json": {"auth": [{"api_key": "abc"}]}})
    assert [one.key for one in held] == ["json"]


def test_a_header_gets_the_shops_secret_and_only_where_secrets_belong() -> None:
    port = Recorder(answer(200, b"{}"))
    headers = {"Authorization": "Bearer secret:erp", "X-Note": "secret:erp"}
    config = RequestConfig(url="https://api.example", headers=headers, json={"name": "secret:erp"})
    assert isinstance(request(config, context(port, {"secrets": {"erp": "s3cret"}})), Done)
    (sent,) = port.sent
    assert sent.headers["Authorization"] == "Bearer s3cret"
    assert sent.headers["X-Note"] == "secret:erp"
    assert b"s3cret" not in (sent.body or b"")
    missing = request(config, context(port))
    assert isinstance(missing, Fail)
    assert missing.reason == "http.secret_missing"


@pytest.mark.parametrize("headers", [{"X-One": "a\r\nX-Two: b"}, {"X-One": "a\nb"}, {"X\r\nY": "1"}, {"X One": "1"}])
def test_a_line_break_in_a_header_fails_once(headers: dict[str, str]) -> None:
    port = Recorder(answer(200, b"{}"))
    found = request(RequestConfig(url="https://api.example", headers=headers), context(port))
    assert isinstance(found, Fail)
    assert found.reason == "http.header_invalid"
    assert port.sent == []
