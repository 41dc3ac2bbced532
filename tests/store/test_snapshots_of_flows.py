"""A scheduled flow keeps who is in a segment: one snapshot for each run, however often its step is tried."""

from __future__ import annotations

from datetime import timedelta

import pytest
from segmenting import make, person, settle
from support import Place

from sereno.runtime.segments import services, snapshots
from sereno.site.plugins import load_plugins
from sereno.store.fields import to_micros

MONTHLY = """\
flow: monthly
trigger: {schedule: "0 6 1 * *"}
steps:
  - segments.snapshot: {segment: SEGMENT, title: "VIP {{ now | date: '%Y-%m' }}"}
    as: kept
  - log: {text: "{{ vars.kept.title }} holds {{ vars.kept.size }}"}
"""


@pytest.fixture
def shop(place: Place) -> Place:
    load_plugins()
    place.send(*(person(str(number), tags=["vip"]) for number in range(1, 4)))
    place.drain()
    make(place, "vip", {"field": "tags", "is": "has", "value": "vip"})
    settle(place)
    return place


def kept(place: Place) -> list[tuple[str, int, str]]:
    return place.rows('SELECT title, size, "by" FROM segments_snapshot ORDER BY id')


def test_each_month_one_is_kept(shop: Place) -> None:
    shop.flow(MONTHLY.replace("SEGMENT", "vip"))
    start = shop.clock.now()
    shop.after(days=32)
    assert [(size, by) for _, size, by in kept(shop)] == [(3, "monthly")]
    shop.send(person("9", tags=["vip"], at=shop.clock.now()))
    shop.drain()
    shop.after(days=31)
    months = [(start.replace(day=1) + timedelta(days=32 * turn)).strftime("VIP %Y-%m") for turn in (1, 2)]
    assert kept(shop) == [(months[0], 3, "monthly"), (months[1], 4, "monthly")]
    assert {row[1] for row in shop.effects()} == {"done"}
    assert shop.rows("SELECT count(*) FROM audit WHERE action = 'segment.snapshot' AND \"by\" = 'monthly'") == [(2,)]


def test_a_segment_that_is_not_there_is_said(shop: Place) -> None:
    shop.flow(MONTHLY.replace("SEGMENT", "gone"))
    shop.after(days=32)
    assert ("segments.snapshot", "failed", 1, "segment.unknown") in shop.effects()
    assert kept(shop) == []


@pytest.mark.parametrize("is_inside", [True, False])
def test_the_same_step_again_gives_the_same_one(shop: Place, is_inside: bool) -> None:
    def port(tx: object) -> snapshots.LiveSnapshots:
        return snapshots.LiveSnapshots(shop.database, shop.shop, to_micros(shop.clock.now()), tx)  # type: ignore[arg-type]

    if is_inside:
        with shop.database.transaction() as tx:
            first = port(tx).keep("vip", "May", by="monthly", key="run/0")
            again = port(tx).keep("vip", "June", by="monthly", key="run/0")
    else:
        first = port(None).keep("vip", "May", by="monthly", key="run/0")
        again = port(None).keep("vip", "June", by="monthly", key="run/0")
    assert first == again and first[1:] == ("May", 3)
    assert port(None).keep("vip", "May", by="monthly", key="run/1")[0] != first[0]
    by_hand = [services.snapshot(shop.shop, "vip", "By hand", "ana", database=shop.database) for _ in range(2)]
    assert len({first[0], *by_hand}) == 3, "what people keep has no key, and is kept each time"
