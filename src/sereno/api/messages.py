"""A shop's own messages: their documents, drafts with revisions, versions; and the names of those that ship."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Field, Path, Query, Router, Schema, Status

from sereno.api import rows
from sereno.api.keys import caller, shop_of
from sereno.api.preconditions import IfMatch, version_needed
from sereno.api.problems import Problem
from sereno.modules.messages import editing
from sereno.modules.messages.documents import Document, DocumentInvalid, read
from sereno.modules.messages.templates import template_names
from sereno.store.models import MessageTemplate, MessageVersion

router = Router(tags=["Messages"])
Name = Annotated[str, Path(max_length=100, pattern=r"^[a-z0-9][a-z0-9-]*$", description="The message's name.")]
Number = Annotated[int, Path(ge=1, le=1_000_000, description="The version's number.")]


class NewMessage(Schema):
    name: str | None = Field(None, max_length=100, description="Left out, made from the title.")
    title: str = Field(min_length=1, max_length=200)
    document: dict[str, Any] = Field(description="The message, as `GET /messages/{name}` gives it in `draft`.")


class MessageChange(Schema):
    title: str | None = Field(None, min_length=1, max_length=200)
    document: dict[str, Any] | None = None


class PublishMessage(Schema):
    note: str = Field("", max_length=500)


class PublishedMessage(Schema):
    name: str
    version: int


class MessageOut(Schema):
    name: str
    title: str
    kind: str
    purpose: str
    about: str
    revision: int
    version: int | None
    updated_at: str | None
    updated_by: str
    draft: dict[str, Any]


class Names(Schema):
    items: list[dict[str, Any]]


@router.get("/message-names", response=Names)
def list_names(request: HttpRequest) -> dict[str, Any]:
    """All that a flow may name: the shop's own published messages and those that ship."""
    return {
        "items": [
            {"name": one.name, "title": one.title, "purpose": one.purpose}
            for one in template_names(shop_of(request).pk)
        ]
    }


@router.get("/messages", response=rows.Rows)
def list_messages(request: HttpRequest, page: Query[rows.PageOf]) -> dict[str, Any]:
    """The shop's own messages, newest first."""
    return rows.page_by_id(MessageTemplate.objects.filter(shop=shop_of(request)).defer("draft"), page, _row)


@router.post("/messages", response={201: MessageOut})
def create_message(request: HttpRequest, new: NewMessage, response: HttpResponse) -> Any:
    """A new message, as a draft."""
    row = editing.create(shop_of(request).pk, new.title, _read(new.document), caller(request), name=new.name)
    response["Location"], response["ETag"] = f"/api/v1/messages/{row.name}", f'"{row.revision}"'
    return Status(201, _whole(row))


@router.get("/messages/{name}", response=MessageOut)
def show_message(request: HttpRequest, name: Name, response: HttpResponse) -> dict[str, Any]:
    """One message with its draft. Its `ETag` goes into `If-Match` of a change."""
    row = _find(request, name)
    response["ETag"] = f'"{row.revision}"'
    return _whole(row)


@router.put("/messages/{name}", response=MessageOut)
def change_message(
    request: HttpRequest, name: Name, change: MessageChange, response: HttpResponse, if_match: IfMatch
) -> dict[str, Any]:
    """Change the draft, or the title. 412 when somebody else was quicker."""
    shop, expected = shop_of(request).pk, version_needed(if_match, "draft")
    row = _find(request, name)
    if row.revision != expected:
        raise _conflict(row)
    if change.document is not None:
        wanted = _read(change.document)

        def apply(_before: Document) -> Document:
            # Asked again under the lock: between the look and the change there may have been another.
            held = _find(request, name)
            if held.revision != expected:
                raise _conflict(held)
            return wanted

        editing.change(shop, name, apply, what="api", by=caller(request))
    if change.title is not None:
        editing.rename(shop, name, change.title, caller(request))
    row = _find(request, name)
    response["ETag"] = f'"{row.revision}"'
    return _whole(row)


@router.post("/messages/{name}/publish", response=PublishedMessage)
def publish_message(request: HttpRequest, name: Name, how: PublishMessage) -> dict[str, Any]:
    """Make the draft the next version: what is sent from now on."""
    row = _find(request, name)
    return {"name": row.name, "version": editing.publish(shop_of(request).pk, row.name, caller(request), how.note)}


@router.get("/messages/{name}/versions", response=rows.Rows)
def list_message_versions(request: HttpRequest, name: Name, page: Query[rows.PageOf]) -> dict[str, Any]:
    """Published versions, newest first, with their documents."""
    found = MessageVersion.objects.filter(template=_find(request, name)).order_by("-number")
    if page.before is not None:
        found = found.filter(number__lt=page.before)
    taken = list(found[: page.limit + 1])
    following = taken[page.limit - 1].number if len(taken) > page.limit else None
    return {"items": [_version_row(one) for one in taken[: page.limit]], "next": following}


@router.post("/messages/{name}/versions/{number}/roll-back", response=PublishedMessage)
def roll_message_back(request: HttpRequest, name: Name, number: Number) -> dict[str, Any]:
    """Publish an older version again, as the next."""
    row = _find(request, name)
    return {"name": row.name, "version": editing.roll_back(shop_of(request).pk, row.name, number, caller(request))}


@router.post("/messages/{name}/withdraw", response=MessageOut)
def withdraw_message(request: HttpRequest, name: Name) -> dict[str, Any]:
    """No flow may name it any more. The draft stays."""
    editing.withdraw(shop_of(request).pk, _find(request, name).name, caller(request))
    return _whole(_find(request, name))


@router.delete("/messages/{name}", response={204: None})
def remove_message(request: HttpRequest, name: Name) -> Any:
    """Take a message that is not published away for good."""
    editing.remove(shop_of(request).pk, _find(request, name).name, caller(request))
    return Status(204, None)


def _find(request: HttpRequest, name: str) -> MessageTemplate:
    return get_object_or_404(MessageTemplate, shop=shop_of(request), name=name)


def _read(document: dict[str, Any]) -> Document:
    try:
        return read(document)
    except DocumentInvalid as error:
        detail = f"The message cannot be kept: {error}"
        raise Problem("request.invalid", detail, {"fields": [{"at": "document", "message": str(error)}]}) from None


def _conflict(row: MessageTemplate) -> Problem:
    detail = "Somebody else has changed this message in the meantime; take it from `current` and change that."
    return Problem("draft.conflict", detail, {"current": _whole(row)}, {"ETag": f'"{row.revision}"'})


def _row(row: MessageTemplate) -> dict[str, Any]:
    return {
        "name": row.name,
        "title": row.title,
        "kind": row.kind,
        "purpose": row.purpose,
        "about": row.about,
        "revision": row.revision,
        "version": row.version,
        "updated_at": rows.instant(row.updated_at),
        "updated_by": row.updated_by,
    }


def _whole(row: MessageTemplate) -> dict[str, Any]:
    return {**_row(row), "draft": row.draft}


def _version_row(version: MessageVersion) -> dict[str, Any]:
    return {
        "number": version.number,
        "published_at": rows.instant(version.published_at),
        "by": version.published_by,
        "note": version.note,
        "document": version.document,
    }
