"""A form as a document, what is filled in, how it is counted, and how far acts bring a lead."""

from __future__ import annotations

from typing import Any

import pytest

from sereno.modules.forms import reading
from sereno.modules.forms.counting import Rate, compare
from sereno.modules.forms.reading import FormInvalid
from sereno.runtime.forms import rules
from sereno.runtime.forms.rules import Lead

LOCALES = ("en", "es", "pt", "ro")
EMAIL: dict[str, Any] = {"id": "email", "kind": "email", "is_needed": True, "label": {"en": "E-mail"}}
PLAIN: dict[str, Any] = {"texts": {"title": {"en": "Hello"}}, "fields": [EMAIL]}


@pytest.mark.parametrize("name", sorted(reading.shipped()))
def test_those_that_ship_are_whole_in_every_language(name: str) -> None:
    form = reading.shipped()[name]
    assert reading.read(name, reading.write(form)) == form
    texts = [words for words in form.texts.values() if words] + [one.label for one in form.fields]
    assert all(set(words) == set(LOCALES) for words in texts)
    assert not any(field.is_needed for field in form.fields if field.kind == "consent") or form.after.pool == ""


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"texts": {}}, "title.missing"),
        ({"texts": {"title": {"en": "x"}, "headline": {}}}, "text.unknown"),
        ({"fields": []}, "fields.missing"),
        ({"fields": [EMAIL, EMAIL]}, "field.twice"),
        ({"fields": [EMAIL, {**EMAIL, "id": "other"}]}, "kind.twice"),
        ({"fields": [{**EMAIL, "kind": "name"}]}, "address.missing"),
        ({"fields": [{**EMAIL, "step": 2}]}, "step.empty"),
        ({"fields": [EMAIL, {"id": "a", "kind": "choice", "label": {"en": "A"}}]}, "choices.wrong"),
        (
            {"fields": [EMAIL, {"id": "a", "kind": "consent", "channel": "sms", "label": {"en": "A"}}]},
            "consent.nowhere",
        ),
        (
            {"fields": [EMAIL, {"id": "a", "kind": "consent", "channel": "fax", "label": {"en": "A"}}]},
            "consent.channel",
        ),
        ({"look": {"colour": "red"}}, "look.colour"),
        ({"look": {"ink": "#999999"}}, "look.contrast"),
        ({"look": {"shape": "cloud"}}, "look.shape"),
        ({"when": {"pages": ["cups"]}}, "when.pages"),
        ({"when": {"seconds": 9000}}, "number.range"),
        ({"after": {"redirect": "javascript:alert(1)"}}, "after.redirect"),
        ({"after": {"redirect": "//evil.example"}}, "after.redirect"),
        ({"after": {"code": "A", "pool": "B"}}, "after.code"),
        ({"points": True}, "number.range"),
    ],
)
def test_what_is_no_form_is_said(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(FormInvalid) as caught:
        reading.read("plain", {**PLAIN, **changes})
    assert caught.value.code == code


def test_a_browser_is_not_told_points_pools_and_codes() -> None:
    shown = str(
        reading.shown(reading.read("plain", {**reading.write(reading.shipped()["ask-us"]), "after": {"pool": "P"}}))
    )
    assert "points" not in shown and "pool" not in shown and "This week" in shown


def test_what_is_given_is_read_and_what_cannot_stand_is_named() -> None:
    form = reading.shipped()["ask-us"]
    values = {"when": ["now", "soon"], "question": ["  For tea "], "email": ["Ana@Example.com"], "odd": ["x"]}
    given, wrong = reading.read_given(form, {**values, "news": ["yes"]})
    assert wrong == {} and given.email == "ana@example.com"
    assert dict(given.answers) == {"when": "now", "question": "For tea"} and dict(given.consents) == {"email": "news"}
    assert reading.points_of(form, given) == 5 + 20 + 5
    _given, wrong = reading.read_given(form, {"when": ["never"], "email": ["ana@x"]})
    assert wrong == {"email": "email"}
    _given, wrong = reading.read_given(form, {})
    assert wrong == {"when": "missing", "email": "missing"}


@pytest.mark.parametrize(
    ("kind", "text", "kept"),
    [
        ("birthday", "1990-05-17", "1990-05-17"),
        ("birthday", "--02-29", "--02-29"),
        ("birthday", "--02-30", None),
        ("birthday", "0190-05-17", None),
        ("phone", "+34 600 111 222", "+34 600 111 222"),
        ("phone", "call me", None),
        ("name", " Ana  María ", "Ana María"),
    ],
)
def test_what_is_of_the_person_is_checked(kind: str, text: str, kept: str | None) -> None:
    form = reading.read("plain", {**PLAIN, "fields": [EMAIL, {"id": "own", "kind": kind, "label": {"en": "Own"}}]})
    given, wrong = reading.read_given(form, {"email": ["ana@example.com"], "own": [text]})
    assert (wrong == {}) is (kept is not None) and (getattr(given, kind) or None) == kept


def test_of_address_and_number_one_will_do() -> None:
    phone = {"id": "phone", "kind": "phone", "label": {"en": "Telephone"}}
    form = reading.read("plain", {**PLAIN, "fields": [{**EMAIL, "is_needed": False}, phone]})
    assert reading.read_given(form, {"phone": ["+34 600 111 222"]})[1] == {}
    assert reading.read_given(form, {})[1] == {"email": "missing"}


def test_the_second_variant_says_otherwise_only_what_it_says() -> None:
    form = reading.read("plain", {**PLAIN, "texts": {"title": {"en": "A", "es": "á"}}, "other": {"title": {"en": "B"}}})
    assert form.texts_of("b")["title"] == {"en": "B", "es": "á"} and form.texts_of("a")["title"]["en"] == "A"


def test_a_winner_is_called_where_it_can_be_told() -> None:
    assert compare(Rate(400, 20), Rate(400, 90)).winner == "b"
    assert compare(Rate(400, 90), Rate(400, 20)).winner == "a"
    assert compare(Rate(400, 20), Rate(400, 30)).winner == "" and compare(Rate(0, 0), Rate(3, 3)).winner == ""
    assert Rate(0, 0).value is None and Rate(0, 0).interval is None
    low, high = Rate(100, 10).interval or (0.0, 0.0)
    assert 0 < low < 0.1 < high < 1


def test_a_stage_never_goes_back_and_late_news_are_told_as_newest() -> None:
    numbers = rules.numbers_in({"leads": {"qualified_at": 12, "clicked": "many"}})
    assert (numbers["qualified_at"], numbers["clicked"]) == (12, 5)
    lead = Lead(0, 1, "p", None, "f", 0, "new", 100, 100)
    lead = rules.acted(lead, "form.submitted", {"points": 3}, numbers, 100)
    assert (lead.stage, lead.points) == ("new", 3)
    assert rules.acted(lead, "message.opened", {"is_machine": True}, numbers, 200) == lead
    lead = rules.acted(lead, "message.clicked", {}, numbers, 50)
    assert (lead.stage, lead.points, lead.changed_at) == ("engaged", 8, 100)
    lead = rules.acted(lead, "message.clicked", {}, numbers, 300)
    assert (lead.stage, lead.changed_at) == ("qualified", 300)
    lead = rules.acted(lead, "order.created", {}, numbers, 400)
    assert lead.stage == "customer" and rules.acted(lead, "message.clicked", {}, numbers, 500).stage == "customer"
    old = rules.acted(Lead(0, 1, "p", None, "f", 0, "new", 1, 1), "form.submitted", {"is_customer": True}, numbers, 1)
    assert old.stage == "customer"
