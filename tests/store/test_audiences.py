"""A segment attached to a list for good: filled in batches, kept in step, by consent, and nothing told twice for
nothing."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from segmenting import make, person, settle
from support import START, Place

from sereno.connectors.advertising import hashed
from sereno.runtime import connecting
from sereno.runtime.connecting import ConnectionRefused
from sereno.runtime.segments import services as segments
from sereno.runtime.stores import permitting
from sereno.runtime.tools import attaching
from sereno.runtime.tools.attaching import Attached
from sereno.runtime.tools.following import Follower
from sereno.sdk.ports import Http, HttpAnswer, HttpRequest
from sereno.sdk.stores import StoreHttp
from sereno.site.plugins import load_plugins


class Killed(BaseException):
    """As a process that is killed: nothing of it is caught."""


class Meta:
    """One list; knows who is on it, by hashes of their keys, and notes every batch."""

    def __init__(self) -> None:
        self.on: set[str] = set()
        self.batches: list[tuple[str, int]] = []
        self.sessions: list[int] = []
        self.fails: list[Any] = []
        self.dies: str = ""

    def send(self, request: HttpRequest) -> HttpAnswer:
        path = request.url.partition("?")[0]
        if path.endswith("/customaudiences"):
            return _answer({"data": [{"id": "5", "name": "VIP", "approximate_count_lower_bound": 1000}]})
        if not path.endswith("/users"):
            return _answer({"name": "Shop", "account_status": 1})
        if self.dies == "before":
            raise Killed
        if self.fails:
            return self.fails.pop(0)
        body = json.loads(request.body or b"{}")
        keys = {row[0] for row in body["payload"]["data"]}
        self.sessions.append(body["session"]["session_id"])
        self.batches.append(("put" if request.method == "POST" else "take", len(keys)))
        self.on = self.on | keys if request.method == "POST" else self.on - keys
        if self.dies == "after":
            raise Killed
        return _answer({"num_received": len(keys), "num_invalid_entries": 0})

    def names(self, *keys: str) -> set[str]:
        return {hashed(key) for key in keys}


def _answer(body: Any, status: int = 200) -> HttpAnswer:
    return HttpAnswer(status, {}, json.dumps(body).encode())


class Desk:
    """A shop with a connection, a segment of people tagged vip, and workers that follow."""

    def __init__(self, place: Place) -> None:
        load_plugins()
        self.place, self.meta = place, Meta()
        self.given: dict[str, Any] = {"by": "ana", "shop_id": place.shop, "database": place.database}
        base = "https://sereno.example/"
        connecting.connect(
            place.shop, "metaads", "ads", by="ana", secrets=["s"], base_url=base, database=place.database
        )
        permitting.give_access("ads", {"token": "t", "account": "42"}, http=self.meta, **self.given)

    def people(self, *numbers: int, **more: Any) -> None:
        told = {"tags": ["vip"], "accepts_email": True, "at": self.place.clock.now(), **more}
        self.place.send(*(person(str(number), **told) for number in numbers))
        self.place.drain()

    def attach(self) -> int:
        return attaching.attach("ads", "5", "vip", http=self.meta, **self.given)

    def follow(self, worker: str = "reader") -> int:
        world = self.place.runtime.world
        ports = {StoreHttp: self.meta, Http: self.meta}
        mine = type(world)(
            world.database, world.plugins, lambda kind, shop: ports.get(kind), world.clock, world.shops, world.flows,
            world.hooks, worker,
        )  # fmt: skip
        return Follower(mine).run()

    def later(self, worker: str = "reader", **length: float) -> None:
        """Let time pass, then do all that is due."""
        self.place.after(**(length or {"seconds": 16}))
        self.follow(worker)

    @property
    def one(self) -> Attached:
        (found,) = attaching.attached(self.place.shop, database=self.place.database)
        return found


@pytest.fixture
def desk(place: Place, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr("sereno.runtime.stores.turns.SHARE", 1e9)
    found = Desk(place)
    found.people(*range(1, 9))
    found.people(9, accepts_email=False)
    make(place, "vip", {"field": "tags", "is": "has", "value": "vip"})
    settle(place)
    return found


def test_a_list_is_filled_by_who_agreed_and_then_rests(desk: Desk) -> None:
    desk.attach()
    assert desk.one.state == "filling"
    desk.follow()
    assert desk.meta.on == desk.meta.names(*map(str, range(1, 9))) and desk.meta.batches == [("put", 8)]
    one = desk.one
    assert (one.state, one.on, one.put, one.turned) == ("in_step", 8, 8, {"consent.missing": 1})
    assert (one.title, one.segment, one.there, one.drift) == ("VIP", "vip", 1000, 0)
    for _ in range(3):
        desk.later(hours=30)
    assert desk.meta.batches == [("put", 8)], "nothing is told that is known over there"
    assert desk.one.drift == 0
    audit = "SELECT action, target FROM audit WHERE action LIKE 'audience.%'"
    assert desk.place.rows(audit) == [("audience.attached", "VIP")]


def test_who_comes_goes_or_takes_their_yes_back_is_told_together(desk: Desk) -> None:
    desk.attach()
    desk.follow()
    desk.place.after(seconds=1)
    desk.people(21, 22)
    desk.people(1, tags=[])
    desk.people(2, accepts_email=False)
    assert desk.follow() == 0, "changes are gathered for some seconds"
    desk.later()
    assert desk.meta.batches[1:] == [("take", 2), ("put", 2)]
    assert desk.meta.on == desk.meta.names("3", "4", "5", "6", "7", "8", "21", "22")
    one = desk.one
    assert (one.on, one.put, one.taken, one.turned) == (8, 10, 2, {"consent.missing": 2})
    desk.people(2, 9)
    desk.later()
    assert desk.meta.batches[3:] == [("put", 2)] and desk.meta.names("2", "9") <= desk.meta.on


def test_a_no_of_the_ledger_and_another_address_count(desk: Desk) -> None:
    desk.attach()
    desk.follow()
    with desk.place.database.transaction() as tx:
        tx.many("suppress", [(desk.place.shop, "3@example.com", "email", "complaint", 0)])
    desk.place.after(seconds=1)
    desk.people(4, email="new@example.com")
    desk.people(3, first_name="Eva")
    desk.later()
    assert desk.meta.batches[1:] == [("take", 2), ("put", 1)]
    assert desk.meta.names("4") <= desk.meta.on and not desk.meta.names("3") & desk.meta.on
    rows = "SELECT address FROM tools_audience_person WHERE key = '4'"
    assert desk.place.rows(rows) == [("new@example.com",)]


@pytest.mark.parametrize("dies", ["before", "after"])
def test_killed_around_any_batch_it_goes_on(desk: Desk, dies: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sereno.runtime.tools.following.MOST", 3)
    monkeypatch.setattr("sereno.runtime.tools.following.PAGE", 4)
    desk.attach()
    for turn in range(3):
        desk.meta.dies = dies
        with pytest.raises(Killed):
            desk.follow(f"reader-{turn}")
        assert desk.follow("other") == 0, "the lease of the dead one holds"
        desk.meta.dies = ""
        desk.place.after(seconds=121)
    desk.follow("last")
    assert desk.meta.on == desk.meta.names(*map(str, range(1, 9)))
    assert (desk.one.on, desk.one.put, desk.one.state) == (8, 8, "in_step")
    # What was answered for is never told again: only the batch under way when it died.
    told = sum(count for _, count in desk.meta.batches)
    assert told == 8 + (0 if dies == "before" else 9)
    assert len(set(desk.meta.sessions)) == len(desk.meta.sessions)


def test_a_no_that_comes_while_a_batch_is_lost_takes_off_again(desk: Desk) -> None:
    desk.attach()
    desk.meta.dies = "after"
    with pytest.raises(Killed):
        desk.follow("first")
    desk.meta.dies = ""
    desk.people(1, accepts_email=False, first_name="Ana")
    desk.later("second", seconds=121)
    assert desk.meta.batches == [("put", 8), ("take", 1), ("put", 7)]
    assert not desk.meta.names("1") & desk.meta.on


def test_what_fails_waits_and_is_said(desk: Desk) -> None:
    desk.attach()
    desk.meta.fails = [_answer({"error": {"code": 17, "message": "slow down"}}, 400)]
    desk.follow()
    one = desk.one
    assert (one.state, one.error, one.failures, one.putting) == ("failing", "store.rate_limited", 0, 8)
    desk.meta.fails = [_answer({"error": {"code": 100, "message": "the list is closed"}}, 400)] * 3
    for _ in range(3):
        desk.later(hours=7)
    one = desk.one
    assert (one.error, one.failures) == ("store.refused", 3) and "the list is closed" in str(one.message)
    alerts = "SELECT kind, status FROM alert WHERE kind = 'audience.stopped'"
    assert desk.place.rows(alerts) == [("audience.stopped", "open")]
    assert one.next_at > (one.failed_at or 0)
    attaching.hurry(one.id, **desk.given)
    desk.follow()
    assert (desk.one.state, desk.one.error, desk.one.failures) == ("in_step", None, 0)
    assert desk.place.rows(alerts) == [("audience.stopped", "settled")]


def test_a_changed_segment_waits_until_it_is_counted(desk: Desk) -> None:
    desk.attach()
    desk.follow()
    definition = {
        "all": [
            {"field": "tags", "is": "has", "value": "vip"},
            {"field": "email", "is": "is", "value": "1@example.com"},
        ]
    }
    segments.change(desk.place.shop, "vip", "ana", definition=definition, database=desk.place.database)
    desk.place.clock.move_to(desk.place.clock.now() + timedelta(seconds=16))
    desk.follow()
    assert desk.meta.batches == [("put", 8)], "nobody goes by a segment that is still being counted"
    settle(desk.place)
    desk.later()
    assert desk.meta.on == desk.meta.names("1") and desk.one.drift == 8


def test_a_comparison_finds_what_no_change_told_of(desk: Desk) -> None:
    desk.attach()
    desk.follow()
    with desk.place.database.transaction() as tx:
        tx.text("DELETE FROM tools_audience_touched")
        tx.text("UPDATE segments_member SET is_in = 0 WHERE key IN ('5', '6')")
    desk.later(hours=1)
    assert len(desk.meta.batches) == 1
    desk.later(hours=24)
    assert desk.meta.batches[1:] == [("take", 2)] and desk.one.drift == 2


def test_detaching_takes_them_off_or_leaves_them(desk: Desk) -> None:
    first = desk.attach()
    desk.follow()
    with pytest.raises(ConnectionRefused, match="already"):
        desk.attach()
    with pytest.raises(segments.SegmentInvalid, match="attached"):
        segments.remove(desk.place.shop, "vip", "ana", database=desk.place.database)
    attaching.detach(first, stays=True, **desk.given)
    assert desk.one.state == "leaving" and desk.one.stays
    desk.follow()
    assert desk.meta.batches == [("put", 8)] and len(desk.meta.on) == 8
    assert desk.place.rows("SELECT count(*) FROM tools_audience_person") == [(0,)]
    second = desk.attach()
    desk.follow()
    attaching.detach(second, stays=False, **desk.given)
    with pytest.raises(LookupError):
        attaching.detach(second, stays=False, **desk.given)
    desk.follow()
    assert desk.meta.on == set() and desk.meta.batches[-1] == ("take", 8)
    assert attaching.attached(desk.place.shop, database=desk.place.database) == []
    segments.remove(desk.place.shop, "vip", "ana", database=desk.place.database)


def test_what_cannot_be_attached_is_refused(desk: Desk) -> None:
    with pytest.raises(ConnectionRefused, match="has no list 9"):
        attaching.attach("ads", "9", "vip", http=desk.meta, **desk.given)
    with pytest.raises(LookupError, match="no segment"):
        attaching.attach("ads", "5", "gone", http=desk.meta, **desk.given)
    with pytest.raises(LookupError):
        attaching.hurry(99, **desk.given)


def test_whoever_is_erased_is_taken_off_by_a_sealed_note(desk: Desk) -> None:
    from sereno.runtime.privacy import asking, requests

    desk.attach()
    desk.follow()
    id_ = asking.ask(desk.place.shop, "erase", ["3@example.com"], "ana", database=desk.place.database)
    assert id_ is not None
    requests.carry_out(id_, database=desk.place.database)
    desk.place.after(seconds=61)
    rows = desk.place.rows("SELECT key, address, due FROM tools_audience_person WHERE sealed <> ''")
    assert [(address, due) for _, address, due in rows] == [("", "take")]
    assert "3@example.com" not in str(desk.place.rows("SELECT * FROM tools_audience_person"))
    desk.follow()
    assert not desk.meta.names("3") & desk.meta.on and len(desk.meta.on) == 7
    assert desk.place.rows("SELECT count(*) FROM tools_audience_person WHERE sealed <> ''") == [(0,)]


def test_paused_advertisements_are_told_of(desk: Desk) -> None:
    from sereno.runtime.stock.marks import LiveMarks

    marks = LiveMarks(desk.place.database, desk.place.shop, 5)
    marks.put("p1", "ad:one", "run-1|campaign|ads|777")
    marks.put("p2", "ad:two", "run-2")
    marks.put("p1", "hidden", "run-3")
    found = attaching.paused_ads(desk.place.shop, database=desk.place.database)
    assert [(one.product, one.tool, one.kind, one.id, one.run) for one in found] == [
        ("p1", "ads", "campaign", "777", "run-1"),
        ("p2", "", "", "", "run-2"),
    ]
    assert START
