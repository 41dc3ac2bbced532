"""The moment that suits somebody best: by their own clock, within its bounds, the same for ever."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from sereno.engine.moments import Profile, best, is_left_alone, read_profile, scaled, spread_of

MADRID = ZoneInfo("Europe/Madrid")
ALL_DAYS = (255,) * 7
EVENINGS = Profile((10,) * 19 + (255, 250, 100, 10, 10), ALL_DAYS, 12)
MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def test_it_waits_for_the_hour_of_the_readers_own_clock() -> None:
    assert best(EVENINGS, MONDAY, MONDAY + timedelta(hours=24), MADRID) == datetime(2026, 3, 2, 18, tzinfo=UTC)
    lima = best(EVENINGS, MONDAY, MONDAY + timedelta(hours=24), ZoneInfo("America/Lima"))
    assert lima == datetime(2026, 3, 3, 0, tzinfo=UTC)


def test_nearly_as_good_and_earlier_is_taken_and_what_is_good_goes_at_once() -> None:
    at_eight = datetime(2026, 3, 2, 19, 20, tzinfo=UTC)
    assert best(EVENINGS, at_eight, at_eight + timedelta(hours=24), MADRID) == at_eight
    at_nine = at_eight + timedelta(hours=1)
    assert best(EVENINGS, at_nine, at_nine + timedelta(hours=24), MADRID) == datetime(2026, 3, 3, 18, tzinfo=UTC)
    assert best(EVENINGS, at_nine, at_nine + timedelta(hours=3), MADRID) == at_nine


def test_a_weekday_counts_where_the_bound_reaches_it() -> None:
    sundays = Profile((255,) * 24, (10, 10, 10, 10, 10, 10, 255), 12)
    assert best(sundays, MONDAY, MONDAY + timedelta(days=3), MADRID) == MONDAY
    friday = MONDAY + timedelta(days=4)
    assert best(sundays, friday, friday + timedelta(days=3), MADRID).astimezone(MADRID).strftime("%a %H") == "Sun 00"


def test_what_is_not_allowed_is_not_chosen() -> None:
    def allows(at: datetime) -> bool:
        return at.astimezone(MADRID).hour != 19

    found = best(EVENINGS, MONDAY, MONDAY + timedelta(hours=24), MADRID, allows=allows)
    assert found == datetime(2026, 3, 2, 19, tzinfo=UTC)
    assert best(EVENINGS, MONDAY, MONDAY + timedelta(hours=24), MADRID, allows=lambda at: False) == MONDAY


@given(
    st.lists(st.integers(0, 255), min_size=24, max_size=24),
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.integers(0, 72 * 60),
    st.sampled_from(["Europe/Bucharest", "Asia/Kathmandu", "Australia/Lord_Howe", "UTC"]),
)
def test_never_early_never_late(hours: list[int], start: datetime, minutes: int, zone: str) -> None:
    until = start + timedelta(minutes=minutes)
    profile = Profile(tuple(hours), ALL_DAYS, 1)
    found = best(profile, start, until, ZoneInfo(zone), spread_of(1, "17"))
    assert start <= found <= until
    assert found == best(profile, start, until, ZoneInfo(zone), spread_of(1, "17"))


def test_profiles_are_kept_as_text() -> None:
    assert read_profile(*EVENINGS.texts(), 12) == EVENINGS
    assert read_profile("zz", "00") is None and read_profile("00", "00") is None
    assert scaled([0.0, 2.0, 1.0]) == (0, 255, 128) and scaled([0.0, 0.0]) == (255, 255)
    assert EVENINGS.best_hour == 19


def test_one_in_ten_is_left_alone_and_the_others_are_spread() -> None:
    alone = sum(is_left_alone(1, str(number)) for number in range(5000))
    assert 400 < alone < 600
    spreads = [spread_of(1, str(number)) for number in range(200)]
    assert min(spreads) < timedelta(minutes=3) and timedelta(minutes=27) < max(spreads) < timedelta(minutes=30)
