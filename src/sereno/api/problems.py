"""Everything that is refused, in one shape: problem details (RFC 9457) with a code that never changes its meaning.

`code` is for programs, `detail` for people (it says what to do next); `message` is `detail` under its older name.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse

MEDIA_TYPE = "application/problem+json"
CODES: dict[str, tuple[int, str]] = {
    "request.unreadable": (400, "The body is not JSON."),
    "key.missing": (401, "There is no live API key with the request."),
    "key.scope": (403, "The key may not do this."),
    "not_found": (404, "There is no such thing in this shop."),
    "method.not_allowed": (405, "The address does not take this method."),
    "refused": (409, "It cannot be done as things stand; `detail` says why."),
    "order.not_changed": (409, "The order cannot be changed so; `reason` is the code of why."),
    "idempotency.in_progress": (409, "A request with this `Idempotency-Key` is still being worked on."),
    "draft.conflict": (412, "Somebody else has changed the draft; `current` is how it stands now."),
    "decisions.conflict": (412, "Somebody else has changed the draft; read it again."),
    "guardrails.conflict": (412, "Somebody else has changed the guardrails; `current` is how they stand now."),
    "topics.conflict": (412, "Somebody else has changed the topics; `current` is how they stand now."),
    "self_service.conflict": (412, "Somebody else has changed the rules; read them again."),
    "content.conflict": (412, "Somebody else has changed the campaign; read it again."),
    "form.conflict": (412, "Somebody else has changed the form; read it again."),
    "survey.conflict": (412, "Somebody else has changed the survey; read it again."),
    "difference.conflict": (412, "The difference is another by now; read it again."),
    "stage.conflict": (412, "Somebody else has changed the roll-out; `current` is how it stands now."),
    "request.too_large": (413, "The body is larger than is taken."),
    "request.invalid": (422, "Some fields are not right; `fields` names them."),
    "segment.invalid": (422, "The segment is not right; `reason` is the code of why, `at` the place."),
    "flow.invalid": (422, "The flow is not right; `problems` names each line."),
    "idempotency.mismatch": (422, "This `Idempotency-Key` was used for another request."),
    "precondition.missing": (428, "Send `If-Match` with the `ETag` of the draft you changed."),
    "fault": (500, "A fault of ours. It is in the log; try again."),
}
"""By code: the status it comes with, and its title."""


@dataclass
class Problem(Exception):  # noqa: N818
    """Raised by an operation that cannot go on."""

    code: str
    detail: str
    more: Mapping[str, Any] | None = None
    headers: Mapping[str, str] | None = None


def answer(
    code: str, detail: str, *, status: int | None = None, headers: Mapping[str, str] | None = None, **more: Any
) -> HttpResponse:
    usual, title = CODES[code]
    document = {
        "type": f"/api/v1/docs#problem-{code}",
        "title": title,
        "status": status or usual,
        "detail": detail,
        "code": code,
        "message": detail,
        **more,
    }
    body = json.dumps(document, ensure_ascii=False, default=str)
    response = HttpResponse(body, status=status or usual, content_type=MEDIA_TYPE)
    for name, value in (headers or {}).items():
        response[name] = value
    return response


SCHEMA: dict[str, Any] = {
    "type": "object",
    "title": "Problem",
    "description": "Problem details (RFC 9457). `code` is for programs, `detail` for people.",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string", "description": "Where the code is described."},
        "title": {"type": "string", "description": "What the code means."},
        "status": {"type": "integer", "description": "The HTTP status again."},
        "detail": {"type": "string", "description": "What happened, and what to do next."},
        "code": {"type": "string", "enum": sorted(CODES), "description": "Never changes its meaning."},
        "message": {"type": "string", "description": "`detail` under its older name."},
        "reason": {"type": "string", "description": "With `refused`, of a connection: why, as a code."},
        "field": {"type": "string", "description": "With `refused`, of a connection: the value it is about."},
        "fields": {
            "type": "array",
            "description": "With `request.invalid`: the fields that are not right.",
            "items": {
                "type": "object",
                "properties": {"at": {"type": "string"}, "message": {"type": "string"}},
            },
        },
        "problems": {
            "type": "array",
            "description": "With `flow.invalid`: each problem with its line.",
            "items": {"type": "object"},
        },
    },
}


class InOneShape:
    """Middleware: what the API's own handlers never see (an address that is not there, a method that is not taken, a
    fault) is answered in the same shape."""

    _CODES: ClassVar[dict[int, tuple[str, str]]] = {
        400: ("request.unreadable", "The request could not be read."),
        404: ("not_found", "There is nothing at this address."),
        405: ("method.not_allowed", "See `Allow` for the methods this address takes."),
        413: ("request.too_large", "Send it in smaller parts."),
        500: ("fault", "Something went wrong here. It is in the log; the same request may work later."),
    }

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._get_response(request)
        if not request.path_info.startswith("/api/") or response.status_code not in self._CODES:
            return response
        if response.get("Content-Type", "").startswith(MEDIA_TYPE):
            return response
        code, detail = self._CODES[response.status_code]
        headers = {name: response[name] for name in ("Allow",) if response.has_header(name)}
        return answer(code, detail, headers=headers)
