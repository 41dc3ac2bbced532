"""The demo's telephone network: a key is taken once, and Sereno's own connector believes what it tells."""

from __future__ import annotations

import http.client
import json
import queue
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sereno.connectors.texts.webhooks import TEXTS
from sereno.sdk.connector import Delivery
from sereno.site.demo import gateway as telephones
from sereno.site.demo.gateway import SECRET, TOKEN, Gateway
from sereno.site.demo.serving import serve_json

Heard = queue.Queue[tuple[Mapping[str, str], bytes]]


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Heard:
    monkeypatch.setattr(telephones, "TRAVELS", 0.05)
    return queue.Queue()


@pytest.fixture
def gateway(tmp_path: Path, heard: Heard) -> Iterator[Gateway]:
    def answer(headers: Mapping[str, str], body: bytes) -> tuple[int, dict[str, Any]]:
        heard.put((headers, body))
        return 200, {}

    door = serve_json("door", answer)
    made = Gateway(tmp_path / "inbox", door.server_address[1])
    made.tell_at("/hooks/texts")
    yield made
    made.stop()
    door.shutdown()
    door.server_close()


def hand_over(gateway: Gateway, body: object, token: str = TOKEN) -> tuple[int, dict[str, Any]]:
    connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=60)
    connection.request("POST", "/", json.dumps(body), {"Authorization": f"Bearer {token}"})
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())


def test_a_text_is_kept_once_and_told_to_have_arrived(gateway: Gateway, heard: Heard, tmp_path: Path) -> None:
    text = {"to": "+34600000000", "text": "Hoy llega: " + "a" * 160, "from": "CasaAzahar", "key": "run/0"}
    assert hand_over(gateway, text) == hand_over(gateway, text) == (200, {"id": "sms-1", "segments": 2})
    assert hand_over(gateway, {**text, "key": "run/1", "text": "Ș" * 71})[1] == {"id": "sms-2", "segments": 2}
    kept = sorted((tmp_path / "inbox").iterdir())
    assert [path.read_text().splitlines()[1] for path in kept] == ["To: +34600000000"] * 2
    headers, body = heard.get(timeout=120)
    now = datetime.now(UTC)
    assert TEXTS.verify([SECRET], headers, body, now, {}) == "ok"
    assert TEXTS.verify(["whsec_b3RoZXI="], headers, body, now, {}) != "ok"
    (event,) = TEXTS.map(Delivery(headers, body, "status", now), {}).events
    assert (event.type, event.data["effect"], event.data["status"]) == ("channel.told", "run/0", "delivered")


def test_what_it_cannot_take_is_refused(gateway: Gateway, tmp_path: Path) -> None:
    assert hand_over(gateway, {}, "other")[0] == 401
    assert hand_over(gateway, {"to": "600", "text": "x", "key": "k"}) == (
        422,
        {"code": "address.invalid", "message": "to, text and key are needed"},
    )
    assert hand_over(gateway, ["not", "an", "object"])[0] == 400
    assert not (tmp_path / "inbox").exists()
