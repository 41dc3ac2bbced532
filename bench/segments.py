"""Segments over many customers: how long a new one takes to look at everybody, and what one event costs.

    python bench/segments.py [--customers 1000000] [--events 20000000] [--database sqlite|postgresql]

The tables that segments are counted from are filled directly: `--events` is how many events the counted days stand for
(one in seven an order). What is measured is the real work: `Segments.run` until the segment is live, an event through
the dispatcher until the membership is written, and a preview. JSON on standard output.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path
from time import perf_counter

sys.path[:0] = [str(Path(__file__).parent.parent / "tests"), str(Path(__file__).parent.parent / "tests" / "store")]

from installation import migrate, postgres_server, ready  # noqa: E402

BEST = {
    "all": [
        {"did": "order", "times": {"at_least": 3}, "within": "200d"},
        {"did": "order", "spent": {"at_least": "150"}, "within": "365d"},
        {"did": "message.opened", "within": "30d"},
        {
            "any": [
                {"field": "country", "is": "one_of", "value": ["ES", "PT"]},
                {"field": "tags", "is": "has", "value": "vip"},
            ]
        },
        {"field": "accepts_email", "is": "yes"},
    ]
}
TEA = {"did": "order", "of": {"category": "tea"}, "times": {"at_least": 1}, "within": "365d"}
LAPSED = {"all": [{"did": "order"}, {"not": {"did": "order", "within": "180d"}}]}
TODAY_AGO = 400


def numbers(dialect: str, count: int) -> str:
    if dialect == "sqlite":
        return f"(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count}) SELECT i FROM n)"
    return f"(SELECT i FROM generate_series(1, {count}) AS i)"


def fill(place, customers: int, events: int) -> None:
    """A seventh of the events are orders; the rest are views, openings and clicks, on as rows of two in three."""
    from sereno.runtime.segments.compiling import kind_of
    from sereno.runtime.segments.people import shop_of
    from sereno.runtime.segments.things import mark_of

    dialect, clock = place.database.dialect, place.clock.now()
    today = shop_of(place.shop, "Europe/Madrid", "EUR", clock).today
    rows = numbers(dialect, customers)
    scattered = "((i % 100000 * 7919 + (i / 1000) * 31 + {0} * 53) % {1})"
    with place.database.transaction() as tx:
        tx.run("begin_segments", {"shop": place.shop, "now": 0})
        tx.run("move_segments", {"shop": place.shop, "stage": "ready", "cursor": 0})
        tx.run("pass_segment_day", {"shop": place.shop, "day": today})
        country = "CASE i % 4 WHEN 0 THEN 'es' WHEN 1 THEN 'pt' WHEN 2 THEN 'ro' ELSE 'fr' END"
        tx.text(
            "INSERT INTO segments_person (shop_id, key, is_known, country, accepts_email, churn_risk, tags) "
            f"SELECT {place.shop}, 'k' || i, 1, {country}, i % 2, (i % 100) / 100.0, "
            f"CASE WHEN i % 20 = 0 THEN '\nvip\n' END FROM {rows} AS n"
        )
        orders = events // 7 // customers + 1
        for turn in range(orders):
            day = f"{today} - {scattered.format(turn + 1, TODAY_AGO)}"
            tx.text(
                "INSERT INTO segments_order (shop_id, person_id, day, order_key, amount) "
                f"SELECT {place.shop}, i, {day}, 'o' || i || '.{turn}', 5000 + i % 9000 FROM {rows} AS n"
            )
            tx.text(
                "INSERT INTO segments_line (shop_id, person_id, day, order_key, number, product, sku, amount) "
                f"SELECT {place.shop}, i, {day}, 'o' || i || '.{turn}', 0, (i * 31 + {turn} * 7) % 5000, 0, 5000 "
                f"FROM {rows} AS n"
            )
        tea = mark_of("category", "tea")
        tx.many("put_marks", [(place.shop, tea, product) for product in range(0, 5000, 20)])
        turns = max(1, (events - orders * customers) * 2 // 3 // customers)
        for turn in range(turns):
            kind = kind_of(("product.viewed", "message.opened", "product.viewed", "message.clicked")[turn % 4])
            day = f"{today} - {scattered.format(turn + 11, TODAY_AGO)}"
            tx.text(
                "INSERT INTO segments_day (shop_id, kind, person_id, day, count) "
                f"SELECT {place.shop}, {kind}, i, {day}, 1 FROM {rows} AS n WHERE 1 = 1 "
                "ON CONFLICT (shop_id, kind, person_id, day) DO UPDATE SET count = segments_day.count + 1"
            )
    if dialect == "postgresql":
        for table in ("person", "order", "line", "mark", "day"):
            place.database.connection().execute(f"VACUUM ANALYZE segments_{table}")


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--customers", type=int, default=1_000_000)
    given.add_argument("--events", type=int, default=20_000_000)
    given.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    asked = given.parse_args()
    with tempfile.TemporaryDirectory(prefix="sereno-bench-") as folder:
        os.environ.setdefault("SERENO_DATA_DIR", folder)
        ready()
        server = None
        if asked.database == "postgresql":
            server = postgres_server(Path(folder))
        try:
            print(json.dumps(measure(asked, folder, server), indent=1))
        finally:
            if server is not None:
                server.cleanup()


def measure(asked, folder: str, server) -> dict:
    from support import Place, order

    from sereno.runtime.segments import reading, services
    from sereno.site.environment import read
    from sereno.store.database import open_database

    url = server.get_uri() if server is not None else f"sqlite:///{folder}/bench.sqlite3"
    migrate(read({**os.environ, "SERENO_DATABASE_URL": url}).database)
    place = Place(open_database(url))
    begin = perf_counter()
    fill(place, asked.customers, asked.events)
    found: dict = {"database": asked.database, "customers": asked.customers, "events": asked.events}
    for table in ("person", "order", "line", "day"):
        found[f"rows_{table}"] = place.rows(f"SELECT count(*) FROM segments_{table}")[0][0]
    found["filled_in_s"] = round(perf_counter() - begin, 1)
    for name, definition in (("best", BEST), ("lapsed", LAPSED), ("tea", TEA)):
        begin = perf_counter()
        preview = services.preview(place.shop, definition, database=place.database)
        found[f"{name}_preview_s"], found[f"{name}_preview"] = round(perf_counter() - begin, 2), preview.size
        services.create(place.shop, name, definition, "bench", database=place.database)
        begin, longest = perf_counter(), 0.0
        while True:
            turn = perf_counter()
            if not place.runtime.segments.run():
                break
            longest = max(longest, perf_counter() - turn)
        found[f"{name}_first_s"] = round(perf_counter() - begin, 2)
        found[f"{name}_longest_transaction_s"] = round(longest, 2)
        with place.database.read() as tx:
            found[f"{name}_members"] = reading.size(tx, place.shop, name)
    place.drain()
    times = []
    for number in range(30):
        key = f"k{4 * (number + 5)}"
        one = order(f"new{number}", at=place.clock.now(), customer_id=key, customer={"id": key})
        one = type(one)(
            one.id, one.type, one.subject, one.occurred_at, one.data, {"order": f"new{number}", "customer": key}
        )
        place.send(one)
        begin = perf_counter()
        place.runtime.round_of("dispatch")
        times.append(perf_counter() - begin)
    times.sort()
    found["event_ms_median"], found["event_ms_worst"] = round(times[15] * 1000, 1), round(times[-1] * 1000, 1)
    place.runtime.stop()
    place.database.close()
    return found


if __name__ == "__main__":
    main()
