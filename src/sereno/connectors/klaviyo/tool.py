"""How Klaviyo is asked (JSON:API, revision of 2025-07-15).

Invariant: profiles are upserted by their address, and events carry the effect's key as `unique_id`, so that asking
twice changes nothing twice. Consent goes by jobs of its own, with our word alone: nobody who said nothing is made a
reader.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

from sereno.connectors.outside import items, part, without_empty
from sereno.connectors.reading import as_instant
from sereno.sdk.audience import AudienceApi, Member, Members, Person, PushPeople, RemovePeople, Turned, taken
from sereno.sdk.config import mark as _
from sereno.sdk.connector import Setting
from sereno.sdk.ports import HttpRequest
from sereno.sdk.stores import Call, Exchange, Probe, StoreApi, Written
from sereno.sdk.tools import Place, ToolApi, TrackEvent

HOST = "https://a.klaviyo.com/api"
REVISION = "2025-07-15"
TYPE = "application/vnd.api+json"
SUBSCRIBED = {"subscriptions": {"email": {"marketing": {"consent": "SUBSCRIBED"}}}}
UNSUBSCRIBED = {"subscriptions": {"email": {"marketing": {"consent": "UNSUBSCRIBED"}}}}


def sign(exchange: Exchange, request: HttpRequest) -> HttpRequest:
    key = exchange.access.get("key", "")
    given = {"Authorization": f"Klaviyo-API-Key {key}", "revision": REVISION, "Accept": TYPE}
    given |= {"Content-Type": TYPE} if request.body is not None else {}
    return HttpRequest(request.method, request.url, {**request.headers, **given}, request.body, request.timeout)


def probe(exchange: Exchange) -> Probe:
    found = items(exchange.send("GET", f"{HOST}/accounts").body, "data")
    about = part(found[0], "attributes") if found else {}
    name = part(about, "contact_information").get("organization_name")
    return Probe(shop=str(name or ""), currency=str(about.get("preferred_currency") or ""))


def lists(exchange: Exchange) -> Sequence[Place]:
    found: list[Place] = []
    url: str | None = f"{HOST}/lists"
    while url and len(found) < 1000:
        page = exchange.send("GET", url).body
        found += [Place(str(one.get("id")), str(part(one, "attributes").get("name"))) for one in items(page, "data")]
        url = _next(page)
    return found


def push(call: Call, act: PushPeople) -> Written:
    known = {one.email: one for one in act.people if one.email}
    turned = [Turned(one.key, "address.missing") for one in act.people if not one.email]
    if not known:
        return taken(0, turned)
    profiles = [{"type": "profile", "attributes": _profile(one)} for one in known.values()]
    attributes = {"profiles": {"data": profiles}}
    job: dict[str, Any] = {"type": "profile-bulk-import-job", "attributes": attributes}
    if act.list:
        job["relationships"] = {"lists": {"data": [{"type": "list", "id": act.list}]}}
    call.exchange.send("POST", f"{HOST}/profile-bulk-import-jobs", body={"data": job})
    for granted in (True, False):
        told = [one for one in known.values() if one.consents.get("email") is granted]
        if told:
            _say(call, act.list, told, granted=granted)
    return taken(len(known), turned)


def _say(call: Call, list_: str, people: Sequence[Person], *, granted: bool) -> None:
    kind = f"profile-subscription-bulk-{'create' if granted else 'delete'}-job"
    word = SUBSCRIBED if granted else UNSUBSCRIBED
    profiles = [{"type": "profile", "attributes": {"email": one.email, **word}} for one in people]
    job: dict[str, Any] = {"type": kind, "attributes": {"profiles": {"data": profiles}}}
    if granted:
        job["attributes"]["custom_source"] = "Sereno"
    if list_:
        job["relationships"] = {"list": {"data": {"type": "list", "id": list_}}}
    call.exchange.send("POST", f"{HOST}/{kind}s", body={"data": job})


def _profile(person: Person) -> dict[str, Any]:
    place = without_empty({"city": person.city, "country": person.country, "zip": person.postcode})
    own = {**person.fields, **({"sereno_tags": list(person.tags)} if person.tags else {})}
    return without_empty(
        {
            "email": person.email,
            "phone_number": person.phone,
            "external_id": person.key if person.key and not person.key.startswith("email:") else "",
            "first_name": person.first_name,
            "last_name": person.last_name,
            "locale": person.language,
            "location": place,
            "properties": own,
        }
    )


def remove(call: Call, act: RemovePeople) -> Written:
    """Off the list by the profiles' ids; erased by a job of its own for each."""
    people = [one for one in act.people if one.email]
    if act.is_erased:
        for one in people:
            whom = {"data": {"type": "profile", "attributes": {"email": one.email}}}
            job = {"data": {"type": "data-privacy-deletion-job", "attributes": {"profile": whom}}}
            call.exchange.send("POST", f"{HOST}/data-privacy-deletion-jobs", body=job)
        return taken(len(people))
    ids = _ids(call.exchange, [one.email for one in people])
    if ids and act.list:
        url = f"{HOST}/lists/{act.list}/relationships/profiles"
        call.exchange.send("DELETE", url, body={"data": [{"type": "profile", "id": one} for one in ids]})
    return taken(len(people))


def _ids(exchange: Exchange, emails: Sequence[str]) -> list[str]:
    if not emails:
        return []
    quoted = ",".join('"' + one.replace("\\", "").replace('"', "") + '"' for one in emails)
    query = {"filter": f"any(email,[{quoted}])", "fields[profile]": "email", "page[size]": 100}
    found = exchange.send("GET", f"{HOST}/profiles", query=query).body
    return [str(one.get("id")) for one in items(found, "data") if one.get("id")]


def read(exchange: Exchange, list_: str, cursor: str | None) -> Members:
    query: dict[str, Any] = {"additional-fields[profile]": "subscriptions", "page[size]": 100}
    query |= {"page[cursor]": cursor} if cursor else {}
    page = exchange.send("GET", f"{HOST}/lists/{list_}/profiles", query=query).body
    further = parse_qs(urlsplit(_next(page) or "").query).get("page[cursor]")
    return Members([_read(part(one, "attributes")) for one in items(page, "data")], further[0] if further else None)


def _read(one: Mapping[str, Any]) -> Member:
    about = part(one, "subscriptions", "email", "marketing")
    word = {"SUBSCRIBED": True, "UNSUBSCRIBED": False}.get(str(about.get("consent")))
    if about.get("suppression"):
        word = False
    place = part(one, "location")
    person = Person(
        email=str(one.get("email") or "").lower(),
        phone=str(one.get("phone_number") or ""),
        first_name=str(one.get("first_name") or ""),
        last_name=str(one.get("last_name") or ""),
        city=str(place.get("city") or ""),
        postcode=str(place.get("zip") or ""),
        language=str(one.get("locale") or "")[:2],
        consents={} if word is None else {"email": word},
    )
    return Member(person, as_instant(about.get("consent_timestamp")), str(about.get("method") or ""))


def track(call: Call, act: TrackEvent) -> Written:
    """`unique_id` is the effect's key: the same event told again is dropped there."""
    person = without_empty({"email": act.person.email, "phone_number": act.person.phone})
    attributes: dict[str, Any] = {
        "metric": {"data": {"type": "metric", "attributes": {"name": act.name[:128]}}},
        "profile": {"data": {"type": "profile", "attributes": person}},
        "properties": dict(act.facts),
        "time": act.at.isoformat(),
        "unique_id": call.key,
    }
    if act.value is not None:
        attributes |= {"value": float(act.value.amount), "value_currency": act.value.currency}
    call.exchange.send("POST", f"{HOST}/events", body={"data": {"type": "event", "attributes": attributes}})
    return Written()


def _next(page: Any) -> str | None:
    found = part(page, "links").get("next")
    return found if isinstance(found, str) and found.startswith(f"{HOST}/") else None


TOOL = StoreApi(
    access=(Setting("key", _("Private API key"), "secret", True, begins="pk_"),),
    steps=(
        _("In Klaviyo open Settings, API keys, and make a private key."),
        _("It needs full access to lists, profiles, subscriptions, events and data privacy, and may read accounts."),
    ),
    probe=probe,
    sign=sign,
    per_second=2.5,
    tool=ToolApi(
        acts={TrackEvent: track},
        audience=AudienceApi(lists=lists, push=push, remove=remove, read=read, most=100),
    ),
)
