"""What is found out about customers, once a night."""

from __future__ import annotations

from sereno.commerce.records import CUSTOMER_SCORED, LEAD_SCORED
from sereno.sdk.plugin import event

OF_CUSTOMER = frozenset({"customer"})

event(
    "customer.scored",
    description="A customer's score was reckoned for the first time, or is no longer what was last told.",
    data=CUSTOMER_SCORED,
    supplies=OF_CUSTOMER,
    projects="customer",
)
event(
    "lead.scored",
    description="How likely somebody's first order is was reckoned for the first time, or has changed noticeably; "
    "without a score once they ordered.",
    data=LEAD_SCORED,
    supplies=OF_CUSTOMER,
    projects="customer",
)
for _name, _description in (
    (
        "customer.due",
        "The day came on which the customer's next order was to be expected, and they have not ordered: once a "
        "silence.",
    ),
    (
        "customer.lapsing",
        "It became unlikely that the customer orders again (the risk passed 0.8): once a silence, and never for those "
        "who were that already when scores began.",
    ),
):
    event(_name, description=_description, data=CUSTOMER_SCORED, supplies=OF_CUSTOMER)
