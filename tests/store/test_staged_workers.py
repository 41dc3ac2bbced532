"""Two versions side by side under three workers, with events shuffled and doubled: the same as with one worker."""

from __future__ import annotations

import random
from typing import Any

import pytest
from crowding import work_together
from support import Place, fact

from sereno.engine.chance import share_of
from sereno.runtime import services
from sereno.runtime.staging import stages
from sereno.sdk.connector import NewEvent

PEOPLE = 80
ONCE = (
    "flow: {name}\ntrigger: {{event: custom.begun}}\nkey: event.data.group\nreentry: once\n"
    "steps:\n  - tests.call: {{to: {to}}}\n  - wait: 1h\n  - tests.call: {{to: later}}\n"
)


def events(seed: int) -> list[NewEvent]:
    """Two of each key from different lanes, all twice, shuffled."""
    chance = random.Random(seed)
    found: list[NewEvent] = []
    for number in range(PEOPLE):
        data = {"group": f"g{number % (PEOPLE // 2)}"}
        cart = str(number)
        found.append(fact(f"b{number}", "custom.begun", f"thing:{number}", data, cart=cart))
    found *= 2
    chance.shuffle(found)
    return found


def prepare(place: Place) -> None:
    for name, share in (("shady", None), ("shared", 50)):
        place.flow(ONCE.format(name=name, to="old"))
        services.save_draft(place.shop, ONCE.format(name=name, to="new"), "ana", database=place.database)
        stages.start(place.shop, name, "ana", share=share, database=place.database)


def outcome(place: Place) -> dict[str, Any]:
    place.after(hours=3)
    runs = place.rows(
        "SELECT flow.name, run.key, run.version, run.status, run.is_shadow FROM run "
        "JOIN flow ON flow.id = run.flow_id WHERE NOT flow.is_derived"
    )
    effects = place.rows(
        "SELECT flow.name, run.key, run.version, effect.step, effect.status FROM effect "
        "JOIN run ON run.id = effect.run_id JOIN flow ON flow.id = run.flow_id"
    )
    counts = place.rows(
        "SELECT flow.name, flow_stage_tally.is_candidate, flow_stage_tally.what, sum(flow_stage_tally.count) "
        "FROM flow_stage_tally JOIN flow_stage ON flow_stage.id = flow_stage_tally.stage_id "
        "JOIN flow ON flow.id = flow_stage.flow_id GROUP BY 1, 2, 3"
    )
    return {
        "runs": sorted((flow, key, version, bool(shadow)) for flow, key, version, _, shadow in runs),
        "first": sorted((f, k, v, status) for f, k, v, step, status in effects if step == "0"),
        "begun": sorted((f, bool(arm), int(n)) for f, arm, what, n in counts if what == "runs"),
        "open": place.rows("SELECT count(*) FROM run WHERE status IN ('waiting', 'parked', 'running')"),
        "queued": place.rows("SELECT count(*) FROM event_queue"),
    }


@pytest.mark.parametrize("seed", range(2))
def test_many_workers_with_versions_side_by_side(sqlite: Any, postgres: Any, seed: int) -> None:
    alone, many = Place(sqlite), Place(postgres)
    for place in (alone, many):
        prepare(place)
    found = events(seed)
    alone.send(*found)
    alone.drain()
    work_together(many, postgres, found, 11)
    expected, seen = outcome(alone), outcome(many)
    for what in expected:
        assert seen[what] == expected[what], what
    groups = {f"g{number}" for number in range(PEOPLE // 2)}
    entered = [(flow, key) for flow, key, *_ in expected["runs"]]
    assert len(entered) == len(set(expected["runs"]))  # each key once for each version, whatever came twice
    for flow, key, version, is_shadow in expected["runs"]:
        assert key in groups
        if flow == "shared":
            assert version == (2 if share_of("stage", "shared", key) < 5000 else 1) and not is_shadow
        else:
            assert is_shadow == (version == 2)
    assert expected["open"] == expected["queued"] == [(0,)]
    assert {status for flow, _, version, status in expected["first"] if (flow, version) == ("shady", 2)} == {"shadow"}
