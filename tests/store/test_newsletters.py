"""Newsletters on both databases: each person once, at their hour, if they may be written to at that moment; and what is
in flight when a process dies is known to be unknown."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from newsletting import Shop, person
from support import START, Place

from sereno.runtime.newsletters import changing, journal
from sereno.runtime.newsletters.plan import PlanInvalid
from sereno.sdk.connector import NewEvent
from sereno.sdk.ports import Mail
from sereno.sdk.result import Done, Fail, Result, Retry
from sereno.store.fields import to_micros
from sereno.store.jobs import LeaseLost


@pytest.fixture
def news(place: Place, tmp_path: Path) -> Shop:
    return Shop(place, tmp_path / "journals")


def test_everybody_who_may_be_written_to_gets_it_once(news: Shop) -> None:
    news.people(5, locale="en")
    news.place.send(
        person(5, accepts_email=False), person(6, accepts_email=None), person(7, email=None), person(8, locale="es")
    )
    news.place.drain()
    with news.place.database.transaction() as tx:
        tx.many("suppress", [(news.place.shop, "p004@example.com", "email", "bounce.permanent", 1)])
    id = news.draft()
    news.schedule(id, es="Noticias para {{ name }}")
    assert news.work(id) == "done"

    assert news.server.took == [f"p{n:03}@example.com" for n in (0, 1, 2, 3, 8)]
    subjects = {mail.to: mail.subject for mail in news.server.mails}
    assert subjects["p000@example.com"] == "News for Ana0"
    assert subjects["p008@example.com"] == "Noticias para Ana8"
    mail = next(mail for mail in news.server.mails if mail.to == "p000@example.com")
    assert mail.html is not None and "Hello Ana0" in mail.html and "https://sereno.example/unsubscribe/" in mail.html
    assert mail.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail.headers["X-Sereno-Effect"].startswith(f"news-{id}/")
    assert news.status(id) == "sent"
    counts = news.counts(id)
    assert counts["pieces"] == counts["sent"] == 5
    left = {name: number for name, number in counts.items() if name.startswith("left:")}
    assert left == {
        "left:consent.refused": 1,
        "left:consent.missing": 1,
        "left:address.missing": 1,
        "left:address.suppressed": 1,
    }
    assert news.work(id) == "not due", "what is over is over"


def test_two_records_of_one_address_get_one_mail(news: Shop) -> None:
    news.people(1)
    news.place.send(person(1, email="P000@example.com"))
    news.place.drain()
    id = news.send()
    assert len(news.server.mails) == 1
    assert news.counts(id)["pieces"] == 1


def test_a_condition_chooses(news: Shop) -> None:
    news.people(4)
    id = news.send(audience={"when": "customer.first_name == 'Ana2'"})
    assert news.server.took == ["p002@example.com"]
    assert news.counts(id)["left:audience.condition"] == 3


@pytest.mark.parametrize("when", ["customer.first_nam == 'x'", "customer.first_name", "1 +"])
def test_a_condition_that_cannot_be_read_is_refused(when: str) -> None:
    with pytest.raises(PlanInvalid):
        changing.read_written({"name": "x", "audience": {"when": when}})


def test_who_said_no_meanwhile_is_skipped(news: Shop) -> None:
    """Consent is read at the moment of sending."""
    news.people(3)
    id = news.draft(schedule={"kind": "local", "local": (START + timedelta(hours=5)).strftime("%Y-%m-%dT%H:%M")})
    news.schedule(id)
    assert news.work(id) == "later"
    assert news.server.mails == []
    with news.place.database.transaction() as tx:
        at = to_micros(START + timedelta(hours=1))
        row = (news.place.shop, "p001@example.com", "email", "marketing", False, at, "page", "{}", "u1")
        tx.many("add_consents", [row])
    news.place.clock.move_to(START + timedelta(hours=5))
    assert news.work(id) == "done"
    assert news.server.took == ["p000@example.com", "p002@example.com"]
    assert ("p001@example.com", "skipped", "consent.refused") in news.pieces(id)
    assert news.counts(id)["skipped:consent.refused"] == 1


def test_each_at_their_own_hour(news: Shop) -> None:
    zones = {"p000": "Pacific/Auckland", "p001": "Europe/Madrid", "p002": "America/Los_Angeles"}
    news.place.send(*(person(n, timezone=zone) for n, zone in enumerate(zones.values())))
    news.place.drain()
    id = news.draft(schedule={"kind": "local", "local": "2026-03-04T09:00"})
    news.schedule(id)
    hours = {
        "p000@example.com": datetime(2026, 3, 3, 20, tzinfo=UTC),
        "p001@example.com": datetime(2026, 3, 4, 8, tzinfo=UTC),
        "p002@example.com": datetime(2026, 3, 4, 17, tzinfo=UTC),
    }
    assert news.work(id) == "not due", "it is taken up when the day begins in the easternmost zone"
    for address, at in hours.items():
        news.place.clock.move_to(at - timedelta(seconds=30))
        assert news.work(id) in ("later", "not due")
        assert address not in news.server.took
        news.place.clock.move_to(at)
        news.work(id)
        assert address in news.server.took
    assert news.status(id) == "sent"


def test_the_caps_put_off_and_then_give_up(news: Shop) -> None:
    """One a day is the shop's usual rule: the second waits for its turn; what waits too long is not worth sending."""
    news.people(1)
    news.send()
    second = news.draft()
    news.schedule(second)
    assert news.work(second) == "later"
    assert len(news.server.mails) == 1
    news.place.clock.move_to(START + timedelta(hours=16, minutes=1))
    assert news.work(second) == "done"
    assert len(news.server.mails) == 2


def test_a_cancelled_one_waits_for_no_room(news: Shop) -> None:
    news.people(1)
    news.send()
    second = news.draft()
    news.schedule(second)
    assert news.work(second) == "later"
    assert news.place.rows("SELECT count(*) FROM message_slot WHERE status = 'waiting'") == [(1,)]
    changing.cancel(news.place.shop, second, "mara", database=news.place.database)
    assert news.place.rows("SELECT count(*) FROM message_slot WHERE status = 'waiting'") == [(0,)]
    news.place.clock.move_to(START + timedelta(days=2))
    assert news.work(second) == "not due"
    assert len(news.server.mails) == 1


def test_paused_in_the_midst_and_resumed(news: Shop) -> None:
    news.people(250)
    id = news.draft()
    news.schedule(id)

    def pausing(mail: Mail) -> Done:
        if len(news.server.mails) == 30:
            changing.pause(news.place.shop, id, "mara", database=news.place.database)
        return Done({})

    news.server.answer = pausing
    assert news.work(id) == "lost"
    went = len(news.server.mails)
    assert 30 <= went < 250
    assert news.counts(id)["sent"] == went
    assert news.work(id) == "not due"
    changing.resume(news.place.shop, id, "mara", database=news.place.database)
    news.server.answer = lambda mail: Done({})
    assert news.work(id) == "done"
    assert len(news.server.mails) == 250
    assert len(set(news.server.took)) == 250
    assert news.place.rows("SELECT count(*) FROM newsletters_piece WHERE status <> 'sent'") == [(0,)]


def test_what_the_server_says(news: Shop) -> None:
    answers: dict[str, Any] = {
        "p000@example.com": Fail("recipient.unknown"),
        "p001@example.com": Fail("message.refused"),
        "p002@example.com": Retry("smtp.deferred"),
        "p003@example.com": Retry("smtp.unsure"),
    }
    news.people(5)
    news.server.answer = lambda mail: answers.get(mail.to, Done({}))
    id = news.draft()
    news.schedule(id)
    assert news.work(id) == "later"
    assert news.pieces(id) == [
        ("p000@example.com", "failed", "recipient.unknown"),
        ("p001@example.com", "failed", "message.refused"),
        ("p002@example.com", "waiting", "smtp.deferred"),
        ("p003@example.com", "unknown", "smtp.unsure"),
        ("p004@example.com", "sent", None),
    ]
    assert news.place.rows("SELECT address, reason FROM suppression") == [("p000@example.com", "bounce.permanent")]
    for _ in range(6):
        news.place.clock.move_to(news.place.clock.now() + timedelta(hours=1))
        news.work(id)
    assert ("p002@example.com", "failed", "smtp.deferred") in news.pieces(id)
    assert news.server.took.count("p002@example.com") == 5
    assert news.server.took.count("p003@example.com") == 1, "what may have gone does not go again by itself"
    answers.clear()
    assert changing.send_unknown(news.place.shop, id, "mara", database=news.place.database) == 1
    assert news.work(id) == "done"
    assert news.server.took.count("p003@example.com") == 2
    assert news.counts(id)["sent"] == 2 and "unknown" not in news.counts(id)


def test_a_busy_server_is_left_alone(news: Shop) -> None:
    news.people(3)
    news.server.answer = lambda mail: Retry("smtp.busy", kind="limited", after=timedelta(minutes=1))
    id = news.draft()
    news.schedule(id)
    assert news.work(id, connections=1) == "later"
    assert len(news.server.mails) == 1
    news.server.answer = lambda mail: Done({})
    news.place.clock.move_to(START + timedelta(minutes=2))
    assert news.work(id) == "done"
    assert len(set(news.server.took)) == 3


def test_what_a_dead_process_left_is_settled_by_its_journal(news: Shop) -> None:
    news.people(5)
    id = news.draft()
    news.schedule(id)
    news.server.answer = lambda mail: Retry("smtp.deferred")
    assert news.work(id) == "later"
    ids = [row[0] for row in news.place.rows("SELECT id FROM newsletters_piece ORDER BY id")]
    dead = journal.Journal(news.folder)
    for piece, what in zip(ids, (journal.SENT, None, journal.FAILED, journal.AGAIN), strict=False):
        dead.note(piece, journal.BEGUN)
        if what is not None:
            dead.note(piece, what, "message.refused" if what == journal.FAILED else "")
    with news.place.database.transaction() as tx:
        tx.many("claim_pieces", [(piece, dead.claim) for piece in ids])
    news.server.mails.clear()
    news.server.answer = lambda mail: Done({})
    news.place.clock.move_to(START + timedelta(hours=1))
    assert news.work(id) == "later", "its journal is held: it is alive"
    assert news.server.mails == []
    dead.close(is_settled=False)
    news.place.clock.move_to(START + timedelta(hours=2))
    assert news.work(id) == "done"
    assert news.server.took == ["p003@example.com", "p004@example.com"]
    assert [row[1:] for row in news.pieces(id)] == [
        ("sent", None),
        ("unknown", "newsletter.interrupted"),
        ("failed", "message.refused"),
        ("sent", None),
        ("sent", None),
    ]
    assert list(news.folder.iterdir()) == []


def test_of_another_machine_nothing_is_known(news: Shop) -> None:
    news.people(2)
    id = news.draft()
    news.schedule(id)
    news.server.answer = lambda mail: Retry("smtp.deferred")
    assert news.work(id) == "later"
    ids = [row[0] for row in news.place.rows("SELECT id FROM newsletters_piece ORDER BY id")]
    with news.place.database.transaction() as tx:
        tx.many("claim_pieces", [(piece, "elsewhere:boot:0123") for piece in ids])
    news.place.clock.move_to(START + timedelta(hours=1))
    assert news.work(id) == "done"
    assert {row[1] for row in news.pieces(id)} == {"unknown"}


def test_a_provider_is_not_flooded(news: Shop) -> None:
    news.place.send(*(person(n, email=f"p{n}@gmail.com" if n % 2 else f"p{n}@example.com") for n in range(10)))
    news.place.drain()
    id = news.draft(pace={"providers": {"gmail.com": 1}})
    news.schedule(id)
    sent_at: list[datetime] = []
    news.server.answer = lambda mail: (sent_at.append(news.place.clock.now()), Done({}))[1]
    while news.work(id) != "done":
        assert len(sent_at) < 30
        news.place.clock.move_to(news.place.clock.now() + timedelta(seconds=30))
    at_google = [at for at, mail in zip(sent_at, news.server.mails, strict=True) if mail.to.endswith("gmail.com")]
    assert len(at_google) == 5
    assert all(later - at >= timedelta(minutes=1) for at, later in pairwise(at_google))
    assert len(news.server.mails) == 10


def test_the_better_subject_goes_to_the_rest(news: Shop) -> None:
    news.people(300)
    id = news.draft(trial={"share": 60, "wait": "4h", "subjects": {"es": "Cups for {{ name }}"}})
    news.schedule(id)
    assert news.work(id) == "later"
    tried = news.place.rows("SELECT id, variant FROM newsletters_piece WHERE variant <> ''")
    assert len(news.server.mails) == len(tried)
    subjects = [mail.subject.partition(" ")[0] for mail in news.server.mails]
    assert subjects.count("Cups") == sum(1 for _id, variant in tried if variant == "b")
    with news.place.database.transaction() as tx:
        tx.many("count_newsletter", [(id, "a", "opened", 10), (id, "b", "opened", 60)])
    went = len(news.server.mails)
    news.place.clock.move_to(START + timedelta(hours=4))
    assert news.work(id) == "done"
    assert len(news.server.mails) == 300
    assert all(mail.subject.startswith("Cups") for mail in news.server.mails[went:])
    (winner, verdict) = news.place.rows("SELECT winner, verdict FROM newsletters_newsletter")[0]
    assert winner == "b" and '"low"' in verdict


def test_no_difference_is_an_answer(news: Shop) -> None:
    news.people(60)
    id = news.draft(trial={"share": 50, "wait": "1h", "subjects": {"en": "Other"}})
    news.schedule(id)
    assert news.work(id) == "later"
    news.place.clock.move_to(START + timedelta(hours=1))
    assert news.work(id) == "done"
    (winner, verdict) = news.place.rows("SELECT winner, verdict FROM newsletters_newsletter")[0]
    assert winner == "a" and '"winner":""' in verdict.replace(" ", "")


def test_subjects_are_tried_at_each_readers_own_hour_and_the_rest_keep_it_too(news: Shop) -> None:
    """Los Angeles is the last where the hour strikes; once that trial is judged, it is night in Madrid."""
    zones = ["Europe/Madrid", "America/Los_Angeles"]
    news.place.send(*(person(n, timezone=zones[n % 2]) for n in range(40)))
    news.place.drain()
    trial = {"share": 50, "wait": "4h", "subjects": {"en": "Other"}}
    id = news.draft(schedule={"kind": "local", "local": "2026-03-04T09:00"}, trial=trial)
    news.schedule(id)
    for hour in range(80):
        news.place.clock.move_to(datetime(2026, 3, 3, tzinfo=UTC) + timedelta(hours=hour))
        sent = len(news.server.mails)
        news.work(id)
        rows = news.place.rows("SELECT address, variant FROM newsletters_piece")
        went = {mail.to: (dict(rows)[mail.to], news.place.clock.now()) for mail in news.server.mails[sent:]}
        for address, (variant, at) in went.items():
            is_west = int(address[1:4]) % 2
            day, hour_there = (5, 9) if not variant and not is_west else (4, 9 if variant else 13)
            there = at.astimezone(ZoneInfo(zones[is_west]))
            assert (there.day, there.hour) == (day, hour_there), (address, variant, there)
    assert len(news.server.mails) == 40 and news.status(id) == "sent"


def test_nobody_is_tried_on_whose_language_has_no_second_subject(news: Shop) -> None:
    news.place.send(*(person(n, locale="es" if n % 2 else "en") for n in range(40)))
    news.place.drain()
    id = news.draft(trial={"share": 100, "wait": "1h", "subjects": {"en": "Cups, at last"}})
    news.schedule(id, es="Noticias")
    assert news.work(id) == "later"
    assert {mail.to for mail in news.server.mails} == {f"p{n:03}@example.com" for n in range(0, 40, 2)}
    with news.place.database.transaction() as tx:
        tx.many("count_newsletter", [(id, "a", "opened", 0), (id, "b", "opened", 20)])
    news.place.clock.move_to(START + timedelta(hours=1))
    assert news.work(id) == "done"
    assert {mail.subject for mail in news.server.mails[20:]} == {"Noticias"}


def test_a_pause_holds_back_what_a_slow_server_has_not_taken_yet(news: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """All were claimed together; but only what was in flight when the pause was heard of has gone."""
    from sereno.runtime.newsletters import sending, working

    monkeypatch.setattr(sending, "HEARS", 0.2)
    heard, keep = threading.Event(), working.Work.keep

    def noting(work: Any, tx: Any, status: str) -> None:
        try:
            keep(work, tx, status)
        except LeaseLost:
            heard.set()
            raise

    monkeypatch.setattr(working.Work, "keep", noting)
    news.people(20)
    id = news.draft()

    def slow(mail: Mail) -> Result:
        if len(news.server.mails) == 3:
            changing.pause(news.place.shop, id, "mara", database=news.place.database)
            assert heard.wait(60)
        return Done({})

    news.server.answer = slow
    news.schedule(id)
    assert news.work(id, 1) == "lost"
    assert len(news.server.mails) == 3 and news.counts(id)["sent"] == 3
    changing.resume(news.place.shop, id, "mara", database=news.place.database)
    assert news.work(id) == "done"
    assert len(news.server.took) == len(set(news.server.took)) == 20


def test_preparing_goes_on_where_it_was(news: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    from sereno.runtime.newsletters import preparing

    monkeypatch.setattr(preparing, "PAGE", 10)
    monkeypatch.setattr(preparing, "keys_after", lambda *given: keys_after(*given, 10))
    from sereno.runtime.newsletters.audience import keys_after

    news.people(35)
    id = news.draft()
    news.schedule(id)
    pages = 0
    add = preparing._add

    def dying(*given: Any) -> int:
        nonlocal pages
        pages += 1
        if pages == 3:
            raise KeyboardInterrupt
        return add(*given)

    monkeypatch.setattr(preparing, "_add", dying)
    with pytest.raises(KeyboardInterrupt):
        news.work(id)
    assert news.counts(id)["pieces"] == 20
    news.place.clock.move_to(START + timedelta(minutes=5))
    assert news.work(id) == "done"
    assert len(news.server.mails) == news.counts(id)["sent"] == 35


def test_without_a_mail_server_it_waits_for_a_person(news: Shop) -> None:
    news.people(1)
    id = news.draft()
    news.schedule(id)
    news.server = None  # type: ignore[assignment]
    assert news.work(id) == "failed"
    assert news.status(id) == "paused"
    (error,) = news.place.rows("SELECT error FROM newsletters_newsletter")[0]
    assert "SERENO_SMTP_URL" in error


def test_answers_are_counted_once_and_machines_apart(news: Shop) -> None:
    news.people(4)
    id = news.send()
    keys = {mail.to: mail.headers["X-Sereno-Effect"] for mail in news.server.mails}

    def answer(what: str, number: int, **more: Any) -> NewEvent:
        address = f"p{number:03}@example.com"
        data = {"effect": keys[address], "channel": "email", "email": address, **more}
        return NewEvent(f"{what}{number}{more}", f"message.{what}", f"customer:p{number:03}", START, data, {})

    news.place.send(
        *(answer("delivered", number) for number in range(4)),
        answer("opened", 0),
        answer("opened", 0, url="again"),
        answer("opened", 1, is_machine=True),
        answer("clicked", 2, url="https://shop.example"),
        answer("clicked", 3, is_machine=True),
        answer("complained", 3),
        answer("bounced", 1, is_permanent=False),
    )
    news.place.drain()
    counts = news.counts(id)
    assert {name: counts.get(name) for name in ("delivered", "opened", "machine_opened", "clicked")} == {
        "delivered": 4,
        "opened": 2,
        "machine_opened": 1,
        "clicked": 1,
    }
    assert counts["complained"] == 1 and "bounced" not in counts
    assert news.place.rows("SELECT count(*) FROM event WHERE type = 'message.sent'") == [(4,)]


def test_an_order_after_it_is_its(news: Shop) -> None:
    news.people(3)
    id = news.send()
    news.place.send(
        order("o1", at=START + timedelta(days=1), customer="p000"),
        order("o2", at=START + timedelta(days=2), customer="p000"),
    )
    news.place.send(order("o3", at=START + timedelta(days=9), customer="p001"))
    news.place.drain()
    assert news.counts(id)["ordered"] == 1
    assert news.place.rows("SELECT person, order_key FROM newsletters_piece WHERE order_key IS NOT NULL") == [
        ("p000", "o1")
    ]


def order(key: str, at: datetime, customer: str) -> NewEvent:
    data = {"id": key, "customer_id": customer, "currency": "EUR", "total": "20.00", "placed_at": at.isoformat()}
    return NewEvent(key, "order.created", f"order:{key}", at, data, {"order": key, "customer": customer})
