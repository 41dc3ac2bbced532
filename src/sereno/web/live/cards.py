"""A flow's cards as the builder says them, conditions in words; kept, for the live view asks every few seconds."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from sereno.web.builder.speech import speech_of
from sereno.web.documents import document_of
from sereno.web.flowtree import WRITTEN, Card, Speech, step_cards, trigger_cards
from sereno.web.formats import language


def cards_of(text: str) -> tuple[list[Card], tuple[Card, ...]]:
    """The cards of the start, and the tree of steps."""
    return _cards(text, language())


def speech(document: Mapping[str, Any]) -> Speech:
    """How the conditions of this flow are said; as written where the document is not even a flow."""
    try:
        return speech_of(document)
    except (LookupError, ValueError, TypeError, AttributeError):
        return WRITTEN


@lru_cache(maxsize=256)
def _cards(text: str, language: str) -> tuple[list[Card], tuple[Card, ...]]:
    document = document_of(text)
    said = speech(document)
    return trigger_cards(document, said), step_cards(document.get("steps"), speech=said)
