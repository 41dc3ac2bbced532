"""What every shipped flow must have."""

from __future__ import annotations

import re

import pytest

from flows.replaying import plugins
from sereno.engine.flow import compile_flow, to_yaml
from sereno.modules.messages import templates
from sereno.sdk.templates import LOCALES, shipped_flow, shipped_flows

NAMES = [flow.name for flow in shipped_flows()]


def test_all_are_there() -> None:
    assert set(NAMES) == {
        "order-confirmation",
        "order-paid",
        "order-shipped",
        "order-out-for-delivery",
        "order-delivered",
        "order-cancelled",
        "order-refunded",
        "cart-recovery",
        "order-verification",
        "order-routing",
        "pick-tickets",
        "restricted-zone",
        "capture-payment",
        "payments-agree",
        "customer-changes",
        "cash-to-prepaid",
        "low-stock",
        "low-cover",
        "reserve-stock",
        "tell-all-stores",
        "even-out-stock",
        "say-new-products",
        "ads-sold-out",
        "ads-audience",
        "back-in-stock-flag",
        "on-site-return",
        "on-site-arrival",
        "hide-sold-out",
        "stock-badge",
        "sort-products",
        "product-launch",
        "reorder",
        "purchase-approval",
        "purchase-chase",
        "purchase-declined",
        "purchase-late",
        "risk-review",
        "risk-learning",
        "equal-prices",
        "equal-texts",
        "buying-out-alert",
        "buying-out-limit",
        "waiting-confirm",
        "back-in-stock",
        "recommended-by-interest",
        "recommended-products",
        "browse-abandonment",
        "price-drop",
        "wish-low-stock",
        "replenishment",
        "new-arrivals",
        "high-value-customer",
        "lapsing-customer",
        "tier-reached",
        "points-expiring",
        "vip-thanks",
        "welcome",
        "win-back",
        "birthday",
        "farewell",
        "purchase-survey",
        "lead-nurture",
        "launch-post",
        "lead-to-sales",
        "acquisition-channel",
    }
    assert shipped_flow("nothing") is None


@pytest.mark.parametrize("name", NAMES)
def test_each_is_a_flow_with_words_in_every_language(name: str) -> None:
    shipped = shipped_flow(name)
    assert shipped is not None
    flow = compile_flow(shipped.text, plugins())
    assert flow.name == name
    assert flow.title == shipped.title
    assert flow.description.endswith(".")
    again = compile_flow(to_yaml(flow.document), plugins())
    assert again.document == flow.document
    assert set(shipped.words) == set(LOCALES)
    for words in shipped.words.values():
        assert words.title
        assert words.goal.endswith((".", "”.", "»."))
        assert words.description.endswith(".")
    assert shipped.in_language("pt-BR") == shipped.words["pt"]
    assert shipped.in_language("de") == shipped.words["en"]
    assert shipped.words["en"].title == shipped.title
    assert set(shipped.messages) <= set(templates.names())
    reasons = set(re.findall(r"(?m)^\s*- stop: (.+)$", shipped.text))
    for locale in set(LOCALES) - {"en"}:
        assert set(shipped.words[locale].stops) == reasons
        assert not [reason for reason in reasons if f"- stop: {reason}\n" in shipped.text_in(locale)]
        assert compile_flow(shipped.text_in(locale), plugins()).title == shipped.words[locale].title


def test_every_mail_is_sent_by_a_flow() -> None:
    assert {name for flow in shipped_flows() for name in flow.messages} == set(templates.names())
