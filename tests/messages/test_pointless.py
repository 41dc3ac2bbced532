"""What a mail is about is read again when it is about to go: what has changed since the step was reached counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from messages.mailing import CART, CUSTOMER, NOW, ORDER, Ledger, make_context
from sereno.modules.messages.actions import EmailConfig, send_email
from sereno.modules.messages.addressing import addressed, kind_of
from sereno.sdk.context import Context
from sereno.sdk.plugin import MessageKind
from sereno.sdk.result import Done

BEFORE, SINCE = ((NOW - timedelta(hours=hours)).isoformat() for hours in (30, 2))
WORDS = {"subject": "Hello", "text": "It costs 12.00"}


class Postbox:
    """Takes every mail."""

    def __init__(self) -> None:
        self.mails: list[Any] = []

    def send(self, mail: Any) -> Done:
        self.mails.append(mail)
        return Done({})


def waited(subject: str = "order:1", **more: Any) -> tuple[Context, Postbox]:
    """A mail wanted a day ago."""
    box = Postbox()
    context = make_context(box, **more)
    return replace(context, asked_at=NOW - timedelta(days=1), subject=subject), box


def outcome(config: EmailConfig, context: Context) -> Any:
    result = send_email(config, context)
    assert isinstance(result, Done)
    return result.value.get("reason")


@pytest.mark.parametrize(("cancelled", "reason"), [(None, None), (BEFORE, None), (SINCE, "order.cancelled")])
@pytest.mark.parametrize("config", [EmailConfig(template="order-shipped"), EmailConfig(**WORDS)])
def test_an_order_cancelled_meanwhile(config: EmailConfig, cancelled: str | None, reason: str | None) -> None:
    context, box = waited(records={"order": {**ORDER, "cancelled_at": cancelled}})
    assert outcome(config, context) == reason
    assert len(box.mails) == (reason is None)


def test_at_once_nothing_has_changed() -> None:
    context, box = waited(records={"order": {**ORDER, "cancelled_at": SINCE}})
    assert outcome(EmailConfig(template="order-cancelled"), replace(context, asked_at=None)) is None
    assert len(box.mails) == 1


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, None),
        ({"updated_at": BEFORE, "available": 0}, None),
        ({"updated_at": SINCE, "available": 0}, "product.sold_out"),
        ({"updated_at": SINCE, "available": 0, "can_backorder": True}, None),
        ({"updated_at": SINCE, "available": 0, "is_tracked": False}, None),
        ({"updated_at": SINCE, "deleted_at": SINCE}, "product.sold_out"),
        ({"updated_at": SINCE, "price": "15.00"}, "price.changed"),
    ],
)
def test_words_of_the_flow_about_a_product_that_has_changed(changes: dict[str, Any], reason: str | None) -> None:
    product = {"id": "p1", "price": "12.00", "available": 3, "is_tracked": True, **changes}
    context, _box = waited(
        "product:p1", records={"product": product}, event={"type": "product.updated", "data": {"price": "12.00"}}
    )
    assert outcome(EmailConfig(**WORDS, purpose="marketing"), context) == reason
    assert outcome(EmailConfig(**WORDS), context) is None


def test_words_of_the_flow_about_a_cart_that_was_bought() -> None:
    context, _box = waited("cart:c1", records={"cart": {**CART, "completed_at": SINCE}})
    assert outcome(EmailConfig(**WORDS, purpose="marketing"), context) == "cart.completed"


def test_whom_a_step_writes_to_is_known_before_it_is_carried_out() -> None:
    context, _box = waited()
    assert kind_of({"template": "cart-reminder"}) == MessageKind("email", "marketing")
    assert kind_of({"template": "order-paid"}) == MessageKind("email", "transactional")
    assert kind_of({"template": "one-of-their-own"}) == MessageKind("email", None)
    found = addressed({"template": "cart-reminder", "expires": "2d", "merge": " cart "}, context)
    assert found is not None
    assert (found.to, found.purpose, found.expires, found.merge) == (
        "ana@example.com",
        "marketing",
        timedelta(days=2),
        "cart",
    )
    assert found.refusal(Ledger()) is None
    assert found.refusal(Ledger(suppressed=("ana@example.com",))) == "address.suppressed"
    assert found.refusal(Ledger({"ana@example.com": False})) == "consent.refused"
    silent = replace(context, records={**context.records, "customer": {**CUSTOMER, "accepts_email": None}})
    told = addressed({"template": "cart-reminder"}, silent)
    assert told is not None and told.refusal(Ledger()) == "consent.missing"
    assert addressed({"template": "one-of-their-own"}, context) is None
    nobody = replace(context, records={})
    assert addressed({"template": "cart-reminder"}, nobody) is None


@pytest.mark.parametrize("expires", ["soon", "10s", "90d"])
def test_how_long_it_is_worth_sending_is_checked(expires: str) -> None:
    with pytest.raises(ValueError, match=r"length of time|expires is from"):
        EmailConfig(**WORDS, expires=expires)
