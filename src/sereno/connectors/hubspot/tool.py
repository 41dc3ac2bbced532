"""How HubSpot is asked (CRM v3, lists v3, communication preferences v4).

Invariant: contacts are upserted by their address; a deal carries the effect's mark in its description, and is looked
for there before a second try makes one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sereno.connectors.marks import mark, marked
from sereno.connectors.outside import items, part, without_empty
from sereno.connectors.reading import as_instant
from sereno.sdk.audience import AudienceApi, Member, Members, Person, PushPeople, RemovePeople, Turned, taken
from sereno.sdk.config import mark as _
from sereno.sdk.connector import Setting
from sereno.sdk.ports import HttpRequest
from sereno.sdk.stores import Call, Exchange, Probe, StoreApi, StoreRefused, Written
from sereno.sdk.tools import FindDeal, FindPerson, OpenDeal, Place, ToolApi

HOST = "https://api.hubapi.com"
CONTACTS = f"{HOST}/crm/v3/objects/contacts"
NAMES = [
    *("email", "firstname", "lastname", "phone", "city", "zip", "country", "hs_email_optout", "lastmodifieddate"),
    *("lifecyclestage", "hubspot_owner_id"),
]
DEAL = "dealname,dealstage,pipeline,amount,deal_currency_code,hubspot_owner_id"
DEAL_TO_CONTACT = 3
"""HubSpot's own number for "this deal belongs to this contact"."""


def sign(exchange: Exchange, request: HttpRequest) -> HttpRequest:
    headers = {**request.headers, "Authorization": f"Bearer {exchange.access.get('token', '')}"}
    return HttpRequest(request.method, request.url, headers, request.body, request.timeout)


def probe(exchange: Exchange) -> Probe:
    found = exchange.send("GET", f"{HOST}/account-info/v3/details").body or {}
    return Probe(shop=str(found.get("portalId") or ""), currency=str(found.get("companyCurrency") or ""))


def lists(exchange: Exchange) -> Sequence[Place]:
    """Those people can be put on: the ones HubSpot does not fill by a rule."""
    body = {"query": "", "processingTypes": ["MANUAL", "SNAPSHOT"], "count": 500, "offset": 0}
    found = exchange.send("POST", f"{HOST}/crm/v3/lists/search", body=body).body
    return [
        Place(str(one.get("listId")), str(one.get("name") or ""), _count(one))
        for one in items(found, "lists")
        if str(one.get("objectTypeId") or "0-1") == "0-1"
    ]


def _count(one: Mapping[str, Any]) -> int | None:
    said = str(part(one, "additionalProperties").get("hs_list_size") or "")
    return int(said) if said.isdigit() else None


def push(call: Call, act: PushPeople) -> Written:
    known = {one.email: one for one in act.people if one.email}
    turned = [Turned(one.key, "address.missing") for one in act.people if not one.email]
    if not known:
        return taken(0, turned)
    inputs = [{"idProperty": "email", "id": one.email, "properties": _contact(one)} for one in known.values()]
    found = call.exchange.send("POST", f"{CONTACTS}/batch/upsert", body={"inputs": inputs}).body
    ids = [str(one.get("id")) for one in items(found, "results") if one.get("id")]
    if act.list and ids:
        call.exchange.send("PUT", f"{HOST}/crm/v3/lists/{act.list}/memberships/add", body=ids)
    # A batch of several outcomes (207) says why for those it left out, and not always for whom.
    errors = items(found, "errors")
    for one in errors:
        named = [known[name] for name in _named(one) if name in known] or [Person()]
        turned += [Turned(person.key, "person.refused", str(one.get("message") or "")) for person in named]
    _say(call, list(known.values()))
    return taken(len(ids), turned)


def _named(error: Mapping[str, Any]) -> list[str]:
    context = part(error, "context")
    said = [*(context.get("ids") or ()), *(context.get("id") or ()), *(context.get("email") or ())]
    return [str(one).lower() for one in said]


def _say(call: Call, people: Sequence[Person]) -> None:
    """What they allow, for the subscription the connection names; without one HubSpot is told nothing about it."""
    kind = call.exchange.access.get("subscription", "")
    told = [one for one in people if "email" in one.consents]
    if not kind or not told:
        return
    inputs = [
        {
            "subscriberIdString": one.email,
            "subscriptionId": int(kind),
            "channel": "EMAIL",
            "statusState": "SUBSCRIBED" if one.agrees() else "UNSUBSCRIBED",
            "legalBasis": "CONSENT_WITH_NOTICE",
            "legalBasisExplanation": "Said in the shop; the proof is in Sereno's ledger of consents.",
        }
        for one in told
    ]
    call.exchange.send("POST", f"{HOST}/communication-preferences/v4/statuses/batch/write", body={"inputs": inputs})


def _contact(person: Person) -> dict[str, Any]:
    said = {
        "email": person.email,
        "firstname": person.first_name,
        "lastname": person.last_name,
        "phone": person.phone,
        "city": person.city,
        "zip": person.postcode,
        "country": person.country,
        "hs_language": person.language,
        "sereno_tags": ";".join(person.tags),
    }
    return without_empty({**said, **person.fields})


def remove(call: Call, act: RemovePeople) -> Written:
    people = [one for one in act.people if one.email]
    if act.is_erased:
        for one in people:
            body = {"objectId": one.email, "idProperty": "email"}
            call.exchange.send("POST", f"{CONTACTS}/gdpr-delete", body=body, good=(404,))
        return taken(len(people))
    ids = [str(one.get("id")) for one in _contacts(call.exchange, [one.email for one in people], "email")]
    if act.list and ids:
        call.exchange.send("PUT", f"{HOST}/crm/v3/lists/{act.list}/memberships/remove", body=ids)
    return taken(len(people))


def _contacts(exchange: Exchange, ids: Sequence[str], by: str = "") -> list[Mapping[str, Any]]:
    """Those of them HubSpot knows."""
    if not ids:
        return []
    body: dict[str, Any] = {"inputs": [{"id": one} for one in ids], "properties": NAMES}
    body |= {"idProperty": by} if by else {}
    return items(exchange.send("POST", f"{CONTACTS}/batch/read", body=body).body, "results")


def read(exchange: Exchange, list_: str, cursor: str | None) -> Members:
    query: dict[str, Any] = {"limit": 100, **({"after": cursor} if cursor else {})}
    page = exchange.send("GET", f"{HOST}/crm/v3/lists/{list_}/memberships", query=query).body
    ids = [str(one.get("recordId")) for one in items(page, "results")]
    further = part(page, "paging", "next").get("after")
    total = part(page).get("total")
    return Members(
        [_read(one) for one in _contacts(exchange, ids)],
        str(further) if further else None,
        total if isinstance(total, int) else None,
    )


def _read(one: Mapping[str, Any]) -> Member:
    said = part(one, "properties")
    # HubSpot says of a contact only whether they left all mail; who did not has not said yes by that.
    has_left = str(said.get("hs_email_optout") or "").lower() == "true"
    person = Person(
        email=str(said.get("email") or "").lower(),
        phone=str(said.get("phone") or ""),
        first_name=str(said.get("firstname") or ""),
        last_name=str(said.get("lastname") or ""),
        city=str(said.get("city") or ""),
        postcode=str(said.get("zip") or ""),
        consents={"email": False} if has_left else {},
    )
    stage, owner = (str(said.get(name) or "") for name in ("lifecyclestage", "hubspot_owner_id"))
    return Member(person, as_instant(said.get("lastmodifieddate")), "hubspot", stage=stage, owner=owner)


def find_person(call: Call, act: FindPerson) -> Written:
    found = _contacts(call.exchange, [act.person])
    if not found:
        return Written({"email": "", "accepts_email": None, "stage": "", "owner": ""})
    member = _read(found[0])
    said = {"email": member.person.email, "accepts_email": member.person.consents.get("email")}
    return Written({**said, "stage": member.stage, "owner": member.owner})


def find_deal(call: Call, act: FindDeal) -> Written:
    query = {"properties": DEAL, "associations": "contacts"}
    url = f"{HOST}/crm/v3/objects/deals/{act.deal}"
    found = call.exchange.send("GET", url, query=query, good=(404,)).body or {}
    said = part(found, "properties")
    # A contact may be tied to a deal in several ways, and is named once for each.
    ids = dict.fromkeys(str(one.get("id")) for one in items(part(found, "associations", "contacts"), "results"))
    people = _contacts(call.exchange, list(ids)[:100])
    names = {"title": "dealname", "stage": "dealstage", "pipeline": "pipeline", "owner": "hubspot_owner_id"}
    names |= {"amount": "amount", "currency": "deal_currency_code"}
    emails = [email for one in people if (email := _read(one).person.email)]
    return Written({**{ours: str(said.get(its) or "") for ours, its in names.items()}, "emails": emails})


def open_deal(call: Call, act: OpenDeal) -> Written:
    if call.attempt > 1 and (held := _made_before(call)) is not None:
        return Written({"id": held})
    contact = _contact_of(call, act.person)
    values: dict[str, Any] = {
        "dealname": act.title,
        "description": marked("", call.key),
        "dealstage": act.stage or call.exchange.access.get("stage") or "appointmentscheduled",
        "pipeline": act.pipeline or call.exchange.access.get("pipeline") or "default",
    }
    if act.amount is not None:
        values |= {"amount": str(act.amount.amount), "deal_currency_code": act.amount.currency}
    kind = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": DEAL_TO_CONTACT}
    body = {"properties": values, "associations": [{"to": {"id": contact}, "types": [kind]}]}
    found = call.exchange.send("POST", f"{HOST}/crm/v3/objects/deals", body=body).body or {}
    return Written({"id": str(found.get("id") or "")})


def _contact_of(call: Call, person: Person) -> str:
    inputs = [{"idProperty": "email", "id": person.email, "properties": _contact(person)}]
    found = items(call.exchange.send("POST", f"{CONTACTS}/batch/upsert", body={"inputs": inputs}).body, "results")
    if not found or not found[0].get("id"):
        raise StoreRefused("person.refused", f"HubSpot did not take {person.email} as a contact.")
    return str(found[0]["id"])


def _made_before(call: Call) -> str | None:
    filters = [{"propertyName": "description", "operator": "CONTAINS_TOKEN", "value": mark(call.key)}]
    body = {"filterGroups": [{"filters": filters}], "properties": ["dealname"], "limit": 1}
    found = items(call.exchange.send("POST", f"{HOST}/crm/v3/objects/deals/search", body=body).body, "results")
    return str(found[0].get("id")) if found else None


TOOL = StoreApi(
    access=(
        Setting("token", _("Access token"), "secret", True, begins="pat-"),
        Setting("subscription", _("Subscription type"), "text", False, _("The number of the one for marketing mail.")),
        Setting("pipeline", _("Pipeline"), "text", False, _("Where deals go that name none.")),
        Setting("stage", _("Stage"), "text", False, _("Where deals begin that name none.")),
    ),
    steps=(
        _("In HubSpot open Settings, Integrations, Private apps, and make one."),
        _("Give it contacts, lists, deals and communication preferences, to read and to write, and copy its token."),
    ),
    probe=probe,
    sign=sign,
    per_second=5.0,
    tool=ToolApi(
        acts={OpenDeal: open_deal, FindPerson: find_person, FindDeal: find_deal},
        audience=AudienceApi(lists=lists, push=push, remove=remove, read=read, most=100),
    ),
)
