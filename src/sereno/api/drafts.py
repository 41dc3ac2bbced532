"""Drafts of flows: read with their revision as an `ETag`, changed with `If-Match`, taken back and brought back."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Field, Path, Schema, Status

from sereno.api import rows
from sereno.api.flow_routes import router
from sereno.api.keys import caller, shop_of
from sereno.api.preconditions import IfMatch, version_needed
from sereno.runtime import drafting

Name = Annotated[str, Path(max_length=100, pattern=r"^[a-z0-9][a-z0-9-]*$", description="The flow's name.")]


class NewDraft(Schema):
    name: str = Field(min_length=1, max_length=100, description="Small letters, digits and hyphens.")
    title: str = Field("", max_length=200)
    text: str = Field("", max_length=262_144, description="The flow as YAML; left out, one that begins empty.")


class DraftChange(Schema):
    text: str = Field(max_length=262_144, description="The flow as YAML. It is kept with its problems, if it has any.")
    what: str = Field("", max_length=200, description="What was done, in a few words.")


class DraftOut(Schema):
    """A draft. `problems` are what would refuse it; `is_changed`: it differs from what is live."""

    name: str
    title: str
    text: str
    document: dict[str, Any] | None
    revision: int
    problems: list[dict[str, Any]]
    by: str
    at: str | None
    version: int | None
    status: str
    is_changed: bool
    what: str
    can_undo: bool
    can_redo: bool


class ChangesOut(Schema):
    items: list[dict[str, Any]]


def draft_row(draft: drafting.Draft) -> dict[str, Any]:
    return {
        "name": draft.name,
        "title": draft.title,
        "text": draft.text,
        "document": draft.document,
        "revision": draft.revision,
        "problems": [
            {
                "path": one.path,
                "line": one.line,
                "column": one.column,
                "field": one.field,
                "message": one.message,
                "suggestion": one.suggestion,
            }
            for one in draft.problems
        ],
        "by": draft.by,
        "at": rows.instant(draft.at),
        "version": draft.version,
        "status": draft.status,
        "is_changed": draft.is_changed,
        "what": draft.what,
        "can_undo": draft.undo is not None,
        "can_redo": draft.redo is not None,
    }


def change_row(change: drafting.Change) -> dict[str, Any]:
    return {"revision": change.revision, "what": change.what, "by": change.by, "at": rows.instant(change.at)}


def tag_of(draft: drafting.Draft) -> str:
    return f'"{draft.revision}"'


@router.post("/flows", response={201: DraftOut})
def create_flow(request: HttpRequest, new: NewDraft, response: HttpResponse) -> Any:
    """A new flow that is nothing but a draft."""
    title = new.title or new.name
    text = new.text or f"flow: {new.name}\nname: {title}\ntrigger: {{}}\nsteps: []\n"
    draft = drafting.create_draft(shop_of(request).pk, new.name, title, text, caller(request))
    response["ETag"] = tag_of(draft)
    response["Location"] = f"/api/v1/flows/{draft.name}/draft"
    return Status(201, draft_row(draft))


@router.get("/flows/{name}/draft", response=DraftOut)
def show_draft(request: HttpRequest, name: Name, response: HttpResponse) -> dict[str, Any]:
    """The draft with its problems. Its `ETag` goes into `If-Match` of a change."""
    draft = drafting.open_draft(shop_of(request).pk, name)
    response["ETag"] = tag_of(draft)
    return draft_row(draft)


@router.put("/flows/{name}/draft", response=DraftOut)
def change_draft(
    request: HttpRequest, name: Name, change: DraftChange, response: HttpResponse, if_match: IfMatch
) -> dict[str, Any]:
    """Keep the text as the draft's next revision, right or wrong. 412 when somebody else was quicker."""
    shop, what = shop_of(request).pk, change.what or "changed through the API"
    draft = drafting.change_draft(
        shop, name, change.text, expected=version_needed(if_match, "draft"), by=caller(request), what=what
    )
    response["ETag"] = tag_of(draft)
    return draft_row(draft)


@router.post("/flows/{name}/draft/undo", response=DraftOut)
def undo(request: HttpRequest, name: Name, response: HttpResponse, if_match: IfMatch) -> dict[str, Any]:
    """Take the last change back. Nothing happens where there is none."""
    draft = drafting.undo(shop_of(request).pk, name, version_needed(if_match, "draft"), caller(request))
    response["ETag"] = tag_of(draft)
    return draft_row(draft)


@router.post("/flows/{name}/draft/redo", response=DraftOut)
def redo(request: HttpRequest, name: Name, response: HttpResponse, if_match: IfMatch) -> dict[str, Any]:
    """Bring back what `undo` took."""
    draft = drafting.redo(shop_of(request).pk, name, version_needed(if_match, "draft"), caller(request))
    response["ETag"] = tag_of(draft)
    return draft_row(draft)


@router.get("/flows/{name}/draft/changes", response=ChangesOut)
def list_changes(
    request: HttpRequest, name: Name, since: int = rows.bounded_query(0, "After this revision.")
) -> dict[str, Any]:
    """What was done to the draft after a revision, newest first."""
    found = drafting.changes_since(shop_of(request).pk, name, since)
    return {"items": [change_row(one) for one in found[: rows.MOST]]}
