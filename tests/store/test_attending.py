"""What failed is tried again or let be by its cause, however much there is; a skip is taken back whole."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sereno.runtime import attending, services
from sereno.runtime.attending import Cause, Tried

REFUSED = Cause("http.request", "http.refused", "http:erp")
OTHER = Cause("alerts.notify", "", "")
FLOW = "flow: greet\nname: Greet\ntrigger: {manual: order}\nsteps:\n  - log: {text: hello}\n"


@pytest.fixture
def shop(database: Any) -> int:
    return services.create_shop(
        slug="casa", name="Casa", currency="EUR", timezone="Europe/Madrid", locale="es", database=database
    )


def fail(database: Any, shop: int, count: int, cause: Cause = REFUSED, status: str = "failed") -> None:
    with database.transaction() as tx:
        start = tx.text("SELECT count(*) FROM effect")[0][0]
        tx.many(
            "copy_effects",
            [
                (
                    f"k{start + number}", shop, 1, 1, "0", cause.action, "order:1", "{}", status, False, 1, 1, 5,
                    cause.connection or None, 5, 7, None, cause.error or None, "refused",
                )
                for number in range(count)
            ],
        )  # fmt: skip


def statuses(database: Any) -> dict[str, int]:
    with database.read() as tx:
        return dict(tx.text("SELECT status, count(*) FROM effect GROUP BY status"))


def audited(database: Any) -> list[tuple[str, int]]:
    with database.read() as tx:
        rows = tx.text("SELECT action, details FROM audit WHERE action LIKE 'effects.%' ORDER BY id")
    return [(action, json.loads(details)["count"]) for action, details in rows]


def test_all_of_a_cause_are_tried_again_and_no_others(database: Any, shop: int) -> None:
    fail(database, shop, 2500)
    fail(database, shop, 3, OTHER)
    fail(database, shop, 2, status="done")
    assert attending.retry_cause(shop, REFUSED, "ana", database=database) == Tried(2500, 0)
    assert statuses(database) == {"pending": 2500, "failed": 3, "done": 2}
    assert audited(database) == [("effects.replayed", 2500)]
    assert attending.retry_cause(shop, REFUSED, "ana", database=database) == Tried(0, 0)
    assert attending.retry_cause(shop, OTHER, "ana", database=database) == Tried(3, 0)


def test_what_belongs_to_a_paused_flow_is_counted_apart(database: Any, shop: int) -> None:
    services.save_draft(shop, FLOW, "ana", database=database)
    services.publish(shop, "greet", "ana", database=database)
    fail(database, shop, 4)
    fail(database, shop, 3, OTHER)
    with database.transaction() as tx:
        ((flow,),) = tx.text("SELECT id FROM flow WHERE name = 'greet'")
        tx.text(f"UPDATE effect SET flow_id = {flow} WHERE action = 'http.request'")
        tx.text("UPDATE flow SET status = 'paused' WHERE name = 'greet'")
    with database.read() as tx:
        rows = tx.all("failed_causes", {"shop": shop, "most": 10_000})
    assert {row[0]: row[8] for row in rows} == {"alerts.notify": 0, "http.request": 4}
    assert attending.retry_cause(shop, REFUSED, "ana", database=database) == Tried(4, 4)
    assert attending.retry_cause(shop, OTHER, "ana", database=database) == Tried(3, 0)


def test_a_skip_is_taken_back_whole_and_nothing_else(database: Any, shop: int) -> None:
    fail(database, shop, 5, status="cancelled")
    fail(database, shop, 1200)
    fail(database, shop, 3, OTHER)
    skipped = attending.skip_cause(shop, REFUSED, "ana", database=database)
    assert skipped.count == 1200
    assert statuses(database) == {"cancelled": 1205, "failed": 3}
    assert attending.unskip(shop + 1, skipped, "eve", database=database) == 0
    assert attending.unskip(shop, skipped, "ana", database=database) == 1200
    assert statuses(database) == {"cancelled": 5, "failed": 1203}
    assert audited(database) == [("effects.skipped", 1200), ("effects.unskipped", 1200)]


def test_chosen_ones_are_skipped_in_their_shop_alone(database: Any, shop: int) -> None:
    fail(database, shop, 4)
    with database.read() as tx:
        ids = [row[0] for row in tx.text("SELECT id FROM effect ORDER BY id")]
    assert attending.skip_effects(shop + 1, ids, "eve", database=database).count == 0
    found = attending.skip_effects(shop, ids[1:3], "ana", database=database)
    assert (found.count, found.first, found.last) == (2, ids[1], ids[2])
    assert statuses(database) == {"cancelled": 2, "failed": 2}


def test_causes_are_counted_with_their_first_and_last(database: Any, shop: int) -> None:
    fail(database, shop, 30)
    fail(database, shop, 2, OTHER)
    with database.read() as tx:
        rows = tx.all("failed_causes", {"shop": shop, "most": 10_000})
    assert [(row[0], row[1], row[2], row[3]) for row in rows] == [
        ("alerts.notify", "", "", 2),
        ("http.request", "http.refused", "http:erp", 30),
    ]
