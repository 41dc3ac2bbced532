"""Notes on Vendure's orders, and tags where Vendure has something like them.

An order has no tags in Vendure: each tag is an internal note of its own, `Tag: vip`, so that two writes at once cannot
undo each other. A customer's tags are customer groups, a product's are values of the facet `tags`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sereno.connectors.marks import answered_at, is_marked, marked
from sereno.connectors.reading import as_instant
from sereno.connectors.vendure.admin import ask
from sereno.sdk.stores import Call, Exchange, StoreBusy, StoreRefused, Written
from sereno.sdk.writes import NoteOrder, TagCustomer, TagOrder, TagProduct

TAG = "Tag: "
FACET = "tags"
_MOST = 100

_NOTES = """query($id: ID!, $take: Int!, $skip: Int!) { order(id: $id) { id
  history(options: {filter: {type: {eq: "ORDER_NOTE"}}, sort: {createdAt: ASC}, take: $take, skip: $skip}) {
    totalItems items { id createdAt data } } } }"""
_NOTE = "mutation($input: AddNoteToOrderInput!) { addNoteToOrder(input: $input) { id } }"
_FORGET = "mutation($id: ID!) { deleteOrderNote(id: $id) { result message } }"
_GROUPS = """query($names: [String!]!) {
  customerGroups(options: {filter: {name: {in: $names}}, take: 100}) { items { id name } } }"""
_GROUP = "mutation($input: CreateCustomerGroupInput!) { createCustomerGroup(input: $input) { id } }"
_JOIN = """mutation($group: ID!, $customers: [ID!]!) {
  addCustomersToGroup(customerGroupId: $group, customerIds: $customers) { id } }"""
_LEAVE = """mutation($group: ID!, $customers: [ID!]!) {
  removeCustomersFromGroup(customerGroupId: $group, customerIds: $customers) { id } }"""
_CUSTOMER = "query($id: ID!) { customer(id: $id) { id groups { id name } } }"
_FACETS = f"""query($id: ID!) {{ activeChannel {{ defaultLanguageCode }}
  product(id: $id) {{ id facetValues {{ id name facet {{ code }} }} }}
  facets(options: {{filter: {{code: {{eq: "{FACET}"}}}}, take: 1}}) {{ items {{ id values {{ id name }} }} }} }}"""
_FACET = "mutation($input: CreateFacetInput!) { createFacet(input: $input) { id } }"
_VALUES = "mutation($input: [CreateFacetValueInput!]!) { createFacetValues(input: $input) { id name } }"
_DRESS = "mutation($input: UpdateProductInput!) { updateProduct(input: $input) { id facetValues { id } } }"


@dataclass(frozen=True, slots=True)
class Note:
    id: str
    text: str
    at: datetime | None


def notes(exchange: Exchange, order: str) -> list[Note]:
    """Of an order, the oldest first."""
    found: list[Note] = []
    while True:
        held = ask(exchange, _NOTES, id=order, take=_MOST, skip=len(found)).data["order"]
        if held is None:
            raise StoreRefused("store.not_found", f"Vendure has no order {order}.")
        items = held["history"]["items"]
        for item in items:
            text = str((item.get("data") or {}).get("note") or "")
            found.append(Note(item["id"], text, as_instant(item.get("createdAt"))))
        if not items or len(found) >= held["history"]["totalItems"]:
            return found


def add_note(call: Call, order: str, text: str) -> Written:
    wanted = {"id": order, "note": text, "isPublic": False}
    answer = ask(call.exchange, _NOTE, input=wanted)
    return Written({"order": order}, answered_at(answer.headers))


def note_order(call: Call, write: NoteOrder) -> Written:
    if call.attempt > 1 and any(is_marked(note.text, call.key) for note in notes(call.exchange, write.order)):
        return Written({"order": write.order})
    return add_note(call, write.order, marked(write.text, call.key, most=5000))


def tag_order(call: Call, write: TagOrder) -> Written:
    tags = [note for note in notes(call.exchange, write.order) if note.text.startswith(TAG)]
    held = [(note.id, note.text.removeprefix(TAG)) for note in tags]
    known = {tag for _, tag in held}
    written = Written({"order": write.order})
    for tag in dict.fromkeys(write.add):
        if tag not in known:
            written = add_note(call, write.order, f"{TAG}{tag}")
    for id_, tag in held:
        if tag in write.remove and tag not in write.add:
            answer = ask(call.exchange, _FORGET, id=id_)
            written = Written({"order": write.order}, answered_at(answer.headers))
    return written


# --- customers --------------------------------------------------------------------------------------


def tag_customer(call: Call, write: TagCustomer) -> Written:
    """Customer groups of these names, made where there is none."""
    found = ask(call.exchange, _CUSTOMER, id=write.customer).data["customer"]
    if not found:
        raise StoreRefused("store.not_found", f"Vendure has no customer {write.customer}.")
    held = {item["name"] for item in found["groups"]}
    changed = [tag for tag in dict.fromkeys(write.add) if tag not in held]
    left = [item for item in found["groups"] if item["name"] in write.remove and item["name"] not in write.add]
    version = None
    groups = _groups(call.exchange, changed)
    for tag in changed:
        if tag in groups:
            answer = ask(call.exchange, _JOIN, group=groups[tag], customers=[write.customer])
        else:
            answer = ask(call.exchange, _GROUP, input={"name": tag, "customerIds": [write.customer]})
        version = answered_at(answer.headers)
    for group in left:
        answer = ask(call.exchange, _LEAVE, group=group["id"], customers=[write.customer])
        version = answered_at(answer.headers)
    return Written({"customer": write.customer}, version)


def _groups(exchange: Exchange, names: Sequence[str]) -> dict[str, str]:
    if not names:
        return {}
    items = ask(exchange, _GROUPS, names=list(names)).data["customerGroups"]["items"]
    return {item["name"]: item["id"] for item in reversed(items)}


def only_group(call: Call, name: str, customer: str) -> str:
    """The id of the group of this name, which is made for this one customer where there is none."""
    if held := _groups(call.exchange, [name]):
        return held[name]
    made = ask(call.exchange, _GROUP, input={"name": name, "customerIds": [customer]})
    return made.data["createCustomerGroup"]["id"]


# --- products ---------------------------------------------------------------------------------------


def tag_product(call: Call, write: TagProduct) -> Written:
    """The whole list of a product's facet values is written at once: what another wrote meanwhile is looked for in the
    answer, and missing tags are tried again."""
    held = ask(call.exchange, _FACETS, id=write.product).data
    if not held["product"]:
        raise StoreRefused("store.not_found", f"Vendure has no product {write.product}.")
    facet = next(iter(held["facets"]["items"]), None)
    known = {item["name"]: item["id"] for item in (facet or {}).get("values", ())}
    own = {item["id"]: item["name"] for item in held["product"]["facetValues"] if item["facet"]["code"] == FACET}
    others = [item["id"] for item in held["product"]["facetValues"] if item["id"] not in own]
    wanted = [tag for tag in own.values() if tag in write.add or tag not in write.remove]
    wanted += [tag for tag in dict.fromkeys(write.add) if tag not in wanted]
    if set(wanted) == set(own.values()):
        return Written({"product": write.product})
    language = held["activeChannel"]["defaultLanguageCode"]
    missing = [tag for tag in wanted if tag not in known]
    known |= _make_values(call.exchange, facet["id"] if facet else None, missing, language)
    ids = [known[tag] for tag in wanted]
    answer = ask(call.exchange, _DRESS, input={"id": write.product, "facetValueIds": others + ids})
    kept = {item["id"] for item in answer.data["updateProduct"]["facetValues"]}
    if not kept.issuperset(ids):
        raise StoreBusy("somebody else changed the product's facets at the same time")
    return Written({"product": write.product}, answered_at(answer.headers))


def _make_values(exchange: Exchange, facet: str | None, tags: Sequence[str], language: str) -> dict[str, str]:
    if not tags:
        return {}
    if facet is None:
        words = [{"languageCode": language, "name": "Tags"}]
        made = ask(exchange, _FACET, input={"code": FACET, "isPrivate": False, "translations": words})
        facet = str(made.data["createFacet"]["id"])
    wanted: list[dict[str, Any]] = [
        {"facetId": facet, "code": _code(tag), "translations": [{"languageCode": language, "name": tag}]}
        for tag in tags
    ]
    made = ask(exchange, _VALUES, input=wanted)
    return {item["name"]: item["id"] for item in made.data["createFacetValues"]}


def _code(tag: str) -> str:
    return re.sub(r"[^\w]+", "-", tag.lower()).strip("-") or "tag"
