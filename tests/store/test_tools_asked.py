"""Flows that ask outside tools: once whatever gets lost, by the one that can, with what people allow; and what tools
tell of people they only number."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from segmenting import inside, make
from support import START, Place, fact

from sereno.runtime import connecting, services
from sereno.runtime.stores import abilities, permitting
from sereno.runtime.tools import taking
from sereno.runtime.tools.port import LiveTools
from sereno.sdk.audience import Person, PushPeople
from sereno.sdk.context import ShopFacts
from sereno.sdk.plugin import registry
from sereno.sdk.ports import HttpAnswer, HttpFailed, HttpRequest
from sereno.sdk.result import Done, Fail
from sereno.sdk.tools import Tools
from sereno.site.plugins import load_plugins
from sereno.store.documents import decode

pytestmark = pytest.mark.usefixtures("secret_key")

ANA = {"id": "17", "email": "ana@example.com", "first_name": "Ana", "accepts_email": True, "tags": []}
JOIN = """\
flow: join
trigger: {event: customer.created}
steps:
  - audience.add: {list: aud1, tags: "new, from shop"}
    as: done
  - log: {text: on}
"""


class Web:
    """What answers every tool: by the end of the path, else 200 and an empty object."""

    def __init__(self) -> None:
        self.asked: list[HttpRequest] = []
        self.says: list[tuple[str, HttpAnswer | Exception]] = []

    def send(self, request: HttpRequest) -> HttpAnswer:
        self.asked.append(request)
        for number, (end, answer) in enumerate(self.says):
            if request.url.partition("?")[0].endswith(end):
                del self.says[number]
                if isinstance(answer, Exception):
                    raise answer
                return answer
        return HttpAnswer(200, {}, b"{}")


@pytest.fixture
def web() -> Web:
    return Web()


@pytest.fixture
def place(database: Any, web: Web) -> Iterator[Place]:
    load_plugins()

    def port(kind: type[Any], shop: ShopFacts) -> object | None:
        return LiveTools(database, registry(), shop.id, web) if kind is Tools else None

    place = Place(database, port)
    yield place
    place.runtime.stop()


def connect(place: Place, web: Web, kind: str, **values: str) -> None:
    base = "https://sereno.example/"
    connecting.connect(place.shop, kind, kind, by="ana", secrets=["s"], base_url=base, database=place.database)
    permitting.give_access(kind, values, by="ana", shop_id=place.shop, http=web, database=place.database)


def outcome(place: Place, action: str) -> tuple[Any, ...]:
    (row,) = [row for row in place.effects() if row[0] == action]
    return row


def test_a_customer_is_put_on_a_list_once_though_an_answer_got_lost(place: Place, web: Web) -> None:
    connect(place, web, "mailchimp", key="k-us21")
    place.flow(JOIN)
    web.asked.clear()
    web.says = [("/lists/aud1", HttpFailed("cut"))]
    place.send(fact("1", "customer.created", "customer:17", ANA))
    place.drain()
    assert outcome(place, "audience.add")[1:] == ("pending", 1, "tool.busy")
    place.after(minutes=1)
    assert outcome(place, "audience.add")[1:3] == ("done", 2)
    first, second = (json.loads(one.body or b"") for one in web.asked)
    assert first == second and first["members"][0]["status"] == "subscribed"
    assert first["members"][0]["tags"] == ["new", "from shop"]
    ((value,),) = place.rows("SELECT result FROM effect WHERE action = 'audience.add'")
    assert decode(value) == {"tool": "mailchimp", "taken": 1, "turned": [], "turned_count": 0}
    # As many calls a second as the tool takes, whether a step names it or not.
    paces = dict(place.rows("SELECT connection, per_second FROM connection_budget"))
    assert paces["tool:mailchimp"] == paces["tool:any"] == 8.0


GIVE = """\
flow: thank
trigger: {event: customer.created}
steps:
  - tools.give_points: {points: "50", reason: Thanks}
  - log: {text: on}
"""
TRACK = GIVE.replace('tools.give_points: {points: "50", reason: Thanks}', "tools.track: {name: Joined}")


def test_where_nobody_can_tell_what_became_of_it_a_person_decides(place: Place, web: Web) -> None:
    connect(place, web, "loyaltylion", key="k")
    place.flow(GIVE)
    web.asked.clear()
    web.says = [("/points", HttpFailed("cut"))]
    place.send(fact("1", "customer.created", "customer:17", ANA))
    place.drain()
    for _ in range(6):
        place.after(hours=2)
    assert outcome(place, "tools.give_points")[1:] == ("failed", 2, "points.unclear")
    assert len(web.asked) == 1, "they may have been given"
    failed = [row[0] for row in place.rows("SELECT id FROM effect WHERE status = 'failed'")]
    services.replay_effects(failed, "ana", database=place.database)
    place.drain()
    assert outcome(place, "tools.give_points")[1:3] == ("done", 1)
    assert len(web.asked) == 2, "somebody looked, and says they were not"


@pytest.mark.parametrize("was_taken", [True, False])
def test_an_event_is_looked_for_before_it_is_told_again(place: Place, web: Web, was_taken: bool) -> None:
    connect(place, web, "mailchimp", key="k-us21", list="aud1")
    place.flow(TRACK)
    web.asked.clear()
    web.says = [("/events", HttpFailed("cut"))]
    place.send(fact("1", "customer.created", "customer:17", ANA))
    place.drain()
    (told,) = web.asked
    events = [json.loads(told.body or b"")] if was_taken else []
    web.says = [("/events", HttpAnswer(200, {}, json.dumps({"events": events}).encode()))]
    place.after(minutes=1)
    assert outcome(place, "tools.track")[1:3] == ("done", 2)
    assert [one.method for one in web.asked] == (["POST", "GET"] if was_taken else ["POST", "GET", "POST"])


def test_a_key_that_is_refused_is_said_to_people_and_who_is_turned_away_is_no_success(place: Place, web: Web) -> None:
    connect(place, web, "mailchimp", key="k-us21")
    place.flow(JOIN)
    left = {"errors": [{"email_address": "ana@example.com", "error": "is in a compliance state due to unsubscribe"}]}
    web.says = [
        ("/lists/aud1", HttpAnswer(200, {}, json.dumps(left).encode())),
        ("/lists/aud1", HttpAnswer(401, {}, b"")),
    ]
    place.send(fact("1", "customer.created", "customer:17", ANA))
    place.drain()
    assert outcome(place, "audience.add")[1:] == ("failed", 1, "address.unsubscribed")
    bea = {**ANA, "id": "18", "email": "bea@example.com"}
    place.send(fact("2", "customer.created", "customer:18", bea))
    place.drain()
    found = [row[1:] for row in place.effects() if row[0] == "audience.add"]
    assert found[1] == ("failed", 1, "tool.key_refused")
    assert place.rows("SELECT kind FROM alert WHERE about = 'connection:mailchimp'")


def test_the_one_that_can_is_asked_and_none_is_said_to_be_lacking(place: Place, web: Web) -> None:
    port = LiveTools(place.database, registry(), place.shop, web)
    person = Person("17", "ana@example.com", consents={"email": True})

    def push(connection: str = "") -> Any:
        return port.do(PushPeople("L1", (person,)), connection=connection, key="k", attempt=1, now=START)

    assert push() == Fail("tool.none", "Nothing that is connected can do this (push_people): see Connections.")
    lack = abilities.lacks(registry(), place.shop, ["audience.add", "tickets.create"], database=place.database)
    assert {one.code for one in lack.values()} == {"tool.none"}
    web.says = [("/users/me.json", HttpAnswer(200, {}, b'{"user": {"id": 1, "role": "agent"}}'))]
    connect(place, web, "zendesk", subdomain="nandu", email="a@nandu.example", token="t")
    assert push().reason == "tool.none" and push("other").reason == "tool.unknown"
    connect(place, web, "klaviyo", key="pk_x")
    done = push()
    assert isinstance(done, Done) and done.value["tool"] == "klaviyo"
    lack = abilities.lacks(registry(), place.shop, ["audience.add", "cards.create"], database=place.database)
    assert sorted(lack) == ["cards.create"]


def test_who_a_tool_only_numbers_is_looked_up_and_the_ledger_hears_of_it_once(place: Place, web: Web) -> None:
    connect(place, web, "hubspot", token="pat-x")
    contact = {"results": [{"id": "501", "properties": {"email": "ana@example.com", "hs_email_optout": "true"}}]}
    web.says = [("/batch/read", HttpAnswer(200, {}, json.dumps(contact).encode()))]
    told = {
        "tool": "hubspot",
        "person": "501",
        "what": "accepts_email",
        "value": False,
        "changed_at": "2026-03-02T08:00:00Z",
    }
    place.send(fact("1", "customer.created", "customer:17", ANA))
    for _twice in range(2):
        place.send(fact("2", "person.named", "person:hubspot.501", told))
        place.drain()
    rows = place.rows("SELECT address, channel, granted, source FROM consent")
    assert [(row[0], row[1], bool(row[2]), row[3]) for row in rows] == [("ana@example.com", "email", False, "hubspot")]


def test_stages_and_deals_of_a_crm_come_into_the_record_and_into_segments(place: Place, web: Web) -> None:
    connect(place, web, "hubspot", token="pat-x")
    place.send(fact("1", "customer.created", "customer:17", ANA))
    place.drain()
    about = {"email": "ana@example.com", "lifecyclestage": "customer", "hubspot_owner_id": "9"}
    contact = HttpAnswer(200, {}, json.dumps({"results": [{"id": "501", "properties": about}]}).encode())
    deal = {
        "properties": {"dealname": "Hall", "dealstage": "Won", "amount": "900.00", "deal_currency_code": "EUR"},
        "associations": {"contacts": {"results": [{"id": "501"}]}},
    }
    web.says = [("/batch/read", contact), ("/deals/77", HttpAnswer(200, {}, json.dumps(deal).encode()))]
    web.says.append(("/batch/read", contact))
    for number, what, subject in (("501", "contact", "person"), ("77", "deal", "deal")):
        told = {"tool": "hubspot", "person": number, "what": what, "changed_at": "2026-03-02T08:00:00Z"}
        place.send(fact(what, "person.named", f"{subject}:hubspot.{number}", told))
        place.drain()
    (row,) = place.rows("SELECT data FROM customers_customer WHERE key = 'email:ana@example.com'")
    record = decode(row[0])
    assert (record["crm"]["stage"], record["crm"]["owner"]) == ("customer", "9")
    assert (record["deal"]["id"], record["deal"]["stage"], record["deal"]["amount"]) == ("77", "Won", "900.00")
    assert record.get("accepts_email") is None and place.rows("SELECT count(*) FROM consent") == [(0,)]
    make(place, "sold", "customer.crm_stage == 'customer' && customer.deal_stage == 'won'")
    make(place, "large", {"field": "deal_amount", "is": "at_least", "value": "500"})
    assert inside(place, "sold") == inside(place, "large") == ["17"], "the two records are one person"


def test_a_list_is_taken_over_as_history_and_again_changes_nothing(place: Place, web: Web) -> None:
    connect(place, web, "mailchimp", key="k-us21")
    place.flow(JOIN)
    rows = [
        {"email_address": "Ana@example.com", "status": "subscribed", "last_changed": "2026-02-01T00:00:00Z"},
        {"email_address": "bea@example.com", "status": "unsubscribed", "last_changed": "2026-02-02T00:00:00Z"},
        {"email_address": "clo@example.com", "status": "transactional", "merge_fields": {"FNAME": "Clo"}},
    ]
    page = HttpAnswer(200, {}, json.dumps({"members": rows, "total_items": 3}).encode())
    for _twice in range(2):
        web.says = [("/lists/aud1/members", page)]
        taken = taking.take_over("mailchimp", "aud1", by="ana", shop_id=place.shop, http=web, database=place.database)
        assert (taken.people, taken.next, taken.total) == (3, None, 3)
        place.drain()
    said = place.rows("SELECT address, granted, source FROM consent ORDER BY address")
    assert [(row[0], bool(row[1]), row[2]) for row in said] == [
        ("ana@example.com", True, "mailchimp: subscribed"),
        ("bea@example.com", False, "mailchimp: unsubscribed"),
    ]
    held = dict(place.rows("SELECT email, accepts_email FROM customers_customer"))
    assert held.keys() == {"ana@example.com", "bea@example.com", "clo@example.com"}
    assert (bool(held["ana@example.com"]), bool(held["bea@example.com"])) == (True, False)
    assert held["clo@example.com"] is None
    assert place.effects() == []
    audit = place.rows("SELECT count(*) FROM audit WHERE action = 'connection.list_taken'")
    assert audit == [(2,)]


def test_where_a_tool_signs_the_address_it_is_kept_and_the_tool_told_once(place: Place, web: Web) -> None:
    web.says = [("/webhooks", HttpAnswer(200, {}, b'{"webhooks": []}'))]
    connect(place, web, "loyaltylion", key="pat_x")
    posts = [json.loads(one.body or b"") for one in web.asked if one.method == "POST"]
    assert {one["webhook"]["address"] for one in posts} == {"https://sereno.example/hooks/loyaltylion"}
    assert len(posts) == 2
