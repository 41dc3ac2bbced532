"""What happens to points, tiers and credit; and the flow that makes the code of what was bought with them."""

from __future__ import annotations

from sereno.commerce.records.loyalty import (
    CREDIT_CHANGED,
    POINTS_CHANGED,
    POINTS_EXPIRING,
    REWARD_BOUGHT,
    TIER_CHANGED,
)
from sereno.sdk.plugin import derived_flow, event

OF_CUSTOMER = frozenset({"customer"})

for _name, _data, _description in (
    ("points.changed", POINTS_CHANGED, "A customer's points changed: earned, became available, spent, ended."),
    ("credit.changed", CREDIT_CHANGED, "A customer's store credit changed."),
    ("tier.reached", TIER_CHANGED, "A customer came into a higher tier."),
    ("tier.left", TIER_CHANGED, "A customer fell to a lower tier, or out of the lowest."),
    ("points.expiring", POINTS_EXPIRING, "Points of a customer end soon. Once for the same points."),
):
    event(_name, description=_description, data=_data, supplies=OF_CUSTOMER, projects="customer")
event(
    "reward.bought",
    description="A customer bought a reward with points, or turned credit into a code.",
    data=REWARD_BOUGHT,
    supplies=OF_CUSTOMER,
)

derived_flow(
    "loyalty-rewards",
    """\
flow: loyalty-rewards
name: Make the codes that were bought with points
trigger: {event: reward.bought}
reentry: always
steps:
  - pricing.issue_code:
      percent: "{% if event.kind == 'percent' %}{{ event.value }}{% endif %}"
      amount: "{% if event.kind == 'amount' %}{{ event.value }}{% endif %}"
      free_shipping: "{% if event.kind == 'free_shipping' %}true{% else %}no{% endif %}"
      gift: "{% if event.kind == 'gift' %}{{ event.value }}{% endif %}"
      currency: "{{ event.currency }}"
      minimum: "{{ event.minimum }}"
      expires: "{% if event.days %}{{ event.days }}d{% else %}never{% endif %}"
    as: gift
  - loyalty.settle_reward:
      purchase: "{{ event.purchase }}"
      code: "{% if vars.gift.is_issued %}{{ vars.gift.code }}{% endif %}"
""",
)
