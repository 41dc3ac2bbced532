"""What comes of the shop's forms."""

from __future__ import annotations

from sereno.commerce.records.forms import FORM_SUBMITTED, LEAD_CHANGED
from sereno.sdk.plugin import event

OF_CUSTOMER = frozenset({"customer"})

event(
    "form.submitted",
    description="Somebody sent one of the shop's forms: an address left in a pop-up, a question, a wish.",
    data=FORM_SUBMITTED,
    supplies=OF_CUSTOMER,
    projects="customer",
)
for _name, _description in (
    ("lead.changed", "Somebody who came by a form is new, engaged by an act of theirs, or has ordered."),
    ("lead.qualified", "Somebody who came by a form has the points that the shop calls ready to buy."),
):
    event(_name, description=_description, data=LEAD_CHANGED, supplies=OF_CUSTOMER, projects="customer")
