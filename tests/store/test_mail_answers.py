"""What became of mail is counted once, by day and mailbox provider; dead and ever-full addresses are not written to."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from support import START, Place, fact

from sereno.runtime.answers import MOST_SOFT
from sereno.runtime.deliverability import bounces
from sereno.runtime.deliverability.report import report


def told(id: str, what: str, email: str, **data: Any) -> Any:
    return fact(id, f"message.{what}", f"customer:email:{email}", {"email": email, "channel": "email", **data})


def suppressed(place: Place) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in place.rows("SELECT address, reason FROM suppression ORDER BY address")]


def test_mail_is_counted_by_provider_and_day(place: Place) -> None:
    place.send(
        told("1", "sent", "ana@gmail.com"),
        told("2", "sent", "eva@hotmail.es"),
        told("3", "delivered", "ana@gmail.com"),
        told("4", "opened", "ana@gmail.com", is_machine=True),
        told("5", "opened", "ana@gmail.com", is_machine=False),
        told("6", "bounced", "eva@hotmail.es", is_permanent=True),
        told("7", "complained", "ana@gmail.com"),
        fact("8", "message.sent", "customer:9", {"phone": "+34600", "channel": "sms"}),
    )
    place.drain()
    place.send(told("3", "delivered", "ana@gmail.com"))
    place.drain()
    day = START.date()
    found = report(place.shop, day, day, database=place.database)
    assert [(one.name, dict(one.counts)) for one in found.providers] == [
        ("google", {"sent": 1, "delivered": 1, "opened": 1, "opened_machine": 1, "complained": 1}),
        ("microsoft", {"sent": 1, "bounced": 1}),
    ]
    assert suppressed(place) == [("ana@gmail.com", "complaint"), ("eva@hotmail.es", "bounce.permanent")]


def test_a_full_mailbox_is_given_up_after_some_time(place: Place) -> None:
    for number in range(MOST_SOFT - 1):
        place.send(told(f"s{number}", "bounced", "full@gmail.com", is_permanent=False))
        place.send(told(f"t{number}", "bounced", "busy@gmail.com", is_permanent=False))
        place.drain()
    place.send(told("d", "delivered", "busy@gmail.com"))
    place.drain()
    assert suppressed(place) == []
    place.send(told("last", "bounced", "full@gmail.com", is_permanent=False))
    place.send(told("later", "bounced", "busy@gmail.com", is_permanent=False))
    place.drain()
    assert suppressed(place) == [("full@gmail.com", "bounce.repeated")]


def test_trouble_of_long_ago_does_not_count(place: Place) -> None:
    for number in range(MOST_SOFT):
        place.send(told(f"s{number}", "bounced", "slow@gmail.com", is_permanent=False))
        place.after(hours=timedelta(days=31) / timedelta(hours=1))
    assert suppressed(place) == []


def test_returned_mail_is_told_once(place: Place) -> None:
    mail = (
        b"From: daemon@mx.example\nDate: Sun, 22 Nov 2026 00:00:00 +0000\nMIME-Version: 1.0\n"
        b'Content-Type: multipart/report; boundary="b"\n\n--b\nContent-Type: message/delivery-status\n\n'
        b"Reporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; eva@gone.example\n"
        b"Action: failed\nStatus: 5.1.1\n\n--b--\n"
    )
    found = [bounces.take(place.shop, [mail, b"Subject: away\n\nx"], "tester", database=place.database) for _ in "ab"]
    place.drain()
    assert [(one.mails, one.told, one.unread) for one in found] == [(2, 1, 1), (2, 0, 1)]
    assert suppressed(place) == [("eva@gone.example", "bounce.permanent")]
