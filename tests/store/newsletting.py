"""A shop with people, a message, and a mail server that notes what it is handed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from support import START, Place

from sereno.modules.messages import documents
from sereno.modules.messages.documents import Block, Document
from sereno.modules.messages.printing import ShopPresses
from sereno.modules.messages.unsubscribe import SignedLinks
from sereno.runtime.newsletters import changing
from sereno.runtime.newsletters.carrying import carry_out
from sereno.runtime.newsletters.working import LEASE
from sereno.runtime.world import World, make_world
from sereno.sdk.connector import NewEvent
from sereno.sdk.context import ShopFacts
from sereno.sdk.newsletters import Presses
from sereno.sdk.plugin import registry
from sereno.sdk.ports import Links, Mail, Mailer
from sereno.sdk.result import Done, Result
from sereno.store.fields import to_micros

WORDS = {"subject": "News for {{ name }}", "preview": "What is new", "b1.text": "Hello {{ name }}"}
WORDS |= {"b2.text": "See the shop", "b3.text": "We have *new* cups."}


def document(**subjects: str) -> dict[str, Any]:
    """A message in English, and in the languages of `subjects`."""
    texts = {"en": WORDS, **{name: {**WORDS, "subject": said} for name, said in subjects.items()}}
    blocks = (Block("b1", "heading"), Block("b2", "text"), Block("b3", "text"))
    return documents.write(Document("email", "marketing", "customer", tuple(texts), blocks, texts))


class Server:
    """Takes mail; `answer` may say otherwise."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []
        self.answer: Callable[[Mail], Result] = lambda mail: Done({})
        self._lock = threading.Lock()

    def send(self, mail: Mail) -> Result:
        with self._lock:
            self.mails.append(mail)
        return self.answer(mail)

    @property
    def took(self) -> list[str]:
        return sorted(mail.to for mail in self.mails)


class Shop:
    """`place` with its mail; `folder` is where processes keep their journals."""

    def __init__(self, place: Place, folder: Path) -> None:
        self.place, self.folder, self.server = place, folder, Server()

    @property
    def world(self) -> World:
        base = "https://sereno.example"

        def ports(kind: type[Any], shop: ShopFacts) -> object | None:
            if kind is Mailer:
                return self.server
            if kind is Links:
                return SignedLinks("k" * 40, base, shop.id)
            return ShopPresses(shop) if kind is Presses else None

        return make_world(self.place.database, registry(), ports, self.place.clock, "w", base_url=base)

    def people(self, count: int, **more: Any) -> None:
        """Of the keys p000, p001, ... who agreed to mail."""
        self.place.send(*(person(number, **more) for number in range(count)))
        self.place.drain()

    def draft(self, **given: Any) -> int:
        written = changing.read_written({"name": "Autumn", "message": "autumn", **given})
        return changing.create(self.place.shop, written, "mara", database=self.place.database)

    def schedule(self, id: int, **subjects: str) -> None:
        changing.schedule(self.place.shop, id, document(**subjects), "mara", database=self.place.database)

    def work(self, id: int, connections: int = 2) -> str:
        """As a process that a worker begins."""
        now = self.place.clock.now()
        given = {"id": id, "worker": "w", "until": to_micros(now + LEASE), "now": to_micros(now)}
        with self.place.database.transaction() as tx:
            if tx.one("take_newsletter", given) is None:
                return "not due"
        return carry_out(self.world, id, "w", self.folder, connections)

    def send(self, **given: Any) -> int:
        id = self.draft(**given)
        self.schedule(id)
        assert self.work(id) == "done"
        return id

    def pieces(self, id: int) -> list[tuple[Any, ...]]:
        return self.place.rows(
            f"SELECT address, status, reason FROM newsletters_piece WHERE newsletter_id = {id} ORDER BY address"
        )

    def counts(self, id: int) -> dict[str, int]:
        """Over all variants."""
        found: dict[str, int] = {}
        for name, number in self.place.rows(f"SELECT name, number FROM newsletters_count WHERE newsletter_id = {id}"):
            found[name] = found.get(name, 0) + number
        return {name: number for name, number in found.items() if number}

    def status(self, id: int) -> str:
        return self.place.rows(f"SELECT status FROM newsletters_newsletter WHERE id = {id}")[0][0]


def person(number: int, **more: Any) -> NewEvent:
    key = f"p{number:03}"
    data = {"id": key, "email": f"{key}@example.com", "first_name": f"Ana{number}", "accepts_email": True, **more}
    data["updated_at"] = (START - timedelta(days=1)).isoformat()
    refs = {"customer": key, "email": str(data["email"] or "")}
    refs = {kind: value for kind, value in refs.items() if value}
    return NewEvent(f"c-{key}", "customer.created", f"customer:{key}", START - timedelta(days=1), data, refs)
