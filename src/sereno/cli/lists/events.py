"""`sereno event`: the canonical facts, and what their data looks like."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cyclopts import App

from sereno.cli.host import host
from sereno.cli.lists import rows
from sereno.cli.narrowing import Json, Narrow
from sereno.cli.output import WrongUse, card, emit, instant, nearest, no_such, say, table

app = App(
    name="event", help="Canonical events: list them, show one, print the schema of a type.", help_format="plaintext"
)

_FIELDS = (
    "id", "uid", "connection__name", "source", "type", "subject", "occurred_at", "received_at", "data", "refs",
    "delivery_id", "error", "eventqueue__event_id", "shop__slug",
)  # fmt: skip
STATUSES = ("pending", "done", "failed")
_COLUMNS = {"OCCURRED": "occurred_at", "TYPE": "type", "SUBJECT": "subject", "SOURCE": "source", "ID": "id"}


@app.command(name="list")
def list_events(narrow: Narrow = Narrow()) -> None:  # noqa: B008 - frozen
    """List events, the newest first. --flow lists those that started a run of the flow."""
    shop = rows.begin(narrow, STATUSES)
    from sereno.store.models import Event, Run

    query = rows.between(rows.of_type(Event.objects.all(), "type", narrow.type), "occurred_at", narrow)
    if shop is not None:
        query = query.filter(shop=shop)
    if narrow.subject:
        query = query.filter(subject=narrow.subject)
    if narrow.status:
        query = query.filter(eventqueue__isnull=narrow.status != "pending")
    if narrow.status in ("done", "failed"):
        query = query.filter(error__isnull=narrow.status == "done")
    if narrow.flow:
        query = query.filter(pk__in=Run.objects.filter(flow__name=narrow.flow).values("event_id"))
    query = query.order_by("-id").values(*_FIELDS)
    empty = "No events. Connect a store with `sereno connect`, or bring recorded ones in with `sereno ingest`."
    rows.show_list(rows.pages(query, narrow.most(), _complete), narrow, _COLUMNS, empty)


@app.command(name="show")
def show_event(id: str, /, *, json: Json = False) -> None:
    """Show one event with its data, the runs it started and the flows it did not enter.

    Parameters
    ----------
    id
        The event's id, or its row number.
    """
    rows.begin(Narrow())
    from sereno.store.models import Event, Run, Skip

    found = list(Event.objects.filter(uid=id).values(*_FIELDS)[:2])
    if not found and id.isdigit():
        found = list(Event.objects.filter(pk=int(id)).values(*_FIELDS))
    if not found:
        raise WrongUse(f"there is no event {id!r}: `sereno event list` shows the ids")
    if len(found) > 1:
        numbers = ", ".join(str(row["id"]) for row in found)
        raise WrongUse(f"several sources have an event {id!r}: take the row number instead ({numbers})")
    (document,) = (dict(row) for row in _complete(found))
    document["runs"] = list(Run.objects.filter(event_id=document["number"]).values_list("uid", flat=True))
    skips = Skip.objects.filter(event=document["number"]).values("flow__name", "reason", "details")
    document["skipped"] = [
        {"flow": skip["flow__name"], "reason": skip["reason"], "details": skip["details"]} for skip in skips
    ]
    if json:
        emit(document)
        return
    data = document.pop("data")
    card({name: value for name, value in document.items() if name not in ("skipped", "runs")})
    say()
    emit(data)
    if document["runs"]:
        say("\nRuns it started: " + ", ".join(document["runs"]))
    if document["skipped"]:
        say()
        table(["NOT ENTERED", "WHY", "VALUES"], [list(skip.values()) for skip in document["skipped"]], empty="")


@app.command(name="schema")
def schema(type: str | None = None, /, *, json: Json = False) -> None:
    """Print the JSON Schema of a type's data; without a type, list the types.

    Parameters
    ----------
    type
        A type of event, such as order.created.
    json
        The list of types as JSON. (A schema is always JSON.)
    """
    plugins = host().prepare(needs_data=False)
    if type is None:
        known = [{"type": item.name, "description": item.description} for item in plugins.events]
        known.sort(key=lambda item: item["type"])
        if json:
            emit(known)
        else:
            table(["TYPE", "WHAT HAPPENED"], [list(item.values()) for item in known], empty="")
        return
    if plugins.events.get(type) is None and not type.startswith("custom."):
        hint = "" if nearest(type, plugins.event_names()) else "`sereno event schema` lists them."
        raise no_such("type of event", type, plugins.event_names(), hint)
    from sereno.sdk.schemas import event_schema

    emit(event_schema(plugins, type))


def _complete(page: list[dict[str, Any]]) -> Iterable[rows.Row]:
    for row in page:
        yield {
            "id": row["uid"],
            "number": row["id"],
            "shop": row["shop__slug"],
            "connection": row["connection__name"],
            "source": row["source"],
            "type": row["type"],
            "subject": row["subject"],
            "occurred_at": instant(row["occurred_at"]),
            "received_at": instant(row["received_at"]),
            "status": _status(row),
            "error": row["error"],
            "delivery": row["delivery_id"],
            "refs": row["refs"],
            "data": row["data"],
        }


def _status(row: dict[str, Any]) -> str:
    if row["eventqueue__event_id"] is not None:
        return "pending"
    return "done" if row["error"] is None else "failed"
