"""The API, version 1: one `NinjaAPI`, its errors in one shape, and its description.

Every error answers `{"code", "message"}`; a refused flow adds `problems`, a wrong request `fields`.
"""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from sereno.api import flows, record
from sereno.api.keys import Key
from sereno.engine.catalog import FlowInvalid

api = NinjaAPI(
    title="Sereno API",
    version="1",
    description="Everything the pages show and do. Lists give the newest first, a page at a time.",
    auth=Key(),
    docs_url=None,
    urls_namespace="api-1",
)
api.add_router("", record.router)
api.add_router("", flows.router)


def _answer(request: HttpRequest, status: int, code: str, message: str, **more: Any) -> HttpResponse:
    return api.create_response(request, {"code": code, "message": message, **more}, status=status)


@api.exception_handler(AuthenticationError)
def _no_key(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    answer = _answer(request, 401, "key.missing", "Send a live API key as `Authorization: Bearer sereno_...`.")
    answer["WWW-Authenticate"] = "Bearer"
    return answer


@api.exception_handler(Http404)
def _missing(request: HttpRequest, error: Http404) -> HttpResponse:
    return _answer(request, 404, "not_found", "There is no such thing in this shop.")


@api.exception_handler(LookupError)
def _lookup(request: HttpRequest, error: LookupError) -> HttpResponse:
    if type(error) is not LookupError:
        raise error  # a KeyError is a fault of ours, not an answer
    return _answer(request, 404, "not_found", str(error))


@api.exception_handler(ValueError)
def _refused(request: HttpRequest, error: ValueError) -> HttpResponse:
    if type(error) is not ValueError:
        raise error
    return _answer(request, 409, "refused", str(error))


@api.exception_handler(FlowInvalid)
def _flow(request: HttpRequest, error: FlowInvalid) -> HttpResponse:
    problems = [
        {
            "code": problem.code,
            "message": problem.message,
            "line": problem.line,
            "path": problem.path,
            "suggestion": problem.suggestion,
        }
        for problem in error.problems
    ]
    return _answer(
        request, 422, "flow.invalid", "The flow is not right; each problem names its line.", problems=problems
    )


@api.exception_handler(ValidationError)
def _wrong(request: HttpRequest, error: ValidationError) -> HttpResponse:
    fields = [{"at": ".".join(map(str, item["loc"])), "message": item["msg"]} for item in error.errors]
    return _answer(request, 422, "request.invalid", "Some fields are not right.", fields=fields)


@api.exception_handler(HttpError)
def _http(request: HttpRequest, error: HttpError) -> HttpResponse:
    codes = {403: "key.scope", 422: "request.invalid"}
    return _answer(request, error.status_code, codes.get(error.status_code, "refused"), str(error))
