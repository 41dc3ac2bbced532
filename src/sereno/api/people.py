"""Who may come in and what they did: people, API keys, the audit trail. For keys with the scope `settings`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal, cast

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Field, Query, Router, Schema, Status

from sereno.api import rows
from sereno.api.keys import caller, shop_of
from sereno.api.problems import Problem
from sereno.store import keys as api_keys
from sereno.store.access import set_role, take_out
from sereno.store.invitations import offer, withdraw
from sereno.store.models import ApiKey, Audit, Invitation, Membership

router = Router(tags=["People"])
Scope = Literal["read", "events:write", "flows:write", "work", "settings"]


class NewKey(Schema):
    name: str = Field(min_length=1, max_length=100, description="What uses it.")
    scopes: list[Scope] = Field(default_factory=lambda: cast("list[Scope]", ["read"]), max_length=10)
    expires_at: datetime | None = Field(None, description="With its offset; left out, it lasts.")


Role = Literal["operator", "marketer", "support", "viewer"]


AS_SCOPES: dict[str, set[str]] = {
    "operator": {"flows:write", "work", "settings"},
    "marketer": {"flows:write", "work"},
    "support": {"work"},
    "viewer": {"read"},
}
"""What a role may do, in scopes of keys."""


class RoleChange(Schema):
    role: Role


class PersonOut(Schema):
    id: int
    email: str
    name: str
    role: str


class NewInvitation(Schema):
    email: str = Field(max_length=254)
    role: Role = "viewer"


class InvitationOut(Schema):
    id: int
    email: str
    role: str
    invited_by: str
    created_at: str | None
    expires_at: str | None


class MadeInvitation(InvitationOut):
    token: str = Field(description="Shown only now; `/join/{token}` is the page it opens.")


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


@router.patch("/people/{int:id}", response=PersonOut)
def change_person(request: HttpRequest, id: rows.Id, change: RoleChange) -> Any:
    """Another role in this shop. Owners are made and changed by owners, on the page."""
    row = _touchable(request, id)
    _may_give(request, change.role)
    set_role(row, change.role, caller(request))
    row.refresh_from_db()
    return _person(row)


@router.delete("/people/{int:id}", response={204: None})
def remove_person(request: HttpRequest, id: rows.Id) -> Any:
    """Out of this shop. The account stays: it may belong to other shops, and can be invited again."""
    take_out(_touchable(request, id), caller(request))
    return Status(204, None)


@router.get("/people/invitations", response=rows.Rows)
def list_invitations(request: HttpRequest, page: Query[rows.PageOf]) -> dict[str, Any]:
    """Open invitations, newest first, those that have run out too."""
    found = Invitation.objects.filter(shop=shop_of(request), accepted_at=None, revoked_at=None)
    return rows.page_by_id(found, page, _invitation)


@router.post("/people/invitations", response={201: MadeInvitation})
def invite_person(request: HttpRequest, new: NewInvitation) -> Any:
    """A seat in the shop for an address. Nothing is mailed: hand over the page that the token opens, `/join/{token}`.
    It is good for seven days, and once, and takes the place of an open one to the same address."""
    email = new.email.strip().lower()
    try:
        validate_email(email)
    except ValidationError:
        fields = [{"at": "email", "message": "not an e-mail address"}]
        raise Problem("request.invalid", "Write a whole e-mail address.", {"fields": fields}) from None
    if Membership.objects.filter(shop=shop_of(request), user__username=email).exists():
        raise Problem("refused", f"{email} belongs to this shop already; change the role instead.")
    _may_give(request, new.role)
    row, token = offer(shop_of(request).pk, email, new.role, caller(request))
    return Status(201, {**_invitation(row), "token": token})


@router.delete("/people/invitations/{int:id}", response={204: None})
def withdraw_invitation(request: HttpRequest, id: rows.Id) -> Any:
    """Its link is no longer good."""
    open_ones = Invitation.objects.filter(shop=shop_of(request), accepted_at=None, revoked_at=None)
    withdraw(get_object_or_404(open_ones, pk=id), caller(request))
    return Status(204, None)


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


def _may_give(request: HttpRequest, role: str) -> None:
    """Nobody comes in by a key who may do more than the key."""
    lacking = sorted(AS_SCOPES[role] - set(cast(Any, request).auth.scopes.split()))
    if lacking:
        raise Problem("key.scope", f"this key has no scope {lacking[0]!r}, so it cannot make a {role}")


def _touchable(request: HttpRequest, id: int) -> Membership:
    """A key is no owner, so it touches none."""
    row = get_object_or_404(Membership.objects.select_related("user"), shop=shop_of(request), pk=id)
    if row.role == "owner":
        raise Problem("refused", "Owners are changed and removed by owners, on the page of people.")
    return row


def _invitation(row: Invitation) -> dict[str, Any]:
    return {
        "id": row.pk,
        "email": row.email,
        "role": row.role,
        "invited_by": row.invited_by,
        "created_at": rows.instant(row.created_at),
        "expires_at": rows.instant(row.expires_at),
    }


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
