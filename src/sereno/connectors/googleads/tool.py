"""How the Google Ads API is asked (REST, v26): Customer Match lists, and the status of campaigns.

Invariant: a list's people go as one job of hashes, which adds nobody twice; a campaign's status is read before it is
set. Every call begins with a fresh access token, for those it gives live an hour.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from sereno.connectors.advertising import email_of, hashed, reachable
from sereno.connectors.outside import items, part
from sereno.sdk.ads import SetAdRunning
from sereno.sdk.audience import AudienceApi, Person, PushPeople, RemovePeople, Turned, taken
from sereno.sdk.config import mark as _
from sereno.sdk.connector import Setting
from sereno.sdk.stores import Call, Exchange, Probe, StoreApi, StoreRefused, Written
from sereno.sdk.tools import Place, ToolApi

HOST = "https://googleads.googleapis.com/v26"
TOKENS = "https://oauth2.googleapis.com/token"
MOST = 5_000
"""People a job: two identifiers each, of the ten thousand Google advises for one request."""
CONSENT = {"adUserData": "GRANTED", "adPersonalization": "GRANTED"}
STATES = {"ENABLED": "running", "PAUSED": "paused"}
KINDS = {
    "campaign": ("campaign", "campaigns"),
    "group": ("ad_group", "adGroups"),
    "ad": ("ad_group_ad", "adGroupAds"),
}
_ID = re.compile(r"\d{1,20}")
_AD = re.compile(r"\d{1,20}~\d{1,20}")


def _headers(exchange: Exchange) -> dict[str, str]:
    given = {name: exchange.access.get(name, "") for name in ("client_id", "client_secret", "refresh_token")}
    body = urlencode({**given, "grant_type": "refresh_token"}).encode()
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = exchange.send("POST", TOKENS, body=body, headers=form, good=(400,))
    token = part(answer.body).get("access_token")
    if not token:
        said = part(answer.body).get("error_description") or part(answer.body).get("error") or answer.status
        raise StoreRefused("store.key_refused", f"Google gave no access for this key: {said}")
    manager = re.sub(r"\D", "", exchange.access.get("manager", ""))
    own = {"Authorization": f"Bearer {token}", "developer-token": exchange.access.get("developer_token", "")}
    return {**own, "login-customer-id": manager} if manager else own


def _customer(exchange: Exchange) -> str:
    return "customers/" + re.sub(r"\D", "", exchange.access.get("account", ""))


def _search(exchange: Exchange, headers: Mapping[str, str], query: str) -> list[Mapping[str, Any]]:
    url = f"{HOST}/{_customer(exchange)}/googleAds:search"
    return items(exchange.send("POST", url, body={"query": query}, headers=headers).body, "results")


def probe(exchange: Exchange) -> Probe:
    rows = _search(
        exchange, _headers(exchange), "SELECT customer.descriptive_name, customer.currency_code FROM customer"
    )
    about = part(rows[0], "customer") if rows else {}
    return Probe(shop=str(about.get("descriptiveName") or ""), currency=str(about.get("currencyCode") or ""))


def lists(exchange: Exchange) -> Sequence[Place]:
    asked = (
        "SELECT user_list.id, user_list.name, user_list.size_for_display FROM user_list "
        "WHERE user_list.type = 'CRM_BASED' AND user_list.membership_status = 'OPEN'"
    )
    rows = [part(one, "userList") for one in _search(exchange, _headers(exchange), asked)]
    return [Place(str(one.get("id")), str(one.get("name")), _about(one)) for one in rows]


def _about(row: Mapping[str, Any]) -> int | None:
    """Google rounds; whole numbers of 64 bits come as text."""
    count = str(row.get("sizeForDisplay") or "")
    return int(count) if count.isdigit() and len(count) < 19 else None


def make(exchange: Exchange, name: str) -> Place:
    made = {"name": name[:255], "membershipLifeSpan": "540", "crmBasedUserList": {"uploadKeyType": "CONTACT_INFO"}}
    url = f"{HOST}/{_customer(exchange)}/userLists:mutate"
    found = exchange.send("POST", url, body={"operations": [{"create": made}]}, headers=_headers(exchange)).body
    (row,) = items(found, "results")
    return Place(str(row.get("resourceName")).rpartition("/")[2], name[:255])


def push(call: Call, act: PushPeople) -> Written:
    return _job(call, act.list, act.people, "create")


def remove(call: Call, act: RemovePeople) -> Written:
    return _job(call, act.list, act.people, "remove")


def _job(call: Call, list_: str, people: Sequence[Person], verb: str) -> Written:
    """Made, filled and begun; Google works on it for some hours."""
    known, turned = reachable(people)
    return _filled(call, list_, [known], verb, turned) if known else taken(0, turned)


def replace(call: Call, list_: str, batches: Sequence[Sequence[Person]]) -> Written:
    """One job: everybody off the list first, then these on; nothing of it happens before the job runs."""
    known = [found for found, _ in map(reachable, batches) if found]
    turned = [one for _, more in map(reachable, batches) for one in more]
    return _filled(call, list_, known, "create", turned, is_whole=True)


def _filled(
    call: Call,
    list_: str,
    batches: Sequence[Sequence[Person]],
    verb: str,
    turned: Sequence[Turned],
    *,
    is_whole: bool = False,
) -> Written:
    if not _ID.fullmatch(list_.strip()):
        raise StoreRefused("store.not_found", f"{list_[:40]!r} is no list of Google's: its id is a number.")
    exchange, headers = call.exchange, _headers(call.exchange)
    about: dict[str, Any] = {"userList": f"{_customer(exchange)}/userLists/{list_.strip()}"}
    if verb == "create":
        about["consent"] = CONSENT
    job = {"type": "CUSTOMER_MATCH_USER_LIST", "customerMatchUserListMetadata": about}
    url = f"{HOST}/{_customer(exchange)}/offlineUserDataJobs:create"
    name = str(part(exchange.send("POST", url, body={"job": job}, headers=headers).body).get("resourceName") or "")
    if is_whole:
        first = {"operations": [{"removeAll": True}]}
        exchange.send("POST", f"{HOST}/{name}:addOperations", body=first, headers=headers)
    refused: list[Turned] = []
    for people in batches:
        filled = {"operations": [{verb: {"userIdentifiers": _identifiers(one)}} for one in people]}
        body = {**filled, "enablePartialFailure": True}
        said = exchange.send("POST", f"{HOST}/{name}:addOperations", body=body, headers=headers).body
        refused += _refused(said, people)
    exchange.send("POST", f"{HOST}/{name}:run", body={}, headers=headers)
    return taken(sum(map(len, batches)) - len(refused), [*turned, *refused], job=name)


def _identifiers(person: Person) -> list[dict[str, str]]:
    """One of each: numbers in E.164, with their plus."""
    found = {"hashedEmail": hashed(email_of(person)), "hashedPhoneNumber": hashed(person.phone.strip())}
    return [{name: value} for name, value in found.items() if value]


def _refused(said: Any, people: Sequence[Person]) -> list[Turned]:
    """Those whose operation Google names in a partial failure, each once."""
    found: dict[int, Turned] = {}
    for detail in items(part(said, "partialFailureError"), "details"):
        for error in items(detail, "errors"):
            for step in items(part(error, "location"), "fieldPathElements"):
                at = str(step.get("index"))
                number = int(at) if at.isdigit() and len(at) < 7 else -1
                if step.get("fieldName") == "operations" and 0 <= number < len(people):
                    text = str(error.get("message") or "")
                    found.setdefault(number, Turned(people[number].key, "person.refused", text))
    return [found[number] for number in sorted(found)]


def set_running(call: Call, act: SetAdRunning) -> Written:
    """An ad is named by its group and itself: `123~456`."""
    given = act.id.strip()
    if not (_AD if act.kind == "ad" else _ID).fullmatch(given):
        raise StoreRefused("store.not_found", f"{given[:40]!r} is no id of Google's for this.")
    table, plural = KINDS[act.kind]
    exchange, headers = call.exchange, _headers(call.exchange)
    name = f"{_customer(exchange)}/{plural}/{given}"
    asked = f"SELECT {table}.status FROM {table} WHERE {table}.resource_name = '{name}'"  # noqa: S608 - checked above
    rows = _search(exchange, headers, asked)
    if not rows:
        raise StoreRefused("store.not_found", f"Google has no such advertisement ({given}).")
    camel = re.sub(r"_(\w)", lambda found: found[1].upper(), table)
    was = str(part(rows[0], camel).get("status") or "")
    wanted = "ENABLED" if act.is_running else "PAUSED"
    state = STATES.get(was, was.lower())
    if was == wanted or was not in STATES:
        return Written({"changed": False, "was": state})
    operation = {"update": {"resourceName": name, "status": wanted}, "updateMask": "status"}
    url = f"{HOST}/{_customer(exchange)}/{plural}:mutate"
    exchange.send("POST", url, body={"operations": [operation]}, headers=headers)
    return Written({"changed": True, "was": state})


TOOL = StoreApi(
    access=(
        Setting("developer_token", _("Developer token"), "secret", True),
        Setting("client_id", _("OAuth client id"), "text", True),
        Setting("client_secret", _("OAuth client secret"), "secret", True),
        Setting("refresh_token", _("Refresh token"), "secret", True),
        Setting("account", _("Account"), "text", True, _("Its number, such as 123-456-7890.")),
        Setting("manager", _("Manager account"), "text", False, _("Its number, where one manages the account.")),
    ),
    steps=(
        _("In your Google Ads manager account open the API Center and take the developer token."),
        _("In Google Cloud make an OAuth client, and a refresh token with the scope adwords for it."),
        _("Paste all of them here, with the number of the account."),
    ),
    probe=probe,
    per_second=2.0,
    tool=ToolApi(
        acts={SetAdRunning: set_running},
        audience=AudienceApi(
            lists=lists, push=push, remove=remove, make=make, replace=replace, most=MOST, needs_consent=True
        ),
    ),
)
