"""A draft tried on a past event: through the real engine, around the shop's own history, and nothing is written."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sereno.runtime import services
from sereno.runtime.runtime import Runtime
from sereno.runtime.trying import Trial, try_flow
from sereno.sdk.connector import NewEvent
from sereno.sdk.plugin import registry
from sereno.store.database import Database

BEGIN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TABLES = ("run", "effect", "event", "skip", "step_tally", "tag", "flow_version", "flow", "event_queue", "audit")

THANKS = """\
flow: thanks
name: Thanks
trigger: {event: order.paid, when: "order.total >= 100"}
exit: [{event: order.cancelled}]
steps:
  - wait: 2d
  - messages.send_email: {template: order-confirmation}
    as: mail
  - if: vars.mail.sent
    then: [orders.add_tag: {tag: thanked}]
  - approve: {by: owner, text: "A gift?", timeout: 1d, then: [log: {text: gift}], else: [stop: no gift]}
"""


def order(number: str, total: str, type_: str = "order.paid", days: float = 0.0) -> NewEvent:
    data: dict[str, Any] = {"id": number, "number": f"#{number}", "total": total, "currency": "EUR"}
    data |= {"email": "mara@example.com", "locale": "ro"}
    at = BEGIN + timedelta(days=days)
    return NewEvent(f"{type_}-{number}", type_, f"order:{number}", at, data, {"order": number, "email": data["email"]})


def make_shop(database: Database, slug: str) -> int:
    return services.create_shop(
        slug=slug, name=slug.title(), currency="EUR", timezone="Europe/Madrid", locale="es", database=database
    )


@pytest.fixture
def shop(database: Database) -> int:
    return make_shop(database, "lantern")


def put(database: Database, shop: int, *events: NewEvent) -> None:
    services.insert_events(shop, None, "store", events, database=database)
    Runtime(database, registry()).drain()


def row_of(database: Database, uid: str) -> int:
    with database.read() as tx:
        return tx.text(f"SELECT id FROM event WHERE uid = '{uid}'")[0][0]


def sizes(database: Database) -> dict[str, int]:
    with database.read() as tx:
        return {table: tx.text(f"SELECT count(*) FROM {table}")[0][0] for table in TABLES}


def tried(database: Database, shop: int, uid: str, text: str = THANKS, **more: Any) -> Trial:
    return try_flow(shop, text, event=row_of(database, uid), by="ana@example.com", database=database, **more)


def codes(trial: Trial) -> list[str]:
    return [f"{moment.step} {moment.code}".strip() for moment in trial.moments]


def test_the_whole_way_with_waits_skipped_and_nothing_written(database: Database, shop: int) -> None:
    put(database, shop, order("7", "250.00"))
    before = sizes(database)
    trial = tried(database, shop, "order.paid-7")
    assert sizes(database) == before
    assert (trial.skip, trial.status) == (None, "finished")
    assert "0 wait.over" in codes(trial) and "3 approval.given" in codes(trial)
    by_step = {effect.step: effect for effect in trial.effects.values()}
    assert by_step["1"].status == "shadow"
    assert by_step["1"].at == BEGIN + timedelta(days=2)
    assert by_step["2.then.0"].action == "orders.add_tag", "the mail's outcome was there for the condition"
    assert trial.seconds == timedelta(days=2).total_seconds()


def test_the_mail_as_it_would_look_in_every_language(database: Database, shop: int) -> None:
    put(database, shop, order("7", "250.00"))
    effect = next(iter(tried(database, shop, "order.paid-7").effects.values()))
    assert effect.rehearsed is not None
    assert effect.rehearsed.own == "ro"
    assert set(effect.rehearsed.mails) == {"en", "es", "pt", "ro"}
    subjects = {mail.subject for mail in effect.rehearsed.mails.values()}
    assert len(subjects) == 4 and all("#7" in subject for subject in subjects)
    mail = effect.rehearsed.mails["ro"]
    assert mail.to == "mara@example.com" and mail.html is not None and "<html" in mail.html


def test_why_it_would_not_start(database: Database, shop: int) -> None:
    put(database, shop, order("8", "20.00"), order("9", "20.00", "order.created"))
    reason, details = tried(database, shop, "order.paid-8").skip or ("", {})
    assert reason == "when_false"
    assert details["values"] == {"order.total": 20}
    assert (tried(database, shop, "order.created-9").skip or ("",))[0] == "not_concerned"


def test_what_came_later_in_the_shop_comes_later_in_the_trial(database: Database, shop: int) -> None:
    put(database, shop, order("7", "250.00"), order("7", "250.00", "order.cancelled", days=1))
    trial = tried(database, shop, "order.paid-7")
    assert trial.status == "exited"
    assert trial.moments[-1].at == BEGIN + timedelta(days=1)
    assert trial.later == 1


def test_questions_are_answered_as_asked(database: Database, shop: int) -> None:
    put(database, shop, order("7", "250.00"))
    assert "3 approval.refused" in codes(tried(database, shop, "order.paid-7", answer="no"))
    late = tried(database, shop, "order.paid-7", answer="late")
    assert "3 approval.expired" in codes(late)
    assert late.seconds == timedelta(days=3).total_seconds()


def test_marketing_without_consent_says_so_and_still_shows_the_mail(database: Database, shop: int) -> None:
    text = THANKS.replace("{template: order-confirmation}", '{subject: "Hi", text: "Buy", purpose: marketing}')
    put(database, shop, order("7", "250.00"))
    trial = tried(database, shop, "order.paid-7", text)
    effect = next(iter(trial.effects.values()))
    assert effect.result is not None and effect.result["reason"] == "consent.missing"
    assert effect.rehearsed is not None and effect.rehearsed.own is not None
    assert "unsubscribe" in effect.rehearsed.mails[effect.rehearsed.own].text
    assert "2.then.0 effect.created" not in codes(trial)


def test_records_nobody_told_of_in_events_are_read_as_they_are_today(database: Database, shop: int) -> None:
    put(database, shop, order("7", "250.00", "order.created"))
    with database.transaction() as tx:
        tx.text("DELETE FROM event_link")
    at = BEGIN + timedelta(days=1)
    bare = NewEvent("parcel", "shipment.delivered", "order:7", at, {"order_id": "7"}, {"order": "7"})
    put(database, shop, bare)
    text = (
        'flow: f\nname: F\ntrigger: {event: shipment.delivered, when: "order.total > 200"}\nsteps: [log: {text: x}]\n'
    )
    assert tried(database, shop, "parcel", text).status == "finished"


def test_a_flow_that_starts_itself_is_cut_off(database: Database, shop: int) -> None:
    text = """\
flow: echo
name: Echo
trigger: {event: custom.echo}
key: event.id
steps: [events.emit: {type: custom.echo}]
"""
    put(database, shop, NewEvent("e1", "custom.echo", "thing:1", BEGIN, {}, {}))
    trial = tried(database, shop, "e1", text)
    assert trial.is_endless and trial.status == "finished"


def test_a_flow_started_by_hand_is_tried_on_a_record(database: Database, shop: int) -> None:
    put(database, shop, order("7", "250.00", "order.created"))
    text = (
        "flow: hand\nname: Hand\ntrigger: {manual: order}\nsteps: [{if: order.total > 200, then: [log: {text: x}]}]\n"
    )
    trial = try_flow(shop, text, about="order:7", database=database)
    assert "0.then.0 effect.created" in codes(trial)


def test_another_shops_event_is_not_there(database: Database, shop: int) -> None:
    put(database, shop, order("7", "250.00"))
    other = make_shop(database, "other")
    with pytest.raises(LookupError):
        tried(database, other, "order.paid-7")
