"""Connections: made, changed, closed, their secrets rotated. A secret is only ever shown when it is made."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Field, Path, Query, Router, Schema, Status

from sereno.api import rows
from sereno.api.keys import caller, shop_of
from sereno.runtime import connecting
from sereno.runtime.connecting import OWN, ConnectionRefused
from sereno.sdk.masking import masked
from sereno.sdk.plugin import registry
from sereno.store.models import Connection

router = Router(tags=["Connections"])
Name = Annotated[str, Path(max_length=64, pattern=r"^[a-z0-9_-]+$", description="The connection's name.")]
Secret = Annotated[str, Field(min_length=1, max_length=500)]
__all__ = ["ConnectionRefused", "router"]


class NewConnection(Schema):
    kind: str = Field(min_length=1, max_length=32, description="As `GET /connectors` names them.")
    name: str | None = Field(None, max_length=64, description="A part of the address; left out, made from the title.")
    title: str = Field("", max_length=80)
    secrets: list[Secret] = Field(default_factory=list, max_length=4)
    make_secret: bool = Field(False, description="Make one where none is given; it is in the answer, once.")
    own_ids: bool = Field(
        False,
        description="Of what is no store: it keeps records of its own, such as the products of a PIM, so its ids get a "
        "prefix. Without it what it says is about the first store's records.",
    )
    settings: dict[str, str | int | bool | None] = Field(default_factory=dict, max_length=40)


class ConnectionChange(Schema):
    title: str | None = Field(None, max_length=80)
    settings: dict[str, str | int | bool | None] | None = Field(None, max_length=40)
    is_active: bool | None = None


class NewSecret(Schema):
    secret: Secret | None = Field(None, description="Left out, one is made; it is in the answer, once.")
    keep_old: bool = Field(True, description="The old ones stay valid until they are ended.")


class ConnectionOut(Schema):
    id: int
    name: str
    title: str
    kind: str
    is_active: bool
    address: str
    settings: dict[str, Any]
    created_at: str | None


class MadeConnection(ConnectionOut):
    secret: str | None


class MadeSecret(Schema):
    secret: str | None


class Connectors(Schema):
    items: list[dict[str, Any]]


@router.get("/connectors", response=Connectors)
def list_connectors(request: HttpRequest) -> dict[str, Any]:
    """The kinds of connections there are, with the settings each takes."""
    found = [
        {
            "kind": one.kind,
            "settings": [
                {"name": setting.name, "kind": setting.kind}
                for setting in (one.guide.settings if one.guide is not None else ())
            ],
            "topics": list(one.guide.topics) if one.guide is not None else [],
        }
        for one in sorted(registry().connectors, key=lambda item: item.kind)
    ]
    return {"items": found}


@router.get("/connections", response=rows.Rows)
def list_connections(request: HttpRequest, page: Query[rows.PageOf]) -> dict[str, Any]:
    """The shop's connections, newest first, closed ones too."""
    return rows.page_by_id(shop_of(request).connection_set.all(), page, lambda row: _row(request, row))


@router.post("/connections", response={201: MadeConnection})
def create_connection(request: HttpRequest, new: NewConnection, response: HttpResponse) -> Any:
    """A new connection. Give its `address` to the platform."""
    name = new.name if new.name is not None else connecting.free_name(new.title or new.kind)
    made = connecting.connect(
        shop_of(request).pk,
        new.kind,
        name,
        by=caller(request),
        title=new.title,
        secrets=new.secrets,
        make_secret=new.make_secret,
        own_ids=new.own_ids,
        settings={key: value for key, value in new.settings.items() if key not in OWN},
        base_url=request.build_absolute_uri("/"),
    )
    response["Location"] = f"/api/v1/connections/{made.name}"
    row = Connection.objects.get(pk=made.id)
    return Status(201, {**_row(request, row), "secret": made.secret})


@router.get("/connections/{name}", response=ConnectionOut)
def show_connection(request: HttpRequest, name: Name) -> dict[str, Any]:
    """One connection. Its secrets are not shown."""
    return _row(request, _find(request, name))


@router.patch("/connections/{name}", response=ConnectionOut)
def change_connection(request: HttpRequest, name: Name, change: ConnectionChange) -> dict[str, Any]:
    """Call it otherwise, change its settings, close or open it. Its name stays."""
    connecting.change(
        _find(request, name).name,
        by=caller(request),
        shop_id=shop_of(request).pk,
        title=change.title,
        settings=change.settings,
        is_active=change.is_active,
    )
    return _row(request, _find(request, name))


@router.post("/connections/{name}/secrets", response={201: MadeSecret})
def rotate_secret(request: HttpRequest, name: Name, new: NewSecret) -> Any:
    """Add a secret. The old ones stay valid beside it unless `keep_old` is false."""
    made = connecting.add_secrets(
        _find(request, name).name,
        [new.secret] if new.secret is not None else [],
        by=caller(request),
        shop_id=shop_of(request).pk,
        keep_old=new.keep_old,
    )
    return Status(201, {"secret": made})


@router.delete("/connections/{name}", response={204: None})
def delete_connection(request: HttpRequest, name: Name) -> Any:
    """Close it and take it from the lists. What came in stays; `put-back` undoes it."""
    connecting.delete(_find(request, name).name, by=caller(request), shop_id=shop_of(request).pk)
    return Status(204, None)


@router.post("/connections/{name}/put-back", response=ConnectionOut)
def put_back_connection(request: HttpRequest, name: Name) -> dict[str, Any]:
    """Take a deletion back."""
    connecting.put_back(_find(request, name).name, by=caller(request), shop_id=shop_of(request).pk)
    return _row(request, _find(request, name))


def _find(request: HttpRequest, name: str) -> Connection:
    return get_object_or_404(Connection, shop=shop_of(request), name=name)


def _row(request: HttpRequest, row: Connection) -> dict[str, Any]:
    settings: dict[str, Any] = row.settings
    return {
        "id": row.pk,
        "name": row.name,
        "title": settings.get("title") or row.name,
        "kind": row.kind,
        "is_active": row.is_active,
        "address": request.build_absolute_uri(f"/hooks/{row.name}"),
        "settings": masked({key: value for key, value in settings.items() if key not in OWN}),
        "created_at": rows.instant(row.created_at),
    }
