"""What happens to customers, what they allow, and what the law lets them ask."""

from __future__ import annotations

from sereno.commerce.records import CONSENT, CUSTOMER, PRIVACY_REQUEST, TOPICS_CHOSEN
from sereno.sdk.plugin import event

OF_CUSTOMER = frozenset({"customer"})

for _name, _description in (
    ("customer.created", "A customer signed up or was entered."),
    ("customer.updated", "Anything about a customer changed."),
    ("customer.deleted", "A customer was deleted on the platform."),
):
    event(_name, description=_description, data=CUSTOMER, supplies=OF_CUSTOMER, projects="customer")

event(
    "consent.changed",
    description="A person agreed to marketing, or withdrew.",
    data=CONSENT,
    supplies=OF_CUSTOMER,
    projects="customer",
)
event(
    "consent.renewed",
    description="A person who was asked whether marketing is still welcome said yes, by the link in that message.",
    data=CONSENT,
    supplies=OF_CUSTOMER,
    projects="customer",
)
event(
    "consent.topics_chosen",
    description="A person chose what they want to hear about, and how often, on their preference page.",
    data=TOPICS_CHOSEN,
    supplies=OF_CUSTOMER,
)
event(
    "privacy.data_requested",
    description="A person asked, through the platform, to see the data kept about them.",
    data=PRIVACY_REQUEST,
    supplies=OF_CUSTOMER,
)
event(
    "privacy.erasure_requested",
    description="A person asked, through the platform, that the data kept about them be erased.",
    data=PRIVACY_REQUEST,
    supplies=OF_CUSTOMER,
)
event(
    "privacy.shop_erasure_requested",
    description="The platform asks that all data of the shop be erased: it left.",
    data=PRIVACY_REQUEST,
    supplies=frozenset(),
)
