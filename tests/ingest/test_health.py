"""What the watchdogs are told."""

from __future__ import annotations

import hashlib
import json
import time

from serving import request

BODY = b'{"id": 1}'


def get(server, path):
    return server.send(request(path, b"", {}, "GET"))


def seen(store, ago=0.0):
    store.execute("DELETE FROM worker")
    at = int((time.time() - ago) * 1e6)
    store.execute("INSERT INTO worker (name, seen_at, started_at) VALUES ('w', ?, ?)", at, at)


def ready(server):
    answer = get(server, "/readyz")
    return answer.status, json.loads(answer.body)["checks"]


def test_health_and_readiness(server, store):
    assert (get(server, "/healthz").status, get(server, "/healthz").body) == (200, b"ok\n")
    status, checks = ready(server)
    assert status == 503 and checks["worker"].startswith("none")
    seen(store, 60)
    time.sleep(1.1)
    status, checks = ready(server)
    assert status == 503 and "s ago" in checks["worker"]
    seen(store)
    time.sleep(1.1)
    assert ready(server) == (200, {"database": "ok", "migrations": "ok", "worker": "ok"})
    store.path.rename(store.path.with_suffix(".moved"))
    store.path.with_suffix(".sqlite3-wal").unlink(missing_ok=True)
    assert get(server, "/healthz").status == 200
    store.path.with_suffix(".moved").rename(store.path)


def test_migrations_not_applied(server, store):
    server.is_migrated = False
    status, checks = ready(server)
    assert status == 503 and "sereno migrate" in checks["migrations"]


def test_metrics(server, store):
    seen(store)
    server.deliver("shop", BODY, id="a")
    server.deliver("shop", BODY, id="a")
    server.deliver("shop", BODY, id="b", secret="wrong")
    server.deliver("nobody", BODY)
    lines = get(server, "/metrics").body.decode().splitlines()
    values = dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    assert values['sereno_door_answers_total{connection="shop",status="200"}'] == "2.0"
    assert values['sereno_door_answers_total{connection="shop",status="401"}'] == "1.0"
    assert values['sereno_door_answers_total{connection="",status="404"}'] == "1.0"
    assert values["sereno_door_stored_total"] == "1.0"
    assert values["sereno_door_duplicates_total"] == "1.0"
    assert values['sereno_inbox_pending{kind="delivery"}'] == "1.0"
    assert values["sereno_door_seconds_count"] == "4.0"
    assert values['sereno_effects{status="failed"}'] == "0.0"
    assert values['sereno_alerts{severity="critical"}'] == "0.0"
    assert float(values["sereno_worker_seen_seconds"]) < 30
    assert values["sereno_database_up"] == "1.0"


def test_everything_else_is_a_page(server):
    assert get(server, "/orders").body == b"page"
    assert get(server, "/hooks").body == b"page"


def test_metrics_name_connections_only_to_those_who_may_know(server, store):
    seen(store)
    server.deliver("shop", BODY, id="a")

    def asked(**headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return server.send(request("/metrics", b"", named, "GET")).body.decode()

    assert 'connection="shop"' in asked()
    stranger = asked(x_forwarded_for="203.0.113.9")
    assert 'connection="shop"' not in stranger
    assert 'sereno_door_answers_total{connection="",status="200"} 1.0' in stranger
    assert 'connection="shop"' not in asked(x_forwarded_for="203.0.113.9", authorization="Bearer sereno_wrong")
    digest = hashlib.sha256(b"sereno_right").hexdigest()
    store.execute(
        "INSERT INTO api_key (shop_id, name, prefix, digest, scopes, created_by, created_at) "
        "VALUES (1, 'k', 'sereno_right', ?, 'read', '', 0)",
        digest,
    )
    assert 'connection="shop"' in asked(x_forwarded_for="203.0.113.9", authorization="Bearer sereno_right")
