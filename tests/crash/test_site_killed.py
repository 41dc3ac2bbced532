"""Workers killed while they write into a store's site: everything stands there once, and in the end all is as it was,
but for what somebody edited meanwhile."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from hosting import Host, is_alive, kill
from test_store_killed import AHEAD, KILLS, Killing, _one_key  # noqa: F401

import storefront
from sereno.runtime import connecting
from sereno.runtime.stores import permitting
from sereno.store.documents import encode
from sereno.store.fields import to_micros
from storefront import Platform

FILE = "config/settings_data.json"
PAGE = {"title": "Shipping", "body": "<p>Old</p>", "is_published": True}
WRITINGS = [
    {"kind": "page", "key": "shipping", "fields": {"body": "<p>Free</p>"}},
    {"kind": "page", "key": "returns", "fields": {"title": "Ninety days"}},
    {"kind": "post", "key": "news/sale", "fields": {"title": "Sale", "body": "<p>Now</p>", "is_published": True}},
    {"kind": "theme_file", "key": FILE, "fields": {"accent": "#f00"}},
    {"kind": "theme", "key": "", "fields": {"": "77"}},
]


def test_killed_at_any_write_the_site_is_as_wanted_and_then_as_it_was(host: Host) -> None:
    storefront.register()
    platform = Platform(now=datetime.now(UTC))
    platform.site |= {
        ("page", "shipping"): dict(PAGE),
        ("page", "returns"): {**PAGE, "title": "Returns"},
        ("theme_file", FILE): {"": '{"accent": "#000", "logo": "a"}'},
        ("theme", ""): {"": "5"},
    }
    store = Killing(platform, chance=1.0)
    try:
        _set_up(host, platform, store)
        _work_until(host, 0, len(WRITINGS), "content_written WHERE state = 'standing'")
        assert store.killed == len(platform.site_writes) == len(WRITINGS), "each was written once, and killed for it"
        assert said(platform, "page", "shipping")["body"] == "<p>Free</p>"
        assert said(platform, "post", "news/sale")["is_published"] and said(platform, "theme", "") == {"": "77"}
        platform.site["page", "returns"]["title"] = "A hundred days"
        store.killed = 0
        platform.site_writes.clear()
        _due(host, "UPDATE content_campaign SET is_on = false")
        _work_until(host, KILLS + 2, 1, "content_written")
    finally:
        store.close()
    assert store.killed == len(platform.site_writes) == len(WRITINGS) - 1, "the others were put back once"
    assert said(platform, "page", "shipping") == PAGE and said(platform, "theme", "") == {"": "5"}
    assert json.loads(said(platform, "theme_file", FILE)[""]) == {"accent": "#000", "logo": "a"}
    assert said(platform, "post", "news/sale")["is_published"] is False
    assert said(platform, "page", "returns")["title"] == "A hundred days"
    assert host.count("content_written WHERE state = 'edited'") == 1
    assert host.count("effect WHERE status = 'failed' AND error = 'content.edited'") == 1


def said(platform: Platform, kind: str, key: str) -> Any:
    return platform.site[kind, key]


def _work_until(host: Host, first: int, wanted: int, rows: str) -> None:
    """Workers, one after the other, until there are so many rows and nothing is under way."""

    def is_done() -> bool:
        return host.count(rows) == wanted and host.count("effect WHERE status NOT IN ('done', 'failed')") == 0

    for turn in range(first, first + KILLS + 2):
        worker = host.start(ahead=AHEAD * turn)
        host.until(lambda worker=worker: not is_alive(worker) or is_done(), 60)
        if is_alive(worker):
            kill(worker)
            break
    assert is_done()


def _set_up(host: Host, platform: Platform, store: Killing) -> None:
    with host.database.transaction() as tx:
        mark = ("?1", "?2") if host.database.dialect == "sqlite" else ("$1", "$2")
        allowed = encode({"allowed_hosts": [f"127.0.0.1:{store.port}"]})
        tx.text(f"UPDATE shop SET settings = {mark[0]} WHERE id = {mark[1]}", [allowed, host.shop])
    connecting.connect(host.shop, storefront.KIND, "front", by="ana", secrets=["a secret"], database=host.database)
    values = {"url": f"http://127.0.0.1:{store.port}", "token": platform.token}
    permitting.give_access(
        "front", values, by="ana", shop_id=host.shop, http=platform, is_asked=False, database=host.database
    )
    _due(
        host,
        "INSERT INTO content_campaign (shop_id, name, document, is_on, starts_at, ends_at, version, changed_at, "
        f"changed_by) VALUES ({host.shop}, 'sale', '{encode({'title': 'Sale', 'writings': WRITINGS})}', true, NULL, "
        "NULL, 1, 0, 'ana')",
    )


def _due(host: Host, sql: str) -> None:
    """The change, and that it is to be looked at, in one transaction."""
    with host.database.transaction() as tx:
        tx.text(sql)
        tx.run("add_content_due", {"shop": host.shop, "at": to_micros(datetime.now(UTC))})
