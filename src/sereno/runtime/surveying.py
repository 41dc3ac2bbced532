"""What a customer answers when asked: kept once for each person and thing, and told to flows.

Invariant: a press in a mail and the page that follows are one answer. What was answered stands until its own person
changes it, within `CHANGED_WITHIN`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from sereno.commerce.identity import customer_key
from sereno.engine.durations import format_instant
from sereno.runtime.inbox import Incoming, put
from sereno.runtime.ports import SOURCE
from sereno.runtime.staff import customer_at, open_staff
from sereno.sdk.connector import NewEvent
from sereno.store.database import Database
from sereno.store.documents import decode, encode
from sereno.store.fields import from_micros, storable, to_micros

ANSWERED = "survey.answered"
CHANGED_WITHIN = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Asked:
    """Who was asked what: `email` lower case, `order` the key of the order it is about or "", `effect` the key of the
    effect whose message asked."""

    survey: str
    email: str
    order: str = ""
    effect: str = ""


class Measured(Protocol):
    """What the survey makes of answers by question."""

    @property
    def satisfaction(self) -> int | None: ...
    @property
    def nps(self) -> int | None: ...
    @property
    def comment(self) -> str:
        """What of it is in words of one's own."""
        ...


@dataclass(frozen=True, slots=True)
class Answer:
    """`answers` by question, as read by the survey, which `measure`s what they come to."""

    answers: Mapping[str, Any]
    measure: Callable[[Mapping[str, Any]], Measured]
    is_whole: bool
    locale: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """An answer that is there."""

    answers: Mapping[str, Any]
    is_whole: bool
    first_at: datetime
    at: datetime


class TooLate(ValueError):  # noqa: N818
    """It was answered so long ago that it stands."""


def held_answer(shop_id: int, asked: Asked, *, database: Database | None = None) -> Held | None:
    """What this person said of this before."""
    staff = open_staff(database)
    with staff.database.read() as tx:
        row = tx.one("held_answer", _key(shop_id, asked))
    return None if row is None else _held(row)


def answer(shop_id: int, asked: Asked, said: Answer, *, database: Database | None = None) -> bool:
    """Keep it, and tell flows. A press in a mail (not `is_whole`) adds to what is there; the whole page replaces it.
    Saying again what is there changes nothing. True when it was the first word. Raises TooLate."""
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        now = staff.world.clock.now()
        key = _key(shop_id, asked)
        row = tx.one("held_answer_locked", key)
        held = None if row is None else _held(row)
        if held is not None and now - held.first_at > CHANGED_WITHIN:
            raise TooLate("this was answered long ago")
        answers = dict(said.answers) if said.is_whole or held is None else {**held.answers, **said.answers}
        is_whole = said.is_whole or (held is not None and held.is_whole)
        if held is not None and held.answers == answers and held.is_whole == is_whole:
            return False
        found = said.measure(answers)
        customer = customer_at(staff, tx, shop_id, asked.email)
        row = {
            **key,
            "customer": customer_key(customer, asked.email),
            "effect": asked.effect[:200],
            "locale": said.locale[:8],
            "answers": encode(answers),
            "satisfaction": found.satisfaction,
            "nps": found.nps,
            "is_whole": is_whole,
            "now": to_micros(now),
        }
        (id_,) = tx.one("put_answer", row) or (0,)
        mark = "0" if held is None else str(to_micros(now))
        data = {"is_first": held is None, "is_whole": is_whole, "answers": answers}
        event = _event(f"survey|{id_}|{mark}", asked, found, data, customer, now)
        put(tx, [Incoming(shop_id, None, None, SOURCE, to_micros(now), event)])
        if staff.database.dialect == "postgresql":
            tx.all("notify")
    return held is None


def _key(shop_id: int, asked: Asked) -> dict[str, Any]:
    about = storable(asked.order)[:200]
    return {"shop": shop_id, "survey": asked.survey, "email": storable(asked.email)[:254], "about": about}


def _held(row: Any) -> Held:
    answers, is_whole, first_at, at = row
    return Held(decode(answers), bool(is_whole), from_micros(first_at), from_micros(at))


def _event(
    uid: str, asked: Asked, found: Measured, said: Mapping[str, Any], customer: str | None, now: datetime
) -> NewEvent:
    key, order = customer_key(customer, asked.email) or asked.email, asked.order or None
    measures = {"satisfaction": found.satisfaction, "nps": found.nps}
    about = {"survey": asked.survey, "order": order}
    data: dict[str, Any] = {
        "id": key,
        "email": asked.email,
        **about,
        **said,
        **measures,
        "comment": found.comment,
        "opinion": {**about, **measures, "said_at": format_instant(now)},
        "effect": asked.effect,
    }
    refs = {"customer": key, "email": asked.email, **({"order": asked.order} if asked.order else {})}
    return NewEvent(uid, ANSWERED, f"customer:{key}", now, data, {name: storable(text) for name, text in refs.items()})
