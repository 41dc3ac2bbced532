"""How two versions' effects of one run are matched: every effect once, the most alike first."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sereno.runtime.rehearsals.comparing import Doing, compare

doings = st.lists(
    st.builds(Doing, st.integers(0, 2), st.integers(0, 1), st.integers(0, 3), st.integers(0, 1)), max_size=6
)


def test_the_same_is_the_same() -> None:
    run = [Doing(0, 0, 10, 1), Doing(1, 0, 20, 2)]
    found = compare(run, list(run))
    assert found.is_none
    assert found.same == [(0, 0), (1, 1)]


def test_another_time_is_a_change_and_not_one_less_and_one_more() -> None:
    found = compare([Doing(0, 0, 30, 1)], [Doing(0, 0, 10, 1)])
    assert (found.changed, found.more, found.fewer) == ([(0, 0)], [], [])


def test_what_is_exactly_alike_is_matched_first() -> None:
    here = [Doing(0, 0, 30, 1), Doing(0, 0, 10, 1)]
    found = compare(here, [Doing(0, 0, 10, 1)])
    assert (found.same, found.changed, found.more) == ([(1, 0)], [], [0])


def test_another_action_is_no_change() -> None:
    found = compare([Doing(0, 0, 10, 1)], [Doing(1, 1, 10, 1)])
    assert (found.changed, found.more, found.fewer) == ([], [0], [0])


@given(doings, doings)
def test_every_effect_is_counted_once(here: list[Doing], there: list[Doing]) -> None:
    found = compare(here, there)
    pairs = found.same + found.changed
    assert sorted([here_ for here_, _ in pairs] + found.more) == list(range(len(here)))
    assert sorted([there_ for _, there_ in pairs] + found.fewer) == list(range(len(there)))
    assert all(here[a] == there[b] for a, b in found.same)
    back = compare(there, here)
    assert (len(back.more), len(back.fewer)) == (len(found.fewer), len(found.more))
