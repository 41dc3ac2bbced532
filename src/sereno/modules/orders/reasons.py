"""What the codes of holds mean, in words, and what to do about each; in the language that is active.

A code that is not here (a plug-in's, another room's) is shown as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as mark

from sereno.modules.orders.rules import Finding


@dataclass(frozen=True, slots=True)
class Words:
    label: str | Promise
    advice: str | Promise = ""


WORDS = {
    "stock.short": Words(mark("Not enough in stock"), mark("Wait for goods, send a part, or offer something else.")),
    "address.missing": Words(mark("No delivery address"), mark("Ask the customer where it goes.")),
    "address.incomplete": Words(mark("The delivery address is incomplete"), mark("Ask the customer for what lacks.")),
    "address.postal_code": Words(
        mark("The postal code does not fit the country"), mark("Ask the customer which of them is right.")
    ),
    "phone.missing": Words(mark("No telephone number"), mark("The carrier may need one: ask the customer.")),
    "phone.invalid": Words(mark("The telephone number cannot be right"), mark("Ask the customer by mail.")),
    "email.missing": Words(mark("No e-mail address"), mark("The customer can only be reached by telephone.")),
    "email.invalid": Words(mark("The e-mail address cannot be right"), mark("Ask the customer by telephone.")),
    "payment.open": Words(mark("Not paid yet"), mark("Wait for the payment, or remind the customer.")),
    "payment.due": Words(
        mark("The rest is not paid yet"),
        mark("The customer changed the order: wait for the difference, or ask for it."),
    ),
    "payment.failed": Words(mark("The payment failed"), mark("Ask the customer to pay another way.")),
    "payment.undone": Words(mark("The payment was given back or up"), mark("See whether the order still stands.")),
    "payment.cash_refused": Words(mark("Cash on delivery is not taken"), mark("Offer the customer to pay in advance.")),
    "payment.cash_too_high": Words(
        mark("Too much for cash on delivery"), mark("Offer the customer to pay in advance.")
    ),
    "zone.restricted": Words(
        mark("A delivery zone you do not serve"), mark("Offer store credit, give the money back, or find a carrier.")
    ),
    "risk.high": Words(mark("High risk"), mark("Look at the order's risk before it leaves.")),
    "risk.review": Words(mark("To be looked at for risk"), mark("Look at the order's risk before it leaves.")),
    "risk.buying_out": Words(
        mark("Part of buying an item out"), mark("See under Risk who else took it, then release or cancel.")
    ),
    "customer.asked": Words(mark("The customer asked for it"), mark("See what they wrote.")),
    "by.hand": Words(mark("Held by hand"), mark("Whoever held it knows why.")),
    "other": Words(mark("Another reason"), mark("See the flow that held it.")),
}
_FIELDS = {
    "line1": mark("street"),
    "city": mark("city"),
    "country": mark("country"),
    "name": mark("name"),
    "postal_code": mark("postal code"),
}


def label_of(code: str) -> str:
    found = WORDS.get(code)
    return str(found.label) if found else code


def advice_of(code: str) -> str:
    found = WORDS.get(code)
    return str(found.advice) if found else ""


def sentence_of(finding: Finding) -> str:
    """The reason with its facts."""
    label, facts = label_of(finding.code), finding.facts
    if finding.code == "stock.short":
        return _("%(label)s: %(items)s (there / wanted)") % {"label": label, "items": facts.get("items", "")}
    if finding.code == "address.incomplete":
        lacking = ", ".join(str(_FIELDS.get(one, one)) for one in facts.get("fields", "").split(", ") if one)
        return _("%(label)s: it lacks %(fields)s") % {"label": label, "fields": lacking}
    if finding.code == "payment.cash_too_high":
        return _("%(label)s: at most %(limit)s") % {"label": label, "limit": facts.get("limit", "")}
    return label


def note_of(standing: Mapping[str, Any]) -> str:
    """The note of a hold where it says more than its reasons do."""
    note = str(standing.get("hold_note") or "")
    labels = [label_of(str(one)) for one in standing.get("hold_reasons") or ()]
    return "" if note in (". ".join(labels), ", ".join(labels)) else note


def said_together(findings: Iterable[Finding]) -> str:
    return ". ".join(sentence_of(one) for one in findings)
