"""The page of a customer's answer, the shop's report and editor, and the same by API."""

from __future__ import annotations

import re
from typing import Any

import pytest
from calling import call
from django.test import Client
from seeding import make_shop, person

from sereno.modules.messages.unsubscribe import SignedLinks
from sereno.modules.surveys import services
from sereno.modules.surveys.models import SurveyAnswer
from sereno.store import secrets
from sereno.store.keys import issue
from sereno.store.models import Audit, Event, Shop


@pytest.fixture
def boss(shop: Shop) -> Client:
    client = Client()
    client.force_login(person(shop, "boss@example.com", "owner"))
    return client


def link(shop: Shop, name: str = "after-purchase", email: str = "Mara@Example.com", order: str = "1001") -> str:
    return SignedLinks(secrets.newest(), "", shop.pk).survey(name, email, order, "run/0")


def unsaved_in(page: Any) -> str:
    """What an editor's form carries along."""
    found = re.search(r'name="unsaved" value="([^"]+)"', page.content.decode())
    assert found is not None
    return found[1]


def answers() -> list[dict[str, Any]]:
    return [one.answers for one in SurveyAnswer.objects.order_by("id")]


def test_opening_the_link_answers_nothing(shop: Shop) -> None:
    page = Client().get(f"{link(shop)}?overall=4")
    assert page.status_code == 200 and b'value="4" checked' in page.content
    assert b"survey.js" in page.content and "noindex" in page["X-Robots-Tag"]
    head = Client().head(f"{link(shop)}?overall=4")
    assert head.status_code == 200 and head.content == b"", "a filter that looks whether the link is alive"
    assert answers() == [] and not Event.objects.filter(type="survey.answered").exists()


def test_a_press_counts_when_a_person_is_there(shop: Shop) -> None:
    path = link(shop)
    assert Client().post(path, {"part": "press", "overall": "4"}).status_code == 204
    assert answers() == [{"overall": 4}] and SurveyAnswer.objects.get().email == "mara@example.com"
    assert Client().post(path, {"part": "press", "overall": "9"}).status_code == 422
    page = Client().post(path, {"overall": "5", "comment": "Lovely <b>cup</b>"}, follow=True)
    assert b"goes to the people who can change it" in page.content
    assert answers() == [{"overall": 5, "comment": "Lovely <b>cup</b>"}]
    again = Client().get(path)
    assert b"Lovely &lt;b&gt;cup" in again.content and b'value="5" checked' in again.content


def test_what_is_missing_is_said_and_what_was_given_is_kept(shop: Shop) -> None:
    page = Client().post(link(shop), {"comment": "Well packed"})
    assert page.status_code == 422 and b"Please answer this one" in page.content and b"Well packed" in page.content
    assert answers() == []


def test_a_link_is_for_one_person_and_one_shop(shop: Shop) -> None:
    other = make_shop("other")
    Client().post(link(shop), {"overall": "2"})
    assert SurveyAnswer.objects.get().shop_id == shop.pk != other.pk
    for wrong in (link(shop)[:-4], "/survey/nothing", link(shop, "no-such")):
        assert Client().get(wrong).status_code == 404
    assert Client().post(f"{link(shop)}x", {"overall": "2"}).status_code == 404
    assert SurveyAnswer.objects.count() == 1


def test_a_closed_survey_takes_nothing(shop: Shop, boss: Client) -> None:
    boss.post("/surveys/after-purchase/switch", {"open": "no"})
    assert Client().post(link(shop), {"overall": "2"}).status_code == 410
    assert answers() == [] and Audit.objects.filter(action="survey.closed", target="after-purchase").exists()
    boss.post("/surveys/after-purchase/switch", {"open": "yes"})
    assert Client().post(link(shop), {"overall": "2"}).status_code == 302


def test_the_report_counts_and_quotes(shop: Shop, boss: Client) -> None:
    for number in range(12):
        Client().post(link(shop, email=f"c{number}@example.com"), {"overall": "5" if number else "1", "ease": "4"})
    Client().post(link(shop, email="c0@example.com"), {"overall": "1", "comment": "It came <script>broken"})
    page = boss.get("/surveys/after-purchase").content.decode()
    assert "12 answers" in page and "4.7" in page and "It came &lt;script&gt;broken" in page
    assert "c0@example.com" in page
    assert boss.get("/surveys").content.decode().count("/surveys/") > 3
    assert boss.get("/surveys/none").status_code == 404


def test_questions_are_edited_in_one_language_at_a_time(shop: Shop, boss: Client) -> None:
    boss.post("/surveys/new", {"name": "After Workshop"})
    path = "/surveys/after-workshop/edit?in=es"
    fields = {"in": "es", "version": "1", "title": "Taller", "q0-label": "¿Qué tal?", "q0-kind": "rating", "do": "add"}
    added = boss.post(path, fields)
    assert added.status_code == 200 and "Not saved yet" in added.content.decode()
    kept = services.find(shop.pk, "after-workshop")
    assert kept is not None and kept.version == 1 and len(kept.survey.questions) == 1, "nobody reads what is not saved"
    fields |= {"unsaved": unsaved_in(added), "q1-kind": "text"}
    english = boss.post(path, {**fields, "q1-label": "¿Cuál?", "do": "in:en"})
    assert (
        'value="Your question"' not in english.content.decode() and 'name="in" value="en"' in english.content.decode()
    )
    words = {"in": "en", "q1-label": "Which one?", "unsaved": unsaved_in(english), "do": "save"}
    assert boss.post(path, {**fields, **words, "title": "", "q0-label": ""}).status_code == 302
    kept = services.find(shop.pk, "after-workshop")
    assert kept is not None and kept.survey.title == {"es": "Taller"}
    assert kept.survey.questions[1].label == {"es": "¿Cuál?", "en": "Which one?"}, "no language lost what it said"
    assert [one.kind for one in kept.survey.questions] == ["rating", "text"]
    fields.pop("unsaved")
    late = boss.post(path, {**fields, "do": "save", "q1-label": "¿Cuál?", "q1-kind": "text"})
    assert 'name="version" value="1"' in late.content.decode(), "to press Save again overwrites nobody"
    assert late.status_code == 422 and b"Somebody else has changed this survey" in late.content
    wrong = boss.post(path, {**fields, "version": "2", "do": "save", "q1-label": "¿Cuál?", "q1-kind": "choice"})
    assert wrong.status_code == 422 and b"from 1 to 12" in wrong.content
    good = {**fields, "version": "2", "q1-label": "¿Cuál?", "q1-kind": "choice", "q1-choices": "Uno\nDos", "do": "up:1"}
    moved = boss.post(path, good)
    sent = {**fields, "version": "2", "unsaved": unsaved_in(moved), "q1-label": "¿Qué tal?", "q1-kind": "rating"}
    sent |= {"q0-label": "¿Cuál?", "q0-kind": "choice", "q0-choices": "Uno\nDos", "do": "save"}
    assert boss.post(path, sent).status_code == 302
    kept = services.find(shop.pk, "after-workshop")
    assert kept is not None and [choice.label["es"] for choice in kept.survey.questions[0].choices] == ["Uno", "Dos"]
    assert boss.post("/surveys/new", {"name": "after-purchase"}, follow=True).status_code == 200
    assert services.numbers(shop.pk, ["after-purchase", "after-workshop"]) == {}


def test_a_choice_that_is_dropped_takes_its_answers_along(shop: Shop, boss: Client) -> None:
    """The others keep their values, in every language."""
    kept = services.find(shop.pk, "why-away")
    assert kept is not None
    before = kept.survey.questions[0].choices
    labels = [one.label["en"] for one in before]
    lines = "\n".join([*labels[2:], labels[1], "Something new"])
    fields = {"in": "en", "version": str(kept.version), "title": "Why?", "q0-kind": kept.survey.questions[0].kind}
    fields |= {"q0-label": "What was it?", "q0-choices": lines, "q1-kind": "text", "q1-label": "More?", "do": "save"}
    assert boss.post("/surveys/why-away/edit", fields).status_code == 302
    kept = services.find(shop.pk, "why-away")
    assert kept is not None
    found = {one.value: dict(one.label) for one in kept.survey.questions[0].choices}
    assert before[0].value not in found
    assert all(found[one.value] == dict(one.label) for one in before[1:])
    assert list(found.values())[-1] == {"en": "Something new"} and len(found) == len(before)


@pytest.mark.parametrize(
    "path", ["/surveys/after-purchase/edit", "/forms/offer/edit", "/site-content/sale", "/site-content/sale/store"]
)
def test_the_key_enter_saves(shop: Shop, boss: Client, path: str) -> None:
    """Browsers press the first button of a form for it."""
    boss.post("/forms/new", {"name": "offer", "like": "ask-us"})
    boss.post("/site-content/new", {"title": "Sale", "where": "store"})
    form = boss.get(path).content.decode().partition('name="unsaved"')[2]
    first = re.search(r'<button[^>]* name="do"[^>]* value="([^"]+)"', form)
    assert first is not None and first[1] == "save"


def test_what_an_editor_carries_is_good_for_its_own_survey_alone(shop: Shop, boss: Client) -> None:
    other = unsaved_in(boss.post("/surveys/why-away/edit", {"in": "en", "do": "add"}))
    fields = {"in": "en", "version": "0", "title": "Well?", "unsaved": other, "do": "add"}
    page = boss.post("/surveys/recommend/edit", fields).content.decode()
    assert page.count("<fieldset") == 3, "two of its own and the new one"


def test_by_api(shop: Shop) -> None:
    key = issue(shop.pk, "tests", "read work flows:write", "ana@example.com")
    listed = call(key, "GET", "surveys")["items"]
    assert {one["name"] for one in listed} == {"after-purchase", "recommend", "why-away"}
    url = call(key, "POST", "surveys/recommend/links", {"email": "Ana@example.com"})["url"]
    assert Client().post(url.partition("testserver")[2], {"recommend": "9"}).status_code == 302
    (one,) = call(key, "GET", "surveys/recommend/answers")["items"]
    assert (one["email"], one["nps"], one["order"]) == ("ana@example.com", 9, None)
    report = call(key, "GET", "surveys/recommend/report?days=30")
    assert report["answers"] == 1 and report["questions"][0]["promoters"] == {"value": 100.0, "low": None, "high": None}
    held = call(key, "GET", "surveys/recommend")
    words = {name: held[name] for name in ("title", "intro", "thanks", "questions")}
    call(key, "PUT", "surveys/recommend", words, 428)
    changed = call(key, "PUT", "surveys/recommend", {**words, "title": {"en": "Well?"}}, **{"if-match": '"0"'})
    assert changed["version"] == 1 and changed["title"] == {"en": "Well?"}
    assert call(key, "PUT", "surveys/recommend", words, 412, **{"if-match": '"0"'})["code"] == "survey.conflict"
    call(key, "PUT", "surveys/own", {**words, "questions": [{"id": "a", "kind": "stars", "label": {}}]}, 422)
    call(key, "POST", "surveys/recommend/switch", {"is_open": False})
    looker = issue(shop.pk, "looker", "read", "ana@example.com")
    (masked,) = call(looker, "GET", "surveys/recommend/answers")["items"]
    assert "ana@example.com" not in str(masked) and masked["nps"] == 9
    call(looker, "POST", "surveys/recommend/switch", {"is_open": True}, 403)
