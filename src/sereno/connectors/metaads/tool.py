"""How Meta's Marketing API is asked (Graph API v24.0): custom audiences, and the status of campaigns.

Invariant: a batch of people carries the effect's key as its session, so that one sent twice is one; a campaign's
status is read before it is set.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any

from sereno.connectors.advertising import email_of, hashed, reachable
from sereno.connectors.outside import items, part
from sereno.sdk.ads import SetAdRunning
from sereno.sdk.audience import AudienceApi, Person, PushPeople, RemovePeople, taken
from sereno.sdk.config import mark as _
from sereno.sdk.connector import Setting
from sereno.sdk.ports import HttpRequest
from sereno.sdk.stores import Answer, Call, Exchange, Probe, StoreApi, StoreBusy, StoreLimited, StoreRefused, Written
from sereno.sdk.tools import Place, ToolApi

HOST = "https://graph.facebook.com/v24.0"
SCHEMA = ("EXTERN_ID", "EMAIL", "PHONE", "FN", "LN", "CT", "ZIP", "COUNTRY")
MOST = 10_000
LIMITS = frozenset({4, 17, 32, 613, 80000, 80003, 80004})
STATES = {"ACTIVE": "running", "PAUSED": "paused"}
_ID = re.compile(r"\d{1,25}")


def sign(exchange: Exchange, request: HttpRequest) -> HttpRequest:
    given = {**request.headers, "Authorization": f"Bearer {exchange.access.get('token', '')}"}
    return HttpRequest(request.method, request.url, given, request.body, request.timeout)


def _ask(exchange: Exchange, method: str, path: str, body: Any = None, query: Mapping[str, Any] | None = None) -> Any:
    answer = exchange.send(method, f"{HOST}/{path}", body=body, query=query, good=(400, 403))
    return answer.body if answer.status < 300 else _refuse(answer)


def _refuse(answer: Answer) -> Any:
    error = part(answer.body, "error")
    text = str(error.get("error_user_msg") or error.get("message") or answer.status)
    code = error.get("code")
    if code in LIMITS:
        raise StoreLimited(None, text)
    if error.get("is_transient") is True or code in (1, 2):
        raise StoreBusy(text)
    if code in (190, 102, 10) or (isinstance(code, int) and 200 <= code < 300):
        raise StoreRefused("store.key_refused", f"Meta refused the key: {text}")
    if error.get("error_subcode") == 33:
        raise StoreRefused("store.not_found", f"Meta does not know it: {text}")
    raise StoreRefused("store.refused", f"Meta refused: {text}")


def _account(exchange: Exchange) -> str:
    return "act_" + exchange.access.get("account", "").strip().removeprefix("act_")


def probe(exchange: Exchange) -> Probe:
    found = _ask(exchange, "GET", _account(exchange), query={"fields": "name,currency,account_status"})
    is_open = part(found).get("account_status") in (None, 1)
    name, currency = (str(part(found).get(key) or "") for key in ("name", "currency"))
    return Probe(shop=name, currency=currency, lacking=() if is_open else ("account_status",))


def lists(exchange: Exchange) -> Sequence[Place]:
    query = {"fields": "id,name,subtype,approximate_count_lower_bound", "limit": 500}
    found = _ask(exchange, "GET", f"{_account(exchange)}/customaudiences", query=query)
    rows = [one for one in items(found, "data") if one.get("subtype") in (None, "CUSTOM")]
    return [Place(str(one.get("id")), str(one.get("name")), _about(one)) for one in rows]


def _about(row: Mapping[str, Any]) -> int | None:
    """Meta rounds, and says -1 or nothing of a list that is small or still being filled."""
    count = row.get("approximate_count_lower_bound")
    return count if isinstance(count, int) and count >= 0 else None


def make(exchange: Exchange, name: str) -> Place:
    body = {"name": name[:50], "subtype": "CUSTOM", "customer_file_source": "USER_PROVIDED_ONLY"}
    found = _ask(exchange, "POST", f"{_account(exchange)}/customaudiences", body)
    return Place(str(part(found).get("id")), name[:50])


def push(call: Call, act: PushPeople) -> Written:
    return _users(call, "POST", act.list, act.people)


def remove(call: Call, act: RemovePeople) -> Written:
    return _users(call, "DELETE", act.list, act.people)


def replace(call: Call, list_: str, batches: Sequence[Sequence[Person]]) -> Written:
    """All batches are one session: whoever is in none of them is off the list when the last has come."""
    known = [found for found, _ in map(reachable, batches) if found]
    turned = [one for _, more in map(reachable, batches) for one in more]
    if not known:
        raise StoreRefused("store.refused", "Nobody would be on the list: Meta empties no list, remove it over there.")
    total, count, wrong = sum(map(len, known)), 0, 0
    for number, people in enumerate(known, 1):
        said = _batch(call, "POST", f"{_id(list_)}/usersreplace", people, (number, number == len(known), total))
        count, wrong = count + said[0], wrong + said[1]
    return taken(count - wrong, turned, invalid=wrong)


def _users(call: Call, method: str, list_: str, people: Sequence[Person]) -> Written:
    known, turned = reachable(people)
    if not known:
        return taken(0, turned)
    count, wrong = _batch(call, method, f"{_id(list_)}/users", known, (1, True, len(known)))
    # Which entries were invalid Meta does not say: they are counted, and named by nobody.
    return taken(count - wrong, turned, invalid=wrong)


def _batch(
    call: Call, method: str, path: str, people: Sequence[Person], place: tuple[int, bool, int]
) -> tuple[int, int]:
    """`place`: which batch of its session, whether the last, and people in all. Gives how many came, how many of them
    were invalid."""
    number, is_last, total = place
    body = {
        "session": {
            "session_id": int.from_bytes(blake2b(call.key.encode(), digest_size=7).digest(), "big"),
            "batch_seq": number,
            "last_batch_flag": is_last,
            "estimated_num_total": total,
        },
        "payload": {"schema": list(SCHEMA), "data": [_row(one) for one in people]},
    }
    found = part(_ask(call.exchange, method, path, body))
    received, invalid = (found.get(name) for name in ("num_received", "num_invalid_entries"))
    return received if isinstance(received, int) else len(people), invalid if isinstance(invalid, int) else 0


def _row(person: Person) -> list[str]:
    """Each by Meta's rules: numbers without their plus, names in lower case without signs, places without spaces."""
    letters = [re.sub(r"[^\w]", "", text.lower()) for text in (person.first_name, person.last_name, person.city)]
    phone = re.sub(r"\D", "", person.phone).lstrip("0")
    code = person.postcode.replace(" ", "").lower()
    return [
        hashed(person.key), hashed(email_of(person)), hashed(phone), hashed(letters[0]), hashed(letters[1]),
        hashed(letters[2]), hashed(code), hashed(person.country.lower()),
    ]  # fmt: skip


def set_running(call: Call, act: SetAdRunning) -> Written:
    """Campaigns, ad sets and ads have one status each, by their own ids."""
    was = str(part(_ask(call.exchange, "GET", _id(act.id), query={"fields": "status"})).get("status") or "")
    state = STATES.get(was, was.lower())
    wanted = "ACTIVE" if act.is_running else "PAUSED"
    if was == wanted or was not in STATES:
        return Written({"changed": False, "was": state})
    _ask(call.exchange, "POST", _id(act.id), {"status": wanted})
    return Written({"changed": True, "was": state})


def _id(text: str) -> str:
    if not _ID.fullmatch(text.strip()):
        raise StoreRefused("store.not_found", f"{text[:40]!r} is no id of Meta's: it is a number.")
    return text.strip()


TOOL = StoreApi(
    access=(
        Setting("token", _("Access token"), "secret", True),
        Setting("account", _("Ad account"), "text", True, _("Its number, as in act_1234567890.")),
    ),
    steps=(
        _("In Meta's Business settings make a system user, and give it your ad account."),
        _("Make a token for it with ads_management and ads_read, and paste it here."),
        _("Accept the terms of custom audiences in the Ads Manager once."),
    ),
    probe=probe,
    sign=sign,
    per_second=2.0,
    tool=ToolApi(
        acts={SetAdRunning: set_running},
        audience=AudienceApi(
            lists=lists, push=push, remove=remove, make=make, replace=replace, most=MOST, needs_consent=True
        ),
    ),
)
