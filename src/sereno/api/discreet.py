"""Answers without whom a key need not see, as pages are for people (`sdk.discretion`): a key with `work` or `settings`
sees what who answers customers sees, one that only writes flows what a marketer sees, any other what a viewer does.

Invariant: it is done to the finished answer, so that no operation can forget it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.http import HttpRequest, HttpResponse

from sereno.api.keys import PREFIX
from sereno.sdk import discretion
from sereno.sdk.masking import HIDDEN
from sereno.store.models import ApiKey

View = Callable[..., HttpResponse]
_DOCUMENTS = frozenset(
    {"approvals", "config", "customer", "data", "details", "message", "payload", "refs", "result", "values"}
)
"""Fields of answers that hold what came in or goes out; in others a `name` is a flow's, and a `text` is ours."""
_OF_THINGS = frozenset({"name", "text", "html", "body", "to", "note", "properties"})
_ABOUT_PEOPLE = re.compile(r"(events|effects|approvals|deliveries)\b.*")
_WRITTEN = re.compile(r"(flows|templates|messages|drafts|gallery|guardrails|topics|checks)\b.*")
"""What who writes flows sends back; it says what the shop wrote, and must come back as it was."""


def role_of(key: ApiKey) -> str:
    """The role whose sight the key has."""
    scopes = set(key.scopes.split())
    if scopes & {"work", "settings"}:
        return "operator"
    return "marketer" if "flows:write" in scopes else "viewer"


def discreetly(run: View) -> View:
    """Around every operation of the API."""

    @wraps(run)
    def guarded(request: HttpRequest, **kw: Any) -> HttpResponse:
        answer = run(request, **kw)
        key: ApiKey | None = getattr(request, "auth", None)
        if key is None or answer.streaming or "json" not in answer.get("Content-Type", "") or not answer.content:
            return answer
        path = request.path_info.removeprefix(PREFIX)
        with discretion.shown_to(role_of(key)) as level:
            if level and not (level == "some" and _WRITTEN.fullmatch(path)):
                shown = _without(json.loads(answer.content), "", _ABOUT_PEOPLE.fullmatch(path) is not None, level)
                answer.content = json.dumps(shown, ensure_ascii=False).encode()
        return answer

    return guarded


def _without(value: Any, above: str, is_document: bool, level: discretion.Level) -> Any:
    if isinstance(value, dict):
        items = cast("dict[str, Any]", value).items()
        return {discretion.blurred(name, level): _field(name, one, above, is_document, level) for name, one in items}
    if isinstance(value, list):
        return [_without(one, above, is_document, level) for one in cast("list[Any]", value)]
    return discretion.blurred(value, level) if isinstance(value, str) else value


def _field(name: str, value: Any, above: str, is_document: bool, level: discretion.Level) -> Any:
    if value in (None, "") or isinstance(value, bool):
        return value
    is_plain = not isinstance(value, dict | list)
    if is_plain and discretion.hides(f"{above}.{name}") and (is_document or name not in _OF_THINGS):
        return HIDDEN
    if is_plain and level == "all" and above == "message" and name == "subject":
        return HIDDEN  # A mail's; it may greet somebody.
    return _without(value, name, is_document or name in _DOCUMENTS, level)
