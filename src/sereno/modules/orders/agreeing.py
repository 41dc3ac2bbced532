"""The action that compares what the store says of an order's money with what the payment provider says."""

from __future__ import annotations

from django.utils import translation

from sereno.commerce.payments import differences
from sereno.commerce.records.fields import boolean, items, string
from sereno.commerce.schema import record
from sereno.modules.orders.money_words import money_sentence
from sereno.modules.orders.stating import order_of, without_order
from sereno.sdk.config import Config
from sereno.sdk.config import mark as _
from sereno.sdk.context import Context
from sereno.sdk.plugin import action
from sereno.sdk.result import Done, Result

ORDER = frozenset({"order"})

COMPARED = record(
    "order_payments_compared",
    "Whether the store and the payment provider say the same of an order's money.",
    (
        boolean("agree", "They do, or no provider spoke of this order."),
        items("reasons", "string", "Where they do not, as codes such as `payments.not_noted`."),
        string("text", "The same in words, with both amounts, in the shop's language."),
    ),
)


class CompareConfig(Config):
    pass


@action(
    "orders.compare_payments",
    label=_("Compare the order's payments with the payment provider"),
    icon="circle-check",
    config=CompareConfig,
    needs=ORDER,
    result=COMPARED,
    decides=True,
)
def compare_payments(config: CompareConfig, ctx: Context) -> Result:
    """See whether the store and the payment provider say the same of what was paid and given back. Changes nothing.
    With `as: money`, `vars.money.agree` says whether they agree. Give both time to speak: wait before it."""
    order = ctx.records.get("order")
    if not order_of(ctx) or order is None:
        return without_order()
    found = differences(order)
    with translation.override(ctx.shop.locale):
        words = " ".join(money_sentence(one, str(order.get("currency") or "")) for one in found)
    return Done({"agree": not found, "reasons": [one.code for one in found], "text": words})
