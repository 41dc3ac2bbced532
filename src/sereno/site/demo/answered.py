"""What became of the demo's mails of the last months: who read them and when, who followed a link, who left; and the
birthdays people told the shop. Each reads mail at an hour of their own, as people do; the same shop, the same readers.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sereno.sdk.connector import NewEvent
from sereno.site.demo import season

LAST = timedelta(days=120)
READ = {"transactional": 0.62, "marketing": 0.36}
FOLLOWED, BY_MACHINE, LEFT = 0.2, 0.15, 0.004
"""Of those who read, of all mails, and of those who read what advertises."""
HABITS = (7, 8, 8, 13, 13, 14, 20, 21, 21, 21, 22, 22)
"""Hours of the shop's day at which people look at their mail."""
TOLD_BIRTHDAY = 0.3


def come(shop_id: int, database: Any, end: datetime) -> None:
    """All of it, as events."""
    from sereno.runtime import services

    events = [*_birthdays(shop_id, end), *_answers(shop_id, end)]
    services.insert_events(shop_id, None, "demo", events, database=database)


def _birthdays(shop_id: int, end: datetime) -> Iterator[NewEvent]:
    from sereno.modules.customers.models import Customer

    known = Customer.objects.filter(shop_id=shop_id, email__isnull=False).order_by("key").values_list("key", "email")
    for key, email in known:
        lot = _lot(key)
        if lot.random() >= TOLD_BIRTHDAY:
            continue
        day = f"{lot.randint(1955, 2004)}-{lot.randint(1, 12):02}-{lot.randint(1, 28):02}"
        data = {"id": key, "email": email, "birthday": day}
        refs = {"customer": key, "email": email}
        yield NewEvent(f"birthday|{key}"[:200], "customer.updated", f"customer:{key}", end, data, refs)


def _answers(shop_id: int, end: datetime) -> Iterator[NewEvent]:
    from sereno.modules.insights.models import SentMessage
    from sereno.runtime.replying import answer_event

    sent = SentMessage.objects.filter(shop_id=shop_id, channel="email", sent_at__gte=end - LAST).order_by("id")
    for key, purpose, person, address, sent_at in sent.values_list("key", "purpose", "person", "address", "sent_at"):
        lot = _lot(key)
        whose = {"effect": key, "address": address, "customer": person, "channel": "email"}
        if lot.random() < BY_MACHINE:
            at = sent_at + timedelta(seconds=lot.randint(1, 6))
            yield answer_event("opened", min(at, end), **whose, more={"is_machine": True})
        at = _read_at(sent_at, address, lot)
        if lot.random() >= READ.get(purpose, 0.5) or at > end:
            continue
        yield answer_event("opened", at, **whose, more={"is_machine": False})
        if lot.random() < FOLLOWED:
            more = {"is_machine": False, "url": "https://casa-azahar.example/novedades"}
            yield answer_event("clicked", min(at + timedelta(seconds=lot.randint(4, 240)), end), **whose, more=more)
        elif purpose == "marketing" and lot.random() < LEFT:
            yield answer_event("unsubscribed", min(at + timedelta(seconds=30), end), **whose, more={})


def _read_at(sent_at: datetime, address: str, lot: random.Random) -> datetime:
    """The next time their hour comes, mostly; now and then at once."""
    if lot.random() < 0.25:
        return sent_at + timedelta(minutes=lot.uniform(2, 90))
    hour = _lot(address).choice(HABITS)
    there = sent_at.astimezone(season.ZONE)
    at = there.replace(hour=hour, minute=0, second=0) + timedelta(minutes=lot.uniform(0, 75))
    return (at if at > there else at + timedelta(days=1)).astimezone(sent_at.tzinfo)


def _lot(name: str) -> random.Random:
    return random.Random(name)  # noqa: S311 - believable, not secret
