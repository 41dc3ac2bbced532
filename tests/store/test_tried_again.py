"""A try that may have done half of it is followed by one that looks first: after a limit, a death, a replay."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from fronting import Front
from support import START, Place, fact

from sereno.connectors import marks
from sereno.connectors.magento.client import mark
from sereno.runtime import attending, connecting, services
from sereno.runtime.attending import Cause
from sereno.runtime.stores import permitting
from sereno.runtime.stores.watching import WatchedHttp
from sereno.runtime.stores.writing import LiveStores
from sereno.runtime.tools.port import LiveTools
from sereno.sdk.config import Config
from sereno.sdk.context import Context
from sereno.sdk.plugin import action, registry
from sereno.sdk.ports import HttpAnswer, HttpFailed, HttpRequest
from sereno.sdk.result import Result, Retry
from sereno.sdk.stores import StoreLimited
from sereno.sdk.storing import write_all
from sereno.sdk.tools import Tools
from sereno.sdk.writes import HoldFulfillment, NoteOrder
from sereno.site.plugins import load_plugins
from sereno.store.fields import to_micros

pytestmark = pytest.mark.usefixtures("secret_key")

TWICE = "flow: twice\ntrigger: {event: order.paid}\nsteps:\n  - tests.two_notes: {}\n"
LIMITED = HttpAnswer(429, {"retry-after": "7"}, b"slowly")


class _NoConfig(Config):
    pass


def register_notes() -> None:
    if registry().actions.get("tests.two_notes") is not None:
        return

    @action("tests.two_notes", label="Note it twice", config=_NoConfig, connection=lambda config: "store")
    def two_notes(config: _NoConfig, ctx: Context) -> Result:
        """Two writes as one effect."""
        return write_all(ctx, [NoteOrder(order=ctx.refs["order"], text=text) for text in ("first", "second")])


class Wire:
    """Answers in their order, then 200 and `usual`; what was asked, by method and path."""

    def __init__(self, usual: bytes = b"{}") -> None:
        self.usual = usual
        self.says: list[HttpAnswer | Exception] = []
        self.asked: list[HttpRequest] = []

    def send(self, request: HttpRequest) -> HttpAnswer:
        self.asked.append(request)
        answer = self.says.pop(0) if self.says else HttpAnswer(200, {}, self.usual)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def made(self) -> list[str]:
        return [one.url.partition("?")[0] for one in self.asked if one.method == "POST"]


def answer(body: Any) -> HttpAnswer:
    return HttpAnswer(200, {}, json.dumps(body).encode())


# --- after a limit ----------------------------------------------------------------------------------


@pytest.fixture
def front(database: Any) -> Iterator[Front]:
    front = Front(database)
    front.platform.add_order("1")
    front.platform.requests.clear()
    register_notes()
    yield front
    front.runtime.stop()


def test_a_limit_between_two_writes_of_one_effect_doubles_neither(front: Front) -> None:
    front.flow(TWICE)
    front.platform.next_answers = ["", "limited"]
    front.hear(front.platform.tells("1", "order.paid"))
    for _ in range(3):
        front.after(minutes=1)
    assert [row[1] for row in front.effects() if row[0] == "tests.two_notes"] == ["done"]
    note = front.platform.orders["1"]["note"]
    assert (note.count("first"), note.count("second")) == (1, 1)


def test_a_limit_in_the_middle_of_a_platforms_write_counts_as_a_try(database: Any) -> None:
    """Magento: the comment is written, the hold is put off; begun again as a first try it would be written twice."""
    load_plugins()
    place, wire = Place(database), Wire(b"[]")
    base = "https://sereno.example/"
    settings = {"url": "https://m.example"}
    connecting.connect(
        place.shop, "magento", "m", by="ana", secrets=["s"], settings=settings, base_url=base, database=database
    )
    permitting.give_access(
        "m", {"access_token": "t"}, by="ana", shop_id=place.shop, http=wire, is_asked=False, database=database
    )
    stores = LiveStores(database, registry(), place.shop, wire)
    order = {"entity_id": 1, "state": "processing", "status": "processing"}

    def hold(attempt: int) -> Any:
        return stores.write(HoldFulfillment(order="1", reason="risk"), key="e/1", attempt=attempt, now=START)

    wire.says = [LIMITED]
    assert hold(1) == Retry("store.rate_limited", "slowly", "limited", timedelta(seconds=7))
    wire.asked.clear()
    wire.says = [answer(order), answer(True), LIMITED]
    assert hold(1) == Retry("store.rate_limited", "slowly", "transient", timedelta(seconds=7))
    there = {"items": [{"comment": f"Held. risk {mark('e/1')}"}]}
    wire.says = [answer(order), answer(there), answer(True), answer({**order, "state": "holded"})]
    hold(2)
    assert [one.rpartition("/")[2] for one in wire.made()] == ["comments", "hold", "hold"]
    place.runtime.stop()


@pytest.mark.parametrize(
    ("method", "body", "first", "kind"),
    [
        ("GET", None, 200, "limited"),
        ("POST", b"{}", 200, "transient"),
        ("POST", b"{}", 422, "limited"),
        ("POST", b"{}", 500, "transient"),
        ("POST", b'{"query": "query {shop}"}', 200, "limited"),
        ("POST", b'{"query": "mutation {tag}"}', 200, "transient"),
    ],
)
def test_only_what_may_have_changed_something_counts(
    method: str, body: bytes | None, first: int, kind: str
) -> None:  # fmt: skip
    wire = Wire()
    wire.says = [HttpAnswer(first, {}, b""), LIMITED]
    http = WatchedHttp(wire)
    http.send(HttpRequest(method, "https://x.example", {}, body))
    # Of the last request alone the platform said itself that nothing came.
    assert http.put_off("r", "", StoreLimited(None)).kind == "limited"
    http.send(HttpRequest("POST", "https://x.example", {}, b"{}"))
    assert http.put_off("r", "", StoreLimited(None)).kind == kind


def test_a_request_without_an_answer_may_have_changed_something() -> None:
    wire = Wire()
    wire.says = [HttpFailed("cut")]
    http = WatchedHttp(wire)
    with pytest.raises(HttpFailed):
        http.send(HttpRequest("PUT", "https://x.example", {}, b"{}"))
    http.send(HttpRequest("GET", "https://x.example", {}, None))
    assert http.put_off("r", "", StoreLimited(None)).kind == "transient"


# --- a person's replay ------------------------------------------------------------------------------

ANA = {"id": "17", "email": "ana@example.com", "accepts_email": True}
CARD = "flow: board\ntrigger: {event: customer.created}\nsteps:\n  - cards.create: {title: New, list: %s}\n" % (
    "a" * 24
)
POINTS = "flow: points\ntrigger: {event: customer.created}\nsteps:\n  - tools.give_points: {points: '5'}\n"


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def place(database: Any, wire: Wire) -> Iterator[Place]:
    load_plugins()
    place = Place(
        database, lambda kind, shop: LiveTools(database, registry(), shop.id, wire) if kind is Tools else None
    )
    yield place
    place.runtime.stop()


def begin(place: Place, wire: Wire, kind: str, flow: str, **values: str) -> None:
    base = "https://sereno.example/"
    connecting.connect(place.shop, kind, kind, by="ana", secrets=["s"], base_url=base, database=place.database)
    permitting.give_access(
        kind, values, by="ana", shop_id=place.shop, http=wire, is_asked=False, database=place.database
    )
    place.flow(flow)
    wire.asked.clear()


def replay(place: Place, whole_cause: bool = False) -> None:
    found = "SELECT id, action, error, connection FROM effect WHERE status = 'failed'"
    ((id_, action, error, connection),) = place.rows(found)
    if whole_cause:
        cause = Cause(action, error, connection or "")
        assert attending.retry_cause(place.shop, cause, "ana", database=place.database).count == 1
    else:
        assert services.replay_effects([id_], "ana", database=place.database) == 1
    place.drain()


@pytest.mark.parametrize("whole_cause", [False, True])
def test_what_a_person_tries_again_is_looked_for_before_it_is_made_anew(
    place: Place, wire: Wire, whole_cause: bool
) -> None:
    begin(place, wire, "trello", CARD, key="k", token="t")
    wire.says = [HttpFailed("cut")] * 8
    place.send(fact("1", "customer.created", "customer:17", ANA))
    place.drain()
    for _ in range(10):
        place.after(hours=1)
    ((key, status),) = place.rows("SELECT key, status FROM effect WHERE action = 'cards.create'")
    assert status == "failed" and len(wire.made()) == 1, "its answer was lost, and nobody could look"
    # It is there after all.
    wire.says = [answer({"id": "b" * 24}), answer([{"id": "c" * 24, "desc": f"x [{marks.mark(key)}]"}])]
    replay(place, whole_cause)
    assert len(wire.made()) == 1
    assert place.rows("SELECT status FROM effect WHERE action = 'cards.create'") == [("done",)]


def test_where_only_a_person_can_look_their_replay_is_believed(place: Place, wire: Wire) -> None:
    begin(place, wire, "loyaltylion", POINTS, key="k")
    wire.says = [HttpFailed("cut")]
    place.send(fact("1", "customer.created", "customer:17", ANA))
    place.drain()
    place.after(minutes=1)
    assert place.rows("SELECT error FROM effect WHERE status = 'failed'") == [("points.unclear",)]
    replay(place)
    assert len(wire.made()) == 2
    assert place.rows("SELECT status FROM effect WHERE action LIKE '%points'") == [("done",)]


# --- a death before the first word ------------------------------------------------------------------

PAGE = {"title": "Shipping", "body": "<p>Old</p>", "is_published": True}
FOR_A_WEEK = (
    "flow: week\ntrigger: {event: product.published}\nsteps:\n"
    '  - content.publish_page: {handle: shipping, title: Free, body: "<p>Free</p>", lasting: 7d}\n'
)


def test_what_stands_for_a_week_ends_though_the_first_worker_died_before_it_began(front: Front) -> None:
    front.platform.site["page", "shipping"] = dict(PAGE)
    front.flow(FOR_A_WEEK)
    front.send(fact("1", "product.published", "product:p1", {"id": "p1", "title": "Cup"}), source="front")
    front.runtime.dispatcher.run(10)
    now = to_micros(START)
    with front.database.transaction() as tx:
        claim = {"worker": "dead", "lease_until": now + 60_000_000, "now": now, "limit": 10, "reserved": 0, "mine": []}
        assert len(tx.all("claim_effects", claim)) == 1
        tx.many("beat", [("dead", now, now)])
    front.clock.move_to(START + timedelta(seconds=61))
    front.runtime.beat()
    front.drain()
    assert front.platform.site["page", "shipping"]["body"] == "<p>Free</p>"
    front.after(days=7)
    front.runtime.beat()
    front.drain()
    assert front.platform.site["page", "shipping"] == PAGE
