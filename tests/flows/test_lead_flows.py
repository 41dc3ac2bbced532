"""From a form to the first order, and to a person who speaks with whoever is ready to buy."""

from __future__ import annotations

from typing import Any

import pytest

from flows.replaying import event, replay, sent, whats

WHO = "customer:email:ana@example.com"
ANA: dict[str, Any] = {"id": "email:ana@example.com", "email": "ana@example.com"}


def form(after: str = "1m", **changes: Any) -> dict[str, Any]:
    answers = {"when": "now"}
    signup = {"form": "ask-us", "answers": answers, "submitted_at": "2026-11-02T09:01:00Z"}
    return event(
        "form.submitted", WHO, after, **{**ANA, "form": "ask-us", "answers": answers, "signup": signup, **changes}
    )


def consent(after: str = "0m", granted: bool = True) -> dict[str, Any]:
    return event("consent.changed", WHO, after, email="ana@example.com", channel="email", granted=granted)


def ready(after: str) -> dict[str, Any]:
    return event("lead.qualified", WHO, after, **ANA, stage="qualified", points=31, form="ask-us")


def order(after: str) -> dict[str, Any]:
    return event("order.created", "order:1", after, id="1", email="ana@example.com", status="open")


def mails(*events: dict[str, Any]) -> list[tuple[str, str]]:
    return [(at, what) for at, what in sent(replay("lead-nurture", list(events))) if what != "None"]


def test_five_messages_to_the_first_order() -> None:
    assert mails(consent(), form()) == [
        ("1m", "lead-thanks"),
        ("2d 1m", "welcome-guide"),
        ("5d 1m", "lead-question"),
        ("9d 1m", "welcome-reviews"),
        ("13d 1m", "welcome-invitation"),
    ]


@pytest.mark.parametrize(("at", "asked"), [("1d", "1d"), ("3d", "3d")])
def test_who_is_ready_is_asked_by_a_person_at_once(at: str, asked: str) -> None:
    found = mails(consent(), form(), ready(at))
    assert (asked, "lead-question") in found
    assert (("2d 1m", "welcome-guide") in found) is (at == "3d")


def test_an_address_to_be_confirmed_is_waited_for() -> None:
    assert mails(form(), consent("2d"))[0] == ("2d", "lead-thanks")
    assert mails(form()) == [], "nobody said yes"


@pytest.mark.parametrize("ending", [order("3d"), consent("3d", False), event("customer.deleted", WHO, "3d", **ANA)])
def test_it_ends(ending: dict[str, Any]) -> None:
    assert [what for _at, what in mails(consent(), form(), ending)] == ["lead-thanks", "welcome-guide"]


def test_customers_and_numbers_alone_are_let_be_and_nobody_twice() -> None:
    assert mails(consent(), form(is_customer=True)) == []
    assert mails(consent(), form(email=None)) == []
    assert len(mails(consent(), form(), form("1h"))) == 5


def test_the_team_hears_of_who_is_ready_and_is_asked() -> None:
    (notice,) = [
        one["config"]["text"]
        for one in replay("lead-to-sales", [form(name="Ana"), ready("1d")])["effects"]
        if one["action"] == "alerts.notify"
    ]
    assert "Ana" in notice and "31" in notice and "when: now" in notice and "está a punto de comprar" in notice


@pytest.mark.parametrize("ending", [order("2d"), event("customer.deleted", WHO, "2d", **ANA)])
def test_who_orders_or_goes_needs_nobody(ending: dict[str, Any]) -> None:
    found = replay("lead-to-sales", [form(), ready("1d"), ending])
    (run,) = found["runs"]
    assert run["status"] == "exited" and "spoken-to" not in whats(found)


def test_with_no_answer_the_matter_rests() -> None:
    (run,) = replay("lead-to-sales", [form(), ready("1d")])["runs"]
    assert run["status"] in ("finished", "stopped") and run["step"] != ""
