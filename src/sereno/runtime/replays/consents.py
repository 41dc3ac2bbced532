"""Who allows what, in a replay: the last words on the addresses asked for lately stay in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sereno.runtime.replays.scratch import ReplayTransaction
from sereno.store.database import Row

MOST = 20_000
"""Addresses remembered; past it all are forgotten and read again."""


class ConsentStore:
    """Nothing is read before somebody has said something."""

    def __init__(self, tx: ReplayTransaction) -> None:
        self._tx = tx
        self._known: dict[str, list[Row]] = {}
        self._is_empty = True
        tx.reads["last_words"] = self._last_words
        tx.writes["add_consents"] = lambda rows: self._write("add_consents", rows)
        tx.writes["suppress"] = lambda rows: self._write("suppress", rows)

    def _last_words(self, parameters: Mapping[str, Any]) -> list[Row]:
        if self._is_empty:
            return []
        known = self._known
        missing = [address for address in parameters["addresses"] if address not in known]
        if missing:
            for address in missing:
                known[address] = []
            for row in self._tx.sql.all("last_words", {**parameters, "addresses": missing}):
                known[row[1]].append(row)
        return [row for address in parameters["addresses"] for row in known[address]]

    def _write(self, name: str, rows: Sequence[Sequence[Any]]) -> int:
        self._is_empty = False
        self._forget(rows)
        self._tx.undo.append(lambda: self._forget(rows))
        return self._tx.plain().many(name, rows)

    def _forget(self, rows: Sequence[Sequence[Any]]) -> None:
        for row in rows:
            self._known.pop(row[1], None)

    def settle(self) -> None:
        """Forget what is too much to remember."""
        if len(self._known) > MOST:
            self._known.clear()
