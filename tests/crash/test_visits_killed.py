"""Killed before any statement while visits are taken in and closed: none is lost or doubled, each begins once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from dying import Dying, dying
from hosting import Host

LEFT = 40 * 60.0
"""Seconds after which every visit is over."""


@pytest.fixture(scope="module")
def mortal() -> Iterator[Dying]:
    with dying() as made:
        yield made


def test_killed_before_any_statement_no_visit_is_lost_or_doubled(host: Host, mortal: Dying) -> None:
    people = 0
    # A page begins a visit. Whoever told of it heard nothing, and tells again.
    while mortal.kill(host, "look", people + 1, f"c{people}", "page-00001", "tea"):
        _agree(host)
        mortal.through(host, "look", f"c{people}", "page-00001", "tea")
        people += 1
        assert (host.count("visits_visit"), _started(host)) == (people, people)
    people += 1
    assert people > 8, "it was killed before each of its statements"
    # A second page goes on with it.
    at = 1
    while mortal.kill(host, "look", at, "c0", f"page-{at}-2", "cup"):
        _agree(host)
        mortal.through(host, "look", "c0", f"page-{at}-2", "cup")
        at += 1
    pages = at + 1
    assert at > 4 and _visit(host, "c0") == (pages, 2)
    # All are left; who ends them is killed.
    at = 1
    while mortal.kill(host, "end", at, ahead=LEFT):
        _agree(host)
        at += 1
    assert at > 6
    mortal.through(host, "end", ahead=LEFT)
    assert host.count("visits_visit WHERE due_at IS NOT NULL") == 0
    assert (_started(host), _told(host, "visit.ended")) == (people, people)
    # Another comes back: what is over is over, and the next begins once.
    mortal.through(host, "look", "c0", "page-back1", ahead=LEFT)
    at = 1
    while mortal.kill(host, "look", at, "c0", f"page-{at}-back2", ahead=2 * LEFT):
        _agree(host)
        at += 1
    assert _visits_of(host, "c0") == 3 and _started(host) == people + 2
    assert host.count("(SELECT DISTINCT uid FROM event WHERE type = 'visit.started') AS told") == people + 2


def _agree(host: Host) -> None:
    """Whatever was cut off: a visit is there with its event and its pages, or none of it is."""
    assert host.count("visits_visit") == _started(host)
    with host.database.read() as tx:
        rows: list[Any] = tx.text(
            "SELECT coalesce(sum(pages), 0), (SELECT count(*) FROM visits_view) FROM visits_visit"
        )
        seen: list[Any] = tx.text(
            "SELECT count(*) FROM visits_visitor AS p WHERE p.visits <> "
            "(SELECT count(*) FROM visits_visit AS v WHERE v.shop_id = p.shop_id AND v.person = p.person)"
        )
    assert int(rows[0][0]) == rows[0][1] and seen[0][0] == 0
    assert host.count("visits_visit WHERE due_at IS NULL") == _told(host, "visit.ended")


def _visit(host: Host, who: str) -> tuple[int, int]:
    with host.database.read() as tx:
        (row,) = tx.text(f"SELECT pages, products FROM visits_visit WHERE person = '{who}'")
    return row[0], row[1]


def _visits_of(host: Host, who: str) -> int:
    return host.count(f"visits_visit WHERE person = '{who}'")


def _started(host: Host) -> int:
    return _told(host, "visit.started")


def _told(host: Host, type: str) -> int:
    return host.count(f"event WHERE type = '{type}'")
