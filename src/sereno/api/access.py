"""The permission of a connection to write in its store. A secret is taken and never given back."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Field, Path, Router, Schema, Status

from sereno.api import rows
from sereno.api.keys import caller, shop_of
from sereno.modules.http.shops import shop_http
from sereno.runtime.stores import permitting
from sereno.runtime.stores.abilities import of_kind
from sereno.runtime.stores.keys import facts_of
from sereno.sdk.plugin import registry
from sereno.store.models import Connection

router = Router(tags=["Connections"])
Name = Annotated[str, Path(max_length=64, pattern=r"^[a-z0-9_-]+$", description="The connection's name.")]
Value = Annotated[str, Field(max_length=permitting.LONGEST)]


class NewAccess(Schema):
    values: dict[str, Value] = Field(
        max_length=20, description="By name, as `asked_for` lists them. What is left out of a key that is there stays."
    )
    ask: bool = Field(True, description="Ask the store whether it takes the key before it is kept.")


class AccessValue(Schema):
    name: str
    kind: str
    is_required: bool
    is_kept: bool
    value: str = Field(description="A secret by its end only.")


class Ability(Schema):
    name: str
    words: str
    is_there: bool


class Access(Schema):
    is_given: bool
    can_write: bool = Field(description="Whether the platform can be written to at all.")
    asked_for: list[AccessValue]
    abilities: list[Ability]
    shop: str = Field(description="What the store calls itself.")
    currency: str
    version: str
    lacking: list[str] = Field(description="What the key may not do.")
    checked_at: str | None


@router.get("/connections/{name}/access", response=Access)
def show_access(request: HttpRequest, name: Name) -> dict[str, Any]:
    """Whether Sereno may write in the store, what it can do there, and what the store says of the key."""
    return _row(_find(request, name))


@router.put("/connections/{name}/access", response=Access)
def give_access(request: HttpRequest, name: Name, new: NewAccess) -> dict[str, Any]:
    """Give the key, or change it. It is kept once the store takes it; a refusal says why in `reason`."""
    row = _find(request, name)
    permitting.give_access(
        name,
        new.values,
        by=caller(request),
        shop_id=row.shop_id,
        http=shop_http(shop_of(request).settings),
        is_asked=new.ask,
    )
    return _row(_find(request, name))


@router.post("/connections/{name}/access/check", response=Access)
def check_access(request: HttpRequest, name: Name) -> dict[str, Any]:
    """Ask the store what it says of the key that is kept."""
    row = _find(request, name)
    permitting.check_access(name, by=caller(request), shop_id=row.shop_id, http=shop_http(shop_of(request).settings))
    return _row(_find(request, name))


@router.delete("/connections/{name}/access", response={204: None})
def take_access(request: HttpRequest, name: Name) -> Any:
    """Forget the key: nothing is written there any more."""
    permitting.take_access(name, by=caller(request), shop_id=_find(request, name).shop_id)
    return Status(204, None)


def _find(request: HttpRequest, name: str) -> Connection:
    return get_object_or_404(Connection, shop=shop_of(request), name=name)


def _row(row: Connection) -> dict[str, Any]:
    able = of_kind(registry(), row.kind)
    facts = facts_of(row.settings)
    kept = permitting.shown(row.name, shop_id=row.shop_id) if not row.settings.get("deleted_at") else []
    return {
        "is_given": bool(row.access),
        "can_write": able is not None,
        "asked_for": [
            {
                "name": one.setting.name,
                "kind": one.setting.kind,
                "is_required": one.setting.is_required,
                "is_kept": one.is_kept,
                "value": one.value,
            }
            for one in kept
        ],
        "abilities": [{"name": one.ability, "words": one.words, "is_there": one.is_there} for one in able or ()],
        "shop": facts.shop,
        "currency": facts.currency,
        "version": facts.version,
        "lacking": list(facts.lacking),
        "checked_at": rows.instant(facts.checked_at) if facts.checked_at else None,
    }
