"""What a newsletter is told, when each reader's hour strikes, which subject did better, and how fast mails follow."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sereno.runtime.newsletters.journal import AGAIN, BEGUN, SENT, Journal, JournalBusy, drop_journal, read_journal
from sereno.runtime.newsletters.pacing import MINUTE, Pacer
from sereno.runtime.newsletters.plan import (
    Pace,
    PlanInvalid,
    Schedule,
    read_audience,
    read_pace,
    read_schedule,
    read_trial,
)
from sereno.runtime.newsletters.trials import Arm, judge, variant_of
from sereno.runtime.newsletters.working import key_of, piece_of

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_a_plan_reads_back_to_itself() -> None:
    audience = {"inside": ["vip"], "outside": ["lost"], "when": "customer.order_count > 1"}
    assert read_audience(audience).document() == audience
    for schedule in (
        {"kind": "now"},
        {"kind": "at", "at": "2026-12-01T09:00:00Z"},
        {"kind": "local", "local": "2026-12-01T09:00"},
    ):
        assert read_schedule(schedule).document() == schedule
    trial = {"share": 20, "wait": "4h", "metric": "clicked", "subjects": {"en": "Other"}}
    assert read_trial(trial).document() == trial
    assert read_trial({}).document() == {}
    assert read_pace({"providers": {"gmail.com": 10, "other": 5}}).document() == {
        "per_minute": None,
        "providers": {"google": 10, "other": 5},
    }


@pytest.mark.parametrize(
    ("read", "document"),
    [
        (read_audience, {"inside": ["a"], "outside": ["a"]}),
        (read_audience, {"who": 1}),
        (read_schedule, {"kind": "at", "at": "soon"}),
        (read_trial, {"share": 1, "subjects": {"en": "x"}}),
        (read_trial, {"share": 20, "subjects": {}}),
        (read_trial, {"share": 20, "wait": "1m", "subjects": {"en": "x"}}),
        (read_pace, {"per_minute": 0}),
        (read_pace, {"providers": {"gmail.com": "many"}}),
    ],
)
def test_what_cannot_be_is_refused(read: object, document: dict[str, object]) -> None:
    with pytest.raises(PlanInvalid):
        read(document)  # type: ignore[operator]


def test_the_local_hour_where_clocks_jump() -> None:
    """Madrid skips 02:00 to 03:00 on 28 March 2027, and has 02:30 twice on 31 October."""
    madrid = ZoneInfo("Europe/Madrid")
    skipped = Schedule("local", local=datetime(2027, 3, 28, 2, 30))  # noqa: DTZ001
    assert skipped.due(NOW, madrid) == datetime(2027, 3, 28, 1, 30, tzinfo=UTC)
    twice = Schedule("local", local=datetime(2027, 10, 31, 2, 30))  # noqa: DTZ001
    assert twice.due(NOW, madrid) == datetime(2027, 10, 31, 0, 30, tzinfo=UTC)
    gone = Schedule("local", local=datetime(2026, 11, 23, 9, 0))  # noqa: DTZ001
    assert gone.due(NOW, madrid) == NOW
    assert gone.due(NOW, ZoneInfo("America/Los_Angeles")) == datetime(2026, 11, 23, 17, tzinfo=UTC)


def test_the_verdict_is_newcombes() -> None:
    """Newcombe 1998, table II, example a: 56 of 70 against 48 of 80 gives 0.0524 to 0.3339 (method 10)."""
    found = judge(Arm(80, 48), Arm(70, 56))
    assert (round(found.low, 4), round(found.high, 4), found.winner) == (0.0524, 0.3339, "b")
    assert judge(Arm(70, 56), Arm(80, 48)).winner == "a"
    assert judge(Arm(50, 10), Arm(50, 12)).winner == ""
    assert judge(Arm(0, 0), Arm(5, 5)).winner == ""


def test_the_trial_has_its_share_and_two_halves() -> None:
    found = [variant_of(7, f"p{number}", 20) for number in range(20_000)]
    assert abs(found.count("a") - 2000) < 200 and abs(found.count("b") - 2000) < 200
    assert found == [variant_of(7, f"p{number}", 20) for number in range(20_000)]


@given(st.integers(1, 5000), st.lists(st.integers(0, 200_000), min_size=50, max_size=200))
def test_no_minute_has_more_than_its_rate(rate: int, steps: list[int]) -> None:
    pacer, now, sent = Pacer(Pace(per_minute=rate), {}), 10**12, list[int]()
    for step in steps:
        now += step
        room = pacer.room(now, 100)
        pacer.spend(room, now)
        sent += [now] * room
    assert sum(1 for at in sent if at > now - MINUTE) <= rate + max(1, rate // 60) + 1


def test_a_slow_rate_still_moves() -> None:
    pacer, now, sent = Pacer(Pace(per_minute=2), {}), 10**12, 0
    for _ in range(120):
        now += 1_000_000
        room = pacer.room(now, 100)
        pacer.spend(room, now)
        sent += room
    assert 3 <= sent <= 5


def test_places_with_a_provider_are_each_ones_own() -> None:
    pacer = Pacer(Pace(providers={"google": 60}), {"google": 10**12 + 5_000_000})
    assert [pacer.place("google", 10**12) - 10**12 for _ in range(3)] == [6_000_000, 7_000_000, 8_000_000]
    assert pacer.place("other", 10**12) == 10**12


def test_a_journal_tells_what_was_in_flight(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    for piece, *said in ((1, BEGUN, SENT), (2, BEGUN), (3, BEGUN, AGAIN, BEGUN)):
        for what in said:
            journal.note(piece, what)
    with pytest.raises(JournalBusy):
        read_journal(tmp_path, journal.claim)
    journal.close(is_settled=False)
    found = read_journal(tmp_path, journal.claim)
    assert found is not None and {piece: what for piece, (what, _reason) in found.items()} == {
        1: SENT,
        2: BEGUN,
        3: BEGUN,
    }
    assert read_journal(tmp_path, "elsewhere:boot:0123") is None
    drop_journal(tmp_path, journal.claim)
    assert read_journal(tmp_path, journal.claim) is None


def test_the_name_of_a_piece() -> None:
    assert piece_of(key_of(12, 345)) == 345
    for other in ("", "run-1/2", "news-x/1", "news-1/", "news-1/2/3", f"news-1/{'9' * 30}"):
        assert piece_of(other) is None


def test_a_local_newsletter_is_taken_up_before_the_first_hour_strikes() -> None:
    schedule = Schedule("local", local=datetime(2026, 12, 1, 9, 0))  # noqa: DTZ001
    begins = schedule.begins(NOW)
    assert begins == datetime(2026, 11, 30, 19, tzinfo=UTC)
    assert schedule.due(begins, ZoneInfo("Pacific/Kiritimati")) - begins < timedelta(minutes=1)
