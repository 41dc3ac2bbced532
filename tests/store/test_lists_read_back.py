"""Who is on a list over there, read back: a fact segments and flows can ask for, told once, and never a consent."""

from __future__ import annotations

import json
from typing import Any

import pytest
from segmenting import inside, make, person
from support import Place

from sereno.runtime import connecting
from sereno.runtime.connecting import ConnectionRefused
from sereno.runtime.privacy import asking, requests
from sereno.runtime.stores import permitting
from sereno.runtime.tools import mirroring
from sereno.runtime.tools.mirroring import Mirrored
from sereno.runtime.tools.reading_back import ReaderBack
from sereno.sdk.ports import Http, HttpAnswer, HttpRequest
from sereno.sdk.stores import StoreHttp
from sereno.site.plugins import load_plugins

WELCOME = """\
flow: welcome-reader
trigger: {event: list.joined}
key: customer.id
reentry: always
steps:
  - audience.remove: {list: "{{ event.listed.list }}", tool: nowhere}
"""


class Killed(BaseException):
    """As a process that is killed: nothing of it is caught."""


class Audience:
    """A list of Mailchimp's, two a page; `on` is by address how they stand."""

    def __init__(self) -> None:
        self.on: dict[str, str] = {}
        self.hides: set[str] = set()
        self.fails: list[HttpAnswer] = []
        self.dies_at = -1
        self.asked: list[int] = []

    def send(self, request: HttpRequest) -> HttpAnswer:
        path, _, query = request.url.partition("?")
        if path.endswith("/lists"):
            return _answer({"lists": [{"id": "aud1", "name": "News", "stats": {"member_count": len(self.on)}}]})
        if not path.endswith("/members"):
            return _answer({"account_name": "Shop"})
        if self.fails:
            return self.fails.pop(0)
        offset = int(dict(part.split("=") for part in query.split("&"))["offset"])
        if offset == self.dies_at:
            raise Killed
        self.asked.append(offset)
        seen = [one for one in self.on if one not in self.hides]
        page = [{"email_address": one, "status": self.on[one]} for one in seen[offset : offset + 2]]
        return _answer({"members": page, "total_items": len(seen)})


def _answer(body: Any, status: int = 200) -> HttpAnswer:
    return HttpAnswer(status, {}, json.dumps(body).encode())


class Desk:
    """A shop with Mailchimp, and workers that read."""

    def __init__(self, place: Place) -> None:
        load_plugins()
        self.place, self.there = place, Audience()
        self.given: dict[str, Any] = {"by": "ana", "shop_id": place.shop, "database": place.database}
        base = "https://sereno.example/"
        connecting.connect(
            place.shop, "mailchimp", "readers", by="ana", secrets=["s"], base_url=base, database=place.database
        )
        permitting.give_access("readers", {"key": "k-us21"}, http=self.there, **self.given)

    def begin(self) -> int:
        return mirroring.mirror("readers", "aud1", http=self.there, **self.given)

    def read(self, worker: str = "reader") -> None:
        world = self.place.runtime.world
        ports = {StoreHttp: self.there, Http: self.there}
        mine = type(world)(
            world.database, world.plugins, lambda kind, shop: ports.get(kind), world.clock, world.shops, world.flows,
            world.hooks, worker,
        )  # fmt: skip
        ReaderBack(mine).run()
        self.place.drain()

    def again(self) -> None:
        self.place.after(hours=7)
        self.read()

    def told(self) -> list[tuple[str, str]]:
        rows = self.place.rows("SELECT type, subject FROM event WHERE type LIKE 'list.%' ORDER BY id")
        return [(type_, subject.removeprefix("customer:email:")) for type_, subject in rows]

    @property
    def one(self) -> Mirrored:
        (found,) = mirroring.mirrored(self.place.shop, database=self.place.database)
        return found


@pytest.fixture
def desk(place: Place, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr("sereno.runtime.stores.turns.SHARE", 1e9)
    return Desk(place)


def test_who_is_on_a_list_over_there_is_a_fact_that_segments_ask_for(desk: Desk) -> None:
    place, there = desk.place, desk.there
    place.send(person("7", email="ana@example.com", accepts_email=False))
    place.drain()
    place.flow(WELCOME)
    make(place, "news", {"field": "lists", "is": "has", "value": "readers/aud1"})
    make(place, "not-news", "!('readers/aud1' in customer.lists) && customer.email.contains('@')")
    there.on = {"ana@example.com": "subscribed", "bea@example.com": "transactional", "clo@example.com": "unsubscribed"}
    desk.begin()
    assert desk.one.state == "reading"
    desk.read()
    assert (desk.one.state, desk.one.people, desk.one.name) == ("read", 2, "readers/aud1")
    assert inside(place, "news") == ["7", "email:bea@example.com"], "the one who left is kept there, and is not on it"
    assert inside(place, "not-news") == []
    assert place.effects() == [], "what was so before is history"
    assert place.rows("SELECT count(*) FROM consent") == [(0,)], "being on a list is no consent"
    rows = dict(place.rows("SELECT key, accepts_email FROM customers_customer"))
    assert rows["email:bea@example.com"] is None and not rows["7"]
    there.on |= {"dan@example.com": "subscribed"}
    desk.again()
    assert inside(place, "news") == ["7", "email:bea@example.com", "email:dan@example.com"]
    assert [effect[0] for effect in place.rows("SELECT action FROM effect")] == ["audience.remove"], (
        "who is new starts flows"
    )
    assert desk.told()[-1] == ("list.joined", "dan@example.com")


def test_who_was_not_seen_is_looked_for_once_more_before_they_count_as_gone(desk: Desk) -> None:
    place, there = desk.place, desk.there
    make(place, "news", {"field": "lists", "is": "has", "value": "readers/aud1"})
    there.on = {f"{name}@example.com": "subscribed" for name in ("ana", "bea", "clo")}
    desk.begin()
    desk.read()
    there.hides = {"bea@example.com"}
    desk.again()
    assert ("list.left", "bea@example.com") not in desk.told(), "the list may have moved while it was read"
    there.hides = set()
    place.after(minutes=11)
    desk.read()
    assert len(inside(place, "news")) == 3 and len(desk.told()) == 3, "and nothing is told twice"
    there.on["ana@example.com"] = "unsubscribed"
    desk.again()
    place.after(minutes=11)
    desk.read()
    assert desk.told()[3:] == [("list.left", "ana@example.com")]
    assert inside(place, "news") == ["email:bea@example.com", "email:clo@example.com"]
    desk.again()
    assert len(desk.told()) == 4 and desk.one.people == 2


def test_killed_between_two_pages_the_next_goes_on_there(desk: Desk) -> None:
    there = desk.there
    there.on = {f"{number}@example.com": "subscribed" for number in range(5)}
    desk.begin()
    there.dies_at = 2
    with pytest.raises(Killed):
        desk.read("first")
    there.dies_at = -1
    desk.read("second")
    assert there.asked == [0], "while the first one's lease holds nobody else reads"
    desk.place.after(minutes=3)
    desk.read("second")
    assert there.asked == [0, 2, 4]
    assert (desk.one.people, len(desk.told())) == (5, 5)


def test_what_the_tool_refuses_is_said_and_begun_anew(desk: Desk) -> None:
    there = desk.there
    there.on = {"ana@example.com": "subscribed"}
    desk.begin()
    there.fails = [_answer({"detail": "no such list"}, 404)]
    desk.read()
    assert (desk.one.state, desk.one.failures) == ("failing", 1) and desk.one.error
    mirroring.read_now(desk.one.id, **desk.given)
    desk.read()
    assert (desk.one.state, desk.one.error, desk.one.people) == ("read", None, 1)


def test_a_list_is_let_go_and_nobody_counts_as_on_it(desk: Desk) -> None:
    place = desk.place
    place.flow(WELCOME.replace("list.joined", "list.left").replace("welcome", "goodbye"))
    make(place, "news", {"field": "lists", "is": "has", "value": "readers/aud1"})
    desk.there.on = {"ana@example.com": "subscribed", "bea@example.com": "subscribed"}
    number = desk.begin()
    with pytest.raises(ConnectionRefused, match="already"):
        desk.begin()
    desk.read()
    assert len(inside(place, "news")) == 2
    assert mirroring.choices(place.shop, database=place.database) == {"readers/aud1": "News (readers)"}
    mirroring.unmirror(number, **desk.given)
    assert desk.one.state == "leaving"
    desk.read()
    assert mirroring.mirrored(place.shop, database=place.database) == [] and inside(place, "news") == []
    assert place.effects() == [], "it is read no more: nobody left"
    assert place.rows("SELECT count(*) FROM tools_mirror_person") == [(0,)]
    with pytest.raises(LookupError):
        mirroring.unmirror(number, **desk.given)


def test_who_was_erased_here_does_not_come_back_by_a_list(desk: Desk) -> None:
    place = desk.place
    desk.there.on = {"ana@example.com": "subscribed", "bea@example.com": "subscribed"}
    desk.begin()
    desk.read()
    id_ = asking.ask(place.shop, "erase", ("ana@example.com",), "tester", database=place.database)
    assert id_ is not None
    requests.carry_out(id_, database=place.database)
    assert place.rows("SELECT address FROM tools_mirror_person") == [("bea@example.com",)]
    desk.again()
    assert desk.one.people == 1, "they are still on it over there"
    assert place.rows("SELECT address FROM tools_mirror_person") == [("bea@example.com",)]
    assert place.rows("SELECT key FROM customers_customer") == [("email:bea@example.com",)]
