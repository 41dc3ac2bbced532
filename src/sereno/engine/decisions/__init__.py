"""What a shop's checkout offers: rules about its options, and variants of it that are tried against each other."""

from sereno.engine.decisions.deciding import Answer, Asked, Assigned, Offered, Reason, decide
from sereno.engine.decisions.document import DecisionsInvalid, Flaw, Option, Plan, Rule, Variants, read_plan

__all__ = [
    "Answer",
    "Asked",
    "Assigned",
    "DecisionsInvalid",
    "Flaw",
    "Offered",
    "Option",
    "Plan",
    "Reason",
    "Rule",
    "Variants",
    "decide",
    "read_plan",
]
