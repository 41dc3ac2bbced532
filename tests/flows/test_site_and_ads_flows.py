"""What the site shows and which advertisements run, as flows have it: every branch of those that ship."""

from __future__ import annotations

from typing import Any

from flows.replaying import event, replay


def stock(after: str, available: float, tags: list[str] | None = None, **changes: Any) -> list[dict[str, Any]]:
    data = {"variant_id": "v1", "product_id": "p1", "sku": "TZ-1", "title": "Taza", "available": available, **changes}
    found = [event("stock.changed", "variant:v1", after, **data)]
    return found if tags is None else [event("product.updated", "product:p1", after, id="p1", tags=tags), *found]


def told(found: dict[str, Any]) -> list[tuple[str, Any]]:
    return [(effect["action"], effect["config"].get("id")) for effect in found["effects"]]


def test_the_advertisement_of_what_is_sold_out_stops_and_runs_again() -> None:
    tags = ["summer", "ad:1234567", "ad:99"]
    found = replay("ads-sold-out", [*stock("0h", 0, tags), *stock("2h", 4)])
    assert told(found) == [("ads.pause", "1234567"), ("ads.resume", "1234567")]
    untagged = replay("ads-sold-out", [*stock("0h", 0, ["summer"]), *stock("1h", 3)])
    assert untagged["effects"] == []
    for more in ({"is_tracked": False}, {"can_backorder": True}):
        assert replay("ads-sold-out", stock("0h", 0, tags, **more))["effects"] == []


def crossed(kind: str, after: str, segment: str = "vip", **customer: Any) -> list[dict[str, Any]]:
    who = {"id": "7", "email": "ana@example.com", "accepts_email": True, **customer}
    return [
        event("customer.updated", "customer:7", after, **who),
        event(f"segment.{kind}", "customer:7", after, segment=segment, name="VIP"),
    ]


def test_an_audience_is_as_the_segment_is() -> None:
    found = replay("ads-audience", [*crossed("entered", "0h"), *crossed("left", "5h", "other"), *crossed("left", "9h")])
    assert [(one["action"], one["at"][11:13]) for one in found["effects"]] == [
        ("audience.add", "09"),
        ("audience.remove", "18"),
    ]
    assert replay("ads-audience", crossed("entered", "0h", accepts_email=False))["effects"] == []
    assert replay("ads-audience", crossed("entered", "0h", "other"))["effects"] == []


def test_what_is_back_is_flagged_and_the_flag_goes_when_it_sells_out() -> None:
    found = replay("back-in-stock-flag", [*stock("0h", 0), *stock("5h", 3), *stock("9h", 2), *stock("12h", 0)])
    shown = [(one["action"], one["config"].get("lasting")) for one in found["effects"]]
    assert shown == [("content.hide", None), ("content.show", "7d"), ("content.hide", None)]


def test_who_comes_back_is_greeted_until_they_order() -> None:
    seen = {"customer_id": "7", "email": "ana@example.com", "kind": "view", "product_id": "p1"}
    browsed = event("interest.browsed", "customer:7", "0h", **seen)
    order = event("order.created", "order:1", "30h", id="1", number="1", total="9", currency="EUR", customer_id="7")
    for events, hours in (([browsed, order], 30), ([browsed], 14 * 24)):
        found = replay("on-site-return", events)
        assert [one["action"] for one in found["effects"]] == ["content.show", "content.hide"], hours


def visited(after: str, days_since: int | None) -> dict[str, Any]:
    return event("visit.started", "customer:7", after, id="7", visit=after, number=2, days_since=days_since)


def test_who_comes_back_after_long_is_greeted_for_a_day_or_until_they_order() -> None:
    order = event("order.created", "order:1", "3h", id="1", number="1", total="9", currency="EUR", customer_id="7")
    for events, hours in (([visited("0h", 14), order], 3), ([visited("0h", 40)], 24)):
        shown, hidden = replay("on-site-arrival", events)["effects"]
        assert (shown["action"], hidden["action"]) == ("content.show", "content.hide"), hours
        assert shown["config"]["lasting"] == "1d" and shown["config"]["about"] == "customer"
    for days_since in (None, 0, 13):
        assert replay("on-site-arrival", [visited("0h", days_since)])["effects"] == []
    again = replay("on-site-arrival", [visited("0h", 20), visited("2h", 20)])
    assert [one["action"] for one in again["effects"]] == ["content.show", "content.hide"], "once in two weeks"


def launched(type: str, after: str, **changes: Any) -> dict[str, Any]:
    data = {"id": "p1", "title": "Taza <Niebla>", "url": "https://s.example/taza", **changes}
    return event(type, "product:p1", after, **data)


def test_each_new_product_has_one_post_with_its_name_escaped() -> None:
    image = {"image_url": "https://s.example/taza.jpg"}
    again = launched("product.published", "5d")
    (effect,) = replay("launch-post", [launched("product.published", "0h", **image), again])["effects"]
    config = effect["config"]
    assert effect["action"] == "content.publish_post" and config["title"].endswith(": Taza <Niebla>")
    assert 'src="https://s.example/taza.jpg" alt="Taza &lt;Niebla&gt;"' in config["body"]
    assert "<a href=" in config["body"] and "<Niebla>" not in config["body"]
    (plain,) = replay("launch-post", [launched("product.published", "0h")])["effects"]
    assert "<img" not in plain["config"]["body"]


def test_what_was_taken_back_within_the_hour_or_has_no_page_gets_no_post() -> None:
    for end in ("product.unpublished", "product.deleted"):
        taken_back = [launched("product.published", "0m"), launched(end, "20m")]
        assert replay("launch-post", taken_back)["effects"] == []
    assert replay("launch-post", [launched("product.published", "0h", url=None)])["effects"] == []
