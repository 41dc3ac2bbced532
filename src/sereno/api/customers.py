"""Customers: one for each person, their records and tags; who may be the same person, and who is not."""

from __future__ import annotations

from typing import Any, Literal

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema
from ninja.errors import HttpError

from sereno.api import rows
from sereno.api.keys import caller, shop_of
from sereno.modules.customers.models import Customer, Join
from sereno.runtime.persons import joining, tagging
from sereno.runtime.persons.reading import person_of

router = Router(tags=["Customers"])
Status = Literal["proposed", "joined", "apart"]


class CustomerRow(Schema):
    key: str
    name: str | None
    email: str | None
    phone: str | None
    accepts_email: bool | None = Field(description="As the record says; `GET /customers/{key}` has what holds.")
    order_count: int | None
    total_spent: str | None
    currency: str | None
    last_order_at: str | None
    is_joined: bool = Field(description="Made of several records.")


class CustomerRows(Schema):
    items: list[CustomerRow]
    next: int | None = None


class CustomerPerson(Schema):
    key: str = Field(description="Of the main record.")
    keys: list[str] = Field(description="Of all records, the main one first.")
    addresses: list[str]
    record: dict[str, Any] = Field(description="As flows see `customer`.")


class CustomerTagging(Schema):
    keys: list[rows.StorableKey] = Field(min_length=1, max_length=tagging.MOST)
    tag: str = Field(min_length=1, max_length=64)
    remove: bool = False


class CustomersChanged(Schema):
    changed: list[str] = Field(description="Keys of those it is new for.")


class CustomerPair(Schema):
    one: rows.StorableKey
    other: rows.StorableKey


class CustomerJoin(Schema):
    id: int
    one: str
    other: str
    status: Status
    rule: str
    at: str | None
    by: str


class CustomerJoins(Schema):
    items: list[CustomerJoin]
    next: int | None = None


class CustomerDecision(Schema):
    decision: Literal["joined", "apart"]


class CustomerDecided(Schema):
    before: Status


class WhichCustomers(rows.PageOf):
    email: str | None = Field(None, max_length=254)


class WhichJoins(rows.PageOf):
    status: Status = "proposed"


@router.get("/customers", response=CustomerRows)
def list_customers(request: HttpRequest, which: Query[WhichCustomers]) -> dict[str, Any]:
    """One row for each person, those known last first."""
    found = Customer.objects.filter(shop=shop_of(request), merged_into="").defer("data")
    if which.email:
        found = found.filter(email=rows.storable_text(which.email.strip().lower()))
    return rows.page_by_id(found, which, _row)


@router.get("/customers/joins", response=CustomerJoins)
def list_joins(request: HttpRequest, which: Query[WhichJoins]) -> dict[str, Any]:
    """Pairs of records that are one person, may be one (`proposed`) or were said to be two (`apart`), newest first."""
    found = Join.objects.filter(shop=shop_of(request), status=which.status)
    return rows.page_by_id(found, which, _join)


@router.post("/customers/joins", response=CustomersChanged)
def join_customers(request: HttpRequest, given: CustomerPair) -> dict[str, Any]:
    """Say that two records are one customer."""
    try:
        is_new = joining.join(shop_of(request).pk, given.one, given.other, caller(request))
    except LookupError as error:
        raise HttpError(404, str(error)) from error
    except ValueError as error:
        raise HttpError(422, str(error)) from error
    return {"changed": [given.one, given.other] if is_new else []}


@router.post("/customers/joins/{join}", response=CustomerDecided)
def decide_join(request: HttpRequest, join: rows.Id, given: CustomerDecision) -> dict[str, Any]:
    """Answer a proposal, or take back what was answered: `apart` splits exactly what this pair joined."""
    try:
        return {"before": joining.decide(shop_of(request).pk, join, given.decision, caller(request))}
    except LookupError as error:
        raise HttpError(404, str(error)) from error


@router.post("/customers/tags", response=CustomersChanged)
def tag_customers(request: HttpRequest, given: CustomerTagging) -> dict[str, Any]:
    """Put a tag on customers, or take it off."""
    try:
        changed = tagging.tag(shop_of(request).pk, given.keys, given.tag, caller(request), add=not given.remove)
    except LookupError as error:
        raise HttpError(404, str(error)) from error
    except ValueError as error:
        raise HttpError(422, str(error)) from error
    return {"changed": changed}


@router.get("/customers/{key}", response=CustomerPerson)
def show_customer(request: HttpRequest, key: rows.Key) -> dict[str, Any]:
    """One person, by the key of any of their records."""
    found = person_of(shop_of(request).pk, key)
    if found is None:
        raise HttpError(404, f"there is no customer {key}")
    return {"key": found.keys[0], "keys": found.keys, "addresses": found.addresses, "record": dict(found.record)}


@router.post("/customers/{key}/split", response=CustomersChanged)
def split_customer(request: HttpRequest, key: rows.Key) -> dict[str, Any]:
    """Take a record out of its person. It is not joined with them again unasked."""
    try:
        return {"changed": joining.split(shop_of(request).pk, key, caller(request))}
    except LookupError as error:
        raise HttpError(404, str(error)) from error


def _row(one: Customer) -> dict[str, Any]:
    names = ("key", "name", "email", "phone", "accepts_email", "order_count", "total_spent", "currency")
    at = rows.instant(one.last_order_at)
    return {**{name: getattr(one, name) for name in names}, "last_order_at": at, "is_joined": one.is_main}


def _join(one: Join) -> dict[str, Any]:
    names = ("id", "one", "other", "status", "rule", "by")
    return {**{name: getattr(one, name) for name in names}, "at": rows.instant(one.at)}
