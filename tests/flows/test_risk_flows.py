"""The automations of risk: every order judged, what is of high risk held, and buying out noticed and held."""

from __future__ import annotations

from typing import Any

from flows.replaying import after, event, replay

ADDRESS: dict[str, Any] = {
    "name": "Ana Ruiz", "line1": "Calle Mayor 7", "city": "Madrid", "postal_code": "28013", "country": "ES",
}  # fmt: skip
WRONG = [{"id": "p", "order_id": "1", "cvv_result": "no_match", "avs_result": "no_match"}]


def order(key: str = "1", type: str = "order.created", at: str = "0m", **changes: Any) -> dict[str, Any]:
    data = {
        "id": key, "number": f"#{key}", "email": f"b{key}@gmail.com", "currency": "EUR", "total": "52.75",
        "payment_status": "paid", "lines": [{"sku": "TAZA-1", "title": "Taza", "quantity": 4}],
        "shipping_address": {**ADDRESS, "line1": f"Calle Sol {key}"},
    }  # fmt: skip
    return event(type, f"order:{key}", at, **{**data, **changes})


def done(found: dict[str, Any]) -> list[str]:
    return [one["action"] for one in found["effects"]]


def test_an_ordinary_order_is_judged_and_left_alone() -> None:
    assert done(replay("risk-review", [order()])) == ["risk.assess"]


def test_a_risky_order_is_held_tagged_and_told_with_the_reasons() -> None:
    found = replay("risk-review", [order(email="x@mailinator.com", payments=WRONG)])
    assert done(found) == ["risk.assess", "orders.hold", "orders.add_tag", "alerts.notify"]
    text = found["effects"][-1]["config"]["text"]
    assert text.startswith("Pedido #1 retenido por riesgo alto (75/100): ")


def test_a_doubtful_one_is_only_tagged() -> None:
    found = replay("risk-review", [order(email="x@mailinator.com", lines=[{"sku": "A", "quantity": 12}])])
    assert found["effects"][-1]["config"] == {"tag": "medium-risk"}


def test_what_the_payment_says_later_counts() -> None:
    late = order(
        type="order.authorized", at="20m", payment_status="authorized", payments=WRONG, email="x@mailinator.com"
    )
    found = replay("risk-review", [order(payment_status="pending"), late])
    assert [(after(one["at"]), one["action"]) for one in found["effects"]][-1] == ("20m", "alerts.notify")


def test_what_the_platform_says_a_day_later_holds_the_order() -> None:
    thought = {"platform_risk": "high", "is_thin": True}
    doubtful = order(email="x@mailinator.com", lines=[{"sku": "A", "quantity": 12}])
    late = event("order.updated", "order:1", "20h", id="1", **thought)
    found = replay("risk-review", [doubtful, late])
    assert [(after(one["at"]), one["action"]) for one in found["effects"]] == [
        ("0", "risk.assess"),
        ("0", "orders.add_tag"),
        ("20h", "risk.assess"),
        ("20h", "orders.hold"),
        ("20h", "orders.add_tag"),
        ("20h", "alerts.notify"),
    ]


def test_a_cancelled_order_is_judged_no_further() -> None:
    gone = order(type="order.cancelled", at="5m", status="cancelled")
    found = replay("risk-review", [order(payment_status="pending"), gone], until="9h")
    assert done(found) == ["risk.assess"]


def test_buying_out_is_told_once() -> None:
    found = replay("buying-out-alert", [order(str(n), at=f"{n}m", ip_address="81.40.1.7") for n in range(1, 8)])
    told = [one for one in found["effects"] if one["action"] == "alerts.notify"]
    assert len(told) == 1
    assert told[0]["config"]["text"].startswith("Alguien está acaparando Taza: 20 unidades en 5 pedidos")


def test_a_busy_day_of_many_buyers_is_no_buying_out() -> None:
    found = replay("buying-out-alert", [order(str(n), at=f"{n}m", ip_address=f"81.40.1.{n}") for n in range(1, 12)])
    assert "alerts.notify" not in done(found)


def test_what_was_caught_is_held_and_tagged() -> None:
    caught = event("risk.order_caught", "order:1", "1m", id="1", title="Taza", units=24, orders=6)
    found = replay("buying-out-limit", [order(), caught])
    assert [one["config"] for one in found["effects"]] == [
        {"note": "Taza (24 / 6)", "reason": "risk.buying_out"}, {"tag": "buying-out"},
    ]  # fmt: skip


def test_learning_is_due_every_night() -> None:
    found = replay("risk-learning", [order()], until="2d")
    assert set(done(found)) == {"risk.learn"}
