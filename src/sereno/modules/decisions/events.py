"""How comparisons of a checkout's variants end."""

from __future__ import annotations

from sereno.commerce.records.visits import COMPARISON
from sereno.sdk.plugin import event

event(
    "experiment.decided",
    description="A comparison of the checkout's variants is over by its rule: one won, or none did in time.",
    data=COMPARISON,
    supplies=frozenset[str](),
)
