"""What falls to whom: evenly, independently of other draws, and for ever the same."""

from __future__ import annotations

import subprocess
import sys

from sereno.engine.chance import SHARES, fraction_of, share_of

KEYS = [f"customer-{number}" for number in range(20_000)]
MOST = {99: 148.2, 9: 27.9}
"""Chi-square with so many degrees of freedom is above this once in a thousand times."""


def _chi_square(counts: list[int], expected: float) -> float:
    return sum((count - expected) ** 2 / expected for count in counts)


def test_every_share_falls_as_often_as_another() -> None:
    for flow in ("cart-recovery", "winback", "x"):
        counts = [0] * 100
        for key in KEYS:
            share = share_of("stage", flow, key)
            assert 0 <= share < SHARES
            counts[share * 100 // SHARES] += 1
        assert _chi_square(counts, len(KEYS) / 100) < MOST[99]


def test_one_draw_says_nothing_about_another() -> None:
    for other in (("control", "winback"), ("stage", "winback2")):
        within = [key for key in KEYS if share_of("stage", "winback", key) < 1000]
        counts = [0] * 10
        for key in within:
            counts[share_of(*other, key) * 10 // SHARES] += 1
        assert _chi_square(counts, len(within) / 10) < MOST[9]


def test_the_same_in_every_process_and_for_ever() -> None:
    assert share_of("stage", "winback", "ana@example.com") == 6323
    assert share_of("stage", "winback", "\ud800") == 6671
    code = "from sereno.engine.chance import share_of; print(share_of('stage', 'winback', 'ana@example.com'))"
    for seed in ("1", "2"):
        answer = subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, capture_output=True, check=True, text=True
        )
        assert answer.stdout.strip() == "6323"


def test_a_share_is_the_fraction_in_basis_points() -> None:
    for key in KEYS[:500]:
        assert share_of("a", key) == int(fraction_of("a", key) * SHARES)
