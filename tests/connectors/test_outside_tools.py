"""Outside tools by one contract: what each is asked, by its published schema; what it answers, and refuses; that asking
again changes nothing twice; what it tells, and who may."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import pytest
from bodies import connector_of

from sereno.commerce.money import Money
from sereno.connectors.marks import mark
from sereno.sdk.audience import Members, Person, PushPeople, RemovePeople
from sereno.sdk.ports import HttpAnswer, HttpFailed, HttpRequest
from sereno.sdk.stores import Call, Exchange, StoreApi, StoreBusy, StoreLimited, StoreRefused, Written
from sereno.sdk.tools import (
    Act,
    AddCard,
    CommentTicket,
    FindDeal,
    FindPerson,
    GivePoints,
    MoveCard,
    OpenDeal,
    OpenTicket,
    TrackEvent,
)

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
KINDS = ("mailchimp", "klaviyo", "hubspot", "loyaltylion", "zendesk", "trello")
HOOK = "https://sereno.example/hooks/tool"
SETTINGS = {"hook": HOOK}
LIST, CARD = "5abbe4b7ddc1b351ef961414", "5abbe4b7ddc1b351ef961499"
ACCESS = {
    "mailchimp": {"key": "k-us21", "list": "aud1"},
    "klaviyo": {"key": "pk_x"},
    "hubspot": {"token": "pat-x", "subscription": "7"},
    "loyaltylion": {"key": "pat_x"},
    "zendesk": {"subdomain": "nandu", "email": "ana@nandu.example", "token": "t"},
    "trello": {"key": "k", "token": "t", "list": LIST},
}
ANA = Person(
    "17", "ana@example.com", "+34600111222", "Ana", "García", "ES", "Sevilla", language="es", consents={"email": True}
)
BEA = Person("18", "bea@example.com", consents={"email": False})
CLO = Person("19", "clo@example.com", tags=("vip",))
PEOPLE = (ANA, BEA, CLO)


@dataclass
class Tool:
    """Answers each request with the next of `answers` (the last for good), and keeps what it was asked."""

    answers: list[HttpAnswer | Exception]
    asked: list[HttpRequest] = field(default_factory=list)

    def send(self, request: HttpRequest) -> HttpAnswer:
        self.asked.append(request)
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(found, Exception):
            raise found
        return found

    def body(self, number: int = -1) -> Any:
        return json.loads(self.asked[number].body or b"null")


def says(status: int = 200, body: Any = None, **headers: str) -> HttpAnswer:
    return HttpAnswer(status, headers, b"" if body is None else json.dumps(body).encode())


def api_of(kind: str) -> StoreApi:
    found = connector_of(kind).store
    assert found is not None and found.tool is not None
    return found


def do(kind: str, act: Act, *answers: HttpAnswer | Exception, attempt: int = 1) -> tuple[Written, Tool]:
    api, tool = api_of(kind), Tool(list(answers) or [says()])
    call = Call(Exchange(tool, SETTINGS, ACCESS[kind], api.sign), "run1/0", attempt, NOW)
    return handler(api, act)(call, act), tool


def handler(api: StoreApi, act: Act) -> Callable[[Call, Any], Written]:
    tool = api.tool
    assert tool is not None
    if isinstance(act, PushPeople | RemovePeople):
        assert tool.audience is not None
        found = tool.audience.push if isinstance(act, PushPeople) else tool.audience.remove
        assert found is not None
        return found
    return tool.acts[type(act)]


DEAL = OpenDeal("A big order", ANA, Money(Decimal("1200.50"), "EUR"))
TICKET = OpenTicket("Where is it?", "They ask.", ANA, "high", ("late parcel",))
EVENT = TrackEvent("Placed Order", ANA, NOW, {"order": "7"}, Money(Decimal("12.50"), "EUR"))

# One line for each ability of each tool: the act, the answers it takes, and the requests made (method, path).
DONE: list[tuple[str, Act, list[HttpAnswer], list[tuple[str, str]]]] = [
    (
        "mailchimp",
        PushPeople("", PEOPLE),
        [says(200, {"new_members": [], "errors": []}), says(200, {"id": "x"}), says(204)],
        [
            ("POST", "/3.0/lists/aud1"),
            ("PUT", "/3.0/lists/aud1/members/CLO"),
            ("POST", "/3.0/lists/aud1/members/CLO/tags"),
        ],
    ),
    ("mailchimp", RemovePeople("b2", (ANA,)), [says(204)], [("DELETE", "/3.0/lists/b2/members/ANA")]),
    (
        "mailchimp",
        RemovePeople("", (ANA,), is_erased=True),
        [says(204)],
        [("POST", "/3.0/lists/aud1/members/ANA/actions/delete-permanent")],
    ),
    ("mailchimp", EVENT, [says(204)], [("POST", "/3.0/lists/aud1/members/ANA/events")]),
    (
        "klaviyo",
        PushPeople("L1", PEOPLE),
        [says(202, {"data": {"id": "job"}}), says(202), says(202)],
        [
            ("POST", "/api/profile-bulk-import-jobs"),
            ("POST", "/api/profile-subscription-bulk-create-jobs"),
            ("POST", "/api/profile-subscription-bulk-delete-jobs"),
        ],
    ),
    (
        "klaviyo",
        RemovePeople("L1", (ANA,)),
        [says(200, {"data": [{"type": "profile", "id": "01G"}]}), says(204)],
        [("GET", "/api/profiles"), ("DELETE", "/api/lists/L1/relationships/profiles")],
    ),
    ("klaviyo", RemovePeople("", (ANA,), is_erased=True), [says(202)], [("POST", "/api/data-privacy-deletion-jobs")]),
    ("klaviyo", EVENT, [says(202)], [("POST", "/api/events")]),
    (
        "hubspot",
        PushPeople("9", PEOPLE),
        [says(200, {"results": [{"id": "501"}, {"id": "502"}, {"id": "503"}]}), says(200, {}), says(200, {})],
        [
            ("POST", "/crm/v3/objects/contacts/batch/upsert"),
            ("PUT", "/crm/v3/lists/9/memberships/add"),
            ("POST", "/communication-preferences/v4/statuses/batch/write"),
        ],
    ),
    (
        "hubspot",
        RemovePeople("9", (ANA,)),
        [says(200, {"results": [{"id": "501"}]}), says(200, {})],
        [("POST", "/crm/v3/objects/contacts/batch/read"), ("PUT", "/crm/v3/lists/9/memberships/remove")],
    ),
    (
        "hubspot",
        RemovePeople("", (ANA,), is_erased=True),
        [says(204)],
        [("POST", "/crm/v3/objects/contacts/gdpr-delete")],
    ),
    (
        "hubspot",
        DEAL,
        [says(200, {"results": [{"id": "501"}]}), says(201, {"id": "77"})],
        [("POST", "/crm/v3/objects/contacts/batch/upsert"), ("POST", "/crm/v3/objects/deals")],
    ),
    (
        "hubspot",
        FindPerson("501"),
        [
            says(
                200, {"results": [{"id": "501", "properties": {"email": "Ana@example.com", "hs_email_optout": "true"}}]}
            )
        ],
        [("POST", "/crm/v3/objects/contacts/batch/read")],
    ),
    (
        "hubspot",
        FindDeal("77"),
        [
            says(
                200,
                {
                    "id": "77",
                    "properties": {"dealname": "Hall", "dealstage": "contractsent", "amount": "900.00"},
                    "associations": {"contacts": {"results": [{"id": "501"}, {"id": "501"}]}},
                },
            ),
            says(200, {"results": [{"id": "501", "properties": {"email": "Ana@example.com"}}]}),
        ],
        [("GET", "/crm/v3/objects/deals/77"), ("POST", "/crm/v3/objects/contacts/batch/read")],
    ),
    ("loyaltylion", GivePoints(ANA, 50, "A thank-you"), [says(201)], [("POST", "/v2/customers/17/points")]),
    ("loyaltylion", GivePoints(ANA, -5, ""), [says(204)], [("POST", "/v2/customers/17/remove_points")]),
    ("loyaltylion", EVENT, [says(201)], [("POST", "/v2/activities")]),
    ("zendesk", TICKET, [says(201, {"ticket": {"id": 35436}})], [("POST", "/api/v2/tickets.json")]),
    (
        "zendesk",
        CommentTicket("35436", "It is on its way.", True, "pending"),
        [says(200, {"ticket": {"id": 35436}})],
        [("PUT", "/api/v2/tickets/35436.json")],
    ),
    (
        "trello",
        AddCard("Call Ana", "About #7", due_at=NOW + timedelta(days=2), labels=("a", "b")),
        [says(200, {"id": CARD, "shortUrl": "https://trello.com/c/x"})],
        [("POST", "/1/cards")],
    ),
    ("trello", MoveCard(CARD, is_done=True), [says(200, {"id": CARD})], [("PUT", f"/1/cards/{CARD}")]),
]


def hashed(email: str) -> str:
    from hashlib import md5

    return md5(email.encode(), usedforsecurity=False).hexdigest()


def named(path: str) -> str:
    """With Mailchimp's names of members by whom they are."""
    for one in PEOPLE:
        path = path.replace(hashed(one.email), one.email[:3].upper())
    return path


@pytest.mark.parametrize(("kind", "act", "answers", "asked"), DONE, ids=lambda one: getattr(one, "ability", None))
def test_each_act_is_asked_by_the_published_schema(
    kind: str, act: Act, answers: list[HttpAnswer], asked: list[tuple[str, str]]
) -> None:
    written, tool = do(kind, act, *answers)
    made = [(one.method, named(urlsplit(one.url).path)) for one in tool.asked]
    assert made == asked
    assert all(one.url.startswith("https://") and one.headers["Authorization"] for one in tool.asked)
    if isinstance(act, PushPeople | RemovePeople):
        assert written.value["taken"] == len(act.people) and written.value["turned"] == []


def test_every_ability_of_every_tool_is_in_the_table() -> None:
    tried = {(kind, act.ability) for kind, act, _answers, _asked in DONE}
    assert tried == {(kind, ability) for kind in KINDS for ability in api_of(kind).abilities}


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_tool_cannot_do_now_is_told_apart_from_what_it_never_will(kind: str) -> None:
    act = next(act for one, act, _answers, _asked in DONE if one == kind)
    with pytest.raises(StoreLimited) as limited:
        do(kind, act, says(429, {"error": "slow down"}, **{"retry-after": "7"}))
    assert limited.value.after == timedelta(seconds=7)
    for trouble in (says(503), HttpFailed("cut")):
        with pytest.raises(StoreBusy):
            do(kind, act, trouble)
    with pytest.raises(StoreRefused) as refused:
        do(kind, act, says(401, {"message": "no"}))
    assert refused.value.code == "store.key_refused"


# --- each tool's own words --------------------------------------------------------------------------


def test_hubspot_says_whom_a_deal_is_with_once_and_how_it_has_them() -> None:
    contact = {"email": "Ana@example.com", "lifecyclestage": "opportunity", "hubspot_owner_id": "9"}
    found, tool = do("hubspot", FindPerson("501"), says(200, {"results": [{"id": "501", "properties": contact}]}))
    assert (found.value["stage"], found.value["owner"]) == ("opportunity", "9")
    assert {"lifecyclestage", "hubspot_owner_id"} <= set(tool.body(0)["properties"])
    several = [{"id": "501", "type": "deal_to_contact"}, {"id": "501", "type": "primary"}]
    deal = {"properties": {"dealstage": "won"}, "associations": {"contacts": {"results": several}}}
    found, tool = do("hubspot", FindDeal("77"), says(200, deal), says(200, {"results": [{"properties": contact}]}))
    assert found.value["emails"] == ["ana@example.com"] and found.value["stage"] == "won"
    assert tool.body(1)["inputs"] == [{"id": "501"}]
    found, _ = do("hubspot", FindDeal("78"), says(404, {"message": "gone"}))
    assert found.value["emails"] == [], "who was deleted meanwhile is nobody's"


def test_mailchimp_makes_nobody_a_reader_who_said_nothing() -> None:
    _, tool = do("mailchimp", PushPeople("", PEOPLE), says(200, {"errors": []}), says(200, {}), says(204))
    told, alone = tool.body(0), tool.body(1)
    assert [(one["email_address"], one["status"]) for one in told["members"]] == [
        ("ana@example.com", "subscribed"),
        ("bea@example.com", "unsubscribed"),
    ]
    assert told["update_existing"] is True and told["sync_tags"] is False
    assert told["members"][0]["merge_fields"] == {"FNAME": "Ana", "LNAME": "García", "PHONE": "+34600111222"}
    assert alone["status_if_new"] == "transactional" and "status" not in alone
    assert tool.body(2) == {"tags": [{"name": "vip", "status": "active"}]}


def test_mailchimp_says_who_was_turned_away() -> None:
    errors = [
        {"email_address": "ANA@example.com", "error": "ana@example.com is in a compliance state due to unsubscribe"},
        {"email_address": "bea@example.com", "error": "bea@example.com looks fake or invalid", "error_code": "x"},
    ]
    people = (ANA, BEA, Person("20", phone="+34600"))
    written, _ = do("mailchimp", PushPeople("", people), says(200, {"errors": errors}))
    assert written.value["taken"] == 0
    assert [(one["key"], one["code"]) for one in written.value["turned"]] == [
        ("20", "address.missing"),
        ("17", "address.unsubscribed"),
        ("18", "address.invalid"),
    ]


def test_mailchimp_is_told_an_event_once_when_the_answer_was_lost() -> None:
    _, first = do("mailchimp", EVENT, says(204))
    told = first.body()["properties"]
    assert told["sereno"] == mark("run1/0") and told["value"] == "12.50"
    others = [{"properties": {"sereno": mark(f"run{number}/0")}} for number in range(2, 1002)]
    full, rest = says(200, {"events": others}), says(200, {"events": [{}, {"properties": told}]})
    _, second = do("mailchimp", EVENT, full, rest, attempt=2)
    assert [one.method for one in second.asked] == ["GET", "GET"] and "offset=1000" in second.asked[1].url
    _, second = do("mailchimp", EVENT, says(200, {"events": others[:3]}), says(204), attempt=2)
    assert [one.method for one in second.asked] == ["GET", "POST"] and second.body() == first.body()
    with pytest.raises(StoreBusy):  # Whether it is there cannot be told now: it is not told again either.
        do("mailchimp", EVENT, says(503), attempt=2)


def test_klaviyo_is_told_consent_by_our_word_alone_and_events_once() -> None:
    _, tool = do("klaviyo", PushPeople("L1", PEOPLE), says(202))
    profiles = tool.body(0)["data"]["attributes"]["profiles"]["data"]
    assert [one["attributes"]["email"] for one in profiles] == [one.email for one in PEOPLE]
    assert profiles[0]["attributes"]["location"] == {"city": "Sevilla", "country": "ES"}
    assert tool.body(0)["data"]["relationships"]["lists"]["data"] == [{"type": "list", "id": "L1"}]
    yes, no = (tool.body(number)["data"]["attributes"]["profiles"]["data"] for number in (1, 2))
    assert [one["attributes"]["email"] for one in yes] == ["ana@example.com"]
    assert yes[0]["attributes"]["subscriptions"]["email"]["marketing"]["consent"] == "SUBSCRIBED"
    assert [one["attributes"]["email"] for one in no] == ["bea@example.com"]
    assert tool.asked[0].headers["revision"] == "2025-07-15"
    _, tool = do("klaviyo", EVENT, says(202))
    event = tool.body()["data"]["attributes"]
    assert (event["unique_id"], event["value"], event["value_currency"]) == ("run1/0", 12.5, "EUR")
    assert event["metric"]["data"]["attributes"]["name"] == "Placed Order"


def test_hubspot_says_who_of_a_batch_was_left_out() -> None:
    error = {"message": "Property values were not valid", "context": {"ids": ["bea@example.com"]}}
    answer = says(207, {"results": [{"id": "501"}], "errors": [error]})
    written, tool = do("hubspot", PushPeople("", (ANA, BEA)), answer, says(200, {}))
    assert written.value["taken"] == 1
    assert [one["key"] for one in written.value["turned"]] == ["18"]
    states = {one["subscriberIdString"]: one["statusState"] for one in tool.body()["inputs"]}
    assert states == {"ana@example.com": "SUBSCRIBED", "bea@example.com": "UNSUBSCRIBED"}


def test_hubspot_opens_a_deal_once_when_the_answer_was_lost() -> None:
    _, first = do("hubspot", DEAL, says(200, {"results": [{"id": "501"}]}), says(201, {"id": "77"}))
    body = first.body()
    assert body["properties"]["amount"] == "1200.50" and mark("run1/0") in body["properties"]["description"]
    assert body["associations"][0]["to"] == {"id": "501"}
    written, second = do("hubspot", DEAL, says(200, {"results": [{"id": "77"}]}), attempt=2)
    assert written.value == {"id": "77"}
    assert [urlsplit(one.url).path for one in second.asked] == ["/crm/v3/objects/deals/search"]


def test_points_are_not_given_twice_where_nobody_can_tell() -> None:
    with pytest.raises(StoreRefused) as refused:
        do("loyaltylion", GivePoints(ANA, 50, ""), attempt=2)
    assert refused.value.code == "points.unclear"
    guest = Person("email:ana@example.com", "ana@example.com")
    with pytest.raises(StoreRefused) as refused:
        do("loyaltylion", GivePoints(guest, 50, ""))
    assert refused.value.code == "person.refused"


def test_zendesk_opens_a_ticket_under_its_own_key_and_comments_once() -> None:
    written, tool = do("zendesk", TICKET, says(201, {"ticket": {"id": 35436}}))
    assert tool.asked[0].headers["Idempotency-Key"] == "run1/0"
    assert written.value == {"id": "35436", "url": "https://nandu.zendesk.com/agent/tickets/35436"}
    ticket = tool.body()["ticket"]
    assert ticket["requester"] == {"name": "Ana García", "email": "ana@example.com"}
    assert (ticket["priority"], ticket["tags"], ticket["external_id"]) == (
        "high",
        ["sereno", "late_parcel"],
        "sereno:17",
    )
    act = CommentTicket("35436", "It is on its way.", True, "pending")
    _, tool = do("zendesk", act, says(200, {"ticket": {"id": 35436}}))
    assert tool.body()["ticket"] == {
        "metadata": {"sereno": "run1/0"},
        "comment": {"body": "It is on its way.", "public": True},
        "status": "pending",
    }
    audits = {"audits": [{"metadata": {"custom": {"sereno": "run1/0"}}}]}
    _, tool = do("zendesk", act, says(200, audits), attempt=2)
    assert [one.method for one in tool.asked] == ["GET"]
    _, tool = do("zendesk", act, says(200, {"audits": []}), says(200, {"ticket": {}}), attempt=2)
    assert [one.method for one in tool.asked] == ["GET", "PUT"]


def test_a_card_is_looked_for_before_a_second_try_makes_one() -> None:
    act = AddCard("Call Ana", "About #7")
    _, tool = do("trello", act, says(200, {"id": CARD}))
    made = tool.body()
    assert made["idList"] == LIST and made["desc"] == f"About #7 [{mark('run1/0')}]"
    held = [{"id": "other", "desc": ""}, {"id": CARD, "desc": made["desc"], "shortUrl": "https://trello.com/c/x"}]
    written, tool = do("trello", act, says(200, {"id": "board"}), says(200, held), attempt=2)
    assert written.value == {"id": CARD, "url": "https://trello.com/c/x"}
    assert [one.method for one in tool.asked] == ["GET", "GET"]
    _, tool = do("trello", act, says(200, {"id": "board"}), says(200, []), says(200, {"id": CARD}), attempt=2)
    assert [one.method for one in tool.asked] == ["GET", "GET", "POST"]


# --- what people choose from, and taking lists over -------------------------------------------------

PLACES: dict[str, tuple[HttpAnswer, tuple[str, str]]] = {
    "mailchimp": (
        says(200, {"lists": [{"id": "aud1", "name": "News", "stats": {"member_count": 3}}]}),
        ("aud1", "News"),
    ),
    "klaviyo": (says(200, {"data": [{"id": "L1", "attributes": {"name": "News"}}], "links": {}}), ("L1", "News")),
    "hubspot": (says(200, {"lists": [{"listId": "9", "name": "News", "objectTypeId": "0-1"}]}), ("9", "News")),
    "trello": (says(200, [{"name": "Shop", "lists": [{"id": LIST, "name": "To do"}]}]), (LIST, "Shop: To do")),
}


@pytest.mark.parametrize("kind", PLACES)
def test_people_choose_from_what_is_there(kind: str) -> None:
    api, (answer, wanted) = api_of(kind), PLACES[kind]
    tool = api.tool
    assert tool is not None
    ask = tool.boards or (tool.audience.lists if tool.audience else None)
    assert ask is not None
    (place,) = ask(Exchange(Tool([answer]), {}, ACCESS[kind], api.sign))
    assert (place.id, place.name) == wanted


MEMBERS: dict[str, list[HttpAnswer]] = {
    "mailchimp": [
        says(
            200,
            {
                "total_items": 2,
                "members": [
                    {
                        "email_address": "Ana@example.com",
                        "status": "subscribed",
                        "last_changed": "2026-11-01T00:00:00Z",
                    },
                    {"email_address": "bea@example.com", "status": "unsubscribed"},
                ],
            },
        )
    ],
    "klaviyo": [
        says(
            200,
            {
                "data": [
                    {
                        "attributes": {
                            "email": one,
                            "subscriptions": {"email": {"marketing": {"consent": word, "suppression": []}}},
                        }
                    }
                    for one, word in (("Ana@example.com", "SUBSCRIBED"), ("bea@example.com", "UNSUBSCRIBED"))
                ]
            },
        )
    ],
    "hubspot": [
        says(200, {"results": [{"recordId": "501"}, {"recordId": "502"}], "total": 2}),
        says(
            200,
            {
                "results": [
                    {"properties": {"email": "Ana@example.com", "hs_email_optout": ""}},
                    {"properties": {"email": "bea@example.com", "hs_email_optout": "true"}},
                ]
            },
        ),
    ],
}


@pytest.mark.parametrize("kind", MEMBERS)
def test_a_list_is_read_with_what_its_people_allow(kind: str) -> None:
    api = api_of(kind)
    assert api.tool is not None and api.tool.audience is not None and api.tool.audience.read is not None
    page: Members = api.tool.audience.read(Exchange(Tool(MEMBERS[kind]), {}, ACCESS[kind], api.sign), "aud1", None)
    ana, bea = (one.person for one in page.members)
    # HubSpot says of nobody that they agreed: not having left is no yes.
    assert (ana.email, ana.consents) == ("ana@example.com", {} if kind == "hubspot" else {"email": True})
    assert (bea.email, bea.consents, page.next) == ("bea@example.com", {"email": False}, None)


PROBES = {
    "mailchimp": says(200, {"account_name": "Ñandú"}),
    "klaviyo": says(200, {"data": [{"attributes": {"contact_information": {"organization_name": "Ñandú"}}}]}),
    "hubspot": says(200, {"portalId": 62515, "companyCurrency": "EUR"}),
    "loyaltylion": says(200, {"customers": []}),
    "zendesk": says(200, {"user": {"id": 1, "role": "agent"}}),
    "trello": says(200, {"fullName": "Ana"}),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_key_is_asked_about(kind: str) -> None:
    api = api_of(kind)
    assert api.probe(Exchange(Tool([PROBES[kind]]), {}, ACCESS[kind], api.sign)).shop
    with pytest.raises(StoreRefused) as refused:
        api.probe(Exchange(Tool([says(401)]), {}, ACCESS[kind], api.sign))
    assert refused.value.code == "store.key_refused"


def test_zendesk_answers_anybody_and_is_not_believed() -> None:
    api = api_of("zendesk")
    with pytest.raises(StoreRefused):
        api.probe(Exchange(Tool([says(200, {"user": {"id": None}})]), {}, ACCESS["zendesk"], api.sign))


@pytest.mark.parametrize(
    ("kind", "held", "made"),
    [
        ("trello", [says(200, []), says(200, {"id": "board"}), says(200, {"id": "w"})], 1),
        ("trello", [says(200, [{"callbackURL": HOOK}])], 0),
        ("loyaltylion", [says(200, {"webhooks": [{"topic": "customers/update", "address": HOOK}]}), says(201)], 1),
    ],
)
def test_a_tool_is_told_once_to_tell_us(kind: str, held: list[HttpAnswer], made: int) -> None:
    api, tool = api_of(kind), Tool(list(held))
    assert api.tool is not None and api.tool.set_up is not None
    api.tool.set_up(Exchange(tool, SETTINGS, ACCESS[kind], api.sign), HOOK)
    posts = [one for one in tool.asked if one.method == "POST"]
    assert len(posts) == made and all(HOOK in (one.body or b"").decode() for one in posts)
