"""Past events come as a stream: from the shop's log a page at a time, from files each once and in order of time."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import streams
import support

from installation import ready
from sereno.engine.durations import format_instant
from sereno.runtime import services
from sereno.runtime.replays import history
from sereno.runtime.replays.history import (
    BadLine,
    PastEvent,
    lines_in,
    lines_of,
    live_beside,
    past_entries,
    past_events,
)
from sereno.sdk.connector import NewEvent

HOUR = timedelta(hours=1)


def put(place: support.Place, shop: int, source: str, hours: Iterable[float], name: str = "e") -> None:
    events = [
        NewEvent(f"{name}{n}", "custom.a", f"thing:{n}", support.START + HOUR * at, {"n": n}, {"thing": str(n)})
        for n, at in enumerate(hours)
    ]
    services.insert_events(shop, None, source, events, database=place.database)


def made(place: support.Place, slug: str) -> int:
    return services.create_shop(
        slug=slug, name=slug, currency="EUR", timezone="UTC", locale="en", database=place.database
    )


def hours_of(events: Iterable[PastEvent]) -> list[float]:
    return [(event.at - support.START) / HOUR for event in events]


def test_the_shops_own_log_in_order_of_time(place: support.Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "PAGE", 3)
    shop, other = made(place, "one"), made(place, "two")
    put(place, shop, "shop", (5, 1, 3, 3, 3, 3, 2, 9, 4))
    put(place, shop, "sereno", (3, 6), "own")
    put(place, other, "shop", (2, 7))
    found = list(past_events(shop, database=place.database))
    assert hours_of(found) == [1, 2, 3, 3, 3, 3, 4, 5, 9]
    assert found[0].read_data() == {"n": 1}
    assert found[0].read_refs({}) == {"thing": "1"}
    at = support.START + 3 * HOUR
    assert hours_of(past_events(shop, start=at, database=place.database)) == [3, 3, 3, 3, 4, 5, 9]
    assert hours_of(past_events(shop, until=at, database=place.database)) == [1, 2, 3, 3, 3, 3]
    assert hours_of(past_events(shop, before=at, database=place.database)) == [1, 2]


def test_nobody_waits_while_the_log_is_read(place: support.Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "PAGE", 2)
    shop = made(place, "one")
    put(place, shop, "shop", (1, 2, 3, 4))
    reading = past_events(shop, database=place.database)
    assert next(reading).id == "e0"
    put(place, shop, "shop", (5,), "later")
    assert [event.id for event in reading] == ["e1", "e2", "e3", "later0"]


def test_flows_beside_and_who_was_let_in_before(place: support.Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "PAGE", 2)
    shop = made(place, "one")
    text = "flow: {}\ntrigger: {{event: custom.a}}\nsteps: [{{log: {{text: x}}}}]\n"
    for name in ("first", "second", "third"):
        services.save_draft(shop, text.format(name), database=place.database)
        if name != "third":
            services.publish(shop, name, "test", database=place.database)
    beside = live_beside(shop, ["second"], database=place.database)
    assert [document.splitlines()[0] for document in beside] == ["flow: first"]
    put(place, shop, "shop", (0, 0, 0))
    place.runtime.drain()
    place.clock.move_to(support.START + HOUR)
    put(place, shop, "shop", (1,), "late")
    place.runtime.drain()
    entered = list(past_entries(shop, ["first", "nothing"], support.START + HOUR / 2, database=place.database))
    assert [(flow, key) for flow, key, _ in entered] == [("first", "thing:1"), ("first", "thing:2")]
    assert {at for _, _, at in entered} == {support.START}


# --- files -----------------------------------------------------------------------------------------


def lines(*hours: float) -> list[str]:
    return [
        json.dumps(
            {
                "id": f"e{n}",
                "source": "shop",
                "type": "custom.a",
                "subject": f"thing:{n}",
                "occurred_at": format_instant(support.START + HOUR * at),
                "data": {"n": n},
            }
        )
        for n, at in enumerate(hours)
    ]


def test_a_file_is_given_in_order_and_each_event_once(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    in_order = lines(1, 2, 2, 3)
    path.write_text("\n".join([*in_order[:2], "", in_order[1], *in_order[2:], in_order[0].replace("T10:", "T12:")]))
    assert [event.id for event in lines_of(path)] == ["e0", "e1", "e2", "e3"]
    random.Random(3).shuffle(in_order)
    path.write_text("\n".join([*in_order, *in_order]))
    found = list(lines_of(path))
    assert sorted(event.id for event in found) == ["e0", "e1", "e2", "e3"]
    assert hours_of(found) == [1, 2, 2, 3]
    assert list(lines_in(path.read_bytes())) == found


@pytest.mark.parametrize(
    ("bad", "what"),
    [
        ("{", "not JSON"),
        ("[1]", "the event has no 'id'"),
        ('{"id": "a", "type": "custom.a", "subject": "thing:1"}', "the event has no 'occurred_at'"),
        ('{"id": "a", "type": "custom.a", "subject": "thing:1", "occurred_at": "soon"}', "'soon' is not an instant"),
        ('{"id": "", "type": "custom.a", "subject": "x:1", "occurred_at": "2026-01-01"}', "the event has no 'id'"),
    ],
)
def test_a_line_that_is_no_event_is_named(tmp_path: Path, bad: str, what: str) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text("\n".join([*lines(1, 2), bad, *lines(3)]))
    with pytest.raises(BadLine, match=f"events.jsonl:3: .*{what}"):
        next(lines_of(path))


def test_two_processes_and_any_order_of_lines_give_the_same_bytes(tmp_path: Path) -> None:
    path, shuffled = tmp_path / "events.jsonl", tmp_path / "shuffled.jsonl"
    events = [json.dumps(line) for line in streams.stream_of(5, 90)]
    path.write_text("\n".join(events))
    instants: dict[str, list[str]] = {}
    for event in events:
        instants.setdefault(json.loads(event)["occurred_at"], []).append(event)
    # Those of one instant are told apart by nothing but the order in which they stand there.
    groups = list(instants.values())
    random.Random(1).shuffle(groups)
    shuffled.write_text("\n".join(event for group in groups for event in group))
    found = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM, str(Path(__file__).parent), str(file)],
            capture_output=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for file, seed in ((path, "1"), (path, "77"), (shuffled, "5"))
    }
    assert len(found) == 1
    assert len(next(iter(found))) > 5000


PROGRAM = """
import sys
from pathlib import Path
sys.path[:0] = [sys.argv[1], str(Path(sys.argv[1]).parent)]
import support, streams
from installation import ready
from sereno.runtime.backtest import backtest
from sereno.runtime.replays.history import lines_of
from sereno.sdk.plugin import registry
from sereno.store.documents import encode
ready()
support.register_actions()
lines = lines_of(Path(sys.argv[2]))
sys.stdout.write(encode(backtest(streams.FLOWS, lines, shop=streams.SHOP, plugins=registry())))
"""


def test_memory_does_not_grow_with_the_length_of_the_period(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four times as long, with the same going on at any moment: hardly more is held at the end."""
    from sereno.runtime.backtest import replay
    from sereno.runtime.replays import opening
    from sereno.runtime.replays.replayed import Counted
    from sereno.sdk.plugin import registry

    held: list[int] = []
    made = opening.open_stream

    def watched(*arguments: Any) -> Any:
        stream = made(*arguments)
        finish = stream.finish

        def finished(until: Any) -> Any:
            held.append(weight(stream))
            return finish(until)

        stream.finish = finished
        return stream

    monkeypatch.setattr("sereno.runtime.backtest.open_stream", watched)
    streams.small(monkeypatch)
    ready()
    support.register_actions()
    for count in (1000, 4000):
        past = (history.past_of(line) for line in busy(count))
        replay(
            [streams.ORDERS, streams.CARTS],
            past,
            shop=streams.SHOP,
            plugins=registry(),
            sink=Counted(),
        )
    assert held[1] < held[0] * 1.5, held


def busy(count: int) -> Iterable[dict[str, Any]]:
    """Always new customers, carts and orders."""
    for number in range(count):
        at = format_instant(support.START + timedelta(minutes=20 * number))
        kind = ("cart.updated", "order.created", "order.paid", "order.delivered")[number % 4]
        noun, who = kind.partition(".")[0], number // 4
        data = {
            "id": f"{noun}{who}",
            "customer_id": str(who),
            "email": f"c{who}@example.com",
            "total": "30.00",
            "lines": [{"id": "1", "title": f"T{who}", "quantity": 1}],
            "updated_at": at,
            "currency": "EUR",
        }
        subject = f"{noun}:{noun}{who}"
        yield {"id": f"e{number}", "source": "shop", "type": kind, "subject": subject, "occurred_at": at, "data": data}


def weight(thing: Any) -> int:
    """How many objects are reached from it, without what all replays share."""
    import gc

    seen: set[int] = set()
    waiting = [
        stream_part
        for name, stream_part in vars(thing).items()
        if name in ("records", "log", "runs", "entries", "consents", "told")
    ]
    while waiting:
        item = waiting.pop()
        if id(item) in seen or (
            not isinstance(item, dict | list | tuple | set)
            and not hasattr(item, "__dict__")
            and not hasattr(item, "__slots__")
        ):
            continue
        if type(item).__module__.startswith(("sereno.sdk", "sereno.engine", "sereno.store")) or callable(item):
            continue
        seen.add(id(item))
        waiting += gc.get_referents(item)
    return len(seen)
