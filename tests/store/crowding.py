"""Three workers at once on one PostgreSQL database, as threads with connections of their own."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

from support import Place

from sereno.runtime.ports import no_ports
from sereno.runtime.runtime import Runtime
from sereno.sdk.connector import NewEvent
from sereno.sdk.plugin import registry
from sereno.store.database import open_database


def work_together(place: Place, postgres: Any, events: Sequence[NewEvent], page: int) -> None:
    """Send the events, so many at once, to three workers, and wait until all are worked on. What broke in a worker
    fails the test."""
    failures: list[BaseException] = []
    is_over = threading.Event()

    def work(name: str) -> None:
        try:
            database = open_database("postgresql:///x")
            database.parameters.update(postgres.parameters)  # type: ignore[attr-defined]
            runtime = Runtime(database, registry(), no_ports, place.clock, name, threads=1)
            runtime.dispatcher.lanes = 6
            while runtime.dispatcher.run(7) or runtime.round_of("wake") or not is_over.is_set():
                pass
            runtime.stop()
            database.close()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(name,)) for name in ("a", "b", "c")]
    for thread in threads:
        thread.start()
    for first in range(0, len(events), page):
        place.send(*events[first : first + page])
    while place.rows("SELECT count(*) FROM event_queue") != [(0,)] and not failures:
        pass
    is_over.set()
    for thread in threads:
        thread.join()
    assert failures == []
