"""Campaigns and flows write into the store's own site and put back what was there, once, whatever dies in between; what
somebody edited meanwhile stays."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from fronting import Front
from support import START, fact

from sereno.runtime import connecting
from sereno.runtime.content import deciding
from sereno.store.documents import encode
from sereno.store.fields import to_micros

pytestmark = pytest.mark.usefixtures("secret_key")

PAGE = {"title": "Shipping", "body": "<p>Old</p>", "is_published": True}
SETTINGS = json.dumps({"current": {"accent": "#000", "logo": "a.png"}}, indent=2)
SALE = [
    {"kind": "page", "key": "shipping", "fields": {"body": "<p>Free now</p>"}},
    {"kind": "post", "key": "news/sale", "fields": {"title": "Sale", "body": "<p>Now</p>", "is_published": True}},
    {"kind": "theme_file", "key": "config/settings_data.json", "fields": {"current.accent": "#f00"}},
    {"kind": "theme", "key": "", "fields": {"": "77"}},
]


@pytest.fixture
def front(database: Any) -> Iterator[Front]:
    front = Front(database)
    front.platform.site |= {
        ("page", "shipping"): dict(PAGE),
        ("theme_file", "config/settings_data.json"): {"": SETTINGS},
        ("theme", ""): {"": "5"},
    }
    front.platform.requests.clear()
    yield front
    front.runtime.stop()


def campaign(front: Front, name: str = "sale", *, days: int | None = None, writings: Any = None, **more: Any) -> None:
    """On, from now on, by the rows that `services.save` writes."""
    ends = None if days is None else START + timedelta(days=days)
    document = {"title": name, "writings": SALE if writings is None else writings, **more}
    document |= {"ends_at": ends.isoformat()} if ends else {}
    end = "NULL" if ends is None else to_micros(ends)
    with front.database.transaction() as tx:
        tx.text(f"DELETE FROM content_campaign WHERE name = '{name}'")
        tx.text(
            f"INSERT INTO content_campaign (shop_id, name, document, is_on, starts_at, ends_at, version, changed_at, "
            f"changed_by) VALUES ({front.shop}, '{name}', '{encode(document)}', true, NULL, {end}, 1, 0, 'ana')"
        )
        for at in (front.clock.now(), ends):
            if at is not None:
                tx.run("add_content_due", {"shop": front.shop, "at": to_micros(at)})


def switch_off(front: Front, name: str = "sale") -> None:
    with front.database.transaction() as tx:
        tx.text(f"UPDATE content_campaign SET is_on = false WHERE name = '{name}'")
        tx.run("add_content_due", {"shop": front.shop, "at": to_micros(front.clock.now())})


def pass_time(front: Front, **length: float) -> None:
    front.after(**length)
    front.runtime.beat()
    front.drain()


def said(front: Front, kind: str = "page", key: str = "shipping") -> Any:
    held = front.platform.site.get((kind, key))
    return None if held is None else dict(held)


def accent(front: Front) -> str:
    return json.loads(said(front, "theme_file", "config/settings_data.json")[""])["current"]["accent"]


def failed(front: Front) -> list[str]:
    return [row[0] for row in front.rows("SELECT error FROM effect WHERE status = 'failed' ORDER BY id")]


def held(front: Front) -> list[tuple[Any, ...]]:
    return front.rows("SELECT kind, state FROM content_written ORDER BY kind")


def test_a_campaign_writes_at_its_beginning_and_puts_all_back_at_its_end(front: Front) -> None:
    before = json.loads(json.dumps(list(front.platform.site.items())))
    campaign(front, days=7)
    pass_time(front)
    assert said(front)["body"] == "<p>Free now</p>" and said(front)["title"] == "Shipping"
    assert said(front, "post", "news/sale")["is_published"] is True
    assert accent(front) == "#f00" and said(front, "theme", "") == {"": "77"}
    assert [state for _kind, state in held(front)] == ["standing"] * 4
    writes = len(front.platform.site_writes)
    pass_time(front, days=6)
    assert len(front.platform.site_writes) == writes == 4
    pass_time(front, days=1)
    post = front.platform.site.pop(("post", "news/sale"))
    assert post["is_published"] is False and post["title"] == "Sale", "what we made is hidden, not deleted"
    after = json.loads(json.dumps(list(front.platform.site.items())))
    assert [one for one in after if one[0][0] != "theme_file"] == [one for one in before if one[0][0] != "theme_file"]
    assert json.loads(said(front, "theme_file", "config/settings_data.json")[""]) == json.loads(SETTINGS)
    assert held(front) == [] and failed(front) == []


def test_what_somebody_edited_meanwhile_stays_and_is_told_once(front: Front) -> None:
    campaign(front)
    pass_time(front)
    front.platform.site["page", "shipping"]["body"] = "<p>Free until Friday</p>"
    file = front.platform.site["theme_file", "config/settings_data.json"]
    file[""] = file[""].replace("a.png", "b.png")
    switch_off(front)
    pass_time(front)
    assert said(front)["body"] == "<p>Free until Friday</p>"
    settings = json.loads(said(front, "theme_file", "config/settings_data.json")[""])["current"]
    assert settings == {"accent": "#000", "logo": "b.png"}, "ours goes back, theirs stays"
    assert failed(front) == ["content.edited"] and held(front) == [("page", "edited")]
    switch_off(front)
    pass_time(front)
    assert failed(front) == ["content.edited"], "once"


@pytest.mark.parametrize(("keep", "body"), [("theirs", "<p>Theirs</p>"), ("ours", "<p>Old</p>")])
def test_a_person_says_what_shall_stand(front: Front, keep: Any, body: str) -> None:
    campaign(front)
    pass_time(front)
    front.platform.site["page", "shipping"]["body"] = "<p>Theirs</p>"
    switch_off(front)
    pass_time(front)
    ((id_,),) = front.rows("SELECT id FROM content_written")
    deciding.decide(front.shop, id_, keep, "ana", database=front.database)
    pass_time(front)
    assert (said(front)["body"], held(front)) == (body, [])
    with pytest.raises(LookupError):
        deciding.decide(front.shop, id_, keep, "ana", database=front.database)
    ((action,),) = front.rows("SELECT action FROM audit WHERE action LIKE 'content.kept%'")
    assert action == f"content.kept_{keep}"


def test_where_campaigns_overlap_none_takes_the_remains_of_another_for_what_was_there(front: Front) -> None:
    def body(text: str) -> list[dict[str, Any]]:
        return [{"kind": "page", "key": "shipping", "fields": {"body": text}}]

    campaign(front, "long", days=9, writings=body("long"))
    pass_time(front)
    campaign(front, "short", days=3, writings=body("short"), priority=90)
    pass_time(front)
    assert said(front)["body"] == "short"
    switch_off(front, "long")
    pass_time(front)
    assert said(front)["body"] == "short"
    pass_time(front, days=3)
    assert (said(front), held(front)) == (PAGE, [])


@pytest.mark.parametrize("number", range(6))
@pytest.mark.parametrize("turn", ["lost", "busy"])
def test_whichever_answer_is_lost_nothing_is_doubled_and_all_is_put_back(front: Front, number: int, turn: str) -> None:
    campaign(front, days=7)
    front.platform.next_answers = [*[""] * number, turn]
    pass_time(front)
    for _ in range(4):
        pass_time(front, minutes=8)
    assert (said(front)["body"], accent(front)) == ("<p>Free now</p>", "#f00")
    assert said(front, "post", "news/sale")["title"] == "Sale"
    front.platform.next_answers = [*[""] * number, turn]
    pass_time(front, days=7)
    for _ in range(4):
        pass_time(front, minutes=8)
    assert (said(front), accent(front), said(front, "theme", "")) == (PAGE, "#000", {"": "5"})
    assert said(front, "post", "news/sale")["is_published"] is False
    assert held(front) == [] and failed(front) == []


def test_a_worker_that_dies_with_the_lease_is_waited_for(front: Front) -> None:
    campaign(front)
    now = to_micros(front.clock.now())
    given = {"shop": front.shop, "store": "", "kind": "page", "key": "shipping", "is_campaign": True, "now": now}
    with front.database.transaction() as tx:
        tx.one("take_written", {**given, "by": "another", "until": to_micros(START + timedelta(minutes=3))})
    pass_time(front)
    assert said(front) == PAGE and said(front, "theme", "") == {"": "77"}, "only that one waits"
    for _ in range(5):
        pass_time(front, minutes=1)
    assert said(front)["body"] == "<p>Free now</p>"


FLOW = """flow: launch
trigger: {event: product.published}
reentry: always
exit: []
steps:
  - content.publish_post:
      blog: news
      title: "New: {{ product.title }}"
      body: "<p>{{ product.title }}</p>"
      lasting: 7d
    as: post
  - log: {text: "at {{ vars.post.url }}"}
"""


def published(front: Front, id: str = "1", title: str = "Taza <3 azul") -> None:
    front.hear(fact(id, "product.published", "product:p1", {"id": "p1", "title": title}))


def test_a_flow_publishes_a_post_with_escaped_values_and_it_ends_by_itself(front: Front) -> None:
    front.flow(FLOW)
    published(front)
    post = said(front, "post", "news/new-taza-3-azul")
    assert post == {"title": "New: Taza <3 azul", "body": "<p>Taza &lt;3 azul</p>", "is_published": True}
    assert ("log", "done") in [row[:2] for row in front.effects()]
    published(front, "2")
    assert len(front.platform.site_writes) == 1
    pass_time(front, days=7)
    assert said(front, "post", "news/new-taza-3-azul")["is_published"] is False
    assert held(front) == [] and front.rows("SELECT id FROM content_claim") == []


def test_a_flow_takes_back_what_it_published_and_changed(front: Front) -> None:
    file = "config/settings_data.json"
    front.flow(
        "flow: both\ntrigger: {event: product.published}\nsteps:\n"
        '  - content.publish_page: {handle: shipping, title: Free, body: "<p>Free</p>"}\n'
        f"  - content.change_theme: {{file: {file}, place: current.accent, value: '#f00'}}\n"
        "  - content.change_theme: {value: '77'}\n"
        "  - wait: 1d\n"
        "  - content.unpublish_page: {handle: shipping}\n"
        f"  - content.restore_theme: {{file: {file}}}\n"
        "  - content.restore_theme: {}\n"
    )
    published(front)
    assert (said(front)["title"], accent(front), said(front, "theme", "")) == ("Free", "#f00", {"": "77"})
    pass_time(front, days=1)
    assert (said(front), accent(front), said(front, "theme", "")) == (PAGE, "#000", {"": "5"})
    assert held(front) == [] and failed(front) == []


def test_a_flow_writes_over_nothing_that_somebody_edited(front: Front) -> None:
    front.flow(FLOW.replace('title: "New: {{ product.title }}"', 'title: "{{ event.title }}"\n      handle: cup'))
    published(front, "1", "One")
    front.platform.site["post", "news/cup"]["body"] = "<p>By hand</p>"
    published(front, "2", "Two")
    assert said(front, "post", "news/cup")["body"] == "<p>By hand</p>"
    assert failed(front) == ["content.edited"]


def test_what_cannot_be_done_fails_with_what_to_do(front: Front) -> None:
    front.flow(
        "flow: wrong\ntrigger: {event: product.published}\nsteps:\n"
        '  - content.publish_page: {handle: "No {{ product.title }}", title: T, body: B}\n'
        "  - content.change_theme: {file: config/none.json, place: a, value: '1'}\n"
        "  - content.change_theme: {file: config/x.json, store: nowhere, value: '1'}\n"
    )
    published(front)
    assert sorted(failed(front)) == ["content.invalid", "content.no_json", "store.none"]
    assert front.platform.site_writes == [] and held(front) == []


def test_a_second_store_is_written_to_by_its_name(front: Front) -> None:
    connecting.connect(front.shop, "storefront", "other", by="ana", database=front.database)
    front.give("other")
    page = {"kind": "page", "key": "shipping", "store": "other", "fields": {"body": "Other"}}
    campaign(front, writings=[page])
    pass_time(front)
    assert said(front)["body"] == "Other" and held(front) == [("page", "standing")]
    ((store,),) = front.rows("SELECT store FROM content_written")
    assert store == "other" and failed(front) == []


def test_in_shadow_nothing_is_written(front: Front) -> None:
    from sereno.runtime import services

    front.flow(FLOW)
    services.set_status(front.shop, "launch", "shadow", "ana", database=front.database)
    published(front)
    assert front.platform.site_writes == [] and held(front) == []
