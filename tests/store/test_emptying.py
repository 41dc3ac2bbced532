"""Between two tests nothing of the first is left, whichever way it was taken out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from support import Place, fact

import emptying
from emptying import PostgresEmptier, SqliteEmptier

FLOW = "flow: waiting\ntrigger: {event: custom.begun}\nsteps:\n  - wait: 2h\n"


def fill(database: Any) -> None:
    place = Place(database)
    place.flow(FLOW)
    place.send(fact("1", "custom.begun"))
    place.drain()
    assert place.shop == 1 and len(place.runs()) == 1
    place.runtime.stop()


def left(database: Any, tables: str) -> dict[str, int]:
    with database.read() as tx:
        names = [row[0] for row in tx.text(tables)]
        counts = {name: tx.text(f'SELECT count(*) FROM "{name}"')[0][0] for name in names}
    return {name: count for name, count in counts.items() if count and not name.startswith(("django_", "auth_"))}


def emptied_twice(database: Any, empty: Callable[[], None], tables: str) -> None:
    for _ in range(2):
        fill(database)
        assert {"shop", "flow", "run", "event"} <= left(database, tables).keys()
        empty()
        assert left(database, tables) == {}


def test_sqlite_is_emptied_and_ids_begin_again(sqlite: Any) -> None:
    empty = SqliteEmptier(sqlite.path, kept=("django_migrations",))
    emptied_twice(sqlite, empty, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    empty.close()


@pytest.mark.parametrize("much", [emptying._MUCH, 0], ids=["rows", "tables"])
def test_postgresql_is_emptied_and_ids_begin_again(
    postgres: Any, empty_postgres: PostgresEmptier, monkeypatch: pytest.MonkeyPatch, much: int
) -> None:
    monkeypatch.setattr(emptying, "_MUCH", much)
    emptied_twice(postgres, empty_postgres, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
