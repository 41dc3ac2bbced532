"""Five messages to whoever left a cart, and none after the order."""

from __future__ import annotations

from typing import Any

import pytest

from flows.replaying import event, reasons, replay, sent, whats

FIVE = ["cart-reminder", "cart-incentive", "cart-reviews", "cart-help", "cart-last-chance"]
CART: dict[str, Any] = {
    "id": "c1",
    "email": "ana@example.com",
    "customer_id": "7",
    "currency": "EUR",
    "total": "47.80",
    "item_count": 2,
    "lines": [{"variant_id": "v1", "title": "Taza", "quantity": 2, "price": "23.90"}],
}


def customer(accepts: bool | None = True) -> dict[str, Any]:
    return event("customer.created", "customer:7", "0m", id="7", email="ana@example.com", accepts_email=accepts)


def cart(after: str, type: str = "cart.updated", **changes: Any) -> dict[str, Any]:
    return event(type, "cart:c1", after, **{**CART, **changes})


def order(after: str, **changes: Any) -> dict[str, Any]:
    found = {"id": "1", "cart_id": "c1", "customer_id": "7", "email": "ana@example.com", "total": "47.80", **changes}
    return event("order.created", "order:1", after, **found)


def test_five_messages_at_their_times() -> None:
    # The cart rests for an hour (abandoned_after), then the flow begins.
    found = replay("cart-recovery", [customer(), cart("0m")])
    times = [when for when, _what in sent(found)]
    assert whats(found) == FIVE
    assert times == ["4h", "1d 1h", "2d 1h", "4d 1h", "6d 1h"]
    (run,) = [run for run in found["runs"] if run["flow"] == "cart-recovery"]
    assert (run["status"], run["key"]) == ("finished", "c1")


def test_a_checkout_counts_as_well_and_the_shop_says_how_long() -> None:
    found = replay("cart-recovery", [customer(), cart("0m", "checkout.updated")], abandoned_after="5h")
    assert sent(found)[0] == ("8h", "cart-reminder")


def test_every_change_of_the_cart_starts_the_clock_anew() -> None:
    found = replay("cart-recovery", [customer(), cart("0m"), cart("30m"), cart("80m")])
    assert sent(found)[0] == ("5h 20m", "cart-reminder")
    assert whats(found) == FIVE


@pytest.mark.parametrize(
    ("ordered", "number"), [("30m", 0), ("2h", 0), ("5h", 1), ("26h", 2), ("50h", 3), ("98h", 4), ("146h", 5)]
)
def test_the_order_ends_it(ordered: str, number: int) -> None:
    found = replay("cart-recovery", [customer(), cart("0m"), order(ordered)])
    assert whats(found) == FIVE[:number]
    runs = [run for run in found["runs"] if run["flow"] == "cart-recovery"]
    assert [run["status"] for run in runs] == ([] if ordered == "30m" else ["finished" if number == 5 else "exited"])


@pytest.mark.parametrize(
    "ending",
    [
        order("5h", cart_id=None),
        order("5h", customer_id="7", cart_id="another"),
        order("5h", cart_id=None, customer_id=None),
        cart("5h", "checkout.completed", completed_at="2026-11-02T14:00:00Z"),
        cart("5h", "cart.deleted"),
        cart("5h", "checkout.deleted"),
    ],
)
def test_other_ends(ending: dict[str, Any]) -> None:
    found = replay("cart-recovery", [customer(), cart("0m"), ending])
    assert whats(found) == FIVE[:1]
    assert [run["status"] for run in found["runs"] if run["flow"] == "cart-recovery"] == ["exited"]


def test_an_order_of_somebody_else_ends_nothing() -> None:
    other = order("5h", cart_id="c9", customer_id="9", email="eva@example.com")
    assert whats(replay("cart-recovery", [customer(), cart("0m"), other])) == FIVE


def test_an_order_that_arrived_before_its_cart_ends_it_too() -> None:
    assert whats(replay("cart-recovery", [customer(), order("30m"), cart("0m")])) == []


def test_an_emptied_cart_gets_nothing_more() -> None:
    found = replay("cart-recovery", [customer(), cart("0m"), cart("5h", item_count=0, lines=[], total="0.00")])
    assert whats(found) == FIVE[:1]


@pytest.mark.parametrize(
    ("accepts", "ticked", "number"), [(True, None, 5), (None, True, 5), (None, None, 0), (False, None, 0)]
)
def test_only_those_who_agreed(accepts: bool | None, ticked: bool | None, number: int) -> None:
    found = replay("cart-recovery", [customer(accepts), cart("0m", accepts_marketing=ticked)])
    assert whats(found) == FIVE[:number]
    assert reasons(found, "cart-recovery") == ([] if number else ["when_false"])


def test_nobody_to_write_to() -> None:
    found = replay("cart-recovery", [cart("0m", email=None, customer_id=None, accepts_marketing=True)])
    assert whats(found) == []
    assert reasons(found, "cart-recovery") == ["when_false"]


def test_an_empty_cart_is_not_abandoned() -> None:
    found = replay("cart-recovery", [customer(), cart("0m", item_count=0, lines=[])])
    assert whats(found) == []


def test_the_same_cart_enters_once_a_week() -> None:
    again = [cart("0m"), cart("12h"), cart("180h")]
    found = replay("cart-recovery", [customer(), *again])
    assert whats(found) == [*FIVE, *FIVE]
    assert len(reasons(found, "cart-recovery")) == 1


def test_who_leaves_gets_no_code_made() -> None:
    said = {"customer_id": "7", "email": "ana@example.com", "channel": "email", "granted": False}
    no = event("consent.changed", "customer:7", "5h", **said)
    found = replay("cart-recovery", [customer(), cart("0m"), no], recovery_percent="10")
    assert [effect["action"] for effect in found["effects"]] == ["messages.send_email"]
    (run,) = [run for run in found["runs"] if run["flow"] == "cart-recovery"]
    assert run["status"] == "exited"


def test_with_a_percentage_and_no_code_each_gets_a_code_of_their_own() -> None:
    def codes(**settings: Any) -> list[Any]:
        found = replay("cart-recovery", [customer(), cart("0m")], **settings)
        assert [what for what in whats(found) if what != "None"] == FIVE
        return [one["config"] for one in found["effects"] if one["action"] == "pricing.issue_code"]

    (own,) = codes(recovery_percent="10")
    assert (own["percent"], own["expires"], own["prefix"]) == ("10", "6d", "BACK")
    assert codes(recovery_percent="10", recovery_code="VUELVE") == []


def test_a_cart_emptied_before_the_first_reminder_gets_none() -> None:
    found = replay("cart-recovery", [customer(), cart("0m"), cart("2h", item_count=0, lines=[], total="0.00")])
    assert whats(found) == []
