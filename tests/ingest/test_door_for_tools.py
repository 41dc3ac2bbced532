"""What the door does for tools that sign nothing, or look first: a secret in the address, held like a password; an
answer to GET and HEAD."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from serving import SECRET, request

from sereno.connectors.mailchimp.webhooks import MAILCHIMP

BODY = b"type=unsubscribe&fired_at=2026-11-23+11%3A00%3A00&data%5Bemail%5D=ana%40example.com"


@pytest.fixture
def readers(server, store, monkeypatch):
    monkeypatch.setattr(server.door.connections, "_find_connector", lambda kind: MAILCHIMP)
    store.connect("readers", kind="mailchimp", settings={})
    return server


def deliver(server, query: str):
    return server.send(request(f"/hooks/readers{query}", BODY, {"Content-Type": "application/x-www-form-urlencoded"}))


def test_a_secret_in_the_address_lets_in_and_is_not_kept(readers, store):
    for query in ("", "?secret=", "?secret=other", f"?sekret={quote(SECRET)}"):
        assert deliver(readers, query).status == 401
    assert deliver(readers, f"?secret={quote(SECRET)}").status == 200
    assert [row[1] for row in store.deliveries()] == ["unsubscribe"]
    ((headers,),) = store.rows("SELECT headers FROM delivery")
    assert "x-sereno-token" not in json.loads(headers) and SECRET not in headers


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_who_looks_whether_somebody_is_there_is_answered(readers, method):
    answer = readers.send(request("/hooks/readers", b"", {}, method))
    # To GET the end of a body of no length, which may come in a packet of its own; to HEAD nothing at all.
    assert answer.status == 200
    assert answer.body in ((b"", b"0\r\n\r\n") if method == "GET" else (b"",))
