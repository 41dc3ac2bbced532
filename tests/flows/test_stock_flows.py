"""Stock kept by flows: reserved, told to all stores, hidden and badged at zero, sorted, launched, evened out."""

from __future__ import annotations

from typing import Any

from flows.replaying import event, replay, sent


def stock(after: str, available: float, **changes: Any) -> dict[str, Any]:
    data = {"variant_id": "v1", "product_id": "p1", "sku": "TZ-1", "title": "Taza", "available": available, **changes}
    return event("stock.changed", f"variant:{data['variant_id']}", after, **data)


def order(id: str, after: str, quantity: int) -> dict[str, Any]:
    lines = [{"sku": "TZ-1", "quantity": quantity}]
    return event("order.created", f"order:{id}", after, id=id, number=id, lines=lines, total="10.00", currency="EUR")


def product(type: str, after: str, **changes: Any) -> dict[str, Any]:
    data = {"id": "p1", "title": "Taza", "product_type": "Mesa y Taza", "vendor": "Azahar", "sku": "SET-1", **changes}
    return event(type, "product:p1", after, **data)


def actions(found: dict[str, Any]) -> list[str]:
    return [effect["action"] for effect in found["effects"]]


def test_each_order_is_given_its_stock() -> None:
    """A back-test has no book of stock: nothing is short in it. What is short is told in tests/store."""
    found = replay("reserve-stock", [stock("0h", 3), order("1", "1h", 2), order("2", "2h", 2)])
    told = [(effect["action"], effect["subject"]) for effect in found["effects"]]
    assert told == [("stock.reserve", "order:1"), ("stock.reserve", "order:2")]


def test_changes_within_ten_seconds_are_told_together() -> None:
    found = replay("tell-all-stores", [stock("0s", 5), stock("4s", 4), stock("9s", 3), stock("2m", 2)])
    assert actions(found) == ["stock.offer", "stock.offer"]


def test_what_is_sold_out_is_hidden_and_shown_at_restock() -> None:
    found = replay("hide-sold-out", [stock("0h", 0), stock("1h", 4), stock("2h", 0, is_tracked=False)])
    assert [(effect["action"], effect["config"]) for effect in found["effects"]] == [
        ("catalog.hide", {"when": "sold_out"}),
        ("catalog.show_again", {}),
    ]


def test_the_badge_says_how_much_there_is() -> None:
    levels = [9, 5, 0, 9]
    for locale, few, none in (
        ("es", "Últimas unidades", "Agotado"),
        ("pt-BR", "Últimas unidades", "Esgotado"),
        ("ro", "Ultimele bucăți", "Epuizat"),
        ("en", "Last units", "Sold out"),
    ):
        events = [stock(f"{hour}h", level) for hour, level in enumerate(levels)]
        found = replay("stock-badge", events, locale=locale)
        assert [effect["config"]["badge"] for effect in found["effects"]] == ["", few, none, ""]


def test_a_new_product_is_tagged_and_sorted_once() -> None:
    events = [product("product.created", "0h", title="Regalo de bodas"), product("product.created", "1h")]
    found = replay("sort-products", events)
    told = [(effect["action"], next(iter(effect["config"].values()))) for effect in found["effects"]]
    assert told == [
        ("catalog.add_tag", "mesa y taza"),
        ("catalog.collect", "mesa-y-taza"),
        ("catalog.add_tag", "azahar"),
        ("catalog.add_tag", "gift"),
        ("catalog.add_tag", "set"),
    ]
    plain = replay("sort-products", [product("product.created", "0h", product_type="", vendor=None, sku="A")])
    assert plain["effects"] == []


def launch(at: str | None) -> dict[str, Any]:
    return {"launch_at": at} if at else {}


def test_a_product_is_launched_at_its_moment_and_can_be_moved_and_called_off() -> None:
    first = product("product.created", "0h", custom=launch("2026-11-03T09:00:00Z"), published_at=None)
    found = replay("product-launch", [first], until="3d")
    assert actions(found) == ["catalog.publish", "catalog.add_tag", "alerts.notify"]
    assert found["effects"][0]["config"] == {"stores": "all"}
    page = {"url": "https://azahar.example/taza"}
    told = replay("product-launch", [{**first, "data": {**first["data"], **page}}], until="3d")
    assert actions(told) == ["catalog.publish", "catalog.add_tag", "social.post", "alerts.notify"]
    assert [when for when, _ in sent(found)] == ["1d", "1d", "1d"]
    later = product("product.updated", "1h", custom=launch("2026-11-04T09:00:00Z"), published_at=None)
    assert [when for when, _ in sent(replay("product-launch", [first, later], until="3d"))] == ["2d", "2d", "2d"]
    off = product("product.updated", "1h", custom={}, published_at=None)
    assert replay("product-launch", [first, off], until="3d")["effects"] == []


def test_transfers_are_proposed_on_mondays() -> None:
    found = replay("even-out-stock", [stock("0h", 5)], until="8d")
    assert actions(found) == ["stock.propose_transfers"]
