"""Flow documents as the pages need them: parsed, checked with every problem named, laid out as cards."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import yaml

from sereno.engine.catalog import FlowInvalid, Problem
from sereno.engine.flow import compile_flow
from sereno.sdk.plugin import registry
from sereno.sdk.templates import shipped_flow
from sereno.store.models import Flow, FlowVersion
from sereno.web.formats import language
from sereno.web.own_flows import TITLES as OWN_TITLES


def problems_of(text: str) -> tuple[Problem, ...]:
    """Everything wrong with a flow file; empty when it can be published."""
    try:
        compile_flow(text, registry())
    except FlowInvalid as invalid:
        return invalid.problems
    return ()


def text_of(flow: Flow, number: int | None) -> str:
    """The document of a version; of the draft for None."""
    if number is None:
        return flow.draft
    held: dict[int, str | None] = flow.__dict__.setdefault("_texts", {})  # a version's text never changes
    if number not in held:
        rows = FlowVersion.objects.filter(flow=flow, number=number)
        held[number] = rows.values_list("document", flat=True).first()
    found = held[number]
    return found if found is not None else flow.draft


def title_of(flow: Flow) -> str:
    """Its title; that of a flow that ships with Sereno in the reader's language, unless the shop has renamed it."""
    return titled(flow.name, flow.title)


def titled(name: str, title: str) -> str:
    """As `title_of`, of a flow known by its name and the title it has."""
    if (own := OWN_TITLES.get(name)) is not None:
        return str(own)
    shipped = shipped_flow(name)
    return shipped.in_language(language()).title if shipped is not None and shipped.is_titled(title) else title


@lru_cache(maxsize=256)
def document_of(text: str) -> dict[str, Any]:
    """The mapping in a flow file; empty when it is not even that (its problems are shown beside)."""
    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError:
        return {}
    return found if isinstance(found, dict) else {}
