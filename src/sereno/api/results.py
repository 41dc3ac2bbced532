"""What flows bring: incremental orders and revenue against control groups, and the branches of splits."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from sereno.api.drafts import Name
from sereno.api.flow_routes import router as flow_router
from sereno.api.keys import shop_of
from sereno.modules.insights.documents import flow_document
from sereno.modules.insights.results import results
from sereno.runtime.experiments.measuring import Measured, measured, measured_everywhere

router = Router(tags=["Flows"])
SECONDS_A_DAY = 86_400


class ResultsAsked(Schema):
    effect: float = Field(
        0.1, gt=0, le=10, description="Smallest change worth knowing, as a share of the orders without the flow."
    )


class FlowResults(Schema):
    """`flow` is empty for the whole shop. Intervals hold at all looks together, at `confidence`."""

    flow: str
    title: str
    currency: str
    confidence: float
    experiments: list[dict[str, Any]]


class AllResults(Schema):
    items: list[FlowResults]


@flow_router.get("/flows/{name}/results", response=FlowResults)
def show_results(request: HttpRequest, name: Name, asked: Query[ResultsAsked]) -> dict[str, Any]:
    """A flow's experiments, the current ones first, with what was measured of earlier designs."""
    return _document(measured(shop_of(request).pk, name), asked.effect)


@router.get("/results", response=AllResults)
def list_results(request: HttpRequest, asked: Query[ResultsAsked]) -> dict[str, Any]:
    """All flows that are or were measured, without their history; first the holdout of the whole shop, if any."""
    return {"items": [_document(one, asked.effect) for one in measured_everywhere(shop_of(request).pk)]}


def _document(one: Measured, effect: float) -> dict[str, Any]:
    today = int(datetime.now(UTC).timestamp()) // SECONDS_A_DAY
    return flow_document(
        one.name, one.title, one.currency, results(one.experiments, one.sums, one.currency, today, effect=effect)
    )
