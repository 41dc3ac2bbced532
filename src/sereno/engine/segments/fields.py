"""What of a customer a segment may ask for, by name: where it stands in the record and what kind of value it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "flag", "date", "birthday", "number", "money", "tags", "choices", "place"]
"""`text` is compared without regard to case, as `choices` are, one or several; `money` is in the shop's currency, in
its smallest units; `date` is a day of the shop's own calendar, a `birthday` one of every year (see `yearly`)."""

OPERATORS: dict[Kind, tuple[str, ...]] = {
    "text": ("is", "one_of", "contains", "ends_with", "known"),
    "flag": ("yes", "no", "known"),
    "date": ("within", "over", "next", "since", "until", "known"),
    "birthday": ("next", "within", "known"),
    "number": ("at_least", "at_most", "known"),
    "money": ("at_least", "at_most", "known"),
    "tags": ("has",),
    "choices": ("has", "contains", "known"),
    "place": ("near", "known"),
}
"""Of dates: `within` the last n days, today among them; `over` n days ago (the day n days ago is); in the `next` n
days, today among them; `since` and `until` a day, which belongs to it."""
WITHOUT_VALUE = frozenset({"yes", "no", "known"})
IN_DAYS = frozenset({"within", "over", "next"})
"""These become so, or stop being so, by time alone."""
CUSTOM = "custom."
"""Before the name of an attribute that the shop added on its platform."""
LONGEST_OWN = 100
ANSWER = "answer."
"""Before the name of a field of a form: what they said to it in the form they sent last."""
OWN = {CUSTOM: ("custom",), ANSWER: ("signup", "answers")}
"""Fields that every shop has of its own, by how their names begin: where they stand in the record."""


@dataclass(frozen=True, slots=True)
class FieldType:
    """`path` is where it stands in the customer's record; `wishes` and `waits` are counted beside it."""

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
        _field("phone", "text"),
        _field("name", "text"),
        _field("birthday", "birthday"),
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
        _field("last_seen_on", "date"),
        _field("lead_score", "number", "prospect.score"),
        _field("lead_stage", "text", "lead.stage"),
        _field("form", "text", "signup.form"),
        _field("form_on", "date", "signup.submitted_at"),
        _field("nps", "number", "opinion.nps"),
        _field("satisfaction", "number", "opinion.satisfaction"),
        _field("opinion_on", "date", "opinion.said_at"),
        _field("tier", "text", "loyalty.tier"),
        _field("points", "number", "loyalty.points"),
        _field("store_credit", "money", "credit.amount"),
        _field("last_channel", "text", "reach.last_channel"),
        _field("telegram", "text", "reach.telegram"),
        _field("takes_push", "flag", "reach.push"),
        _field("wishes", "number", "wishes"),
        _field("waits", "number", "waits"),
        _field("first_visit_on", "date", "visits.first_at"),
        _field("last_visit_on", "date", "visits.last_at"),
        _field("visit_count", "number", "visits.count"),
        _field("visit_pages", "number", "visits.pages"),
        _field("visit_products", "number", "visits.products"),
        _field("device", "text", "visits.device"),
        _field("visit_language", "text", "visits.language"),
        _field("visit_source", "text", "visits.source"),
        _field("visit_medium", "text", "visits.medium"),
        _field("visit_campaign", "text", "visits.campaign"),
        _field("first_source", "text", "visits.first_source"),
        _field("first_medium", "text", "visits.first_medium"),
        _field("first_campaign", "text", "visits.first_campaign"),
        _field("crm_stage", "text", "crm.stage"),
        _field("crm_owner", "text", "crm.owner"),
        _field("deal_stage", "text", "deal.stage"),
        _field("deal_amount", "money", "deal.amount"),
        _field("lists", "tags"),
        _field("topics", "tags"),
        _field("tags", "tags"),
    )
}


PLACE = FieldType("place", "place", ("default_address",))
"""Where they live: what the address says, else where their postal code is by what other addresses said."""


def field_type(name: str) -> FieldType | None:
    """Also of attributes of the shop's own (`custom.size`), which are text, of answers in its forms (`answer.size`),
    and of the place."""
    if name == PLACE.name:
        return PLACE
    for start, path in OWN.items():
        if name.startswith(start) and 0 < len(name) - len(start) <= LONGEST_OWN:
            return FieldType(name, "text" if start == CUSTOM else "choices", (*path, name[len(start) :]))
    return FIELDS.get(name)
