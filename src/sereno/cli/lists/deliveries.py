"""`sereno delivery`: webhooks as they were received, byte for byte."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from cyclopts import App

from sereno.cli.lists import rows
from sereno.cli.narrowing import Flag, Json, Narrow, shop_named
from sereno.cli.output import WrongUse, card, emit, instant, say

app = App(name="delivery", help="Webhooks as received: list them, show one, map again.", help_format="plaintext")

STATUSES = ("pending", "done", "ignored", "failed")
_FIELDS = ("id", "connection__name", "connection__shop__slug", "topic", "received_at", "status", "reason", "dedupe_key")
_COLUMNS = {
    "ID": "id",
    "RECEIVED": "received_at",
    "CONNECTION": "connection",
    "TOPIC": "topic",
    "STATUS": "status",
    "REASON": "reason",
    "EVENTS": "events",
}


@app.command(name="list")
def list_deliveries(
    narrow: Narrow = Narrow(),  # noqa: B008 - frozen
    *,
    connection: str | None = None,
) -> None:
    """List deliveries, the newest first. --type is the topic; --flow does not apply here.

    Parameters
    ----------
    connection
        Only what came through this connection.
    """
    rows.begin(narrow, STATUSES)
    if narrow.flow:
        raise WrongUse("a delivery belongs to no flow: `sereno event list --flow` lists the events that started it")
    empty = "No deliveries. `sereno connect` prints the address a store sends them to."
    rows.show_list(rows.pages(_query(narrow, connection), narrow.most(), _complete), narrow, _COLUMNS, empty)


@app.command(name="show")
def show_delivery(
    id: str,
    /,
    *,
    json: Json = False,
    raw: Flag = False,
) -> None:
    """Show one delivery: its headers, its body, and the events found in it.

    Parameters
    ----------
    id
        The delivery's number.
    raw
        Write the body alone, byte for byte.
    """
    rows.begin(Narrow())
    from sereno.store.models import Delivery

    number = rows.numbers([id], "a delivery")
    found = list(Delivery.objects.filter(pk__in=number).values(*_FIELDS, "headers", "body"))
    if not found:
        raise WrongUse(f"there is no delivery {id}: `sereno delivery list` shows them")
    body = bytes(found[0]["body"])
    if raw:
        sys.stdout.buffer.write(body)
        return
    (document,) = (dict(row) for row in _complete(found))
    document |= {"headers": found[0]["headers"], "body": body.decode("utf-8", "backslashreplace")}
    if json:
        emit(document)
        return
    card({name: value for name, value in document.items() if name not in ("headers", "body")})
    say()
    card(document["headers"])
    say(f"\n{document['body']}")


@app.command(name="replay")
def replay(
    *ids: str,
    failed: Flag = False,
    connection: str | None = None,
    json: Json = False,
) -> None:
    """Map deliveries again, after a fix. Events that are already there stay as they are.

    Parameters
    ----------
    ids
        Numbers of deliveries.
    failed
        All that failed, or all of --connection.
    connection
        With --failed: only what came through this connection.
    """
    narrow = Narrow(status="failed", json=True)
    rows.begin(narrow)
    from sereno.runtime import services

    if bool(ids) == failed:
        raise WrongUse("say which: numbers of deliveries, or --failed for all that failed")
    if failed:
        ids = tuple(str(number) for number in _query(narrow, connection).values_list("id", flat=True))
    chosen = rows.numbers(ids, "a delivery")
    count = services.replay_deliveries(chosen, rows.person()) if chosen else 0
    if json:
        emit({"asked": len(chosen), "replayed": count})
    else:
        say(f"{count} of {len(chosen)} deliveries will be mapped again by the worker.")


def _query(narrow: Narrow, connection: str | None) -> Any:
    from sereno.store.models import Delivery, Event

    query = rows.between(rows.of_type(Delivery.objects.all(), "topic", narrow.type), "received_at", narrow)
    if narrow.shop:
        query = query.filter(connection__shop=shop_named(narrow.shop))
    if connection:
        query = query.filter(connection__name=connection)
    if narrow.status:
        query = query.filter(status=narrow.status)
    if narrow.subject:
        query = query.filter(pk__in=Event.objects.filter(subject=narrow.subject).values("delivery_id"))
    return query.order_by("-id").values(*_FIELDS)


def _complete(page: list[dict[str, Any]]) -> Iterable[rows.Row]:
    from sereno.store.models import Event

    events: dict[int, list[str]] = defaultdict(list)
    ids = [row["id"] for row in page]
    for start in range(0, len(ids), 500):
        found = Event.objects.filter(delivery_id__in=ids[start : start + 500]).order_by("id")
        for delivery, uid in found.values_list("delivery_id", "uid"):
            events[delivery].append(uid)
    for row in page:
        yield {
            "id": row["id"],
            "shop": row["connection__shop__slug"],
            "connection": row["connection__name"],
            "topic": row["topic"],
            "received_at": instant(row["received_at"]),
            "status": row["status"],
            "reason": row["reason"],
            "dedupe_key": row["dedupe_key"],
            "events": events[row["id"]],
        }
