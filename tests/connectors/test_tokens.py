"""Tokens kept for their life: asked for once, forgotten when refused, and no key's token given out for another."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from sereno.connectors import tokens


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    tokens.forget_all()
    own = Clock()
    monkeypatch.setattr(tokens, "monotonic", own)
    yield own
    tokens.forget_all()


def giver(lives: float = 1800.0) -> tuple[list[str], Callable[[], tokens.Taken]]:
    asked: list[str] = []

    def take() -> tokens.Taken:
        asked.append(f"t{len(asked)}")
        return asked[-1], lives

    return asked, take


def test_a_token_is_asked_for_once_in_its_life(clock: Clock) -> None:
    asked, take = giver()
    assert tokens.token(("a", "s"), take) == tokens.token(("a", "s"), take) == "t0"
    clock.now += 1800 - tokens.SPARE - 1
    assert tokens.token(("a", "s"), take) == "t0"
    clock.now += 1
    assert tokens.token(("a", "s"), take) == "t1"
    assert asked == ["t0", "t1"]


def test_a_refused_token_is_not_given_out_again(clock: Clock) -> None:
    _asked, take = giver()
    assert tokens.token(("a",), take) == "t0"
    tokens.forget(("a",))
    tokens.forget(("never",))
    assert tokens.token(("a",), take) == "t1"


def test_another_secret_is_another_token_and_parts_do_not_run_together(clock: Clock) -> None:
    asked, take = giver()
    found = [tokens.token(key, take) for key in (("ab", "c"), ("a", "bc"), ("ab", "d"), ("abc",))]
    assert len(set(found)) == len(asked) == 4


def test_a_token_shorter_than_the_spare_time_is_used_once_and_ended_ones_are_let_go(clock: Clock) -> None:
    asked, take = giver(lives=60)
    assert [tokens.token(("short",), take), tokens.token(("short",), take)] == ["t0", "t1"]
    clock.now += 5000
    tokens.token(("other",), take)
    assert len(tokens._kept) == 1 and len(asked) == 3


def test_what_refuses_to_give_keeps_nothing(clock: Clock) -> None:
    def refuses() -> tokens.Taken:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        tokens.token(("a",), refuses)
    assert tokens.token(("a",), giver()[1]) == "t0"
