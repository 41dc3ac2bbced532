"""How Mailchimp is asked (Marketing API 3.0). An audience's members are named by the MD5 of their address, so that
asking twice changes nothing twice.

Invariant: who never said yes is kept as `transactional`, which Mailchimp sends no campaigns to; who left is never put
back by us alone: Mailchimp wants that from the person.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import md5
from typing import Any

from sereno.connectors.mailing import basic
from sereno.connectors.marks import mark
from sereno.connectors.outside import items, part, without_empty
from sereno.connectors.reading import as_instant
from sereno.sdk.audience import AudienceApi, Member, Members, Person, PushPeople, RemovePeople, Turned, taken
from sereno.sdk.config import mark as _
from sereno.sdk.connector import Setting
from sereno.sdk.ports import HttpRequest
from sereno.sdk.stores import Call, Exchange, Probe, StoreApi, StoreRefused, Written
from sereno.sdk.tools import Place, ToolApi, TrackEvent

PAGE = 500
EVENTS = 1000
MARK = "sereno"
"""The property of an event that says which call of ours it came by."""
GONE = frozenset({"unsubscribed", "cleaned", "archived"})
"""How those stand whom an audience keeps though they are on it no more."""
LEFT = ("compliance state", "has signed up to a lot of lists", "permanently deleted")
INVALID = ("looks fake or invalid", "provide a valid email")


def _at(exchange: Exchange, path: str) -> str:
    centre = exchange.access.get("key", "").rpartition("-")[2]
    return f"https://{centre}.api.mailchimp.com/3.0{path}"


def sign(exchange: Exchange, request: HttpRequest) -> HttpRequest:
    headers = {**request.headers, "Authorization": basic("sereno", exchange.access.get("key", ""))}
    return HttpRequest(request.method, request.url, headers, request.body, request.timeout)


def probe(exchange: Exchange) -> Probe:
    centre = exchange.access.get("key", "").rpartition("-")[2]
    if not (centre.isascii() and centre.isalnum() and len(centre) <= 8):
        raise StoreRefused("store.key_refused", "A key of Mailchimp ends in its data centre, such as -us21.")
    found = exchange.send("GET", _at(exchange, "/")).body or {}
    return Probe(shop=str(found.get("account_name") or ""))


def lists(exchange: Exchange) -> Sequence[Place]:
    query = {"count": 1000, "fields": "lists.id,lists.name,lists.stats.member_count"}
    found = exchange.send("GET", _at(exchange, "/lists"), query=query).body
    return [
        Place(str(one.get("id")), str(one.get("name") or ""), part(one, "stats").get("member_count"))
        for one in items(found, "lists")
    ]


def push(call: Call, act: PushPeople) -> Written:
    """Who said yes or no in one request; who said nothing one by one, for only that way Mailchimp leaves the word of
    those it knows as it is (`status_if_new`)."""
    known = {one.email: one for one in act.people if one.email}
    turned = [Turned(one.key, "address.missing") for one in act.people if not one.email]
    told = [one for one in known.values() if "email" in one.consents]
    if told:
        turned += _push_told(call, act.list, known, told)
    for person in known.values():
        if "email" not in person.consents:
            turned += _push_one(call, act.list, person)
    refused = sum(1 for one in turned if one.code != "address.missing")
    return taken(len(known) - refused, turned)


def _push_told(call: Call, list_: str, known: Mapping[str, Person], told: Sequence[Person]) -> list[Turned]:
    members = [
        {**_member(one), "status": "subscribed" if one.agrees() else "unsubscribed", "tags": list(one.tags)}
        for one in told
    ]
    body = {"members": members, "update_existing": True, "sync_tags": False}
    url = _at(call.exchange, f"/lists/{_list(call, list_)}")
    found = call.exchange.send("POST", url, query={"skip_merge_validation": "true"}, body=body).body
    turned: list[Turned] = []
    for one in items(found, "errors"):
        person = known.get(str(one.get("email_address") or "").lower())
        text = str(one.get("error") or "")
        turned.append(Turned(person.key if person else "", _code(text), text))
    return turned


def _push_one(call: Call, list_: str, person: Person) -> list[Turned]:
    body = {**_member(person), "status_if_new": "transactional"}
    url = _at(call.exchange, _path(call, list_, person))
    answer = call.exchange.send("PUT", url, query={"skip_merge_validation": "true"}, body=body, good=(400,))
    if answer.status == 400:
        text = str((answer.body or {}).get("detail") or "")
        return [Turned(person.key, _code(text), text)]
    if person.tags:
        _tag(call, list_, person)
    return []


def _member(person: Person) -> dict[str, Any]:
    names = without_empty({"FNAME": person.first_name, "LNAME": person.last_name, "PHONE": person.phone})
    found: dict[str, Any] = {"email_address": person.email, "merge_fields": {**names, **person.fields}}
    return {**found, **({"language": person.language} if person.language else {})}


def _tag(call: Call, list_: str, person: Person) -> None:
    body = {"tags": [{"name": tag, "status": "active"} for tag in person.tags]}
    call.exchange.send("POST", _at(call.exchange, f"{_path(call, list_, person)}/tags"), body=body)


def _code(text: str) -> str:
    if any(words in text.lower() for words in LEFT):
        return "address.unsubscribed"
    return "address.invalid" if any(words in text.lower() for words in INVALID) else "person.refused"


def remove(call: Call, act: RemovePeople) -> Written:
    """Archived, which an audience keeps quietly; erased for good where that is asked for."""
    count = 0
    for person in act.people:
        if not person.email:
            continue
        path = _path(call, act.list, person)
        if act.is_erased:
            path, method = f"{path}/actions/delete-permanent", "POST"
        else:
            method = "DELETE"
        # 404: nobody of this address is there; 405: they are archived already.
        call.exchange.send(method, _at(call.exchange, path), good=(404, 405))
        count += 1
    return taken(count)


def read(exchange: Exchange, list_: str, cursor: str | None) -> Members:
    offset = int(cursor or 0)
    fields = "members.email_address,members.status,members.merge_fields,members.last_changed,members.tags,total_items"
    query = {"count": PAGE, "offset": offset, "fields": fields, "sort_field": "timestamp_opt"}
    found = exchange.send("GET", _at(exchange, f"/lists/{list_}/members"), query=query).body or {}
    rows = items(found, "members")
    total = found.get("total_items")
    more = offset + len(rows)
    return Members(
        [_read(one) for one in rows],
        str(more) if rows and isinstance(total, int) and more < total else None,
        total if isinstance(total, int) else None,
    )


def _read(one: Mapping[str, Any]) -> Member:
    names, status = part(one, "merge_fields"), str(one.get("status") or "")
    agreed = {"subscribed": True, "unsubscribed": False, "cleaned": False}.get(status)
    person = Person(
        email=str(one.get("email_address") or "").lower(),
        first_name=str(names.get("FNAME") or ""),
        last_name=str(names.get("LNAME") or ""),
        consents={} if agreed is None else {"email": agreed},
        tags=tuple(str(tag.get("name")) for tag in items(one, "tags") if tag.get("name")),
    )
    return Member(person, as_instant(one.get("last_changed")), status, status not in GONE)


def track(call: Call, act: TrackEvent) -> Written:
    """An event of a member: letters, digits, `_` and `-` in its name, text in its properties. Mailchimp has no key for
    it: it carries a mark, by which a second try looks for it among the member's events first."""
    name = "".join(one if one.isascii() and (one.isalnum() or one in "_-") else "_" for one in act.name)[:30]
    facts = {key: str(value) for key, value in act.facts.items()}
    facts |= {"value": str(act.value.amount), "currency": act.value.currency} if act.value is not None else {}
    body = {"name": name or "event", "properties": facts | {MARK: mark(call.key)}, "occurred_at": act.at.isoformat()}
    url = _at(call.exchange, f"{_path(call, '', act.person)}/events")
    if call.attempt == 1 or not _is_told(call, url):
        call.exchange.send("POST", url, body=body)
    return Written()


def _is_told(call: Call, url: str) -> bool:
    """Whether an event with this call's mark is among the member's."""
    offset = 0
    while True:
        query = {"count": EVENTS, "offset": offset, "fields": "events.properties"}
        found = items(call.exchange.send("GET", url, query=query).body, "events")
        if any(part(one, "properties").get(MARK) == mark(call.key) for one in found):
            return True
        offset += len(found)
        if len(found) < EVENTS:
            return False


def _list(call: Call, list_: str) -> str:
    found = list_ or call.exchange.access.get("list", "")
    if not found.isalnum():
        raise StoreRefused("list.missing", "Name the audience: its ID stands in Mailchimp under Audience, Settings.")
    return found


def _path(call: Call, list_: str, person: Person) -> str:
    digest = md5(person.email.encode(), usedforsecurity=False).hexdigest()
    return f"/lists/{_list(call, list_)}/members/{digest}"


TOOL = StoreApi(
    access=(
        Setting("key", _("API key"), "secret", True, _("It ends in the data centre, such as -us21.")),
        Setting("list", _("Audience ID"), "text", False, _("The one that is used where a step names none.")),
    ),
    steps=(
        _("In Mailchimp open your profile, Extras, API keys, and make one."),
        _("The audience's ID stands under Audience, Settings, Audience name and defaults."),
    ),
    probe=probe,
    sign=sign,
    per_second=8.0,
    tool=ToolApi(
        acts={TrackEvent: track},
        audience=AudienceApi(lists=lists, push=push, remove=remove, read=read, most=PAGE),
    ),
)
