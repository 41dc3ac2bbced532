"""Doings in processes of their own that die between two statements.

This program loads everything once. For each line of JSON it reads it forks a process that does what `do` names and is
killed right before its statement number `at`, BEGIN and COMMIT counted too; then it says `killed`, or `left 0` for one
that came to its end.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from installation import ready


def join(database: Any, shop: int, one: str, other: str) -> None:
    from sereno.runtime.persons import joining

    joining.join(shop, one, other, "tester", database=database)


def match(database: Any, shop: int) -> None:
    from sereno.runtime.persons.matching import Matcher
    from sereno.runtime.staff import open_staff

    Matcher(open_staff(database).world).run()


def look(database: Any, shop: int, who: str, view: str, product: str = "") -> None:
    from sereno.runtime.visits import taking
    from sereno.runtime.visits.rules import Seen

    taking.take(shop, Seen(who, view, product=product), database=database)


def end(database: Any, shop: int) -> None:
    from sereno.runtime.staff import open_staff
    from sereno.runtime.visits.ending import Ender

    Ender(open_staff(database).world).run()


DOINGS: dict[str, Callable[..., None]] = {"join": join, "match": match, "look": look, "end": end}


def die_at(database: Any, at: int) -> None:
    """Be killed before the statement of this number."""
    left = at

    def count(*_: Any) -> None:
        nonlocal left
        left -= 1
        if left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)

    if database.dialect == "sqlite":
        database.connection().set_trace_callback(count)
        return
    from sereno.store.postgres import Cursor

    database.connection()
    for name in ("execute", "executemany", "copy"):
        plain = getattr(Cursor, name)

        def counted(self: Any, *given: Any, _plain: Any = plain, **options: Any) -> Any:
            count()
            return _plain(self, *given, **options)

        setattr(Cursor, name, counted)


def read_flows(url: str) -> None:
    """Compile what is published there once, for all that are forked after it; nothing stays open."""
    from sereno.runtime.staff import open_staff
    from sereno.store.database import open_database

    database = open_database(url)
    with database.transaction() as tx:
        open_staff(database).world.flows.refresh(tx)
    database.close()


def do(asked: dict[str, Any]) -> None:
    from worker_process import AheadClock

    from sereno.runtime.staff import open_staff
    from sereno.store.database import open_database

    database = open_database(asked["url"])
    open_staff(database).world.clock = AheadClock(asked["ahead"])
    die_at(database, asked["at"])
    DOINGS[asked["do"]](database, asked["shop"], *asked["given"])


def main() -> None:
    ready()
    known: set[str] = set()
    for line in sys.stdin:
        url = json.loads(line)["url"]
        if url not in known:
            known.add(url)
            read_flows(url)
        child = os.fork()
        if child == 0:
            code = 1
            try:
                do(json.loads(line))
                code = 0
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
        print("killed" if os.WIFSIGNALED(status) else f"left {os.WEXITSTATUS(status)}", flush=True)


if __name__ == "__main__":
    main()
