"""The door's answers, each of them, over a real socket into a real database."""

from __future__ import annotations

import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from serving import SECRET, SETTINGS, Server, digest, read_answer, request, signed

from sereno.connectors.generic.webhooks import GENERIC
from sereno.ingest import door
from sereno.ingest.door import Limits
from sereno.store import secrets

BODY = '{"id": 820982911946154508, "note": "café"}'.encode()


def test_200_with_an_empty_body_once_durable(server, store):
    answer = server.deliver("shop", BODY)
    assert (answer.status, answer.body, answer.headers["content-length"]) == (200, b"", "0")
    assert store.deliveries() == [("d1", "order.created", BODY, "pending")]
    ((headers, received),) = store.rows("SELECT headers, received_at FROM delivery")
    kept = json.loads(headers)
    assert kept["x-topic"] == "order.created" and kept["x-sig"]
    assert abs(received / 1e6 - time.time()) < 10
    assert server.stored == 1


def test_a_duplicate_is_200_and_stored_once(server, store):
    assert [server.deliver("shop", BODY).status for _ in range(3)] == [200, 200, 200]
    assert len(store.deliveries()) == 1
    assert server.stored == 1
    assert server.door.commits.duplicates == 2


def test_secrets_let_in_elsewhere_are_not_kept(server, store):
    server.deliver("shop", BODY, Authorization="Basic x", Cookie="a=b")
    ((headers,),) = store.rows("SELECT headers FROM delivery")
    assert not {"authorization", "cookie"} & set(json.loads(headers))


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Sig": ""},
        {"X-Sig": "AAAA"},
        {"X-Sig": "ünïcode"},
        signed(BODY, secret="wrong"),
        signed(BODY + b" "),
    ],
)
def test_401(server, store, headers):
    answer = server.post("shop", BODY, headers)
    assert (answer.status, answer.body) == (401, b"")
    assert store.deliveries() == []


def test_401_for_a_replayed_old_timestamp(server, store):
    store.connect("standard", settings={})
    from serving import now

    fresh = GENERIC.sign(SECRET, BODY, {}, now(), {})
    assert server.post("standard", BODY, fresh).status == 200
    from datetime import timedelta

    old = GENERIC.sign(SECRET, BODY, {"webhook-id": "old"}, now() - timedelta(minutes=6), {})
    assert server.post("standard", BODY, old).status == 401
    assert len(store.deliveries()) == 1


@pytest.mark.parametrize("name", ["nobody", "", "shop/", "shop/x", "%73hop2", "a" * 65, "caf%C3%A9", "../shop"])
def test_404(server, store, name):
    assert server.deliver(name, BODY).status == 404
    assert store.deliveries() == []


def test_a_name_may_be_escaped_and_a_query_follow(server, store):
    assert server.deliver("%73hop?a=b", BODY).status == 200


def test_405(server):
    for method in ("GET", "PUT", "DELETE", "HEAD"):
        answer = server.post("shop", b"", method=method)
        assert (answer.status, answer.headers["allow"]) == (405, "POST")
    assert server.post("nobody", b"", method="GET").status == 404


def test_413_as_soon_as_the_length_is_known(server, store):
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as line:
        line.sendall(b"POST /hooks/shop HTTP/1.1\r\nHost: t\r\nContent-Length: 5242881\r\n\r\n")
        assert read_answer(line).status == 413, "nothing of the body was sent"


def test_10_mib_gets_413_and_the_sender_can_read_it(server, store):
    body = b"x" * (10 * 1024 * 1024)
    answer = server.deliver("shop", body)
    assert (answer.status, answer.headers["connection"]) == (413, "close")
    assert store.deliveries() == []


def test_413_when_streamed_without_a_length(server, store):
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as line:
        line.sendall(b"POST /hooks/shop HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n")
        chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
        for _ in range(100):
            line.sendall(chunk)
        assert read_answer(line).status == 413
    assert server.door._held == 0


def test_the_largest_body_is_taken(server, store):
    body = b"x" * (5 * 1024 * 1024)
    assert server.deliver("shop", body).status == 200
    assert store.rows("SELECT length(body) FROM delivery") == [(5 * 1024 * 1024,)]
    assert server.door._held == 0


def test_a_chunked_and_a_slowly_written_body(server, store):
    headers = "".join(f"{name}: {value}\r\n" for name, value in signed(BODY).items())
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as line:
        line.sendall(f"POST /hooks/shop HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n{headers}\r\n".encode())
        for byte in BODY:
            line.sendall(b"1\r\n" + bytes([byte]) + b"\r\n")
        line.sendall(b"0\r\n\r\n")
        assert read_answer(line).status == 200
        for part in request("/hooks/shop", BODY, signed(BODY, id="d2")).split(b"\n"):
            line.sendall(part + b"\n")
            time.sleep(0.01)
    assert store.deliveries()[0][2] == BODY


def test_pipelined_and_kept_alive(server, store):
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as line:
        line.sendall(b"".join(request("/hooks/shop", BODY, signed(BODY, id=f"p{n}")) for n in range(20)))
        data = b""
        while data.count(b"200 OK") < 20:
            data += line.recv(65536)
    assert [row[0] for row in store.deliveries()] == [f"p{n}" for n in range(20)]


def test_expect_100_continue(server, store):
    head, _, body = request("/hooks/shop", BODY, signed(BODY) | {"Expect": "100-continue"}).partition(b"\r\n\r\n")
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as line:
        line.sendall(head + b"\r\n\r\n")
        assert line.recv(100).startswith(b"HTTP/1.1 100")
        line.sendall(body)
        assert read_answer(line).status == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[" * 500_000,
        b"\xff\xfe\x00rubbish",
        b'{"id": 99999999999999999999999999999999999999}',
        b"webhook_id=17",
    ],
    ids=["empty", "deep", "not UTF-8", "huge number", "form"],
)
def test_a_signed_body_is_kept_whatever_it_is(server, store, body):
    assert server.deliver("shop", body, id=digest(body)[:20]).status == 200
    assert store.deliveries()[0][2] == body


@pytest.mark.parametrize("id", ["x" * 5000, "\x80\x81", "é" * 100, "a\tb"])
def test_odd_delivery_ids_become_keys_the_database_takes(server, store, id):
    assert server.deliver("shop", BODY, id=id).status == 200
    assert server.deliver("shop", BODY, id=id).status == 200
    ((key, *_),) = store.deliveries()
    assert key.startswith("key:") and len(key) <= 200


def test_a_new_connection_and_a_rotated_secret_work_at_once(server, store):
    assert server.deliver("late", BODY).status == 404
    store.connect("late")
    assert server.deliver("late", BODY).status == 200
    set_secrets(store, ["new", SECRET])
    time.sleep(1.1)
    assert server.deliver("shop", BODY, id="a", secret="new").status == 200
    assert server.deliver("shop", BODY, id="b", secret=SECRET).status == 200
    set_secrets(store, ["new"])
    time.sleep(1.1)
    assert server.deliver("shop", BODY, id="c", secret=SECRET).status == 401
    assert server.deliver("shop", BODY, id="d", secret="new").status == 200
    store.execute("UPDATE connection SET is_active = 0 WHERE name = 'shop'")
    time.sleep(1.1)
    assert server.deliver("shop", BODY, id="e", secret="new").status == 404


def test_secrets_nobody_can_read_are_our_own_trouble(server, store):
    store.execute("UPDATE connection SET secrets = 'rubbish'")
    answer = server.deliver("shop", BODY)
    assert (answer.status, answer.headers["retry-after"]) == (503, "5")


def test_unknown_names_do_not_hammer_the_database(server, store):
    reads = 0
    find = server.door._inbox.find_connections

    def counted(names):
        nonlocal reads
        reads += 1
        return find(names)

    server.door._inbox.find_connections = counted
    began = time.monotonic()
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda n: server.deliver(f"nobody{n}", BODY).status, range(64)))
    assert answers == [404] * 64
    assert reads <= (time.monotonic() - began) / 0.25 + 2


def test_many_at_once_share_commits(server, store):
    with ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(lambda n: server.deliver("shop", BODY, id=f"n{n % 200}").status, range(400)))
    assert answers == [200] * 400
    assert len(store.deliveries()) == 200
    assert server.door.commits.waiting == 0 and server.door._held == 0


def set_secrets(store, values):
    store.execute("UPDATE connection SET secrets = ? WHERE name = 'shop'", secrets.encrypt(values))


def test_stopping_commits_what_was_taken(store):
    with Server(store.path) as server, ThreadPoolExecutor(8) as pool:
        answers = [pool.submit(server.deliver, "shop", BODY, id=f"n{n}") for n in range(50)]
        assert all(answer.result().status == 200 for answer in answers)
    assert len(store.deliveries()) == 50


@pytest.mark.parametrize("quick", [True, False])
def test_slow_bodies_are_cut_off_and_cost_nobody_else_anything(store, quick):
    """The door's clock is moved by hand: on a slow machine fifty senders take their time to come."""
    with pytest.MonkeyPatch.context() as patch, Server(store.path, limits=Limits(seconds=600), quick=quick) as server:
        head = b"POST /hooks/shop HTTP/1.1\r\nHost: t\r\nContent-Length: 5000000\r\n\r\n"
        lines = [socket.create_connection(("127.0.0.1", server.port), timeout=60) for _ in range(50)]
        for line in lines:
            line.sendall(head + b"x" * 1000)
        server.until(lambda: len(server.door._reading) == 50)
        assert server.deliver("shop", BODY, id="meanwhile").status == 200
        assert len(server.door._reading) == 50, "it waited for none of them"
        patch.setattr(door, "monotonic", lambda: time.monotonic() + server.door.limits.seconds)
        for line in lines:
            assert read_answer(line).status == 503
            line.close()
        assert server.door._held == 0 and not server.door._reading
        assert server.door.counts.slow == 50


def test_a_sender_that_hangs_up_leaves_nothing(server, store):
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as line:
        line.sendall(b"POST /hooks/shop HTTP/1.1\r\nHost: t\r\nContent-Length: 100\r\n\r\nabc")
        server.until(lambda: server.door._held == 3)
    server.until(lambda: not server.door._reading)
    assert server.door._held == 0 and server.door.counts.gone == 1


def test_all_bodies_at_once_are_bounded(store):
    limits = Limits(body=1_000_000, in_flight=3_000_000, small=100_000)
    with Server(store.path, limits=limits) as server:
        head = b"POST /hooks/shop HTTP/1.1\r\nHost: t\r\nContent-Length: 900000\r\n\r\n"
        lines = [socket.create_connection(("127.0.0.1", server.port), timeout=60) for _ in range(6)]
        for line in lines:
            line.sendall(head + b"x" * 800_000)
            server.until(lambda: server.door._held >= 800_000)
            assert server.door._held <= limits.in_flight
        for line in lines[1:]:
            assert read_answer(line).status == 503, "the first holds half of what there is for all"
        refused = server.deliver("shop", b"x" * 900_000, id="large")
        assert (refused.status, refused.headers["retry-after"]) == (503, "5")
        assert server.deliver("shop", BODY, id="small").status == 200
        for line in lines:
            line.close()
    assert [row[0] for row in store.deliveries()] == ["small"]


def test_settings_of_the_connection_are_used(server, store):
    store.connect("hexed", settings={**SETTINGS, "signature_encoding": "hex", "signature_prefix": "sha256="})
    assert server.deliver("hexed", BODY).status == 401
    settings = {**SETTINGS, "signature_encoding": "hex", "signature_prefix": "sha256="}
    assert server.post("hexed", BODY, GENERIC.sign(SECRET, BODY, {}, None, settings)).status == 200
