"""Every connector at the real door: its own signing is let in, anything else is not, its repeats are one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from serving import SECRET, Server, now

from sereno.sdk.plugin import registry
from sereno.site.composition import find_connector
from sereno.site.plugins import CONNECTORS, load_plugins

BODY = b'{"id": 820982911946154508, "type": "order.created", "data": {}, "object": "event", "created": 1}'
TIMED = ("stripe", "generic")


@pytest.fixture
def server(store: Any) -> Iterator[Server]:
    load_plugins()
    for kind in (*CONNECTORS, "a-kind-of-its-own"):
        store.connect(f"at-{kind}", kind=kind, settings={})
    with Server(store.path) as found:
        found.door.connections._find_connector = find_connector
        yield found


def test_each_platform(server, store):
    # Others are those of test files that ran before in this process.
    connectors = [connector for connector in registry().connectors if connector.kind in CONNECTORS]
    for connector in connectors:
        name = f"at-{connector.kind}"
        headers = connector.sign(SECRET, BODY, {}, now(), {})
        assert (server.post(name, BODY, headers).status, connector.kind) == (200, connector.kind)
        assert server.post(name, BODY, headers).status == 200
        assert server.post(name, BODY + b" ", headers).status == 401
        assert server.post(name, BODY, {}).status == 401
        assert server.post(name, BODY, connector.sign("wrong", BODY, {}, now(), {})).status == 401
    assert len(store.deliveries()) == len(connectors)


@pytest.mark.parametrize("kind", TIMED)
def test_an_old_timestamp_is_refused(server, store, kind):
    old = find_connector(kind).sign(SECRET, BODY, {}, now() - timedelta(minutes=10), {})
    assert server.post(f"at-{kind}", BODY, old).status == 401
    assert store.deliveries() == []


def test_a_kind_without_a_connector_is_served_by_generic(server):
    headers = find_connector("generic").sign(SECRET, BODY, {}, now(), {})
    assert server.post("at-a-kind-of-its-own", BODY, headers).status == 200


def test_the_first_word_of_woocommerce_is_answered_200_signed_or_not(server, store):
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for number in (17, 18):
        body = b"webhook_id=%d" % number
        signed = find_connector("woocommerce").sign(SECRET, body, {}, now(), {})
        for headers in (form, form | signed):
            answer = server.post("at-woocommerce", body, headers)
            assert (answer.status, answer.body) == (200, b"")
    assert len(store.deliveries()) == 1
    assert server.post("at-woocommerce", b"webhook_id=17&more=1", form).status == 401
    assert server.post("at-shopify", b"webhook_id=17", form).status == 401
