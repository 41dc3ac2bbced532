"""What the builder calls things: every step and action by a word, conditions and events as a person says them."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import translation

from sereno.engine.places import CONTROL
from sereno.engine.read_steps import SIBLINGS
from sereno.sdk.plugin import registry
from sereno.web.builder import palette
from sereno.web.builder.forms import blank
from sereno.web.builder.speech import speech_of
from sereno.web.builder.wishes import plain
from sereno.web.flowtree import step_cards, trigger_cards


def kinds() -> list[str]:
    return [item.kind for group in palette.groups() for item in group.items]


def test_everything_a_flow_can_do_is_in_the_palette_once() -> None:
    names = kinds()
    assert len(names) == len(set(names))
    assert {name for name in names if "." in name or name == "log"} == set(registry().action_names())
    assert set(SIBLINGS) <= set(names)
    assert set(CONTROL) == set(SIBLINGS)


def test_every_blank_step_is_known_by_its_word_in_the_palette() -> None:
    for group in palette.groups():
        for item in group.items:
            assert palette.label_of(blank(item.kind)) == item.label, item.kind
            assert plain(blank(item.kind))


def test_searching_minds_neither_accents_nor_case_nor_order() -> None:
    with translation.override("es"):
        assert palette.folded("Petición") == "peticion"
    assert [item.kind for group in palette.groups("ORDER tag") for item in group.items][:1] == ["orders.add_tag"]
    assert palette.groups("zzz") == []


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("order.total >= 200", "Order: Total is at least 200"),
        ('order.total >= 200 && order.currency == "EUR"', "Order: Total is at least 200 and Order: Currency is EUR"),
        ("order.total < 10 || order.total > 99", "Order: Total is less than 10 or Order: Total is more than 99"),
        ("true", "always"),
        ("size(order.lines) * 2 > 3", "size(order.lines) * 2 > 3"),
        ("order.totl >= ", "order.totl >="),
    ],
)
def test_conditions_are_said_in_words_and_what_has_none_stays_as_written(condition: str, said: str) -> None:
    document: dict[str, Any] = {"trigger": {"event": "order.paid"}, "steps": [{"if": condition, "then": []}]}
    cards = step_cards(document["steps"], everything=True, speech=speech_of(document))
    assert cards[0].say.striptags() == f"If {said}"


def test_what_a_person_wrote_is_never_markup() -> None:
    wrong = "<img src=x onerror=alert(1)>"
    document: dict[str, Any] = {
        "trigger": {"event": wrong, "when": f'order.number == "{wrong}"'},
        "steps": [{"if": f'order.number == "{wrong}"'}, {"switch": wrong, "cases": {wrong: []}}, {wrong: {}}],
    }
    speech = speech_of(document)
    cards = [*trigger_cards(document, speech), *step_cards(document["steps"], everything=True, speech=speech)]
    assert all("<img" not in str(part) for card in cards for part in (card.say, card.detail))


def test_broken_documents_are_said_as_far_as_they_go() -> None:
    for document in (
        {},
        {"trigger": 7},
        {"trigger": {"event": None}},
        {"steps": "x"},
        {"steps": [7, None, "stop", {}]},
    ):
        speech = speech_of(document)
        trigger_cards(document, speech)
        step_cards(document.get("steps"), everything=True, speech=speech)
