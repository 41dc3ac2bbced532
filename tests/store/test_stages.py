"""A version beside the live one, let out step by step, taken back at a limit: on both databases."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from support import ANSWERS, START, TRIED, Place, fact

from sereno.engine.chance import share_of
from sereno.runtime import consenting, services, webhooks
from sereno.runtime.staging import stages
from sereno.runtime.staging.pairs import side_by_side
from sereno.runtime.staging.stages import Terms
from sereno.sdk.result import Done, Fail

FLOW = """\
flow: greet
trigger: {event: custom.begun}
exit: [{event: custom.over}]
steps:
  - tests.call: {to: old}
  - wait: 1h
  - tests.call: {to: later}
"""
NEW = FLOW.replace("to: old", "to: new")


@pytest.fixture(autouse=True)
def _live(place: Place) -> None:
    place.flow(FLOW)


def draft(place: Place, text: str = NEW) -> None:
    services.save_draft(place.shop, text, "ana", database=place.database)


def start(place: Place, text: str = NEW, **options: Any) -> stages.StageRow:
    draft(place, text)
    return stages.start(place.shop, "greet", "ana", database=place.database, **options)


def begin(place: Place, *numbers: int, prefix: str = "b") -> None:
    now = place.clock.now()
    place.send(*(fact(f"{prefix}{number}", "custom.begun", f"thing:{number}", at=now) for number in numbers))
    place.drain()


def made(place: Place) -> list[tuple[str, int, str, str]]:
    """Key, version, where to and status of every effect."""
    rows = place.rows(
        "SELECT run.key, run.version, effect.config, effect.status FROM effect JOIN run ON run.id = effect.run_id "
        "WHERE effect.action = 'tests.call' ORDER BY effect.id"
    )
    return [(key, int(version), json.loads(config)["to"], status) for key, version, config, status in rows]


def check(place: Place) -> int:
    return place.runtime.stages.check()


def test_in_shadow_both_decide_and_only_the_live_one_acts(place: Place) -> None:
    stage = start(place)
    assert (stage.mode, stage.version, stage.live_version, stage.share) == ("shadow", 2, 1, 0)
    begin(place, 1)
    assert sorted(made(place)) == [("thing:1", 1, "old", "done"), ("thing:1", 2, "new", "shadow")]
    uids = {row[0] for row in place.rows("SELECT uid FROM run")}
    assert len(uids) == 2
    place.send(fact("o1", "custom.over", "thing:1"))
    place.drain()
    assert [run[1] for run in place.runs()] == ["exited", "exited"]
    assert [key for key in TRIED if key.split("/")[0] in uids] == TRIED and len(TRIED) == 1


def test_entries_are_counted_in_lanes_of_their_own(place: Place) -> None:
    start(place)
    begin(place, 1)
    place.send(fact("again", "custom.begun", "thing:1"))
    place.drain()
    assert place.skips() == ["already_running", "already_running"]
    place.send(fact("b1", "custom.begun", "thing:1"))  # the very same event
    place.drain()
    assert len(place.runs()) == 2
    lanes = place.rows("SELECT lane <> 0, is_live FROM flow_entry WHERE key = 'thing:1' ORDER BY lane")
    assert [tuple(bool(value) for value in row) for row in lanes] == [(False, True), (True, True)]


def test_a_run_from_before_does_not_hold_up_the_candidate(place: Place) -> None:
    begin(place, 1)
    start(place)
    place.send(fact("next", "custom.begun", "thing:1"))
    place.drain()
    assert place.skips() == ["already_running"]
    assert [version for _, version, _, _ in made(place)] == [1, 2]


def test_once_counts_what_was_before_the_stage_and_then_each_for_itself(place: Place) -> None:
    once = FLOW.replace("exit:", "reentry: once\nexit:")
    place.flow(once)
    begin(place, 1)
    place.after(hours=2)
    start(place, once.replace("to: old", "to: new"))
    begin(place, 1, 2, prefix="c")
    assert [key for key, version, _, _ in made(place) if version == 3] == ["thing:2"]
    assert Counter(place.skips()) == {"once": 2}


def test_a_share_goes_by_the_key_and_keeps_whom_it_had(place: Place) -> None:
    start(place, share=20)
    numbers = range(120)
    begin(place, *numbers)
    expected = {f"thing:{n}": 2 if share_of("stage", "greet", f"thing:{n}") < 2000 else 1 for n in numbers}
    assert 0 < list(expected.values()).count(2) < 60
    assert {key: version for key, version, _, _ in made(place)} == expected
    assert len(made(place)) == 120 and {status for *_, status in made(place)} == {"done"}
    place.send(*(fact(f"o{n}", "custom.over", f"thing:{n}") for n in numbers))
    place.drain()
    place.after(minutes=1)
    stages.step_up(place.shop, "greet", "ana", share=50, database=place.database)
    begin(place, *numbers, prefix="c")
    second = {key: version for key, version, _, _ in made(place)[120:]}
    assert len(second) == 120
    assert all(second[key] == 2 for key, version in expected.items() if version == 2)
    assert list(second.values()).count(2) > list(expected.values()).count(2)


def test_all_the_way_it_is_the_live_version_and_runs_keep_theirs(place: Place) -> None:
    start(place)
    begin(place, 1)
    for _ in range(3):
        stage = stages.step_up(place.shop, "greet", "ana", database=place.database)
    assert (stage.outcome, stage.share) == ("live", 5000)
    assert place.rows("SELECT version, status FROM flow WHERE name = 'greet'") == [(2, "live")]
    begin(place, 2)
    assert made(place)[-1] == ("thing:2", 2, "new", "done")
    place.after(hours=2)
    assert [run[1] for run in place.runs()] == ["finished"] * 3
    assert Counter(made(place)) == Counter(
        [
            ("thing:1", 1, "old", "done"),
            ("thing:1", 2, "new", "shadow"),
            ("thing:2", 2, "new", "done"),
            ("thing:1", 1, "later", "done"),
            ("thing:1", 2, "later", "shadow"),
            ("thing:2", 2, "later", "done"),
        ]
    )


@pytest.mark.parametrize(
    ("inflight", "versions", "statuses"),
    [("finish", {2}, {"waiting"}), ("move", {1}, {"waiting"}), ("end", {2}, {"stopped"})],
)
def test_back_at_any_moment(place: Place, inflight: Any, versions: set[int], statuses: set[str]) -> None:
    start(place, share=99)
    begin(place, *range(6))
    assert {version for _, version, _, _ in made(place)} == {2}
    stage = stages.go_back(place.shop, "greet", "ana", inflight, "too loud", database=place.database)
    assert (stage.outcome, stage.reason) == ("stopped", {"reason": "too loud"})
    rows = place.rows("SELECT version, status FROM run")
    assert ({row[0] for row in rows}, {row[1] for row in rows}) == (versions, statuses)
    begin(place, 7)
    assert made(place)[-1] == ("thing:7", 1, "old", "done")
    place.after(hours=2)
    later = [to for _, _, to, _ in made(place)].count("later")
    assert later == (1 if inflight == "end" else 7)


def test_runs_beside_the_live_version_end_when_it_is_taken_back(place: Place) -> None:
    start(place)
    begin(place, 1)
    stages.go_back(place.shop, "greet", "ana", "move", database=place.database)
    assert sorted(place.rows("SELECT version, status FROM run")) == [(1, "waiting"), (2, "stopped")]


def test_a_worker_that_had_not_heard_of_the_end_is_tidied_up_after(place: Place) -> None:
    start(place, share=99)
    begin(place, 1)
    stages.go_back(place.shop, "greet", "ana", "end", database=place.database)
    place.send(fact("late", "custom.begun", "thing:2"))
    place.runtime.drain()  # by what it knows, the stage goes on
    assert place.rows("SELECT version, status FROM run WHERE key = 'thing:2'") == [(2, "waiting")]
    place.after(seconds=5)
    assert check(place) == 1
    assert place.rows("SELECT version, status FROM run WHERE key = 'thing:2'") == [(2, "stopped")]
    assert check(place) == 0


@pytest.mark.usefixtures("secret_key")
def test_what_fails_again_and_again_is_taken_back(place: Place) -> None:
    webhooks.create_webhook(
        place.shop, "desk", "https://desk.example/hook", ["flow.stage_returned"], "ana", database=place.database
    )
    ANSWERS["new"] = lambda config, ctx: Fail("remote.refused", "no")
    start(place, share=99)
    begin(place, 1)
    assert check(place) == 0
    begin(place, *range(2, 8))
    assert check(place) == 1
    stage = stages.stage_of(place.shop, "greet", database=place.database)
    assert stage is not None and stage.outcome == "returned"
    assert stage.reason["limit"] == "effects_failed" and stage.reason["hits"] == stage.reason["tries"] == 7
    assert 0.05 < stage.reason["at_least"] < 1
    begin(place, 20)
    assert made(place)[-1] == ("thing:20", 1, "old", "done")
    ((by, target),) = place.rows("SELECT \"by\", target FROM audit WHERE action = 'flow.stage_returned'")
    assert (by, target) == ("sereno", "greet")
    assert place.rows("SELECT kind, about FROM alert") == [("stage.returned", "flow:greet")]
    ((config,),) = place.rows("SELECT config FROM effect WHERE action = 'webhooks.deliver'")
    said = json.loads(config)["body"]
    assert said["type"] == "flow.stage_returned"
    assert (said["data"]["flow"], said["data"]["limit"], said["data"]["hits"]) == ("greet", "effects_failed", 7)
    assert check(place) == 0


def test_a_few_failures_among_many_are_no_reason(place: Place) -> None:
    start(place, share=99)
    ANSWERS["new"] = lambda config, ctx: Fail("remote.refused", "no")
    begin(place, 1)
    ANSWERS.pop("new")
    begin(place, *range(2, 60))
    assert check(place) == 0


def test_more_effects_than_the_live_version_causes(place: Place) -> None:
    loud = NEW.replace("  - wait: 1h", "".join("  - tests.call: {to: more}\n" for _ in range(6)) + "  - wait: 1h")
    start(place, loud, share=50)
    begin(place, *range(10))
    assert check(place) == 0
    begin(place, *range(10, 150))
    assert check(place) == 1
    stage = stages.stage_of(place.shop, "greet", database=place.database)
    assert stage is not None and stage.reason["limit"] == "effects" and stage.reason["times"] > 4


def test_it_goes_up_by_itself_after_hours_and_runs(place: Place) -> None:
    terms = Terms(ladder=[30, 100], advance={"hours": 24, "runs": 3})
    start(place, terms=terms)
    begin(place, 1, 2, 3)
    assert check(place) == 0
    place.after(hours=25)
    assert check(place) == 1
    stage = stages.stage_of(place.shop, "greet", database=place.database)
    assert stage is not None and (stage.mode, stage.share, stage.step) == ("share", 3000, 1)
    place.after(hours=25)
    assert check(place) == 0  # no runs of its own in this step
    begin(place, *range(10, 60))
    assert check(place) == 1
    assert place.rows("SELECT version FROM flow WHERE name = 'greet'") == [(2,)]
    assert check(place) == 0


def test_what_stands_in_the_way_is_said(place: Place) -> None:
    start(place)
    with pytest.raises(ValueError, match="on its way in already"):
        start(place)
    with pytest.raises(ValueError, match="higher"):
        stages.step_up(place.shop, "greet", "ana", share=5, database=place.database)
        stages.step_up(place.shop, "greet", "ana", share=5, database=place.database)
    place.flow(NEW)
    ended = stages.stage_of(place.shop, "greet", database=place.database)
    assert ended is not None and ended.outcome == "replaced"
    with pytest.raises(LookupError):
        stages.step_up(place.shop, "greet", "ana", database=place.database)
    timed = 'flow: greet\ntrigger: {schedule: "0 9 * * *"}\nsteps: [{tests.call: {to: x}}]\n'
    with pytest.raises(ValueError, match="schedules"):
        start(place, timed)
    assert place.rows(
        "SELECT max(number) FROM flow_version WHERE flow_id = (SELECT id FROM flow WHERE name = 'greet')"
    ) == [(3,)]


def test_keys_made_differently_fall_to_one_version_only(place: Place) -> None:
    start(place, NEW.replace("steps:", "key: event.data.group\nsteps:"), share=50)
    place.send(
        *(fact(f"g{number}", "custom.begun", f"thing:{number}", {"group": f"g{number}"}, START) for number in range(60))
    )
    place.drain()
    keys = Counter(int(row[0]) for row in place.rows("SELECT event_id FROM run"))
    assert len(keys) == 60 and set(keys.values()) == {1}
    assert {version for _, version, _, _ in made(place)} == {1, 2}


def test_a_paused_flow_says_so_once(place: Place) -> None:
    start(place)
    services.set_status(place.shop, "greet", "paused", "ana", database=place.database)
    begin(place, 1)
    assert place.skips() == ["flow_paused"] and place.runs() == []


def mailed(place: Place) -> None:
    """Both versions send something, to two hundred people."""
    ANSWERS["new"] = ANSWERS["old"] = lambda config, ctx: Done({"sent": True})
    start(place, share=50)
    begin(place, *range(200))


def keys_of(place: Place, version: int) -> list[str]:
    rows = place.rows(f"SELECT effect.key FROM effect JOIN run ON run.id = effect.run_id WHERE run.version = {version}")
    return [row[0] for row in rows]


def told(place: Place, what: str, keys: list[str], **data: Any) -> None:
    place.send(
        *(
            fact(
                f"{what}{n}{key}",
                f"message.{what}",
                f"customer:{n}",
                {"email": f"p{n}@example.com", "effect": key, **data},
            )
            for n, key in enumerate(keys)
        )
    )
    place.drain()


def test_complaints_are_its_own_who_wrote(place: Place) -> None:
    mailed(place)
    told(place, "complained", keys_of(place, 1)[:9])
    assert check(place) == 0
    told(place, "complained", keys_of(place, 1)[:9])  # the same events again
    assert place.rows("SELECT sum(count) FROM flow_stage_tally WHERE what = 'complained'") == [(9,)]
    assert place.rows("SELECT reason, count(*) FROM suppression GROUP BY reason") == [("complaint", 9)]
    told(place, "bounced", keys_of(place, 2)[:3], is_permanent=False)
    assert check(place) == 0
    told(place, "complained", ["nobody/0", "", *keys_of(place, 2)[:9]])
    assert check(place) == 1
    stage = stages.stage_of(place.shop, "greet", database=place.database)
    assert stage is not None and stage.reason["limit"] == "complaints"


def test_who_unsubscribes_by_a_link_counts_for_the_message_it_stood_in(place: Place) -> None:
    mailed(place)
    for number, key in enumerate(keys_of(place, 2)[:20]):
        for _ in range(2):
            consenting.choose(
                place.shop,
                f"p{number}@example.com",
                "email",
                granted=False,
                proof={"effect": key},
                database=place.database,
            )
    assert check(place) == 1
    stage = stages.stage_of(place.shop, "greet", database=place.database)
    assert stage is not None and (stage.reason["limit"], stage.reason["hits"]) == ("unsubscribes", 20)


def test_the_two_side_by_side(place: Place) -> None:
    place.flow(FLOW.replace("custom.begun}", 'custom.begun, when: "event.data.big != true"}'))
    both = (
        FLOW.replace("to: later", "to: sooner").replace("1h", "2h").replace("steps:\n", "steps:\n  - log: {text: x}\n")
    )
    start(place, both)
    place.send(fact("1", "custom.begun", "thing:1"), fact("2", "custom.begun", "thing:2", {"big": True}))
    place.drain()
    stage = stages.stage_of(place.shop, "greet", database=place.database)
    assert stage is not None
    seen = side_by_side(place.shop, stage, database=place.database)
    assert (seen.looked_at, seen.differing, seen.open) == (2, 1, 2)
    (alone,) = side_by_side(place.shop, stage, only_different=True, database=place.database).rows
    assert alone.subject == "thing:2" and [one.kind for one in alone.differences] == ["only_candidate"]
    assert alone.live.reason == "when_false"
    place.after(hours=3)
    pair = next(
        one for one in side_by_side(place.shop, stage, database=place.database).rows if one.subject == "thing:1"
    )
    kinds = [(one.kind, one.keys) for one in pair.differences]
    assert kinds == [("changed", ("to",)), ("added", ())]
    assert pair.live.uid != pair.candidate.uid and not pair.is_open
