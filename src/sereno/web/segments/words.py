"""Words of fields, of how they are compared, and of what is wrong with a segment; and a definition in sentences."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from sereno.engine.segments.definition import (
    LOOKED,
    ORDER,
    Did,
    Group,
    Inside,
    Not,
    Part,
    SegmentInvalid,
    Where,
)
from sereno.engine.segments.fields import ANSWER, CUSTOM, field_type
from sereno.web.phrases import said

Text = str | Promise

GROUPS: tuple[tuple[Text, dict[str, Text]], ...] = (
    (
        _("What they did"),
        {
            f"did:{ORDER}": _("Placed orders"),
            "did:message.opened": _("Opened a message"),
            "did:message.clicked": _("Clicked in a message"),
            "did:visit.started": _("Visited the shop"),
            "did:product.viewed": _("Looked at a product"),
            "did:wish.added": _("Wished a product"),
            "did:waiting.joined": _("Began to wait for a product"),
            "did:cart.updated": _("Filled a cart"),
            "did:checkout.created": _("Went to the till"),
            "did:checkout.abandoned": _("Abandoned a checkout"),
            "did:code.redeemed": _("Used a code"),
            "did:reward.bought": _("Spent points or credit"),
            "did:form.submitted": _("Sent a form"),
            "did:chat.message_received": _("Wrote to the shop in a chat"),
            "did:ticket.opened": _("Asked the help desk"),
            "did:return.requested": _("Asked to return something"),
            "did:refund.created": _("Got money back"),
            "did:survey.answered": _("Answered a survey"),
            "did:message.unsubscribed": _("Left marketing by a message"),
        },
    ),
    (
        _("About them"),
        {
            "country": _("Country"),
            "region": _("Region"),
            "city": _("City"),
            "postal_code": _("Postal code"),
            "place": _("Lives near"),
            "locale": _("Language"),
            "email": _("E-mail address"),
            "phone": _("Telephone"),
            "name": _("Name"),
            "birthday": _("Birthday"),
            "company": _("Company"),
            "channel": _("Channel of the first order"),
            "status": _("State of the account"),
            "is_guest": _("Has no account"),
            "tags": _("Tags"),
            "created_on": _("Customer since"),
            "last_seen_on": _("Last did something"),
            "wishes": _("Things on their wish list"),
            "waits": _("Things they wait for"),
        },
    ),
    (
        _("Visits, while signed in"),
        {
            "last_visit_on": _("Last visit"),
            "first_visit_on": _("First visit"),
            "visit_count": _("Visits in all"),
            "device": _("Device of the last visit"),
            "visit_source": _("The last visit came from"),
            "visit_medium": _("Medium of the last visit"),
            "visit_campaign": _("Campaign of the last visit"),
            "first_source": _("The first visit came from"),
            "first_medium": _("Medium of the first visit"),
            "first_campaign": _("Campaign of the first visit"),
            "visit_pages": _("Pages of the last visit that is over"),
            "visit_products": _("Products looked at in it"),
            "visit_language": _("Language of the browser"),
        },
    ),
    (
        _("What they allow"),
        {
            "accepts_email": _("Agreed to e-mail"),
            "accepts_sms": _("Agreed to text messages"),
            "topics": _("Topics they want"),
            "takes_push": _("Takes browser notifications"),
            "telegram": _("Chat with the Telegram bot"),
            "last_channel": _("Last wrote by"),
        },
    ),
    (
        _("In other tools"),
        {
            "lists": _("Lists they are on there"),
            "crm_stage": _("Stage of the contact in the CRM"),
            "crm_owner": _("Who sells to them, by the CRM’s number"),
            "deal_stage": _("Stage of the last deal in the CRM"),
            "deal_amount": _("Worth of the last deal in the CRM"),
        },
    ),
    (
        _("Leads"),
        {
            "lead_score": _("Chance of a first order within 30 days (per cent)"),
            "lead_stage": _("Stage of the lead"),
            "form": _("Form they sent last"),
            "form_on": _("Sent a form last"),
        },
    ),
    (
        _("What they said in surveys"),
        {
            "nps": _("Would recommend the shop (0 to 10)"),
            "satisfaction": _("Satisfaction (1 to 5)"),
            "opinion_on": _("Answered last"),
        },
    ),
    (
        _("Loyalty"),
        {"tier": _("Tier"), "points": _("Points they can spend"), "store_credit": _("Store credit")},
    ),
    (
        _("Orders in all"),
        {
            "order_count": _("Orders, as the shop counts"),
            "total_spent": _("Spent, as the shop counts"),
            "first_order_on": _("First order"),
            "last_order_on": _("Last order"),
        },
    ),
    (
        _("What is expected"),
        {
            "score_group": _("Group"),
            "recency": _("Fifth of recency"),
            "frequency": _("Fifth of frequency"),
            "money": _("Fifth of money"),
            "churn_risk": _("Risk of leaving (0 to 1)"),
            "expected_orders": _("Orders in the coming year"),
            "expected_value": _("Spending in the coming year"),
            "next_order_on": _("Next order expected"),
        },
    ),
)
NAMES: dict[str, Text] = {key: label for _group, fields in GROUPS for key, label in fields.items()}
OPERATORS: dict[str, Text] = {
    "is": _("is"),
    "one_of": _("is one of"),
    "contains": _("contains"),
    "ends_with": _("ends with"),
    "known": _("is known"),
    "yes": _("yes"),
    "no": _("no"),
    "within": _("in the last … days"),
    "over": _("at least … days ago"),
    "next": _("in the next … days"),
    "since": _("from … on"),
    "until": _("up to …"),
    "at_least": _("at least"),
    "at_most": _("at most"),
    "has": _("have"),
    "near": _("within"),
}
THINGS: dict[str, Text] = {
    "product": _("the product"),
    "sku": _("the SKU"),
    "category": _("the category"),
    "tag": _("the tag"),
    "vendor": _("the brand"),
}
"""What an order is of."""
OF_THINGS: dict[str, tuple[str, ...]] = {
    f"did:{ORDER}": tuple(THINGS),
    **{f"did:{event}": tuple(kind for kind in THINGS if kind != "sku") for event in LOOKED},
}
"""What can be said to be of something, and of what."""
HOWS: dict[str, Text] = {
    "all": _("All of these"),
    "any": _("Any of these"),
    "none": _("None of these"),
    "not_all": _("Not all of these"),
}
PROBLEMS: dict[str, Text] = {
    "segment.empty": _("A segment needs at least one condition. Add one."),
    "segment.too_large": _("There are too many conditions. Split them into segments that ask for each other."),
    "segment.not_a_condition": _("A condition is not complete. Choose what it asks for, or drop it."),
    "segment.not_a_list": _("List at least one value, with commas between."),
    "segment.key_unknown": _("“%(given)s” is not known here. Drop it."),
    "segment.only_orders_have_sums": _("Only orders can be added up as money. Count how often instead."),
    "segment.bound_unknown": _("Say at least or at most, and how many."),
    "segment.number_unusable": _("“%(given)s” is no number that can be used here."),
    "segment.field_unknown": _("There is no field “%(given)s”. Choose another."),
    "segment.operator_unknown": _("“%(given)s” cannot be compared so. Choose another way."),
    "segment.text_unusable": _("A value is missing, or longer than 200 characters."),
    "segment.days_unusable": _("Say a number of days from 1 to 3660, not “%(given)s”."),
    "segment.day_unusable": _("“%(given)s” is no date. Write it as 2026-11-23."),
    "segment.text_unreadable": _("The text cannot be read as conditions: %(given)s."),
    "segment.thing_unknown": _(
        "Only orders, looks, wishes and waiting are of a product, category, tag or brand, and orders of a SKU: choose "
        "one, and say which."
    ),
    "segment.place_unusable": _(
        "Say a place as a country and postal code (ES 41004) or in degrees (37.38 -5.99), and how many kilometres."
    ),
    "segment.place_unlearned": _(
        "No address has said yet where “%(given)s” is. Say the place in degrees (37.38 -5.99)."
    ),
    "segment.event_unknown": _("There is no event “%(given)s”. Choose another."),
    "segment.unknown": _("There is no segment “%(given)s”. Choose another."),
    "segment.cycle": _("It would ask for itself: %(given)s. Take one of these away."),
    "segment.attached": _("It fills lists of other tools: %(given)s. Detach them first, under Audiences."),
    "segment.in_use": _("Other segments ask for it: %(given)s. Change them first."),
    "segment.name_taken": _("There is a segment of the name “%(given)s”. Give it another title."),
    "segment.name_unusable": _("A name is of small letters, digits and dashes: “%(given)s” is not."),
    "segment.title_unusable": _("A title has 1 to 120 characters."),
    "segment.tag_unusable": _("A tag has at most 64 characters, on one line."),
    "segment.too_many": _("A shop has at most %(given)s segments. Remove one first."),
}  # fmt: skip


def problem(refusal: SegmentInvalid) -> str:
    """What is wrong and what to do, in the reader's language."""
    text = PROBLEMS.get(refusal.code)
    given = said(refusal.given) if refusal.code == "segment.text_unreadable" else refusal.given
    return str(text) % {"given": given} if text is not None else refusal.code


def name_of(key: str) -> str:
    """Of a field or of something done (`did:order.paid`)."""
    if key in NAMES:
        return str(NAMES[key])
    return key.removeprefix("did:").removeprefix(CUSTOM).removeprefix(ANSWER)


def operator_of(field: str, operator: str) -> Text:
    """How it is compared, as one says it of this field."""
    return OPERATORS["is"] if operator == "has" and field.startswith(ANSWER) else OPERATORS[operator]


def sentence(part: Where | Did | Inside, currency: str, titles: dict[str, str], *, negated: bool = False) -> str:
    """One condition as a person says it."""
    match part:
        case Inside(name):
            title = titles.get(name, name)
            return (gettext("is not in “%(title)s”") if negated else gettext("is in “%(title)s”")) % {"title": title}
        case Did():
            text = _did(part, currency, titles)
        case Where():
            text = _where(part, currency, titles)
    return gettext("not: %(condition)s") % {"condition": text} if negated else text


def _did(part: Did, currency: str, titles: dict[str, str]) -> str:
    number = part.value.normalize()
    if part.measure == "spent":
        bound = f"{number:f} {currency}"
        text = (
            gettext("Spent at least %(bound)s") if part.operator == "at_least" else gettext("Spent at most %(bound)s")
        )
        text %= {"bound": bound}
    else:
        bound = ngettext("%(num)s time", "%(num)s times", int(number)) % {"num": int(number)}
        text = (
            gettext("%(what)s at least %(bound)s")
            if part.operator == "at_least"
            else gettext("%(what)s at most %(bound)s")
        )
        text %= {"what": name_of(f"did:{part.what}"), "bound": bound}
    if part.of is not None:
        thing = titles.get(f"product:{part.of.value}", part.of.value) if part.of.kind == "product" else part.of.value
        text = gettext("%(what)s, of %(kind)s “%(thing)s”") % {
            "what": text,
            "kind": THINGS[part.of.kind],
            "thing": thing,
        }
    if part.within is None:
        return text
    return gettext("%(what)s, in the last %(days)s days") % {"what": text, "days": part.within}


def _where(part: Where, currency: str, titles: dict[str, str]) -> str:
    if part.operator == "near":
        north, east, reach = part.values
        return gettext("Lives within %(km)s km of %(place)s") % {"km": reach, "place": f"{north} {east}"}
    name = titles.get(part.field) or name_of(part.field)
    values = ", ".join(titles.get(f"{part.field}:{value}") or _value(part, value) for value in part.values)
    kind = field_type(part.field)
    if kind is not None and kind.kind == "money" and values:
        values = f"{values} {currency}"
    operator = str(operator_of(part.field, part.operator))
    if "…" in operator:
        return f"{name}: {operator.replace('…', values)}"
    return f"{name}: {operator} {values}".strip()


def _value(part: Where, value: str | int | Decimal) -> str:
    if part.operator in ("since", "until") and isinstance(value, int):
        return date_format(date.fromordinal(value), "DATE_FORMAT")
    return format(value, "f") if isinstance(value, Decimal) else str(value)


Line = tuple[int, str]


def lines(part: Part, currency: str, titles: dict[str, str], depth: int = 0) -> list[Line]:
    """The definition as lines with their depth, to be read from top to bottom."""
    match part:
        case Group(how, parts):
            head = gettext("All of these:") if how == "all" else gettext("Any of these:")
            return [(depth, head), *(line for one in parts for line in lines(one, currency, titles, depth + 1))]
        case Not(Group(how, parts)):
            head = gettext("Not all of these:") if how == "all" else gettext("None of these:")
            return [(depth, head), *(line for one in parts for line in lines(one, currency, titles, depth + 1))]
        case Not(Not(inner)):
            return lines(inner, currency, titles, depth)
        case Not(inner):
            return [(depth, sentence(inner, currency, titles, negated=True))]
        case _:
            return [(depth, sentence(part, currency, titles))]
