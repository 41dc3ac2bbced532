"""What the arbiter costs a message: microseconds to read it, decide about it, book it and settle it, in the batches of
a busy worker and one by one, with 100,000 people who have all been written to lately.

Prints one JSON document; `ok` says whether the goal was reached in batches. `python bench/arbiter.py [PEOPLE]
[sqlite|postgresql]`. The time is that of one worker alone, with the database's in it but for the commit, which the
claim makes anyway; the baseline without any rule shows what the rules add.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from datetime import time as clock
from statistics import median
from typing import Any

import setting

GOAL = 100
BATCH, BATCHES = 64, 60
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def main() -> None:
    numbers, kinds = setting.arguments()
    people = numbers[0] if numbers else 100_000
    setting.ready()
    found = {kind: measure(kind, people) for kind in kinds}
    worst = max(one["in_batches_us"] for kind in found.values() for one in kind.values())
    setting.emit({"people": people, **found, "worst_us": worst, "goal_us": GOAL, "ok": worst < GOAL})


def measure(kind: str, people: int) -> dict[str, Any]:
    from sereno.runtime.arbiter.rules import Cap, Quiet, Rules
    from sereno.store.database import open_database

    caps = (Cap("email", 3, timedelta(hours=16)), Cap("email", 9, timedelta(days=7)))
    night = Quiet("email", clock(21), clock(8))
    rules = {"no_rules": Rules(), "one_cap": Rules(caps[:1]), "two_caps_and_quiet_hours": Rules(caps, (night,))}
    with setting.database(kind) as url:
        database = open_database(url)
        shop = setting.shop(database, FLOW)
        fill(database, shop, people)
        try:
            return {
                name: {
                    "in_batches_us": cost(database, shop, one, people, BATCH, BATCHES, number * BATCH * BATCHES),
                    "alone_us": cost(database, shop, one, people, 1, 300, 50_000 + number * 300),
                }
                for number, (name, one) in enumerate(rules.items())
            }
        finally:
            database.close()


FLOW = "flow: bench\ntrigger: {event: custom.begun}\nsteps:\n  - log: {text: on}\n"


def fill(database: Any, shop: int, people: int) -> None:
    """Two letters each in the last days."""
    from sereno.store.fields import to_micros

    for first in range(0, people, 5000):
        with database.transaction() as tx:
            rows = []
            for person in range(first, min(people, first + 5000)):
                for days in (2, 5):
                    at = to_micros(START - timedelta(days=days, seconds=person % 40_000))
                    name = f"p{person}"
                    key, whom = f"old{days}-{person}/0", (name, f"{name}@example.com")
                    rest = ("sent", at, at, None, 5, f"1|{days}", None, None)
                    rows.append((key, shop, 1, 1, "email", "marketing", *whom, *rest))
            tx.many("keep_slots", rows)
    if database.dialect == "postgresql":
        with database.connection() as connection:
            connection.execute("ANALYZE message_slot")


def cost(database: Any, shop: int, rules: Any, people: int, size: int, batches: int, first: int) -> float:
    """Median microseconds a message."""
    from sereno.runtime.arbiter.booking import decide, settle
    from sereno.runtime.arbiter.messages import read_message
    from sereno.runtime.arbiter.verdicts import Go
    from sereno.sdk.plugin import registry
    from sereno.store.fields import to_micros

    definition = registry().actions.get("messages.send_email")
    config = {"subject": "Hello", "text": "Good day", "purpose": "marketing"}
    times: list[float] = []
    for batch in range(batches):
        given = [context(shop, (first + batch * size + number) * 7919 % people) for number in range(size)]
        now = START + timedelta(seconds=batch)
        with database.transaction() as tx:
            begin = time.perf_counter()
            messages = [
                read_message(definition, config, one, asked(one.effect_key, now, rules), rules) for one in given
            ]
            decided = decide(tx, database.dialect, messages, now, books="booked")
            taken = time.perf_counter() - begin
        assert all(isinstance(verdict, Go) for verdict in decided.verdicts.values())
        with database.transaction() as tx:
            begin = time.perf_counter()
            settle(tx, [one.effect_key for one in given], [], to_micros(now))
            taken += time.perf_counter() - begin
        times.append(taken * 1e6 / size)
    return round(median(times), 1)


_keys = iter(range(10**9))


def context(shop: int, person: int) -> Any:
    from sereno.sdk.context import Context, ShopFacts

    name = f"p{person}"
    customer = {"id": name, "email": f"{name}@example.com", "accepts_email": True, "default_address": {"country": "RO"}}

    def nothing(kind: type[Any]) -> Any:
        raise LookupError(kind)

    return Context(
        effect_key=f"run{next(_keys)}/0",
        attempt=1,
        flow="bench",
        run="run",
        subject=f"customer:{name}",
        shop=ShopFacts(shop, "Bench", "EUR", "Europe/Madrid", "es", ""),
        refs={"customer": name},
        records={"customer": customer},
        event={},
        vars={},
        now=START,
        find_port=nothing,
    )


def asked(key: str, now: datetime, rules: Any) -> Any:
    from sereno.runtime.arbiter.messages import Asked
    from sereno.store.fields import to_micros

    return Asked(key, 1, "bench", 1, "0", to_micros(now))


if __name__ == "__main__":
    main()
