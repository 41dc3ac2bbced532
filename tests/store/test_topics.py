"""What people want to hear about holds for every message about it, on both databases, in back-tests too, with proof."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from arbiting import flow, sent, told, wish
from newsletting import Shop as Newsroom
from support import START, Place, fact

from sereno.runtime import preferences
from sereno.runtime.backtest import backtest
from sereno.runtime.persons.reading import person_of
from sereno.runtime.preferences import Wish, change_topics, current, save, way_at, ways_of
from sereno.sdk.context import ShopFacts
from sereno.sdk.plugin import registry
from sereno.sdk.topics import Choice, TopicsInvalid
from sereno.store.documents import decode

TOPICS = [{"name": "offers", "titles": {"en": "Offers", "es": "Ofertas"}}, {"name": "stories", "titles": {"en": "S"}}]
ANA = "ana@example.com"


def customer(place: Place, id: str = "17", email: str = ANA, **more: Any) -> None:
    data = {"id": id, "email": email, "accepts_email": True, "updated_at": START.isoformat(), **more}
    place.send(fact(f"c{id}", "customer.created", f"customer:{id}", data, email=email))
    place.drain()


def choose(place: Place, topics: Mapping[str, bool], often: Any = None, address: str = ANA, **more: Any) -> int:
    wanted = Wish(more.pop("channel", "email"), address, more.pop("granted", None), Choice(topics, often), "[x] Offers")
    return save(place.shop, [wanted], proof={"ip": "192.0.2.7"}, database=place.database, **more)


def ledger(place: Place) -> list[tuple[Any, ...]]:
    return [
        (purpose, bool(granted)) for purpose, granted in place.rows("SELECT purpose, granted FROM consent ORDER BY id")
    ]


def test_a_choice_is_kept_with_its_proof_told_once_and_seen_by_conditions(place: Place) -> None:
    place.flow(
        "flow: tells\ntrigger: {event: consent.topics_chosen, when: \"'offers' in event.data.topics\"}\nsteps:\n"
        "  - if: \"'offers' in customer.topics && 'stories' in customer.refused_topics\"\n"
        "    then: [{log: {text: seen}}]\n    else: [{stop: not seen}]\n"
    )
    customer(place)
    assert choose(place, {"offers": True, "stories": False}, granted=True) == 1
    place.drain()
    assert ledger(place) == [("marketing", True), ("topic:offers", True), ("topic:stories", False)]
    (proof,) = place.rows("SELECT proof FROM consent WHERE purpose = 'topic:offers'")[0]
    kept = decode(proof)
    assert (kept["said"], kept["ip"]) == ("[x] Offers", "192.0.2.7")
    assert place.runs()[0][1] == "finished" and place.runs()[0][3] is None
    # Said again it changes nothing; another answer is a new line.
    assert choose(place, {"offers": True, "stories": False}) == 0
    assert choose(place, {"offers": False}, "week") == 1
    place.drain()
    assert ledger(place)[3:] == [("topic:offers", False), ("often:week", True), ("often:month", False)]
    held = way_at(place.shop, ANA, "email", database=place.database)
    assert (held.granted, held.choice) == (True, Choice({"offers": False, "stories": False}, "week"))
    person = person_of(place.shop, "17", database=place.database)
    assert person is not None and person.record["refused_topics"] == ["offers", "stories"]


def test_all_of_a_press_or_nothing(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    customer(place)
    wishes = [Wish("email", ANA, True, Choice({"offers": True})), Wish("sms", "+34600111222", True, Choice({}))]
    said = preferences.say
    monkeypatch.setattr(preferences, "say", lambda *args, **more: 1 / 0 if "sms" in args else said(*args, **more))
    with pytest.raises(ZeroDivisionError):
        save(place.shop, wishes, database=place.database)
    assert ledger(place) == []
    assert place.rows("SELECT count(*) FROM event WHERE type = 'consent.topics_chosen'") == [(0,)]


def test_the_ways_of_a_person_are_those_the_shop_has(place: Place) -> None:
    customer(place, phone="600 111 222", default_address={"country": "ES"})
    assert [way.channel for way in ways_of(place.shop, ANA, "email", database=place.database)] == ["email"]
    with place.database.transaction() as tx:
        tx.run("keep_settings", {"shop": place.shop, "settings": '{"channels": ["sms", "telegram"]}'})
    found = ways_of(place.shop, ANA, "email", database=place.database)
    assert [(way.channel, way.address) for way in found] == [("email", ANA), ("sms", "+34600111222")]
    # A link in a text message shows that number alone.
    assert len(ways_of(place.shop, "+34600111222", "sms", database=place.database)) == 1


def test_who_said_no_to_the_topic_is_left_out_of_a_newsletter(place: Place, tmp_path: Path) -> None:
    news = Newsroom(place, tmp_path / "journals")
    news.people(3)
    choose(place, {"offers": False}, address="p001@example.com")
    id = news.send(audience={"topic": "offers"})
    assert news.server.took == ["p000@example.com", "p002@example.com"]
    assert news.counts(id)["left:consent.topic_refused"] == 1
    # Of another topic, and of none, they hear.
    for audience in ({"topic": "stories"}, {}):
        place.clock.move_to(place.clock.now() + timedelta(days=1))
        news.send(audience=audience)
    assert news.server.took.count("p001@example.com") == 2


def test_a_no_while_a_newsletter_waits_is_heard(place: Place, tmp_path: Path) -> None:
    news = Newsroom(place, tmp_path / "journals")
    news.people(2)
    hour = (START + timedelta(hours=5)).strftime("%Y-%m-%dT%H:%M")
    id = news.draft(audience={"topic": "offers"}, schedule={"kind": "local", "local": hour})
    news.schedule(id)
    assert news.work(id) == "later"
    choose(place, {"offers": False}, address="p001@example.com")
    place.clock.move_to(START + timedelta(hours=5))
    assert news.work(id) == "done"
    assert news.server.took == ["p000@example.com"]
    assert ("p001@example.com", "skipped", "consent.topic_refused") in news.pieces(id)


def test_at_most_once_a_week_is_a_cap_of_the_persons_own(shop: Place) -> None:
    with shop.database.transaction() as tx:
        settings = '{"guardrails": {"caps": [], "quiet": [], "expires": {}, "priorities": {}}}'
        tx.run("keep_settings", {"shop": shop.shop, "settings": settings})
    each = "to: '{{ event.data.to }}', text: '{{ event.data.text }}', merge: '{{ event.data.text }}'"
    shop.flow(flow("cart", each))
    shop.flow(flow("receipt", "to: '{{ event.data.to }}', purpose: transactional"))
    choose(shop, {}, "week")
    shop.send(wish("a", "cart"), wish("b", "cart"), wish("r", "receipt"), wish("o", "cart", "other@example.com"))
    shop.drain()
    assert sorted(who for _, who in sent(shop)) == ["a", "o", "r"]
    [(code, details)] = told(shop, "b")
    assert (code, details["reason"], details["period"]) == ("effect.deferred", "message.wished_rarer", "1w")
    # Another wish, and what waited goes at once.
    choose(shop, {}, "")
    shop.after(minutes=1)
    assert [who for _, who in sent(shop)][-1] == "b"


ASKS = """
flow: asks
trigger: {event: cart.updated, when: "customer.refused_topics == null || !('offers' in customer.refused_topics)"}
steps:
  - log: {text: "{{ customer.topics | join: ' ' }}"}
"""


def test_a_back_test_says_the_same(place: Place) -> None:
    place.flow(ASKS)
    shop = ShopFacts(place.shop, "Demo", "EUR", "Europe/Madrid", "es", "https://sereno.example")
    refs = {"customer": "17", "email": ANA}
    said = {"address": ANA, "channel": "email", "topics": ["stories"], "refused_topics": ["offers"], "source": "page"}
    known = {"id": "17", "email": ANA, "accepts_email": True, "updated_at": START.isoformat()}
    events = [
        fact("c", "customer.created", "customer:17", known, email=ANA),
        fact("1", "cart.updated", "cart:1", {"id": "1"}, START + timedelta(days=1), **refs),
        fact("t", "consent.topics_chosen", "customer:17", said, START + timedelta(days=10), **refs),
        fact("2", "cart.updated", "cart:2", {"id": "2"}, START + timedelta(days=20), **refs),
    ]
    lines = [
        {
            "id": event.id,
            "source": "tests",
            "type": event.type,
            "subject": event.subject,
            "occurred_at": event.occurred_at.isoformat(),
            "data": event.data,
            "refs": event.refs,
        }
        for event in events
    ]
    report = backtest([ASKS], lines, shop=shop, plugins=registry())
    assert [run["subject"] for run in report["runs"]] == ["cart:1"]
    assert [skip["subject"] for skip in report["skipped"]] == ["cart:2"]
    for event in events:
        place.clock.move_to(event.occurred_at)
        place.send(event)
        place.drain()
    assert place.rows("SELECT subject FROM run ORDER BY id") == [("cart:1",)], "as live"


@pytest.mark.parametrize(
    ("document", "where"),
    [
        ("offers", "topics"),
        ([{"name": "Offers", "titles": {"en": "x"}}], "topics.0.name"),
        ([{"name": "offers"}], "topics.0.titles"),
        ([{"name": "offers", "titles": {"xx": "x"}}], "topics.0.titles"),
        ([{"name": "offers", "titles": {"en": "x" * 61}}], "topics.0.titles"),
        ([*TOPICS, TOPICS[0]], "topics.2.name"),
        ([{"name": f"t{number}", "titles": {"en": "x"}} for number in range(21)], "topics"),
    ],
)
def test_what_is_no_topic_is_refused_with_its_place(place: Place, document: Any, where: str) -> None:
    with pytest.raises(TopicsInvalid) as refused:
        change_topics(place.shop, document, "eva", database=place.database)
    assert refused.value.problems[0][0] == where


def test_topics_are_changed_by_who_saw_them_last(place: Place) -> None:
    held = change_topics(place.shop, TOPICS, "eva", database=place.database)
    assert [topic.title("es-ES") for topic in held.topics] == ["Ofertas", "S"]
    change_topics(place.shop, TOPICS[:1], "eva", expected=held.tag, database=place.database)
    with pytest.raises(preferences.TopicsChanged):
        change_topics(place.shop, TOPICS, "bo", expected=held.tag, database=place.database)
    (settings,) = place.rows("SELECT settings FROM shop")[0]
    assert current(decode(settings)).document() == TOPICS[:1]
    assert place.rows("SELECT count(*) FROM audit WHERE action = 'topics.changed'") == [(2,)]
