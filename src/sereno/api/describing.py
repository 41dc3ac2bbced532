"""Completes the API's own description: how each operation is refused, and what may come with every write."""

from __future__ import annotations

from typing import Any

from sereno.api import problems
from sereno.api.keys import scope_needed
from sereno.api.repeating import HEADER, LONGEST

_ALWAYS = ("401", "403", "404", "422")

_WRITES = ("400", "409", "413")
ASKS_ANOTHER = {"x-asks-another": True}
"""Beside an operation that reads from another system, which may refuse."""
_REFUSED = {
    "400": "The body is not JSON.",
    "401": "No live API key came with the request.",
    "403": "The key lacks the scope.",
    "404": "There is no such thing in this shop.",
    "409": "It cannot be done as things stand.",
    "412": "Somebody else has changed it in the meantime.",
    "413": "The body is larger than is taken.",
    "422": "Some fields are not right.",
    "428": "`If-Match` is missing.",
}


def completed(document: Any) -> Any:
    """The document as it is, with refusals, scopes and `Idempotency-Key`."""
    components = document.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = problems.SCHEMA
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            _complete(operation, method.upper(), path)
    return document


def _complete(operation: dict[str, Any], method: str, path: str) -> None:
    is_write = method != "GET"
    refusals = [*_ALWAYS, *(_WRITES if is_write else ())]
    if operation.pop("x-asks-another", False):
        refusals.append("409")
    if any(one.get("name") == "If-Match" for one in operation.get("parameters", ())):
        refusals += ["412", "428"]
    for status in sorted(set(refusals)):
        operation["responses"][status] = {
            "description": _REFUSED[status],
            "content": {problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
    scope = scope_needed(method, path)
    operation["description"] = f"{operation.get('description') or operation.get('summary', '')}\n\nScope: `{scope}`."
    if is_write:
        operation.setdefault("parameters", []).append(
            {
                "name": HEADER,
                "in": "header",
                "required": False,
                "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST, "pattern": "^[!-~]+$"},
                "description": "The same key with the same request gives the first answer again, for a day.",
            }
        )
