"""Which flows write which message: found in the flows' documents, drafts and live ones alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import yaml

from sereno.store.models import Flow, FlowVersion, Shop


@dataclass(frozen=True, slots=True)
class Use:
    """A flow that names a message; `is_live` when its published version does."""

    flow: Flow
    is_live: bool


def published(shop: Shop) -> list[tuple[Flow, str]]:
    """The shop's flows in the order of their titles, each with its published document; "" where it has none."""
    flows = list(Flow.objects.filter(shop=shop, is_derived=False).order_by("title"))
    wanted = {flow.pk: flow.version for flow in flows if flow.version is not None and flow.status != "draft"}
    documents = {
        row.flow_id: row.document
        for row in FlowVersion.objects.filter(flow__in=wanted).only("flow_id", "number", "document")
        if row.number == wanted[row.flow_id]
    }
    return [(flow, documents.get(flow.pk, "")) for flow in flows]


def uses(shop: Shop) -> dict[str, list[Use]]:
    """By message, the flows that name it."""
    found: dict[str, list[Use]] = {}
    for flow, document in published(shop):
        live = _named(document)
        for name in dict.fromkeys((*live, *_named(flow.draft))):
            found.setdefault(name, []).append(Use(flow, name in live))
    return found


@lru_cache(maxsize=512)
def _named(text: str) -> tuple[str, ...]:
    if "template" not in text:
        return ()
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError:
        return ()
    return tuple(dict.fromkeys(_below(document)))


def _below(value: Any) -> list[str]:
    if isinstance(value, list):
        return [name for item in value for name in _below(item)]
    if not isinstance(value, Mapping):
        return []
    found: list[str] = []
    for key, item in value.items():
        if str(key).startswith("messages.") and isinstance(item, Mapping):
            name = item.get("template")
            found += [name] if isinstance(name, str) else []
        else:
            found += _below(item)
    return found
