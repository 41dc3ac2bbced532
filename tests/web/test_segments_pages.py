"""Segments on pages, by the API and by the form of nested rows."""

from __future__ import annotations

from html import unescape
from typing import Any

import pytest
from calling import call
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st
from seeding import Seeded

from sereno.engine.segments.definition import Group, Not, read, written
from sereno.modules.forms.services import save
from sereno.modules.segments.models import Locality, Member, Segment, Snapshot, SnapshotMember, Tally
from sereno.modules.segments.ready import READY
from sereno.store.keys import issue
from sereno.store.models import Audit
from sereno.web.segments import editing


@pytest.fixture
def key(seeded: Seeded) -> str:
    return issue(seeded.shop.pk, "tests", "read flows:write work", "ana")


def page_of(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, answer.content
    return answer.content.decode()


FORM = {
    "title": "Spanish regulars", "tag": "es", "how:0": "all", "count:0": "2",
    "what:0.0": "did:order", "bound:0.0": "at_least", "value:0.0": "3", "within:0.0": "90", "measure:0.0": "times",
    "how:0.1": "none", "count:0.1": "1", "what:0.1.0": "country", "operator:0.1.0": "one_of", "value:0.1.0": "PT, RO",
}  # fmt: skip
DEFINITION = {
    "all": [
        {"did": "order", "times": {"at_least": 3}, "within": "90d"},
        {"not": {"any": [{"field": "country", "is": "one_of", "value": ["pt", "ro"]}]}},
    ]
}


def test_a_segment_is_made_by_rows_and_shown(boss: Client, seeded: Seeded) -> None:
    assert "No segments yet" in page_of(boss, "/segments")
    answer = boss.post("/segments/new", {**FORM, "do": "save"})
    assert answer.status_code == 302 and answer["Location"] == "/segments/spanish-regulars"
    one = Segment.objects.get(shop=seeded.shop)
    assert (one.definition, one.tag, one.status) == (DEFINITION, "es", "counting")
    Member(segment_id=one.pk, key="17", person_id=1, is_in=1, since_at=0).save()
    Tally(segment_id=one.pk, day=one.created_at.date().toordinal(), slot=0, began=1, entered=1, left=1).save()
    page = page_of(boss, "/segments/spanish-regulars")
    for text in (
        "1 customer",
        "None of these:",
        "Placed orders at least 3 times, in the last 90 days",
        "in customer.segments",
    ):
        assert text in page, text
    assert "Spanish regulars" in page_of(boss, "/segments")
    assert Audit.objects.filter(shop=seeded.shop, action="segment.made").count() == 1
    assert 'value="PT, RO"'.lower() in page_of(boss, "/segments/spanish-regulars/edit").lower()


def test_the_form_changes_its_shape_and_counts_without_keeping(boss: Client, seeded: Seeded) -> None:
    switched = {**FORM, "what:0.0": "country", "was:0.0": "did:order", "do": "show"}
    assert 'id="value-0.0" name="value:0.0" value=""' in boss.post("/segments/new", switched).content.decode()
    page = boss.post("/segments/new", {**FORM, "do": "add:0.1"}).content.decode()
    assert "what:0.1.1" in page and not Segment.objects.exists()
    page = boss.post("/segments/new", {**FORM, "do": "drop:0.1"}).content.decode()
    assert "what:0.1.0" not in page
    page = boss.post("/segments/new", {**FORM, "do": "group:0"}).content.decode()
    assert "what:0.2.0" in page
    page = boss.post("/segments/new", {**FORM, "do": "preview"}).content.decode()
    assert "0 customers" in page
    answer = boss.post("/segments/new", {**FORM, "value:0.0": "many", "do": "save"})
    assert answer.status_code == 422 and "“many” is no number" in answer.content.decode()


def test_goods_places_and_text_in_the_form_and_undo(boss: Client, seeded: Seeded) -> None:
    rows = {
        "title": "Tea nearby", "how:0": "all", "count:0": "2",
        "what:0.0": "did:order", "bound:0.0": "at_least", "value:0.0": "2", "measure:0.0": "times",
        "of:0.0": "category", "thing:0.0": "Tea",
        "what:0.1": "place", "operator:0.1": "near", "value:0.1": "ES 41004", "within:0.1": "30",
    }  # fmt: skip
    answer = boss.post("/segments/new", {**rows, "do": "save"})
    assert answer.status_code == 422 and "No address has said yet where “ES 41004” is" in answer.content.decode()
    Locality(shop_id=seeded.shop.pk, country="es", postal_code="41004", north=37.3886, east=-5.9823).save()
    assert boss.post("/segments/new", {**rows, "do": "save"})["Location"] == "/segments/tea-nearby"
    page = page_of(boss, "/segments/tea-nearby")
    text = 'orders().of("category", "tea").count() >= 2 && customer.place.near(37.38860, -5.98230, 30)'
    assert (
        text in unescape(page) and "of the category “tea”" in page and "Lives within 30 km of 37.38860 -5.98230" in page
    )
    assert 'value="37.38860 -5.98230"' in page_of(boss, "/segments/tea-nearby/edit")
    read_ = {"title": "x", "do": "read", "text": 'customer.country == "PT" || "tea-nearby" in customer.segments'}
    page = boss.post("/segments/new", read_).content.decode()
    assert 'value="pt"' in page and "0 customers" in page
    page = boss.post("/segments/new", {**read_, "text": "customer.country == "}).content.decode()
    assert "The text cannot be read as conditions" in page
    before = Segment.objects.get(shop=seeded.shop).definition
    answer = boss.post("/segments/tea-nearby/remove")
    assert not Segment.objects.exists() and "“Tea nearby” is removed." in page_of(boss, answer["Location"])
    assert boss.post("/segments/restore")["Location"] == "/segments/tea-nearby"
    assert Segment.objects.get(shop=seeded.shop).definition == before
    assert boss.post("/segments/restore")["Location"] == "/segments"


def test_ready_ones_are_well_formed_and_taken(boss: Client, seeded: Seeded) -> None:
    for one in READY:
        assert read(one.definition)
        boss.post("/segments/take", {"name": one.name})
    assert Segment.objects.filter(shop=seeded.shop).count() == len(READY) == 14
    boss.post("/segments/vip/remove")
    assert Segment.objects.filter(shop=seeded.shop).count() == 13
    for one in READY[1:]:
        assert page_of(boss, f"/segments/{one.name}/edit")
    # What the form shows of each is, sent back, the same.
    for one in READY:
        part = read(one.definition)
        assert read(editing.document(editing.opened(part))) == part


def test_two_snapshots_are_compared(boss: Client, seeded: Seeded) -> None:
    boss.post("/segments/new", {**FORM, "do": "save"})
    one = Segment.objects.get()
    Member(segment_id=one.pk, key="a", person_id=1, is_in=1, since_at=0).save()
    boss.post("/segments/spanish-regulars/snapshots", {"title": "Before"})
    Member.objects.filter(key="a").update(is_in=0)
    Member(segment_id=one.pk, key="b", person_id=2, is_in=1, since_at=0).save()
    boss.post("/segments/spanish-regulars/snapshots", {"title": "After"})
    page = page_of(boss, "/segments/spanish-regulars/compare?from=1&to=2")
    assert "Added: 1" in page and "Removed: 1" in page and "In both: 0" in page
    assert boss.get("/segments/spanish-regulars/compare?from=1&to=99").status_code == 404
    assert boss.post("/segments/spanish-regulars/snapshots/1/remove").status_code == 302
    assert [row.title for row in Snapshot.objects.all()] == ["After"]
    assert SnapshotMember.objects.filter(snapshot_id=1).count() == 0
    assert Audit.objects.filter(action="segment.snapshot_removed").count() == 1
    for gone in (1, 99):
        assert boss.post(f"/segments/spanish-regulars/snapshots/{gone}/remove").status_code == 404


def test_snapshots_by_the_api(key: str, seeded: Seeded) -> None:
    call(key, "POST", "segments", {"title": "Readers", "definition": {"did": "message.opened"}})
    numbers = [call(key, "POST", "segments/readers/snapshots", {"title": title})["id"] for title in ("One", "Two")]
    assert [row["title"] for row in call(key, "GET", "segments/readers/snapshots")["items"]] == ["Two", "One"]
    found = call(key, "GET", f"segments/readers/comparison?first={numbers[0]}&second={numbers[1]}")
    assert (found["added_count"], found["removed_count"], found["both_count"]) == (0, 0, 0)
    call(key, "DELETE", f"segments/readers/snapshots/{numbers[0]}", status=204)
    call(key, "DELETE", f"segments/readers/snapshots/{numbers[0]}", status=404)
    call(key, "GET", f"segments/readers/comparison?first={numbers[0]}&second={numbers[1]}", status=404)


def test_the_api_makes_changes_and_reads(key: str, seeded: Seeded) -> None:
    made = call(key, "POST", "segments", {"title": "Readers", "definition": {"did": "message.opened", "within": "30d"}})
    assert (made["name"], made["status"], made["size"]) == ("readers", "counting", 0)
    assert call(key, "GET", "segments")["items"][0]["name"] == "readers"
    changed = call(key, "PUT", "segments/readers", {"title": "Keen readers"})
    assert changed["title"] == "Keen readers" and changed["definition"] == made["definition"]
    assert call(key, "GET", "segments/readers/members") == {"items": [], "next": None}
    found = call(key, "POST", "segments/previews", {"definition": {"field": "country", "is": "known"}})
    assert found["size"] == 0 and found["is_sampled"] is False
    wrong = call(key, "POST", "segments", {"title": "x", "definition": {"field": "shoe"}}, status=422)
    assert wrong["reason"] == "segment.field_unknown"
    call(key, "DELETE", "segments/readers", status=204)
    call(key, "GET", "segments/readers", status=404)


HOW = st.sampled_from(["all", "any"])
WORDS = st.sampled_from(["es", "pt"])
LEAF: Any = st.one_of(
    st.builds(lambda v: {"field": "country", "is": "one_of", "value": v}, st.lists(WORDS, min_size=1, max_size=3)),
    st.builds(lambda n: {"field": "last_order_on", "is": "over", "value": f"{n}d"}, st.integers(1, 400)),
    st.builds(lambda n: {"did": "order", "spent": {"at_most": str(n)}, "within": "7d"}, st.integers(0, 9)),
    st.just({"segment": "vip"}),
    st.just({"field": "is_guest", "is": "known"}),
)
TREE: Any = st.recursive(
    LEAF,
    lambda inner: st.one_of(
        st.builds(lambda how, parts: {how: parts}, HOW, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda part: {"not": part}, inner),
    ),
    max_leaves=6,
)  # fmt: skip


@settings(max_examples=100)
@given(TREE)
def test_the_form_loses_nothing(document: dict[str, Any]) -> None:
    part = read(document)
    assert read(written(part)) == part
    rows = editing.opened(part)
    sent: dict[str, str] = {}

    def send(held: Any) -> None:
        if isinstance(held, editing.Rows):
            sent[f"how:{held.path}"], sent[f"count:{held.path}"] = held.how, str(len(held.parts))
            for one in held.parts:
                send(one)
            return
        names = ("what", "operator", "value", "measure", "bound", "within")
        sent.update({f"{name}:{held.path}": getattr(held, name) for name in names})
        sent[f"not:{held.path}"] = "1" if held.negated else ""

    send(rows)
    again = editing.document(editing.posted(sent))
    assert again == editing.document(rows)
    plain = _plain(part)
    is_group = isinstance(plain.part if isinstance(plain, Not) else plain, Group)
    assert _plain(read(again)) == (plain if is_group else Group("all", (plain,)))


def _plain(part: Any) -> Any:
    """Without double negations, and a single condition in a group of its own, as the form has it."""
    if isinstance(part, Not):
        inner = _plain(part.part)
        return inner.part if isinstance(inner, Not) else Not(inner)
    if isinstance(part, Group):
        return Group(part.how, tuple(_plain(one) for one in part.parts))
    return part


def test_leads_and_answers_are_chosen_from_what_the_shop_has(boss: Client, seeded: Seeded) -> None:
    document = {
        "fields": [
            {"id": "email", "kind": "email", "label": {"en": "E-mail"}, "is_needed": True},
            {"id": "skin", "kind": "choice", "label": {"en": "Your skin"},
             "choices": [{"value": "dry", "label": {"en": "Rather dry"}}, {"value": "oily", "label": {"en": "Oily"}}]},
        ],
        "texts": {"title": {"en": "Skin quiz"}, "button": {"en": "Send"}, "thanks": {"en": "Thanks"}},
    }  # fmt: skip
    save(seeded.shop.pk, "quiz", document, "ana")
    form = {
        "title": "Ready", "tag": "", "how:0": "all", "count:0": "4",
        "what:0.0": "lead_stage", "operator:0.0": "is", "value:0.0": "qualified",
        "what:0.1": "answer.skin", "operator:0.1": "has", "value:0.1": "dry",
        "what:0.2": "did:product.viewed", "bound:0.2": "at_least", "value:0.2": "2", "within:0.2": "30",
        "of:0.2": "category", "thing:0.2": "Tea",
        "what:0.3": "birthday", "operator:0.3": "next", "value:0.3": "7",
    }  # fmt: skip
    shown = boss.post("/segments/new", {**form, "do": "preview"}).content.decode()
    for text in ("Ready to buy</option>", "Rather dry</option>", "Your skin</option>", "0 customers"):
        assert text in shown, text
    assert '<option value="sku"' not in shown.partition('name="of:0.2"')[2].partition("</select>")[0]
    assert boss.post("/segments/new", {**form, "do": "save"}).status_code == 302
    definition = Segment.objects.get(shop=seeded.shop, name="ready").definition
    assert definition["all"][1:3] == [
        {"field": "answer.skin", "is": "has", "value": "dry"},
        {"did": "product.viewed", "times": {"at_least": 2}, "within": "30d", "of": {"category": "tea"}},
    ]
    page = unescape(page_of(boss, "/segments/ready"))
    for text in (
        "Stage of the lead: is Ready to buy",
        "Your skin: is Rather dry",
        "Looked at a product at least 2 times, of the category “tea”, in the last 30 days",
        "Birthday: in the next 7 days",
        'events("product.viewed", "30d").of("category", "tea").count() >= 2',
    ):
        assert text in page, text
    wrong = {**form, "of:0.2": "sku"}
    assert boss.post("/segments/new", {**wrong, "title": "Other", "do": "save"}).status_code == 302, "the SKU is let be"


def test_conditions_come_before_the_title_and_a_refused_text_says_why(boss: Client, seeded: Seeded) -> None:
    """A browser sends no form whose title is missing, unless the button says that it need not look."""
    page = page_of(boss, "/segments/new")
    buttons = [one.split(">", 1)[0] for one in page.split("<button")[1:] if 'name="do"' in one.split(">", 1)[0]]
    assert {'value="add:0"', 'value="group:0"', 'value="preview"', 'value="read"', 'value="save"'} <= {
        part for one in buttons for part in one.split()
    }
    assert [one.split('value="')[1].split('"')[0] for one in buttons if "formnovalidate" not in one] == ["save"]
    said = boss.post("/segments/new", {**FORM, "text": "customer.totl_spent >= 10", "do": "read"}).content.decode()
    assert "did you mean 'total_spent'?" in unescape(said) and "customer.totl_spent &gt;= 10" in said
