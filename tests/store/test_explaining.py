"""One question, every flow's answer: what each did about somebody, what kept it from doing so, and what holds now."""

from __future__ import annotations

from typing import Any

import arbiting
import pytest
from support import Place, fact, order

from sereno.runtime import services
from sereno.runtime.explaining.verdicts import VERDICTS, of_run
from sereno.runtime.limiting import switches

BIG = "flow: big\ntrigger: {event: order.created, when: order.total > 100}\nsteps:\n  - log: {text: big}\n"
WAITS = "flow: waits\ntrigger: {event: order.created}\nsteps:\n  - wait: 2d\n  - log: {text: x}\n"
OTHER = "flow: other\ntrigger: {event: custom.begun}\nsteps:\n  - log: {text: x}\n"

NO = {"customer_id": "17", "email": "ana@example.com", "channel": "email", "purpose": "marketing", "granted": False}


def verdicts(place: Place, subject: str) -> dict[str, tuple[str, str | None]]:
    answer = services.explain(place.shop, subject, database=place.database)
    return {one["flow"]: (one["answer"]["verdict"], one["answer"]["reason"]) for one in answer["flows"]}


@pytest.mark.parametrize("subject", ["order:2", "ana@example.com", "email:ana@example.com", "#2", "2"])
def test_every_flow_answers(place: Place, subject: str) -> None:
    for text in (BIG, WAITS, OTHER):
        place.flow(text)
    place.send(order("2", total="20.00"))
    place.drain()
    assert verdicts(place, subject) == {
        "big": ("not_started", "when_false"),
        "waits": ("under_way", None),
        "other": ("never", "no_event"),
    }


def test_a_flow_that_came_later_says_so(place: Place) -> None:
    place.send(order("2"))
    place.drain()
    place.flow(WAITS)
    assert verdicts(place, "order:2") == {"waits": ("never", "not_live_then")}


def test_one_flow_is_asked_alone(place: Place) -> None:
    place.flow(BIG)
    place.flow(OTHER)
    place.send(order("2"))
    place.drain()
    answer = services.explain(place.shop, "order:2", "big", database=place.database)
    assert [one["flow"] for one in answer["flows"]] == ["big"]
    with pytest.raises(LookupError, match="nobody"):
        services.explain(place.shop, "order:2", "nobody", database=place.database)


def test_nothing_of_another_shop_is_said(place: Place) -> None:
    place.flow(BIG)
    place.send(order("2"))
    place.drain()
    other = services.create_shop(
        slug="other", name="Other", currency="EUR", timezone="UTC", locale="en", database=place.database
    )
    answer = services.explain(other, "order:2", database=place.database)
    assert answer["flows"] == [] and answer["standing"] == []


def test_what_a_person_said_about_mail_stands_beside_it(place: Place) -> None:
    place.flow(BIG)
    place.send(
        order("2"),
        fact("c1", "consent.changed", "customer:17", NO),
    )
    place.drain()
    for asked in ("ana@example.com", "order:2", "customer:17"):
        standing = services.explain(place.shop, asked, database=place.database)["standing"]
        assert [(one["kind"], one["code"], one["about"]) for one in standing] == [
            ("consent", "consent.refused", "ana@example.com")
        ], asked


def letters(place: Place) -> None:
    """Two letters within a day, of which one may go."""
    arbiting.register()
    arbiting.WENT.clear()
    for name in ("first", "second"):
        place.flow(arbiting.flow(name))
    cap = {"channel": "email", "most": 1, "period": "1d"}
    arbiting.set_rules(place, caps=[cap])
    for number, name in enumerate(("first", "second")):
        place.send(arbiting.wish(str(number), name, email="ana@example.com"))
        place.drain()


def test_a_message_that_waits_says_until_when_and_why(place: Place) -> None:
    letters(place)
    assert verdicts(place, "ana@example.com") == {
        "first": ("did", None),
        "second": ("deferred", "message.capped"),
    }
    standing = services.explain(place.shop, "ana@example.com", database=place.database)["standing"]
    found = {one["code"]: one for one in standing}
    assert set(found) == {"message.waits", "message.sent"}
    assert found["message.waits"]["details"]["reason"] == "message.capped"
    assert found["message.waits"]["at"] == "2026-03-03T09:00:00Z"
    assert found["message.waits"]["details"]["flow"] == "second"
    assert found["message.sent"]["details"]["count"] == 1


def test_what_is_switched_off_is_said(place: Place) -> None:
    place.flow(BIG)
    place.send(order("2"))
    place.drain()
    switches.switch_off(place.shop, "channel", "email", "the server burns", "ana", database=place.database)
    standing = services.explain(place.shop, "order:2", database=place.database)["standing"]
    assert [(one["code"], one["about"], one["details"]["reason"]) for one in standing] == [
        ("switch.off", "email", "the server burns")
    ]


def test_who_is_in_a_control_group_is_told_so(place: Place) -> None:
    place.flow(
        "flow: greet\ntrigger: {event: custom.hello}\ncontrol: {share: 50, window: 7d}\nsteps:\n"
        "  - tests.call: {to: '{{ event.data.email }}'}\n"
    )
    people = [f"p{number}@example.com" for number in range(20)]
    for one in people:
        place.send(fact(one, "custom.hello", f"customer:{one}", {"email": one}, email=one))
    place.drain()
    said = {one: verdicts(place, one)["greet"][0] for one in people}
    assert set(said.values()) == {"did", "held_out"}
    for one in people:
        standing = services.explain(place.shop, one, database=place.database)["standing"]
        assert bool(standing) is (said[one] == "held_out"), one
        assert all(fact["code"] == "control.held_out" for fact in standing)


def run(**changes: Any) -> dict[str, Any]:
    effect = {"key": "r/0", "step": "0", "status": "done", "result": {"sent": True}, "error": None, "message": None}
    known = {
        "id": "r",
        "status": "finished",
        "reason": None,
        "is_shadow": False,
        "step": "",
        "started_at": "2026-01-01T00:00:00Z",
        "due_at": None,
        "trace": [],
        "effects": [{**effect, **changes.pop("effect", {})}],
    }
    return {**known, **changes}


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (run(), ("did", None)),
        (run(status="failed", reason="no_date"), ("failed", "no_date")),
        (run(effect={"status": "failed", "error": "mail.refused"}), ("failed", "mail.refused")),
        (run(effect={"result": {"sent": False, "reason": "consent.missing"}}), ("withheld", "consent.missing")),
        (run(is_shadow=True), ("shadow", None)),
        (run(is_shadow=True, trace=[{"code": "control.held_out"}]), ("held_out", "control.held_out")),
        (run(status="waiting"), ("under_way", None)),
        (run(status="exited", reason="order.created"), ("exited", "order.created")),
        (
            run(
                status="parked",
                effect={"status": "pending", "result": None},
                trace=[{"code": "effect.deferred", "step": "0", "details": {"reason": "cap.reached"}}],
            ),
            ("deferred", "cap.reached"),
        ),
    ],
)
def test_what_held_a_run_back_is_said_first(found: dict[str, Any], verdict: tuple[str, str | None]) -> None:
    seen = of_run(found)
    assert (seen.code, seen.reason) == verdict
    assert seen.code in VERDICTS
