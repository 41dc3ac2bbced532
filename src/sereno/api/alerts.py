"""Alerts: what is amiss, or was; and what a person says to them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema
from pydantic import field_validator

from sereno.api import rows
from sereno.api.keys import caller, shop_of
from sereno.modules.alerts import reporting
from sereno.runtime.watching import deciding
from sereno.store.models import Alert

router = Router(tags=["Alerts"])
LIVE = ("open", "acknowledged", "snoozed")
Status = Literal["open", "acknowledged", "snoozed", "settled", "live", "all"]


class AlertRow(Schema):
    """`facts` fill the words of `code`; `title` says it in English. `live` are all but the settled."""

    id: int
    kind: str
    about: str
    severity: str
    code: str
    facts: dict[str, Any]
    title: str
    status: str
    count: int
    first_at: str | None
    last_at: str | None
    settled_at: str | None
    snoozed_until: str | None
    taken_by: str


class AlertQuery(Schema):
    status: Status = "live"
    kind: str = Field("", max_length=64)

    @field_validator("kind")
    @classmethod
    def _is_text(cls, value: str) -> str:
        return rows.storable_text(value) or ""


class Snooze(Schema):
    hours: float = Field(gt=0, le=24 * 90)


@router.get("/alerts", response=rows.Rows)
def list_alerts(request: HttpRequest, page: Query[rows.PageOf], wanted: Query[AlertQuery]) -> dict[str, Any]:
    """The newest first; those that are not settled, unless asked otherwise."""
    found = Alert.objects.filter(shop=shop_of(request))
    if wanted.status != "all":
        found = found.filter(status__in=LIVE if wanted.status == "live" else (wanted.status,))
    if wanted.kind:
        found = found.filter(kind=wanted.kind)
    return rows.page_by_id(found, page, alert_row)


@router.get("/alerts/{int:id}", response=AlertRow)
def show_alert(request: HttpRequest, id: rows.Id) -> dict[str, Any]:
    """One alert."""
    return alert_row(_find(request, id))


@router.post("/alerts/{int:id}/acknowledge", response=AlertRow)
def acknowledge_alert(request: HttpRequest, id: rows.Id) -> dict[str, Any]:
    """Somebody sees to it: no more digests until it is over."""
    deciding.acknowledge(shop_of(request).pk, id, caller(request))
    return alert_row(_find(request, id))


@router.post("/alerts/{int:id}/snooze", response=AlertRow)
def snooze_alert(request: HttpRequest, id: rows.Id, wanted: Snooze) -> dict[str, Any]:
    """Nothing of it for so many hours."""
    until = datetime.now(UTC) + timedelta(hours=wanted.hours)
    deciding.snooze(shop_of(request).pk, id, until, caller(request))
    return alert_row(_find(request, id))


@router.post("/alerts/{int:id}/settle", response=AlertRow)
def settle_alert(request: HttpRequest, id: rows.Id) -> dict[str, Any]:
    """It is over. What still goes on is raised again."""
    deciding.settle(shop_of(request).pk, id, caller(request))
    return alert_row(_find(request, id))


def alert_row(row: Alert) -> dict[str, Any]:
    return {
        **reporting.document(row),
        "snoozed_until": rows.instant(row.snoozed_until),
        "taken_by": row.taken_by,
    }


def _find(request: HttpRequest, id: rows.Id) -> Alert:
    row = Alert.objects.filter(shop=shop_of(request), pk=id).first()
    if row is None:
        raise LookupError(f"there is no alert {id} in this shop")
    return row
