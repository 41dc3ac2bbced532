"""`sereno serve` and `sereno work`: the two that stay. They are reached without what reads command lines, which a
process that runs for weeks would carry along (10 MB)."""

from __future__ import annotations

from collections.abc import Sequence

from sereno.cli import database
from sereno.cli.host import host
from sereno.cli.status import status_of


def serve() -> int:
    """Run everything in one process: the pages, the door and a worker. Ctrl-C stops it cleanly.

    Listens on SERENO_BIND (127.0.0.1:8000). Sets the database up the first time.
    """
    host().prepare()
    database.apply_migrations()
    return host().serve()


def work() -> int:
    """Run one more worker, in as many processes as you like. Needs PostgreSQL to be of use."""
    host().prepare()
    database.ready()
    return host().work()


def run(argv: Sequence[str]) -> int | None:
    """The exit status of one of them; None when something else is asked for."""
    if list(argv) == ["serve"]:
        return status_of(serve)
    if list(argv) == ["work"]:
        return status_of(work)
    return None
