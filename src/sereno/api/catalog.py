"""Product sync: who leads each field of a product, and where a store says something else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal, TypeVar

from django.http import HttpRequest, HttpResponse
from ninja import Field, Header, Query, Router, Schema, Status

from sereno.api import rows
from sereno.api.keys import caller, shop_of
from sereno.api.problems import Problem
from sereno.runtime.syncing import services
from sereno.runtime.syncing.reporting import difference_row, rule_row
from sereno.runtime.syncing.services import Rule, SyncRefused

router = Router(tags=["Product sync"])
FieldName = Literal["price", "compare_at_price", "title", "description", "status"]
Conflict = Literal["leader", "newest", "ask"]
State = Literal["open", "waiting", "held", "left"]
IfMatch = Annotated[
    str | None,
    Header(
        None, alias="If-Match", max_length=200, description="The `ETag` of the difference you looked at, if it counts."
    ),
]
R = TypeVar("R")
_CODES = {
    "difference.changed": "difference.conflict",
    "difference.gone": "not_found",
    "rule.unknown": "not_found",
}
"""Of refusals that are more than that it cannot be done now."""


class RuleIn(Schema):
    leader: rows.StorableKey = Field(description="The connection whose value counts.", examples=["azahar-pim"])
    conflict: Conflict = Field(
        "leader",
        description="What happens when another store changes it. `leader`: the leader's value is put back. `newest`: "
        "the newest change wins, from either side. `ask`: a person decides each time.",
        examples=["leader"],
    )
    connections: list[rows.StorableKey] = Field(
        [],
        max_length=100,
        description="Names of the connections that take part, the leader included; empty: all that have products.",
        examples=[["azahar-pim", "azahar-shopify"]],
    )
    most_change: int = Field(
        30,
        ge=0,
        le=1000,
        description="Percent by which a price may move at once; past that it waits for a person. 0: any.",
        examples=[30],
    )


class RuleOut(RuleIn):
    field: FieldName


class RuleList(Schema):
    items: list[RuleOut]


class CountsOut(Schema):
    compared: int = Field(description="Values that were compared: fields of items that several connections have.")
    equal: int = Field(description="Of those, values that are the same everywhere.")
    open: int = Field(description="Values that are to be written.")
    waiting: int = Field(description="Values that were written and are not said back yet.")
    held: int = Field(description="Values that wait for a person.")
    left: int = Field(description="Values that a person left different.")


class DifferenceOut(Schema):
    id: int
    sku: str = Field(examples=["AZ-VEL"])
    title: str | None = Field(description="What the item is called.", examples=["Vela de cera de abeja"])
    field: FieldName
    connection: str = Field(description="The store that says something else.", examples=["azahar-shopify"])
    source: str | None = Field(
        description="The connection whose value it should have; null where a person said it.", examples=["azahar-pim"]
    )
    own: str | None = Field(description="What that store has; null where it has nothing.", examples=["18.00"])
    target: str | None = Field(description="What it should have.", examples=["19.50"])
    currency: str | None = Field(description="Of prices.", examples=["EUR"])
    change_percent: float | None = Field(description="How far a price would move.", examples=[8.3])
    state: State = Field(
        description="`open`: to be written by a flow. `waiting`: written, not said back yet. `held`: put aside, see "
        "`reason`. `left`: a person left it different."
    )
    reason: str | None = Field(
        description="Why it was put aside: `sku.twice`, `currency.differs`, `value.missing`, `price.zero`, "
        "`price.too_far`, `compare_at.too_low`, `product.other_shape`, `conflict.both_changed`, `store.cannot` or "
        "`store.keeps_other`."
    )
    since: str | None
    product: str | None = Field(description="The product's key there.")
    variant: str | None = Field(description="The variant's key there.")
    decided_by: str | None


class DifferenceList(Schema):
    """`next` is `before` of the page after; null on the last."""

    items: list[DifferenceOut]
    next: int | None


class DecisionIn(Schema):
    decision: Literal["write", "take", "leave", "again"] = Field(
        description="`write`: write what it should have. `take`: what this store has is right, and the others are to "
        "have it, the leader included. `leave`: leave it different. `again`: take that back, and compare anew.",
        examples=["write"],
    )


class Asked(Schema):
    field: FieldName | None = Field(None, description="Only this field.")
    connection: str | None = Field(None, max_length=200, description="Only this store.")
    state: State | None = Field(None, description="Only this state.")
    q: str | None = Field(None, max_length=200, description="A part of the SKU or the title.")
    limit: int = Field(100, ge=1, le=rows.MOST, description="At most so many rows.")
    before: int | None = Field(None, ge=0, lt=2**63, description="`next` of the page before this one.")


@router.get("/catalog/sync-rules", response=RuleList)
def list_sync_rules(request: HttpRequest) -> dict[str, Any]:
    """Who leads which field. A field without a rule is not compared."""
    return {"items": [rule_row(one) for one in services.rules_of(shop_of(request).pk)]}


@router.put("/catalog/sync-rules/{field}", response=RuleOut)
def put_sync_rule(request: HttpRequest, field: FieldName, given: RuleIn) -> dict[str, Any]:
    """Compare a field by this rule from now on; the whole catalogue is compared in the background."""
    wanted = Rule(field, given.leader, given.conflict, tuple(given.connections), given.most_change)
    return rule_row(_refusable(lambda: services.set_rule(shop_of(request).pk, wanted, by=caller(request))))


@router.delete("/catalog/sync-rules/{field}", response={204: None})
def remove_sync_rule(request: HttpRequest, field: FieldName) -> Any:
    """Compare a field no longer. What stores have stays as it is; its differences go."""
    _refusable(lambda: services.remove_rule(shop_of(request).pk, field, by=caller(request)))
    return Status(204, None)


@router.get("/catalog/differences", response=DifferenceList)
def list_differences(request: HttpRequest, asked: Query[Asked]) -> dict[str, Any]:
    """Where a store says something else than it should, newest first."""
    for text in (asked.connection, asked.q):
        rows.storable_text(text)
    found, following = services.differences(
        shop_of(request).pk,
        field=asked.field or "",
        connection=asked.connection or "",
        state=asked.state or "",
        search=asked.q or "",
        after=asked.before or 0,
        limit=asked.limit,
    )
    return {"items": [difference_row(one) for one in found], "next": following}


@router.get("/catalog/differences/counts", response=CountsOut)
def count_differences(request: HttpRequest) -> dict[str, int]:
    """How many items are compared and equal, and how many values differ, by state."""
    found = services.counts(shop_of(request).pk)
    states = {one: found.states.get(one, 0) for one in ("open", "waiting", "held", "left")}
    return {"compared": found.compared, "equal": found.equal, **states}


@router.get("/catalog/differences/{int:id}", response=DifferenceOut)
def show_difference(request: HttpRequest, id: rows.Id, response: HttpResponse) -> dict[str, Any]:
    """One of them. Its `ETag` is of both values: send it as `If-Match` with a decision that is about these."""
    found = _refusable(lambda: services.one(shop_of(request).pk, id))
    response["ETag"] = f'"{found.seen}"'
    return difference_row(found)


@router.post("/catalog/differences/{int:id}/decision", response=DifferenceOut)
def decide_difference(
    request: HttpRequest, id: rows.Id, given: DecisionIn, response: HttpResponse, if_match: IfMatch = None
) -> dict[str, Any]:
    """Say what is to become of it. 412 with an `If-Match` that is not its `ETag` any more: somebody was quicker, or the
    store said something else."""
    seen = if_match.strip().removeprefix("W/").strip('"') if if_match is not None else ""
    shop, by = shop_of(request).pk, caller(request)
    found = _refusable(lambda: services.decide(shop, id, given.decision, by=by, seen=seen))
    response["ETag"] = f'"{found.seen}"'
    return difference_row(found)


def _refusable(what: Callable[[], R]) -> R:
    try:
        return what()
    except SyncRefused as refusal:
        raise Problem(_CODES.get(refusal.code, "refused"), str(refusal), {"reason": refusal.code}) from None
