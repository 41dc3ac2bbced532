"""For which shop a person is working just now: what a flow may name depends on it (the shop's own message templates).

Pages, the API and the command line say so while they check, save or publish a flow. The runtime, which runs what was
published, says `running`: there a name is never refused, for a template that is gone must not stop a whole flow.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from sereno.store.database import Database


@dataclass(frozen=True, slots=True)
class Scope:
    """`shop_id` is None while published flows run. `database` None: the one Django's settings name."""

    shop_id: int | None
    database: Database | None


_RUNNING = Scope(None, None)
_changes = 0
_scope: ContextVar[Scope | None] = ContextVar("scope", default=None)


@contextmanager
def in_shop(shop_id: int, database: Database | None = None, *, is_given: bool = False) -> Iterator[None]:
    """Flows checked in this block may name what this shop has. Not `is_given`: what was said around the block holds, if
    anything was; a back-test's scratch shop has no messages, the shop it stands for has."""
    held = _scope.get()
    token = _scope.set(Scope(shop_id, database) if is_given or held is None else held)
    try:
        yield
    finally:
        _scope.reset(token)


@contextmanager
def running() -> Iterator[None]:
    """Flows compiled and configs read in this block were accepted before."""
    token = _scope.set(_RUNNING)
    try:
        yield
    finally:
        _scope.reset(token)


def changed() -> None:
    """To be called when what a shop has was changed: what was found out by its names must be found out again."""
    global _changes
    _changes += 1


def changes() -> int:
    """How often that was, in this process."""
    return _changes


def current() -> Scope | None:
    """None outside of any block: only what ships with Sereno is known."""
    return _scope.get()
