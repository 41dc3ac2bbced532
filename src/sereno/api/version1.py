"""The API, version 1: one `NinjaAPI`, its errors in one shape, and its description."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from sereno.api import (
    access,
    alerts,
    attention,
    audiences,
    backtests,
    catalog,
    channels,
    codes,
    connections,
    content,
    customers,
    decisions,
    deliverability,
    describing,
    discreet,
    drafts,
    feeds,
    flows,
    forms,
    guardrails,
    interests,
    limits,
    loyalty,
    messages,
    newsletters,
    orders,
    people,
    places,
    privacy,
    problems,
    purchasing,
    reading,
    recommendations,
    record,
    repeating,
    results,
    risk,
    scores,
    segments,
    self_service,
    social,
    stages,
    stock,
    suppliers,
    surveys,
    tools,
    topics,
    versions,
    visits,
    webhooks,
)
from sereno.api.keys import Key
from sereno.engine.catalog import FlowInvalid
from sereno.runtime.drafting import DraftConflict
from sereno.runtime.newsletters.plan import PlanInvalid


class Api(NinjaAPI):
    """Its description also says how operations are refused, and which take an `Idempotency-Key`."""

    def get_openapi_schema(self, *args: Any, **kw: Any) -> Any:
        return describing.completed(super().get_openapi_schema(*args, **kw))


api = Api(
    title="Sereno API",
    version="1",
    description="Everything the pages show and do. Lists give the newest first, a page at a time.",
    auth=Key(),
    docs_url=None,
    urls_namespace="api-1",
)
api.add_decorator(repeating.once, mode="view")
api.add_decorator(discreet.discreetly, mode="view")
for _router in (
    record.router,
    flows.router,  # also the drafts and the versions
    attention.router,
    backtests.router,
    guardrails.router,
    topics.router,
    limits.router,
    orders.router,
    self_service.router,
    connections.router,
    tools.router,
    audiences.router,
    access.router,
    reading.router,
    feeds.router,
    privacy.router,
    webhooks.router,
    alerts.router,
    messages.router,
    newsletters.router,
    social.router,
    people.router,
    results.router,
    stages.router,
    stock.router,
    places.router,
    catalog.router,
    recommendations.router,
    interests.router,
    visits.router,
    risk.router,
    suppliers.router,
    purchasing.router,
    scores.router,
    deliverability.router,
    codes.router,
    loyalty.router,
    segments.router,
    channels.router,
    surveys.router,
    forms.router,
    content.router,
    customers.router,
    decisions.router,
):
    api.add_router("", _router)


@api.exception_handler(AuthenticationError)
def _no_key(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    detail = "Send a live API key as `Authorization: Bearer sereno_...`."
    return problems.answer("key.missing", detail, headers={"WWW-Authenticate": "Bearer"})


@api.exception_handler(problems.Problem)
def _problem(request: HttpRequest, error: problems.Problem) -> HttpResponse:
    return problems.answer(error.code, error.detail, headers=error.headers, **(error.more or {}))


@api.exception_handler(Http404)
def _missing(request: HttpRequest, error: Http404) -> HttpResponse:
    return problems.answer("not_found", "There is no such thing in this shop.")


@api.exception_handler(LookupError)
def _lookup(request: HttpRequest, error: LookupError) -> HttpResponse:
    if type(error) is not LookupError:
        raise error  # a KeyError is a fault of ours, not an answer
    return problems.answer("not_found", str(error))


@api.exception_handler(ValueError)
def _refused(request: HttpRequest, error: ValueError) -> HttpResponse:
    if type(error) is not ValueError and not isinstance(error, connections.ConnectionRefused | PlanInvalid):
        raise error
    more = {"reason": error.code, "field": error.field} if isinstance(error, connections.ConnectionRefused) else {}
    return problems.answer("refused", str(error), **more)


@api.exception_handler(DraftConflict)
def _conflict(request: HttpRequest, error: DraftConflict) -> HttpResponse:
    detail = "Somebody else has changed this draft in the meantime; take it from `current` and change that."
    return problems.answer(
        "draft.conflict",
        detail,
        headers={"ETag": drafts.tag_of(error.current)},
        current=drafts.draft_row(error.current),
        changes=[drafts.change_row(change) for change in error.changes[:50]],
    )


@api.exception_handler(FlowInvalid)
def _flow(request: HttpRequest, error: FlowInvalid) -> HttpResponse:
    return problems.answer(
        "flow.invalid", "The flow is not right; each problem names its line.", problems=versions.problem_rows(error)
    )


@api.exception_handler(ValidationError)
def _wrong(request: HttpRequest, error: ValidationError) -> HttpResponse:
    fields = [{"at": ".".join(map(str, item["loc"])), "message": item["msg"]} for item in error.errors]
    return problems.answer("request.invalid", "Some fields are not right.", fields=fields)


@api.exception_handler(RequestDataTooBig)
def _too_big(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
    return problems.answer("request.too_large", "Send it in smaller parts.")


@api.exception_handler(HttpError)
def _http(request: HttpRequest, error: HttpError) -> HttpResponse:
    codes = {400: "request.unreadable", 403: "key.scope", 404: "not_found", 422: "request.invalid"}
    more = {"fields": []} if error.status_code == 422 else {}
    return problems.answer(codes.get(error.status_code, "refused"), str(error), status=error.status_code, **more)
