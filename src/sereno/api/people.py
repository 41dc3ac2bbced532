"""Who may come in and what they did: people, API keys, the audit trail. For keys with the scope `settings`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal, cast

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Field, Query, Router, Schema, Status

from sereno.api import rows
from sereno.api.keys import caller, shop_of
from sereno.api.problems import Problem
from sereno.store import keys as api_keys
from sereno.store.models import ApiKey, Audit, Membership

router = Router(tags=["People"])
Scope = Literal["read", "events:write", "flows:write", "work", "settings"]


class NewKey(Schema):
    name: str = Field(min_length=1, max_length=100, description="What uses it.")
    scopes: list[Scope] = Field(default_factory=lambda: cast("list[Scope]", ["read"]), max_length=10)
    expires_at: datetime | None = Field(None, description="With its offset; left out, it lasts.")


class KeyOut(Schema):
    id: int
    name: str
    prefix: str
    scopes: list[str]
    created_by: str
    created_at: str | None
    used_at: str | None
    expires_at: str | None
    revoked_at: str | None


class MadeKey(KeyOut):
    key: str = Field(description="Shown only now.")


class AuditOf(rows.PageOf):
    action: str | None = Field(None, max_length=64, description="Such as flow.published; `flow.*` works.")
    target: str | None = Field(None, max_length=200)
    by: str | None = Field(None, max_length=200)


@router.get("/people", response=rows.Rows)
def list_people(request: HttpRequest, page: Query[rows.PageOf]) -> dict[str, Any]:
    """Who belongs to the shop, as what."""
    found = Membership.objects.filter(shop=shop_of(request)).select_related("user")
    return rows.page_by_id(found, page, _person)


@router.get("/keys", response=rows.Rows)
def list_keys(request: HttpRequest, page: Query[rows.PageOf]) -> dict[str, Any]:
    """The shop's API keys, newest first, revoked ones too. A key itself is never shown again."""
    return rows.page_by_id(ApiKey.objects.filter(shop=shop_of(request)), page, _key)


@router.post("/keys", response={201: MadeKey})
def create_key(request: HttpRequest, new: NewKey) -> Any:
    """A new key. It may do no more than the key that makes it."""
    mine = set(cast(Any, request).auth.scopes.split())
    beyond = sorted(set(new.scopes) - mine)
    if beyond:
        raise Problem("key.scope", f"this key has no scope {beyond[0]!r}, so it cannot give it")
    at = new.expires_at
    if at is not None and (at.tzinfo is None or not datetime.now(UTC) < at or at.year > 9000):
        raise Problem("request.invalid", "expires_at is a time to come, with its offset.", {"fields": []})
    name = rows.storable_text(new.name.strip()) or ""
    if not name:
        raise Problem("request.invalid", "Give the key a name.", {"fields": [{"at": "name", "message": "empty"}]})
    token = api_keys.issue(
        shop_of(request).pk, name, " ".join(new.scopes), caller(request), expires_at=at.astimezone(UTC) if at else None
    )
    row = api_keys.find(token)
    assert row is not None
    return Status(201, {**_key(row), "key": token})


@router.delete("/keys/{int:id}", response={204: None})
def revoke_key(request: HttpRequest, id: rows.Id) -> Any:
    """The key no longer works, from the next request on. It may revoke itself."""
    api_keys.revoke(get_object_or_404(ApiKey, shop=shop_of(request), pk=id), caller(request))
    return Status(204, None)


@router.get("/audit", response=rows.Rows)
def list_audit(request: HttpRequest, wanted: Query[AuditOf]) -> dict[str, Any]:
    """Who changed what, newest first."""
    found = Audit.objects.filter(shop=shop_of(request))
    found = rows.of_type(found, "action", rows.storable_text(wanted.action))
    if wanted.target:
        found = found.filter(target=rows.storable_text(wanted.target))
    if wanted.by:
        found = found.filter(by=rows.storable_text(wanted.by))
    return rows.page_by_id(found, wanted, _line)


def _person(row: Membership) -> dict[str, Any]:
    return {"id": row.pk, "email": row.user.username, "name": row.user.first_name, "role": row.role}


def _key(row: ApiKey) -> dict[str, Any]:
    return {
        "id": row.pk,
        "name": row.name,
        "prefix": row.prefix,
        "scopes": row.scopes.split(),
        "created_by": row.created_by,
        "created_at": rows.instant(row.created_at),
        "used_at": rows.instant(row.used_at),
        "expires_at": rows.instant(row.expires_at),
        "revoked_at": rows.instant(row.revoked_at),
    }


def _line(row: Audit) -> dict[str, Any]:
    return {
        "id": row.pk,
        "at": rows.instant(row.at),
        "by": row.by,
        "action": row.action,
        "target": row.target,
        "details": row.details,
    }
