"""What PostgreSQL may answer, told apart by what to do about it. They are ours, so that a shop on SQLite never reads
PostgreSQL's driver (7 MB)."""

from __future__ import annotations


class PostgresFailed(Exception):  # noqa: N818 - reads as a sentence
    """Anything; the driver's own error is its cause."""


class PostgresUnavailable(PostgresFailed):
    """It cannot be reached or has no room: nothing was written, another try may work."""


class PostgresConflict(PostgresUnavailable):
    """Two got into each other's way, and this one was undone."""


class PostgresRefused(PostgresFailed):
    """It will not keep these values, and would not the next time."""


class PostgresTaken(PostgresRefused):
    """A row is there already that only one may be."""
