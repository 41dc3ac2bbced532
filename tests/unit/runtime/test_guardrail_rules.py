"""The rules of a shop: what may be said, what is refused and why, and where readers live."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sereno.runtime.arbiter.rules import USUAL, Cap, Quiet, Rules, RulesInvalid, document_of, read_rules, rules_of
from sereno.runtime.arbiter.zones import zone_of
from sereno.sdk.context import ShopFacts

SHOP = ShopFacts(1, "Demo", "EUR", "Europe/Madrid", "es", "")


def test_they_are_kept_as_they_were_said() -> None:
    rules = Rules(
        caps=(Cap("any", 2, timedelta(days=1), "all"),),
        quiet=(Quiet("email", time(22), time(7, 30), frozenset({"sat", "sun"}), "all"),),
        expires={"marketing": timedelta(hours=36)},
        priorities={"cart-recovery": 2},
    )
    assert read_rules(document_of(rules)) == rules
    assert read_rules(document_of(USUAL)) == USUAL
    assert rules_of({}) == USUAL
    assert rules_of({"guardrails": document_of(rules)}) == rules


@pytest.mark.parametrize(
    ("document", "where"),
    [
        ([], "rules"),
        ({"cap": []}, "cap"),
        ({"caps": {}}, "caps"),
        ({"caps": [{"channel": "fax", "most": 1, "period": "1d"}]}, "caps.0.channel"),
        ({"caps": [{"channel": "email", "most": 0, "period": "1d"}]}, "caps.0.most"),
        ({"caps": [{"channel": "email", "most": True, "period": "1d"}]}, "caps.0.most"),
        ({"caps": [{"channel": "email", "most": 1, "period": "90d"}]}, "caps.0.period"),
        ({"caps": [{"channel": "email", "most": 1, "period": "soon"}]}, "caps.0.period"),
        ({"caps": [{"channel": "email", "most": 1, "period": "1d", "counts": "some"}]}, "caps.0.counts"),
        ({"quiet": [{"channel": "email", "from": "25:00", "until": "08:00"}]}, "quiet.0.from"),
        ({"quiet": [{"channel": "email", "from": "21:00", "until": "08:00", "days": ["lun"]}]}, "quiet.0.days"),
        ({"expires": {"marketing": "1s"}}, "expires.marketing"),
        ({"expires": {"news": "1d"}}, "expires.news"),
        ({"priorities": {"cart": 10}}, "priorities.cart"),
        ({"priorities": []}, "priorities"),
    ],
)
def test_what_is_wrong_is_named(document: Any, where: str) -> None:
    with pytest.raises(RulesInvalid) as caught:
        read_rules(document)
    assert where in [place for place, _ in caught.value.problems]


def test_hours_that_never_end_are_refused() -> None:
    day = {"channel": "email", "from": "06:00", "until": "22:00"}
    night = {"channel": "email", "from": "22:00", "until": "06:00"}
    assert read_rules({"quiet": [day]})
    with pytest.raises(RulesInvalid, match="nothing could ever go out by email"):
        read_rules({"quiet": [day, night]})


@pytest.mark.parametrize(
    ("records", "zone"),
    [
        ({}, "Europe/Madrid"),
        ({"customer": {"timezone": "Asia/Tokyo", "default_address": {"country": "RO"}}}, "Asia/Tokyo"),
        ({"customer": {"timezone": "Mars/Olympus", "default_address": {"country": "RO"}}}, "Europe/Bucharest"),
        ({"customer": None, "order": {"shipping_address": {"country": "ro"}}}, "Europe/Bucharest"),
        ({"order": {"shipping_address": {"country": "US"}}}, "Europe/Madrid"),
        ({"order": {"shipping_address": {"country": "ES"}}}, "Europe/Madrid"),
        ({"order": {"shipping_address": {"country": "XX"}}}, "Europe/Madrid"),
        ({"customer": {"default_address": {"country": "US"}}, "order": {"shipping_address": {"country": "RO"}}}, None),
    ],
)
def test_where_a_reader_lives(records: dict[str, Any], zone: str | None) -> None:
    """The customer's word, then the one zone of their country, then the shop's."""
    assert zone_of(records, SHOP) == ZoneInfo(zone or "Europe/Madrid")
