"""What comes back when customers are asked."""

from __future__ import annotations

from sereno.commerce.records import SURVEY_ANSWER
from sereno.sdk.plugin import event

event(
    "survey.answered",
    description="Somebody answered a survey, or changed or completed their answer.",
    data=SURVEY_ANSWER,
    supplies=frozenset({"customer", "order"}),
    projects="customer",
)
