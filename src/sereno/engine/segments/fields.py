"""What of a customer a segment may ask for, by name: where it stands in the record and what kind of value it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "flag", "date", "number", "money", "tags", "place"]
"""`text` is compared without regard to case; `money` is in the shop's currency, in its smallest units; `date` is a day
of the shop's own calendar."""

OPERATORS: dict[Kind, tuple[str, ...]] = {
    "text": ("is", "one_of", "contains", "ends_with", "known"),
    "flag": ("yes", "no", "known"),
    "date": ("within", "over", "next", "since", "until", "known"),
    "number": ("at_least", "at_most", "known"),
    "money": ("at_least", "at_most", "known"),
    "tags": ("has",),
    "place": ("near", "known"),
}
"""Of dates: `within` the last n days, today among them; `over` n days ago (the day n days ago is); in the `next` n
days, today among them; `since` and `until` a day, which belongs to it."""
WITHOUT_VALUE = frozenset({"yes", "no", "known"})
IN_DAYS = frozenset({"within", "over", "next"})
"""These become so, or stop being so, by time alone."""
CUSTOM = "custom."
"""Before the name of an attribute that the shop added on its platform."""


@dataclass(frozen=True, slots=True)
class FieldType:
    """`path` is where it stands in the customer's record, and in conditions after `customer.`."""

    name: str
    kind: Kind
    path: tuple[str, ...]

    @property
    def column(self) -> str:
        return self.name


def _field(name: str, kind: Kind, path: str = "") -> FieldType:
    return FieldType(name, kind, tuple((path or name).split(".")))


FIELDS: dict[str, FieldType] = {
    one.name: one
    for one in (
        _field("email", "text"),
        _field("name", "text"),
        _field("country", "text", "default_address.country"),
        _field("region", "text", "default_address.region"),
        _field("city", "text", "default_address.city"),
        _field("postal_code", "text", "default_address.postal_code"),
        _field("locale", "text"),
        _field("channel", "text"),
        _field("company", "text"),
        _field("status", "text"),
        _field("accepts_email", "flag"),
        _field("accepts_sms", "flag"),
        _field("is_guest", "flag"),
        _field("created_on", "date", "created_at"),
        _field("first_order_on", "date", "first_order_at"),
        _field("last_order_on", "date", "last_order_at"),
        _field("order_count", "number"),
        _field("total_spent", "money"),
        _field("score_group", "text", "score.group"),
        _field("recency", "number", "score.recency"),
        _field("frequency", "number", "score.frequency"),
        _field("money", "number", "score.money"),
        _field("churn_risk", "number", "score.risk"),
        _field("expected_orders", "number", "score.orders"),
        _field("expected_value", "money", "score.value"),
        _field("next_order_on", "date", "score.next_on"),
        _field("tags", "tags"),
    )
}


PLACE = FieldType("place", "place", ("default_address",))
"""Where they live: what the address says, else where their postal code is by what other addresses said."""


def field_type(name: str) -> FieldType | None:
    """Also of attributes of the shop's own (`custom.size`), which are text, and of the place."""
    if name == PLACE.name:
        return PLACE
    if name.startswith(CUSTOM) and 0 < len(name) - len(CUSTOM) <= 100:
        return FieldType(name, "text", ("custom", name[len(CUSTOM) :]))
    return FIELDS.get(name)
