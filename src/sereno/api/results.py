"""What flows bring: incremental orders and revenue against control groups, and the branches of splits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema
from ninja.errors import HttpError

from sereno.api.drafts import Name
from sereno.api.flow_routes import router as flow_router
from sereno.api.keys import shop_of
from sereno.modules.insights.documents import experiments_document, flow_document, lines_document, report_document
from sereno.modules.insights.results import results
from sereno.runtime.experiments.measuring import Measured, measured, measured_everywhere, measured_messages
from sereno.runtime.results import reading

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


class MessagesAsked(Schema):
    flow: str = Field("", max_length=100, description="One flow, by its name.")
    newsletter: int = Field(0, ge=0, description="One newsletter, by its number. With neither: the whole shop.")
    step: str = Field("", max_length=200, description="One step of the flow, by its path.")
    since: date | None = Field(None, description="First day, in UTC; left out: 30 days up to `until`.")
    until: date | None = Field(None, description="Last day, counted in; left out: today.")


class MessageFigures(Schema):
    """Of messages sent in the days asked for, whenever the answers came. Money is in `currency` of the report, as
    decimal text; null where it is not known. Orders and revenue are credit: each order counts once, for the last
    marketing message that went to its person within five days before it."""

    sent: int
    failed: int
    withheld: int = Field(description="Not sent when their moment came: for consent, say.")
    delivered: int
    opened: int = Field(description="By people.")
    opened_by_machines: int = Field(description="Opened by a program, and by nobody yet.")
    clicked: int
    unsubscribed: int
    complained: int
    bounced: int
    orders: int
    revenue: str
    cost: str | None = Field(description="What the messages cost, by the shop's prices for each channel.")
    codes_cost: str = Field(description="What codes that the flow gave took off orders.")
    margin: str | None
    profit: str | None


class NamedFigures(Schema):
    name: str
    figures: MessageFigures


class SourceFigures(Schema):
    flow: str | None
    newsletter: int | None
    title: str
    figures: MessageFigures


class MessageResults(Schema):
    currency: str
    since: str
    until: str
    total: MessageFigures
    before: MessageFigures = Field(description="Of as many days just before.")
    days: list[NamedFigures]
    by: dict[str, list[NamedFigures]] = Field(description="By `step`, `variant`, `channel`, `locale`.")
    sources: list[SourceFigures] = Field(description="Each flow and newsletter, when the whole shop is asked for.")
    brought: list[dict[str, Any]] = Field(
        [],
        description="What single messages brought by themselves, of those that are kept from a share of people: "
        "experiments as a flow's results have them, named `message:` and the path of the step or `newsletter-`N.",
    )


@router.get("/results/messages", response=MessageResults)
def show_message_results(request: HttpRequest, asked: Query[MessagesAsked]) -> Mapping[str, Any]:
    """What became of messages: of a flow, a step, a newsletter or the whole shop, by day and by kind."""
    shop = shop_of(request).pk
    until = asked.until or datetime.now(UTC).date()
    since = asked.since or until - timedelta(days=29)
    if since > until:
        raise HttpError(422, "`since` is after `until`.")
    if not asked.flow and not asked.newsletter:
        whole = reading.overview(shop, since, until)
        return lines_document(whole.report, whole.lines)
    source = reading.source_named(shop, flow=asked.flow, newsletter=asked.newsletter)
    if source is None:
        raise HttpError(404, "There is no such flow or newsletter.")
    alone = measured_messages(shop, flow=asked.flow, step=asked.step or None, newsletter=asked.newsletter)
    today = int(datetime.now(UTC).timestamp()) // SECONDS_A_DAY
    found = results(alone.experiments, alone.sums, alone.currency, today)
    shown = report_document(reading.report(shop, source, since, until, step=asked.step or None))
    return {**shown, "brought": experiments_document(found, alone.currency)}


@flow_router.get("/flows/{name}/results", response=FlowResults)
def show_results(request: HttpRequest, name: Name, asked: Query[ResultsAsked]) -> dict[str, Any]:
    """A flow's experiments, the current ones first, with what was measured of earlier designs."""
    return _document(measured(shop_of(request).pk, name), asked.effect)


@router.get("/results", response=AllResults)
def list_results(request: HttpRequest, asked: Query[ResultsAsked]) -> dict[str, Any]:
    """All flows that are or were measured, without their history; first the holdout of the whole shop, if any."""
    flows, _newsletters = measured_everywhere(shop_of(request).pk)
    return {"items": [_document(one, asked.effect) for one in flows]}


def _document(one: Measured, effect: float) -> dict[str, Any]:
    today = int(datetime.now(UTC).timestamp()) // SECONDS_A_DAY
    return flow_document(
        one.name, one.title, one.currency, results(one.experiments, one.sums, one.currency, today, effect=effect)
    )
