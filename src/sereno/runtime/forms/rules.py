"""What acts of a lead are worth, and how far they bring it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, cast

Stage = Literal["new", "engaged", "qualified", "customer"]
ORDER: Mapping[str, int] = {"new": 0, "engaged": 1, "qualified": 2, "customer": 3}
SUBMITTED, ORDERED = "form.submitted", "order.created"
ACTS: Mapping[str, tuple[str, int]] = {
    "message.opened": ("opened", 1),
    "message.clicked": ("clicked", 5),
    "product.viewed": ("looked", 2),
    "cart.created": ("cart", 8),
    "checkout.created": ("checkout", 12),
    "waiting.joined": ("waits", 5),
    "wish.added": ("wishes", 3),
    "survey.answered": ("answered", 4),
}
"""By event: the name of the rule and its usual points."""
USUAL: Mapping[str, int] = {"qualified_at": 30, **dict(ACTS.values())}
"""The shop's numbers, in its setting `leads`."""
LEAST, MOST = 0, 1000


@dataclass(frozen=True, slots=True)
class Lead:
    """`id` is 0 of one that is not kept yet; `since` and `changed_at` in microseconds."""

    id: int
    shop_id: int
    person: str
    email: str | None
    form: str
    points: int
    stage: Stage
    since: int
    changed_at: int


def numbers_in(settings: Mapping[str, Any]) -> dict[str, int]:
    """What holds in this shop."""
    held = settings.get("leads")
    own: Mapping[str, Any] = cast("Mapping[str, Any]", held) if isinstance(held, Mapping) else {}
    return {name: _number(own.get(name), usual) for name, usual in USUAL.items()}


def acted(lead: Lead, type_: str, data: Mapping[str, Any], numbers: Mapping[str, int], at: int) -> Lead:
    """The lead after this event. What a mail program opened by itself is no act. Its stage never goes back."""
    if type_ == ORDERED:
        return _at(lead, "customer", at)
    if type_ == SUBMITTED:
        points = min(MOST, lead.points + _number(data.get("points"), 0))
        found = replace(lead, points=points)
        if data.get("is_customer") is True:
            return _at(found, "customer", at)
        if lead.id:
            found = _at(found, "engaged", at)
    elif type_ in ACTS and data.get("is_machine") is not True:
        points = min(MOST, lead.points + numbers[ACTS[type_][0]])
        found = _at(replace(lead, points=points), "engaged", at) if points > lead.points else lead
    else:
        return lead
    return _at(found, "qualified", at) if found.points >= numbers["qualified_at"] else found


def _at(lead: Lead, stage: Stage, at: int) -> Lead:
    if ORDER[stage] <= ORDER[lead.stage]:
        return lead
    # Events may come late: what is told last is newest.
    return replace(lead, stage=stage, changed_at=max(at, lead.changed_at))


def _number(value: object, usual: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        return usual
    return value if LEAST <= value <= MOST else usual
