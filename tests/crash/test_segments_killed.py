"""Workers that keep segments, killed again and again: each person is told of once, and figures agree with the rows."""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime
from typing import Any

from hosting import Host, kill

from sereno.runtime import services
from sereno.runtime.segments import services as segments
from sereno.sdk.connector import NewEvent

PEOPLE, ORDERS, KILLS = 150, 6, 5
AHEAD = 70.0
"""Seconds by which each worker's clock is ahead of the one before: a dead one's lease is over."""
BOUGHT_TEA = {"did": "order", "of": {"sku": "tea"}, "times": {"at_least": 2}, "within": "30d"}


def test_killed_at_any_moment_each_is_told_once(host: Host) -> None:
    make(host, "tea", BOUGHT_TEA, tag="tea")
    worker = host.start()
    host.until(lambda: host.count("segments_segment WHERE status = 'live'") == 1)
    kill(worker)
    services.insert_events(host.shop, None, "tests", orders(), database=host.database)
    make(host, "others", {"all": [{"did": "order"}, {"not": {"segment": "tea"}}]})
    rng = random.Random(5)
    under_way = 0
    for number in range(1, KILLS + 1):
        left = host.count("event_queue")
        worker = host.start(ahead=AHEAD * number)
        host.until(lambda left=left: host.count("event_queue") < left or left == 0)
        time.sleep(rng.uniform(0.0, 0.02))
        kill(worker)
        under_way += host.count("event_queue") > 0
    assert under_way, "it was killed at work"
    host.start(ahead=AHEAD * (KILLS + 1))
    host.until(lambda: host.count("event_queue") == 0 and host.count("segments_segment WHERE status = 'live'") == 2)
    in_tea = "segments_member m JOIN segments_segment s ON s.id = m.segment_id WHERE m.is_in = 1 AND s.name = 'tea'"
    assert host.count(in_tea) == PEOPLE
    assert host.count("tag WHERE tag = 'tea'") == PEOPLE
    entered = "event WHERE type = 'segment.entered' AND data LIKE '%\"segment\":\"tea\"%'"
    assert host.count(entered) == PEOPLE
    assert host.count(f"(SELECT DISTINCT subject FROM {entered}) AS people") == PEOPLE
    with host.database.read() as tx:
        rows: list[Any] = tx.text(
            "SELECT s.name, (SELECT sum(began) + sum(entered) - sum(went) FROM segments_tally t "
            "WHERE t.segment_id = s.id), (SELECT count(*) FROM segments_member m WHERE m.segment_id = s.id "
            "AND m.is_in = 1) FROM segments_segment s ORDER BY s.name"
        )
    assert [(name, int(said), held) for name, said, held in rows] == [("others", 0, 0), ("tea", PEOPLE, PEOPLE)]


def make(host: Host, name: str, definition: Any, tag: str = "") -> None:
    segments.create(host.shop, name, definition, "tester", tag=tag, database=host.database)


def orders() -> list[NewEvent]:
    now = datetime.now(UTC)
    found: list[NewEvent] = []
    for turn in range(ORDERS):
        for number in range(PEOPLE):
            key, person = f"{number}-{turn}", str(number)
            data = {
                "id": key, "currency": "EUR", "total": "10.00", "customer_id": person, "customer": {"id": person},
                "placed_at": now.isoformat(), "updated_at": now.isoformat(),
                "lines": [{"sku": "tea", "quantity": 1, "total": "10.00"}],
            }  # fmt: skip
            refs = {"order": key, "customer": person}
            found.append(NewEvent(f"o{key}", "order.created", f"order:{key}", now, data, refs))
    return found
