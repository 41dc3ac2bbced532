"""The shops' own published messages, in memory: one library per database, asked at most once a second whether anything
was published since. So a mail costs no query of its own.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from time import monotonic
from weakref import WeakKeyDictionary, proxy

from sereno.modules.messages.compiling import Template, compile_mail
from sereno.modules.messages.documents import Document, DocumentInvalid, read
from sereno.store.database import Database, default_database
from sereno.store.documents import decode

log = logging.getLogger("sereno.messages")

FRESH = 1.0
"""Seconds for which what is in memory is used without asking."""


@dataclass(slots=True)
class Published:
    """A published message. Each language is compiled when it is first wanted."""

    name: str
    title: str
    version: int
    document: Document
    _compiled: dict[tuple[str, str | None], Template] = field(default_factory=dict[tuple[str, str | None], Template])

    def compiled(self, locale: str, fallback: str | None = None) -> Template:
        """The mail as a reader of this language gets it."""
        language = self.document.language(locale, fallback)
        found = self._compiled.get((language, fallback))
        if found is None:
            found = compile_mail(self.document, language, name=self.name, fallback=fallback, version=self.version)
            self._compiled[language, fallback] = found
        return found


class Library:
    """The published messages of all shops of one database. May be used by any thread."""

    def __init__(self, database: Database) -> None:
        # Held by whoever uses the library; not by us, or neither would ever go.
        self._database = proxy(database)
        self._lock = threading.Lock()
        self._asked_at = -FRESH
        self._seen: tuple[object, ...] | None = None
        self._held: dict[int, dict[str, Published]] = {}

    def find(self, shop_id: int, name: str) -> Published | None:
        return self.of_shop(shop_id).get(name)

    def of_shop(self, shop_id: int) -> Mapping[str, Published]:
        """All of the shop, by name."""
        if monotonic() - self._asked_at >= FRESH:
            self._refresh()
        return self._held.get(shop_id, {})

    def forget(self) -> None:
        """Ask again at the next look: something was just published here."""
        self._asked_at = -FRESH

    def _refresh(self) -> None:
        with self._lock:
            if monotonic() - self._asked_at < FRESH:
                return
            # Not a transaction of its own: whoever asks may be in one.
            seen = self._database.peek("messages_changed", {})
            if seen != self._seen:
                self._held = self._read(decode(self._database.peek("published_messages", {})[0]))
                self._seen = seen
            self._asked_at = monotonic()

    def _read(self, rows: list[list[object]]) -> dict[int, dict[str, Published]]:
        found: dict[int, dict[str, Published]] = {}
        for shop_id, name, title, version, text in rows:
            assert isinstance(shop_id, int) and isinstance(name, str) and isinstance(version, int)
            before = self._held.get(shop_id, {}).get(name)
            if before is not None and before.version == version and before.title == title:
                found.setdefault(shop_id, {})[name] = before
                continue
            try:
                document = read(decode(str(text)))
            except (DocumentInvalid, ValueError) as error:
                log.error("message %s of shop %s cannot be used any more: %s", name, shop_id, error)
                continue
            found.setdefault(shop_id, {})[name] = Published(name, str(title), version, document)
        return found


_libraries: WeakKeyDictionary[Database, Library] = WeakKeyDictionary()
_making = threading.Lock()


def library(database: Database | None = None) -> Library:
    """Of this database; without one, of that Django's settings name."""
    database = database or default_database()
    with _making:
        found = _libraries.get(database)
        if found is None:
            found = _libraries[database] = Library(database)
        return found


class ShopMessages:
    """The `Messages` port of one shop: its own and the shipped ones."""

    def __init__(self, database: Database, shop_id: int, locale: str) -> None:
        self._library = library(database)
        self._shop_id = shop_id
        self._locale = locale

    def find(self, name: str, locale: str) -> Template | None:
        found = self._library.find(self._shop_id, name)
        return found.compiled(locale, self._locale) if found is not None and found.document.kind == "email" else None

    def text(self, name: str) -> Document | None:
        found = self._library.find(self._shop_id, name)
        return found.document if found is not None and found.document.kind != "email" else None
