"""Asking a platform that speaks GraphQL. Invariant: an answer with errors is never taken for data."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from sereno.sdk.stores import Exchange, StoreBusy, StoreRefused


@dataclass(frozen=True, slots=True)
class Graph:
    """What came back: `data` as asked for, and the answer's headers (lower case)."""

    data: dict[str, Any]
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class GraphError:
    """One of the answer's `errors`; `code` is `extensions.code` in upper case, "" where there is none."""

    code: str
    message: str


def ask(
    exchange: Exchange,
    url: str,
    document: str,
    variables: Mapping[str, Any],
    *,
    headers: Mapping[str, str] | None = None,
    judge: Callable[[Sequence[GraphError]], NoReturn] | None = None,
) -> Graph:
    """One query or mutation. Errors go to `judge`, which raises a StoreError by the platform's own codes; without one
    they are `store.refused`. Platforms answer 400 for a document or variables they do not take: that is read too."""
    body = {"query": document, "variables": dict(variables)}
    answer = exchange.send("POST", url, body=body, headers=headers, good=(400,))
    held: dict[str, Any] = answer.body if isinstance(answer.body, dict) else {}
    errors = [
        GraphError(_code(item), str(item.get("message") or "")[:500])
        for item in held.get("errors") or ()
        if isinstance(item, dict)
    ]
    if errors:
        (judge or refuse)(errors)
    if not isinstance(held.get("data"), dict):
        raise StoreBusy(f"the store answered {answer.status} without data")
    return Graph(held["data"], answer.headers)


def refuse(errors: Sequence[GraphError]) -> NoReturn:
    raise StoreRefused("store.refused", f"The store refused: {said(errors)}")


def said(errors: Sequence[GraphError]) -> str:
    return "; ".join(dict.fromkeys(error.message or error.code for error in errors))[:500]


def _code(item: Mapping[str, Any]) -> str:
    inner = item.get("extensions")
    found = inner.get("code") if isinstance(inner, dict) else None
    if found is None and isinstance(inner, dict) and isinstance(inner.get("exception"), dict):
        found = inner["exception"].get("code")
    return str(found or "").upper()
