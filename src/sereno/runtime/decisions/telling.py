"""What a storefront says when it asks, read; and an answer as it is told: whole, or as much as anybody may read."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, cast

from sereno.commerce.records.visits import VISITOR
from sereno.engine.decisions.deciding import Answer, Assigned, Reason
from sereno.engine.decisions.document import KINDS
from sereno.runtime.decisions.asking import Facts, Given

MOST_OFFERED = 100
LONGEST = 500
_VISITOR = re.compile(r"[A-Za-z0-9_.:-]{1,100}")
_TOLD = frozenset(VISITOR.fields) - {"id", "is_returning", "is_signed_in"}
_TABLET = re.compile(r"iPad|Tablet|PlayBook|Silk|Android(?!.*Mobile)", re.IGNORECASE)
_MOBILE = re.compile(r"Mobi|iPhone|iPod|Android|Opera Mini", re.IGNORECASE)
_SYSTEMS = (
    ("android", "Android"), ("ios", "iPhone"), ("ios", "iPad"), ("windows", "Windows"),
    ("macos", "Mac OS X"), ("linux", "Linux"),
)  # fmt: skip
_BROWSERS = (
    ("edge", "Edg/"), ("edge", "EdgA/"), ("firefox", "Firefox/"), ("firefox", "FxiOS/"), ("chrome", "CriOS/"),
    ("chrome", "Chrome/"), ("safari", "Safari/"),
)  # fmt: skip


def facts_in(body: Any, *, agent: str = "", is_proven: Callable[[str, str], bool] | None = None) -> Facts:
    """Who asks, by what was sent. `is_proven` looks at the customer's signature; without it the sender is believed.
    Raises ValueError, with the name of what cannot be used."""
    whole = _mapping(body, "the body")
    visitor = _visitor(_mapping(whole.get("visitor") or {}, "visitor"), agent)
    customer = _mapping(whole.get("customer") or {}, "customer")
    id_, email = str(customer.get("id") or "")[:200], str(customer.get("email") or "")[:254]
    if is_proven is not None:
        signature = str(customer.get("signature") or "")
        # One of the two is signed; the other would be a claim.
        id_ = id_ if signature and is_proven(id_, signature) else ""
        email = email if signature and not id_ and is_proven(email, signature) else ""
    cart = dict(_mapping(whole.get("cart") or {}, "cart"))
    if cart.get("id") is not None:
        cart["id"] = str(cart["id"])[:200]
    address = _mapping(whole.get("address") or {}, "address")
    return Facts(cart, address, visitor, id_, email, _available(_mapping(whole.get("options") or {}, "options")))


def told(given: Given) -> dict[str, Any]:
    """All of it, for the shop's own people and programs."""
    return {**told_openly(given), "why": [_reason(one) for one in given.answer.reasons]} | {
        "variants": {one.variants: {**_assigned(one), "seen": dict(one.seen)} for one in given.answer.assigned}
    }


def told_openly(given: Given) -> dict[str, Any]:
    """What a page may know: nothing of what is known of people, for rules stand by their ids alone."""
    found: dict[str, Any] = {"version": given.version}
    for kind in KINDS:
        found[kind] = [
            {"id": one.id, "name": one.name, "is_shown": one.is_shown, "by": list(one.by)}
            for one in given.answer.offered
            if one.kind == kind
        ]
    found["variants"] = {one.variants: _assigned(one) for one in given.answer.assigned}
    return found


def told_of(answer: Answer, version: int = 0) -> dict[str, Any]:
    return told(Given(version, answer))


def _reason(one: Reason) -> dict[str, Any]:
    return {
        "rule": one.rule,
        "name": one.name,
        "do": one.do,
        "held": one.held,
        "options": list(one.options),
        "kept": list(one.kept),
        "error": one.error,
        "seen": dict(one.seen),
    }


def _assigned(one: Assigned) -> dict[str, Any]:
    return {
        "arm": one.arm,
        "values": dict(one.values),
        "why": one.why,
        "is_measured": one.is_measured,
        "error": one.error,
    }


def _mapping(value: Any, name: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ValueError(f"{name} is not an object")
    return cast("Mapping[str, Any]", value)


def _visitor(given: Mapping[str, Any], agent: str) -> dict[str, Any]:
    found: dict[str, Any] = {name: str(given[name])[:LONGEST] for name in _TOLD if given.get(name) is not None}
    id_ = given.get("id")
    if id_ is not None:
        if not isinstance(id_, str) or not _VISITOR.fullmatch(id_):
            raise ValueError("visitor.id is up to 100 letters, digits and . : _ -")
        found["id"] = id_
    if isinstance(given.get("is_returning"), bool):
        found["is_returning"] = given["is_returning"]
    return {**seen_in(agent), **found} if agent else found


def seen_in(agent: str) -> dict[str, str]:
    """Device, system and browser by what a browser calls itself, as far as it says so."""
    device = "tablet" if _TABLET.search(agent) else "mobile" if _MOBILE.search(agent) else "desktop"
    found = {"device": device}
    for name, known in (("system", _SYSTEMS), ("browser", _BROWSERS)):
        value = next((value for value, mark in known if mark in agent), None)
        if value is not None:
            found[name] = value
    return found


def _available(given: Mapping[str, Any]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for kind in KINDS:
        ids: Any = given.get(kind)
        if ids is None:
            continue
        if not isinstance(ids, list) or len(cast("list[Any]", ids)) > MOST_OFFERED:
            raise ValueError(f"options.{kind} is a list of at most {MOST_OFFERED} ids")
        found[kind] = [str(one)[:100] for one in cast("list[Any]", ids)]
    return found
