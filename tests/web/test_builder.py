"""The builder without JavaScript: every change by a form or a link, and what htmx is answered."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from django.contrib.auth.models import User
from django.test import Client
from seeding import make_flow, make_shop, person

from sereno.runtime import drafting
from sereno.store.models import Audit, Flow, FlowDraftChange, Shop

TEXT = """\
# why we do this
flow: greet
name: Greet
trigger: {event: order.paid}
steps:
  # the first
  - log: {text: one}
  - if: order.total >= 100
    then:
      - log: {text: two}
  - wait: 2h
"""
HTMX = {"HX-Request": "true"}


@pytest.fixture
def client(shop: Shop) -> Client:
    make_flow(shop, "greet", "Greet", TEXT)
    return signed_in(person(shop, "ana@example.com", "owner"))


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def revision(shop: Shop) -> int:
    return drafting.open_draft(shop.pk, "greet").revision


def do(client: Client, shop: Shop, line: str, **fields: Any) -> Any:
    sent = {"do": line, "revision": revision(shop), **fields}
    headers = fields.pop("headers", {})
    return client.post("/flows/greet/builder/edit", {k: v for k, v in sent.items() if k != "headers"}, headers=headers)


def steps(shop: Shop) -> list[Any]:
    return yaml.safe_load(Flow.objects.get(shop=shop, name="greet").draft)["steps"]


def test_the_page_shows_every_card_and_a_place_between_any_two(client: Client) -> None:
    page = client.get("/flows/greet/builder").content.decode()
    for path in ("trigger", "entry", "0", "1", "1.then.0", "2"):
        assert f'id="card-{path}"' in page, path
    for place in ("0", "1", "2", "3", "1.then.0", "1.then.1", "1.else.0"):
        assert f'data-at="{place}"' in page, place
    assert "All changes saved" in page


def test_every_verb_works_by_a_form(client: Client, shop: Shop) -> None:
    answer = do(client, shop, "insert 1 wait")
    assert answer.status_code == 302
    assert answer["Location"].endswith("/flows/greet/builder?at=1")
    assert [next(iter(step)) for step in steps(shop)] == ["log", "wait", "if", "wait"]
    do(client, shop, "move 0 2.then.1")
    assert steps(shop)[1]["then"] == [{"log": {"text": "two"}}, {"log": {"text": "one"}}]
    assert "# the first" in Flow.objects.get(name="greet").draft
    do(client, shop, "duplicate 1.then.0")
    do(client, shop, "up 1.then.2")
    assert steps(shop)[1]["then"] == [{"log": {"text": text}} for text in ("two", "one", "two")]
    do(client, shop, "delete 1.then.2")
    do(client, shop, "wrap 2")
    assert steps(shop)[2]["then"] == [{"wait": "2h"}]
    do(client, shop, "copy 1.then.0")
    do(client, shop, "paste 0")
    assert steps(shop)[0] == {"log": {"text": "two"}}
    do(client, shop, "cut 0")
    do(client, shop, "paste 2.else.0")
    assert steps(shop)[1]["then"] == [{"log": {"text": "two"}}, {"log": {"text": "one"}}]
    assert steps(shop)[2]["else"] == [{"log": {"text": "two"}}]
    while drafting.open_draft(shop.pk, "greet").undo is not None:
        do(client, shop, "undo")
    assert Flow.objects.get(name="greet").draft == TEXT
    do(client, shop, "redo")
    assert len(steps(shop)) == 4
    actions = set(Audit.objects.filter(target="greet").values_list("action", flat=True))
    assert actions == {"flow.draft_changed", "flow.draft_undone", "flow.draft_redone"}


def test_what_is_copied_is_pasted_into_another_flow(client: Client, shop: Shop) -> None:
    make_flow(shop, "other", "Other", TEXT.replace("greet", "other"))
    do(client, shop, "copy 1")
    page = client.get("/flows/other/builder?add=0").content.decode()
    assert "paste 0" in page
    client.post("/flows/other/builder/edit", {"do": "paste 0", "revision": 1})
    assert yaml.safe_load(Flow.objects.get(name="other").draft)["steps"][0]["if"] == "order.total >= 100"


def test_a_place_is_chosen_from_a_list_with_search(client: Client) -> None:
    page = client.get("/flows/greet/builder?add=1&q=tag order").content.decode()
    assert 'value="insert 1 orders.add_tag"' in page
    assert 'value="insert 1 wait"' not in page
    assert "Nothing of that name" in client.get("/flows/greet/builder?add=1&q=qqq").content.decode()


def test_a_step_is_moved_to_a_place_chosen_in_the_tree(client: Client) -> None:
    page = client.get("/flows/greet/builder?move=1").content.decode()
    assert 'value="move 1 3"' in page
    assert "move 1 1.then.0" not in page


def test_what_cannot_be_done_says_why_and_changes_nothing(client: Client, shop: Shop) -> None:
    before = Flow.objects.get(name="greet").draft
    for line, reason in (
        ("move 1 1.then.0", "cannot be moved into itself"),
        ("delete 9", "not there any more"),
        ("up 0", "cannot go any further"),
        ("insert 0 nothing.known", "not there any more"),
        ("paste 0", "nothing to put in"),
        ("dance 1", "cannot be done"),
        ("", "cannot be done"),
        ("move 1", "cannot be done"),
        ("copy 99", "not there any more"),
        ("duplicate x", "not there any more"),
        ("move 0 x", "not there any more"),
        ("up 0.then.0", "not there any more"),
        ("retitle", "needs a name"),
    ):
        answer = client.post("/flows/greet/builder/edit", {"do": line, "revision": revision(shop)}, follow=True)
        assert reason in answer.content.decode(), line
        assert Flow.objects.get(name="greet").draft == before


def test_two_editors_see_each_others_change_as_a_conflict(client: Client, shop: Shop) -> None:
    ben = signed_in(person(shop, "ben@example.com", "marketer"))
    seen = revision(shop)
    ben.post("/flows/greet/builder/edit", {"do": "insert 0 stop", "revision": seen})
    answer = client.post("/flows/greet/builder/edit", {"do": "delete 2", "revision": seen})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "ben@example.com" in page and "Added: Stop here" in page and "Deleted: Wait 2 hours" in page
    assert len(steps(shop)) == 4

    # On top of theirs it means the step it meant, not the one that stands at that place now.
    answer = client.post("/flows/greet/builder/edit", {"do": "delete 2", "base": seen, "revision": seen + 1})
    assert answer.status_code == 302
    assert [step if isinstance(step, str) else next(iter(step)) for step in steps(shop)] == ["stop", "log", "if"]


def test_a_change_to_a_step_that_is_gone_cannot_go_on_top(client: Client, shop: Shop) -> None:
    ben = signed_in(person(shop, "ben@example.com", "marketer"))
    seen = revision(shop)
    ben.post("/flows/greet/builder/edit", {"do": "delete 1", "revision": seen})
    sent = {"do": "delete 1.then.0", "base": seen, "revision": seen + 1}
    answer = client.post("/flows/greet/builder/edit", sent, follow=True)
    assert "not there any more" in answer.content.decode()
    assert len(steps(shop)) == 2


def test_an_undo_never_takes_back_what_somebody_else_has_just_done(client: Client, shop: Shop) -> None:
    ben = signed_in(person(shop, "ben@example.com", "marketer"))
    seen = revision(shop)
    ben.post("/flows/greet/builder/edit", {"do": "delete 1", "revision": seen})
    page = client.post("/flows/greet/builder/edit", {"do": "undo", "revision": seen}).content.decode()
    assert "Undo the last change" in page
    assert "Apply mine on top" not in page
    assert len(steps(shop)) == 2


def test_news_of_others_come_by_themselves(client: Client, shop: Shop) -> None:
    seen = revision(shop)
    assert client.get(f"/flows/greet/builder/news?revision={seen}").status_code == 204
    do(client, shop, "delete 2")
    assert client.get(f"/flows/greet/builder/news?revision={seen}").status_code == 204
    ben = signed_in(person(shop, "ben@example.com", "marketer"))
    page = ben.get(f"/flows/greet/builder/news?revision={seen}").content.decode()
    assert "ana@example.com" in page and "Deleted: Wait 2 hours" in page


def test_htmx_is_answered_with_the_builder_alone(client: Client, shop: Shop) -> None:
    answer = do(client, shop, "insert 0 wait", headers=HTMX)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "<html" not in page and page.lstrip().startswith('<div id="builder"')
    assert 'data-focus="panel"' in page and 'data-at="0"' in page
    assert "Added: Wait 1 day" in page
    stale = client.post("/flows/greet/builder/edit", {"do": "delete 0", "revision": 1}, headers=HTMX)
    assert stale.status_code == 200
    assert "Apply mine on top" in stale.content.decode()


def test_a_form_in_the_panel_is_saved(client: Client, shop: Shop) -> None:
    page = client.get("/flows/greet/builder/panel?path=0").content.decode()
    assert "panel-form" in page
    sent = {"revision": revision(shop), "c-text": "changed"}
    assert client.post("/flows/greet/builder/panel?path=0", sent).status_code == 302
    assert steps(shop)[0] == {"log": {"text": "changed"}}
    assert "# the first" in Flow.objects.get(name="greet").draft


def test_the_name_and_what_it_is_for(client: Client, shop: Shop) -> None:
    do(client, shop, "retitle", title="Say hello", description="To new customers")
    found = yaml.safe_load(Flow.objects.get(name="greet").draft)
    assert (found["name"], found["description"]) == ("Say hello", "To new customers")
    assert "Say hello" in client.get("/flows/greet/builder").content.decode()


def test_ends_are_added_and_taken_out(client: Client, shop: Shop) -> None:
    answer = do(client, shop, "exit-add")
    assert answer["Location"].endswith("at=exit.0")
    assert 'id="card-exit.0"' in client.get("/flows/greet/builder?at=exit.0").content.decode()
    do(client, shop, "exit-remove exit.0")
    assert "exit" not in yaml.safe_load(Flow.objects.get(name="greet").draft)


def test_publishing_is_refused_with_the_reasons_and_their_cards(client: Client, shop: Shop) -> None:
    wrong = TEXT.replace("order.total >= 100", "order.totl >= 100")
    drafting.change_draft(shop.pk, "greet", wrong, expected=revision(shop), by="ana@example.com", what="")
    answer = client.post("/flows/greet/builder/publish", {"revision": revision(shop), "note": "x"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "One thing must be mended first" in page and "order.total" in page
    assert "at=1#card-1" in page
    assert Flow.objects.get(name="greet").version == 1
    page = client.get("/flows/greet/builder").content.decode()
    assert "step control wrong" in page


def test_publishing_keeps_the_note_and_wants_the_draft_that_was_seen(client: Client, shop: Shop) -> None:
    seen = revision(shop)
    do(client, shop, "delete 2")
    assert client.post("/flows/greet/builder/publish", {"revision": seen}).status_code == 409
    sent = {"revision": revision(shop), "note": "shorter", "inflight": "move"}
    page = client.post("/flows/greet/builder/publish", sent, follow=True).content.decode()
    assert "Version 2 is live." in page
    published = Flow.objects.get(name="greet").versions.get(number=2)
    assert (published.note, published.published_by) == ("shorter", "ana@example.com")


def test_a_new_flow_begins_with_what_starts_it(client: Client, shop: Shop) -> None:
    assert "Order paid" in client.get("/flows/new").content.decode()
    answer = client.post("/flows/new", {"title": "Big orders", "trigger": "event:order.paid"})
    assert answer["Location"] == "/flows/big-orders/builder?at=trigger"
    again = client.post("/flows/new", {"title": "Big orders", "trigger": "manual"})
    assert again["Location"].startswith("/flows/big-orders-2/")
    client.post("/flows/new", {"title": "新しい", "trigger": "schedule"})
    client.post("/flows/new", {"title": "New", "trigger": "date"})
    client.post("/flows/new", {"title": "", "trigger": "absent"})
    names = set(Flow.objects.filter(shop=shop).values_list("name", flat=True))
    assert names >= {"big-orders", "big-orders-2", "flow", "new-flow", "when-something-does-not-happen"}
    for name in names - {"greet"}:
        draft = drafting.open_draft(shop.pk, name)
        assert not draft.problems, (name, draft.problems)
    assert client.post("/flows/new", {"title": "X", "trigger": "event:no.such"}).status_code == 422


def test_the_yaml_is_the_same_document(client: Client, shop: Shop) -> None:
    do(client, shop, "delete 2")
    page = client.get("/flows/greet/edit").content.decode()
    assert "# why we do this" in page and "wait: 2h" not in page
    sent = {
        "do": "draft",
        "text": "flow: greet\ntrigger: {event: order.payed}\nsteps: []\n",
        "revision": revision(shop),
    }
    client.post("/flows/greet/edit", sent)
    page = client.get("/flows/greet/builder").content.decode()
    assert "order.paid" in page and "step trigger wrong" in page
    sent = {"do": "draft", "text": "flow: [", "revision": revision(shop)}
    client.post("/flows/greet/edit", sent)
    assert "cannot be read" in client.get("/flows/greet/builder").content.decode()
    answer = do(client, shop, "delete 0")
    assert "cannot be read" in client.get(answer["Location"]).content.decode()
    do(client, shop, "undo")
    assert "cannot be read" not in client.get("/flows/greet/builder").content.decode()


def test_a_yaml_made_on_an_older_draft_is_a_conflict(client: Client, shop: Shop) -> None:
    seen = revision(shop)
    ben = signed_in(person(shop, "ben@example.com", "marketer"))
    ben.post("/flows/greet/builder/edit", {"do": "delete 2", "revision": seen})
    mine = TEXT.replace("text: one", "text: mine")
    answer = client.post("/flows/greet/edit", {"do": "draft", "text": mine, "revision": seen})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Deleted: Wait 2 hours" in page and "text: mine" in page
    assert FlowDraftChange.objects.count() == 2
    client.post("/flows/greet/edit", {"do": "draft", "text": mine, "revision": seen + 1})
    assert Flow.objects.get(name="greet").draft == mine


def test_yaml_changed_in_different_lines_is_put_together(client: Client, shop: Shop) -> None:
    seen = revision(shop)
    ben = signed_in(person(shop, "ben@example.com", "marketer"))
    theirs = TEXT.rstrip() + "\n  - log: {text: theirs}\n"
    assert ben.post("/flows/greet/edit", {"do": "draft", "text": theirs, "revision": seen}).status_code == 302
    mine = TEXT.replace("text: one", "text: mine")
    answer = client.post("/flows/greet/edit", {"do": "draft", "text": mine, "revision": seen})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "both changes stand together" in page and "text: mine" in page and "text: theirs" in page
    assert Flow.objects.get(name="greet").draft == theirs


def test_only_those_who_may_and_only_in_their_own_shop(client: Client, shop: Shop) -> None:
    viewer = signed_in(person(shop, "vic@example.com", "viewer"))
    stranger = signed_in(person(make_shop("other", "Other"), "zoe@example.com", "owner"))
    for address in ("builder", "builder/panel?path=0", "builder/news?revision=0", "edit"):
        assert viewer.get(f"/flows/greet/{address}").status_code == 403, address
        assert stranger.get(f"/flows/greet/{address}").status_code == 404, address
    for address in ("builder/edit", "builder/panel?path=0", "builder/publish", "edit"):
        sent = {"do": "delete 0", "revision": 1, "text": "flow: greet"}
        assert viewer.post(f"/flows/greet/{address}", sent).status_code == 403, address
        assert stranger.post(f"/flows/greet/{address}", sent).status_code == 404, address
    assert Flow.objects.get(name="greet").draft == TEXT


def test_a_flow_that_comes_with_sereno_says_that_it_cannot_be_changed(client: Client, shop: Shop) -> None:
    Flow.objects.filter(name="greet").update(is_derived=True)
    page = client.get("/flows/greet/builder", follow=True).content.decode()
    assert "cannot be changed" in page
