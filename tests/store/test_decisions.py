"""What a checkout offers, from the published document to the counted order: on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from support import START, Place, fact, order

from sereno.engine.decisions import DecisionsInvalid
from sereno.runtime.decisions import asking, keeping
from sereno.runtime.decisions.asking import Facts
from sereno.runtime.decisions.recording import recorder

OPTIONS = [{"id": "card", "kind": "payment", "name": "Card"}, {"id": "cod", "kind": "payment", "name": "Cash"}]
ARMS = [{"name": "old", "weight": 1}, {"name": "new", "weight": 1}]


def document(*rules: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"options": OPTIONS, "rules": [{"id": f"r{n}", **one} for n, one in enumerate(rules)], **more}


BACK = [{"delivery_status": "return_to_sender"}]
NO_CASH = {"when": "cart.total > 300", "do": "hide", "options": ["cod"]}


@pytest.fixture
def quick(place: Place, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What is published is seen at once, and what a test left to be written is not the next one's."""
    monkeypatch.setattr(asking, "FRESH", 0.0)
    yield
    recorder(place.database).flush()


def publish(place: Place, content: dict[str, Any]) -> int:
    keeping.keep_draft(place.shop, content, "ana", database=place.database)
    return keeping.publish(place.shop, "ana", database=place.database)


def ask(place: Place, **facts: Any) -> Any:
    return asking.ask(place.shop, Facts(**facts), database=place.database)


def shown(place: Place, **facts: Any) -> list[str]:
    return [one.id for one in ask(place, **facts).answer.offered if one.is_shown]


def test_drafted_published_rolled_back(place: Place, quick: None) -> None:
    assert ask(place).version == 0
    first = keeping.keep_draft(place.shop, document(NO_CASH), "ana", database=place.database)
    assert (first.revision, first.version) == (1, None)
    assert shown(place, cart={"total": "400"}) == []
    assert keeping.publish(place.shop, "ana", database=place.database) == 1
    assert shown(place, cart={"total": "400"}) == ["card"]
    with pytest.raises(keeping.DraftMoved):
        keeping.keep_draft(place.shop, document(), "bo", expected=0, database=place.database)
    with pytest.raises(DecisionsInvalid):
        keeping.keep_draft(place.shop, document({"do": "hide", "options": ["x"]}), "bo", database=place.database)
    assert publish(place, document()) == 2
    # Nothing was changed: it is the same version.
    assert keeping.publish(place.shop, "ana", database=place.database) == 2
    assert shown(place, cart={"total": "400"}) == ["card", "cod"]
    assert keeping.roll_back(place.shop, 1, "ana", database=place.database) == 3
    assert shown(place, cart={"total": "400"}) == ["card"]
    assert keeping.undo_draft(place.shop, "ana", database=place.database).draft == document()
    assert keeping.undo_draft(place.shop, "ana", database=place.database).draft == document(NO_CASH)
    with pytest.raises(LookupError):
        keeping.roll_back(place.shop, 9, "ana", database=place.database)
    said = [row[0] for row in place.rows("SELECT action FROM audit WHERE action LIKE 'decisions.%' ORDER BY id")]
    assert [one for one in said if one != "decisions.drafted"] == [
        "decisions.published",
        "decisions.published",
        "decisions.rolled_back",
    ]
    assert said[0] == "decisions.drafted"


def test_history_and_record_of_a_customer_who_is_proven(place: Place, quick: None) -> None:
    publish(
        place,
        document(
            {"when": "history.order_count < 2", "do": "hide", "options": ["cod"]},
            {
                "when": "customer.first_name == 'Ana' && history.undelivered_count == 1",
                "do": "first",
                "options": ["cod"],
            },
        ),
    )
    place.send(
        order("1", total="10.50"),
        order("2", at=START + timedelta(hours=1), total="20.00", fulfillments=BACK),
        order("3", at=START + timedelta(hours=2), status="cancelled", total="99.00"),
    )
    place.drain()
    known = ask(place, customer="17").answer
    assert [one.id for one in known.offered] == ["cod", "card"]
    assert dict(known.reasons[1].seen) == {"customer.first_name": "Ana", "history.undelivered_count": 1}
    assert shown(place, customer="18") == ["card"]
    # Nobody in particular: nothing is known, nothing is hidden, and the answer says why.
    unknown = ask(place).answer
    assert [one.held for one in unknown.reasons] == [None, False]
    assert all(one.is_shown for one in unknown.offered)
    with place.database.read() as tx:
        assert asking._history(tx, place.shop, Facts(email="ANA@example.com"), "EUR") == {
            "order_count": 3,
            "paid_count": 0,
            "cancelled_count": 1,
            "refunded_count": 0,
            "undelivered_count": 1,
            "total_spent": "30.50",
            "first_order_at": "2026-03-02T09:00:00Z",
            "last_order_at": "2026-03-02T11:00:00Z",
        }


def test_a_visitors_orders_count_in_the_arm_they_came_to(place: Place, quick: None) -> None:
    publish(place, document(variants=[{"id": "till", "arms": ARMS, "window": "7d"}]))
    arms: dict[str, str] = {}
    for number in range(20):
        visitor = f"v{number}"
        arms[visitor] = ask(place, visitor={"id": visitor}).answer.assigned[0].arm
        # The cart comes later, on another page; and again.
        for _again in range(2):
            ask(place, visitor={"id": visitor}, cart={"id": f"c{number}"})
    recorder(place.database).flush()
    assert dict(place.rows("SELECT unit, arm FROM exposure")) == {f"visitor:{key}": arm for key, arm in arms.items()}
    assert place.rows("SELECT count(*) FROM decisions_visitor") == [(20,)]
    (at,) = place.rows("SELECT min(at) FROM exposure")[0]
    placed = asking.from_micros(at) + timedelta(days=1)
    for number in range(0, 20, 2):
        refs = {"order": f"o{number}", "cart": f"c{number}"}
        data = {"id": f"o{number}", "currency": "EUR", "total": "10.00", "placed_at": placed.isoformat()}
        place.send(fact(f"f{number}", "order.created", f"order:o{number}", data, placed, **refs))
    place.clock.move_to(placed)
    place.drain()
    place.clock.move_to(placed + timedelta(days=8))
    while place.runtime.outcomes.run():
        pass
    rows = place.rows("SELECT arm, metric, total FROM experiment_sum WHERE day = 0 AND experiment = 'checkout:till'")
    sums = {(arm, metric): int(total) for arm, metric, total in rows}
    for arm in ("old", "new"):
        mine = [visitor for visitor, found in arms.items() if found == arm]
        assert sums[arm, "units"] == len(mine)
        assert sums.get((arm, "orders"), 0) == sum(int(one[1:]) % 2 == 0 for one in mine)
        assert sums.get((arm, "EUR"), 0) == 1000 * sum(int(one[1:]) % 2 == 0 for one in mine)


def test_rules_are_counted_and_what_cannot_be_written_waits(
    place: Place, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(place, document(NO_CASH))
    notes = recorder(place.database)
    broken = {"is": True}
    write = notes._write

    def sometimes(taken: Any) -> None:
        if broken["is"]:
            raise RuntimeError("away")
        write(taken)

    monkeypatch.setattr(notes, "_write", sometimes)
    for total in ("400", "500", "10", None):
        ask(place, cart={"total": total})
    with pytest.raises(RuntimeError):
        notes.flush()
    broken["is"] = False
    notes.flush()
    notes.flush()
    rows = place.rows("SELECT rule, held, missed, unknown FROM decisions_tally ORDER BY rule")
    assert rows == [("", 4, 0, 0), ("r0", 2, 1, 1)]


def test_a_comparison_ends_once_and_everybody_has_what_won(place: Place, quick: None) -> None:
    content = document(variants=[{"id": "till", "name": "Till", "arms": ARMS, "then": "use"}])
    publish(place, content)
    before = {ask(place, visitor={"id": str(number)}).answer.assigned[0].arm for number in range(30)}
    assert before == {"old", "new"}
    design = ask(place, visitor={"id": "1"}).answer.assigned
    assert design[0].is_measured
    live = asking.read_plan(content, place.runtime.world.plugins).variants[0]
    ended = {"id": "till", "name": "Till", "experiment": "checkout:till", "design": live.design, "arm": "new"}
    evidence = {"metric": "orders", "visitors": 30, "days": 14}
    assert keeping.declare(place.shop, {**ended, "then": "use"}, evidence, database=place.database)
    assert not keeping.declare(place.shop, {**ended, "arm": "old", "then": "use"}, evidence, database=place.database)
    after = [ask(place, visitor={"id": str(number)}).answer.assigned[0] for number in range(30)]
    assert {(one.arm, one.why, one.is_measured) for one in after} == {("new", "winner", False)}
    assert place.rows("SELECT count(*) FROM event WHERE type = 'experiment.decided'") == [(1,)]
    place.drain()


def test_a_winner_is_found_by_the_stated_rule_once(place: Place, quick: None) -> None:
    from sereno.site.deciding import look

    content = document(variants=[{"id": "till", "arms": ARMS, "then": "use", "at_least": "14d", "at_most": "28d"}])
    publish(place, content)
    design = asking.live_plan(place.shop, database=place.database).variants[0].design
    day = 20_000

    def count(arm: str, metric: str, total: int, events: int, on: int) -> list[Any]:
        return [
            (place.shop, -1, "checkout:till", design, arm, metric, at, total, float(total), events) for at in (0, on)
        ]

    def counted(old: int, new: int, on: int) -> None:
        rows = [
            row
            for arm, orders in (("old", old), ("new", new))
            for metric, total in (("exposed", 2000), ("units", 2000), ("orders", orders))
            for row in count(arm, metric, total, total if metric == "orders" else 0, on)
        ]
        with place.database.transaction() as tx:
            tx.many("add_sums", rows)

    assert look(place.database, day) == 0
    counted(200, 205, day)
    # Too early; then undecided; at the end nobody has won.
    assert [look(place.database, day + after) for after in (13, 14, 27)] == [0, 0, 0]
    counted(300, 800, day + 1)
    assert look(place.database, day + 13) == 0
    assert [look(place.database, day + 14), look(place.database, day + 14)] == [1, 0]
    assert place.rows("SELECT arm FROM decisions_winner") == [("new",)]
    assert ask(place, visitor={"id": "x"}).answer.assigned[0].why == "winner"


def test_without_a_winner_in_time_there_is_none(place: Place, quick: None) -> None:
    from sereno.site.deciding import look

    publish(place, document(variants=[{"id": "till", "arms": ARMS, "then": "use", "at_least": "7d", "at_most": "28d"}]))
    design = asking.live_plan(place.shop, database=place.database).variants[0].design
    row = (place.shop, -1, "checkout:till", design, "old", "exposed")
    with place.database.transaction() as tx:
        tx.many("add_sums", [(*row, at, 5, 5.0, 5) for at in (0, 20_000)])
    assert look(place.database, 20_027) == 0
    assert look(place.database, 20_028) == 1
    assert place.rows("SELECT arm FROM decisions_winner") == [("",)]
    assert ask(place, visitor={"id": "x"}).answer.assigned[0].why == "split"
