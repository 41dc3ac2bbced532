"""Segments on both databases: the SQL says what the plain rules say, people are told of once for each crossing, time
alone moves them, and what was there before is counted."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from crowding import work_together
from hypothesis import given, settings
from hypothesis import strategies as st
from segmenting import bought, inside, make, person, settle, told
from support import START, Place, fact, order

from sereno.engine.segments import fields
from sereno.engine.segments.deciding import Known, holds
from sereno.engine.segments.definition import Part, SegmentInvalid, Thing, read
from sereno.engine.segments.places import point
from sereno.runtime.segments import reading, services
from sereno.runtime.segments.compiling import NEVER, Among, kind_of, query
from sereno.runtime.segments.people import row_of, shop_of
from sereno.runtime.segments.things import mark_of
from sereno.store.documents import encode

TODAY = date(2026, 3, 2).toordinal()


def test_three_workers_tell_of_each_crossing_once(postgres: Any) -> None:
    place, people = Place(postgres), 12
    make(place, "here", {"field": "country", "is": "is", "value": "ES"}, tag="here")
    make(place, "buyers", {"did": "order", "of": {"sku": "tea"}, "times": {"at_least": 2}})
    found = [bought(str(n), days, lines=[{"sku": "tea", "total": "1.00"}]) for n in range(people) for days in (1, 2, 3)]
    for turn in range(6):
        at = START + timedelta(minutes=turn)
        country = ("ES", "PT")[turn % 2] if turn < 5 else "ES"
        found += [person(str(n), at=at, default_address={"country": country}) for n in range(people)]
    random.Random(3).shuffle(found)
    work_together(place, postgres, found, 5)
    place.drain()
    assert len(inside(place, "here")) == len(inside(place, "buyers")) == people
    assert place.rows("SELECT count(*) FROM tag WHERE tag = 'here'") == [(people,)]
    sizes = "SELECT segment_id, sum(began + entered - went) FROM segments_tally GROUP BY segment_id ORDER BY segment_id"
    assert [int(row[1]) for row in place.rows(sizes)] == [people, people]
    for subject in sorted({row[1] for row in told(place)}):
        moves = place.rows(f"SELECT type, data FROM event WHERE type LIKE 'segment.%' AND subject = '{subject}'")
        here = [type_ for type_, data in moves if '"here"' in data]
        assert here.count("segment.entered") == here.count("segment.left") + 1, moves
        assert [type_ for type_, data in moves if '"buyers"' in data] == ["segment.entered"]
    place.runtime.stop()


def test_what_was_bought_and_where_people_live(place: Place) -> None:
    oil = {"id": "7", "title": "Oil", "product_type": "Pantry", "tags": ["Bio"], "updated_at": START.isoformat()}
    line = {"product_id": "7", "sku": "OIL-5", "quantity": 1, "total": "40.00"}
    here = {"country": "ES", "postal_code": "28 004", "latitude": 40.42, "longitude": -3.70}
    place.send(fact("p7", "product.updated", "product:7", oil))
    place.send(bought("1", 3, lines=[line, line], shipping_address=here), bought("1", 90, lines=[line]), bought("2", 4))
    place.send(person("2", default_address={"country": "ES", "postal_code": "28004"}))
    place.drain()
    make(place, "pantry", {"did": "order", "of": {"category": "pantry"}, "times": {"at_least": 2}}, tag="pantry")
    make(place, "oily", {"did": "order", "of": {"sku": "oil-5"}, "spent": {"at_least": 80}, "within": "30d"})
    make(place, "near", {"field": "place", "is": "near", "value": "40.4168 -3.7038 5km"})
    assert [inside(place, name) for name in ("pantry", "oily", "near")] == [["1"], ["1"], ["2"]]
    place.send(bought("2", 1, lines=[line]), bought("2", 2, lines=[line]))
    place.drain()
    assert inside(place, "pantry") == ["1", "2"]
    later = START + timedelta(hours=1)
    place.send(
        fact("p7b", "product.updated", "product:7", {**oil, "product_type": "Oils", "updated_at": later.isoformat()})
    )
    gone = bought("2", 2, lines=[line], status="cancelled", updated_at=later.isoformat())
    place.send(type(gone)("x", "order.cancelled", gone.subject, later, gone.data, gone.refs))
    place.drain()
    assert inside(place, "pantry") == ["1"], "who is looked at again is seen by the catalogue of now"
    with pytest.raises(SegmentInvalid, match=r"segment\.thing_unknown"):
        make(place, "odd", {"did": "message.opened", "of": {"sku": "x"}})


BUYERS = {
    "all": [
        {"did": "order", "times": {"at_least": 2}, "within": "30d"},
        {"field": "country", "is": "is", "value": "ES"},
    ]
}


def test_what_was_there_before_is_counted_and_nobody_is_told(place: Place) -> None:
    place.send(person("1", default_address={"country": "ES"}), bought("1", 3), bought("1", 10), bought("2", 4))
    place.drain()
    make(place, "buyers", BUYERS)
    assert inside(place, "buyers") == ["1"]
    assert told(place) == []
    with place.database.read() as tx:
        assert reading.size(tx, place.shop, "buyers") == 1
        assert reading.holds(tx, place.shop, "buyers", "1") and not reading.holds(tx, place.shop, "buyers", "2")


def test_an_event_moves_a_person_in_and_out_and_each_crossing_is_told_once(place: Place) -> None:
    make(place, "buyers", BUYERS, tag="often")
    place.flow(
        "flow: hello\ntrigger: {event: segment.entered, when: \"event.segment == 'buyers'\"}\n"
        'steps: [{tests.call: {to: "{{ customer.segments }}|{{ event.name }}"}}]'
    )
    place.send(person("1", default_address={"country": "ES"}), bought("1", 3))
    place.drain()
    assert told(place) == []
    place.send(bought("1", 2))
    place.drain()
    assert told(place) == [("segment.entered", "customer:1")]
    assert [row[0] for row in place.effects()] == ["tests.call"]
    assert place.rows("SELECT tag FROM tag WHERE key = '1'") == [("often",)]
    place.send(bought("1", 2))
    place.send(person("1", default_address={"country": "ES"}, note="again"))
    place.drain()
    assert len(told(place)) == 1
    place.send(person("1", at=START + timedelta(minutes=1), default_address={"country": "PT"}))
    place.drain()
    assert told(place)[1:] == [("segment.left", "customer:1")]
    assert inside(place, "buyers") == [] and place.rows("SELECT tag FROM tag") == []
    place.send(person("1", at=START + timedelta(minutes=2), default_address={"country": "ES"}))
    place.drain()
    assert [row[0] for row in told(place)] == ["segment.entered", "segment.left", "segment.entered"]


def test_time_alone_moves_people(place: Place) -> None:
    make(place, "lapsed", {"all": [{"did": "order"}, {"not": {"did": "order", "within": "10d"}}]})
    make(place, "fresh", {"did": "order", "within": "3d"})
    place.send(bought("1", 0), bought("2", 8))
    place.drain()
    assert (inside(place, "lapsed"), inside(place, "fresh")) == ([], ["1"])
    place.after(days=2)
    assert (inside(place, "lapsed"), inside(place, "fresh")) == (["2"], ["1"])
    place.after(days=2)
    assert (inside(place, "lapsed"), inside(place, "fresh")) == (["2"], [])
    place.after(days=30)
    assert inside(place, "lapsed") == ["1", "2"]
    assert sorted(told(place)) == sorted(
        [
            ("segment.entered", "customer:1"),
            ("segment.entered", "customer:2"),
            ("segment.left", "customer:1"),
            ("segment.entered", "customer:1"),
        ]
    )


def test_a_cancelled_order_counts_no_more(place: Place) -> None:
    make(place, "spenders", {"did": "order", "spent": {"at_least": "99.99"}})
    place.send(bought("1", 3, "60.00"), bought("1", 4, "40.00"))
    place.drain()
    assert inside(place, "spenders") == ["1"]
    later = START + timedelta(hours=1)
    gone = bought("1", 3, "60.00", status="cancelled", updated_at=later.isoformat())
    place.send(type(gone)("x", "order.cancelled", gone.subject, later, gone.data, gone.refs))
    place.drain()
    assert inside(place, "spenders") == []


def test_segments_ask_for_segments(place: Place) -> None:
    make(place, "buyers", BUYERS)
    make(place, "others", {"all": [{"field": "country", "is": "known"}, {"not": {"segment": "buyers"}}]})
    place.send(person("1", default_address={"country": "ES"}), bought("1", 3))
    place.drain()
    assert inside(place, "others") == ["1"]
    place.send(bought("1", 2))
    place.drain()
    assert (inside(place, "others"), inside(place, "buyers")) == ([], ["1"])
    with pytest.raises(SegmentInvalid, match=r"segment\.cycle"):
        services.change(place.shop, "buyers", "ana", definition={"segment": "others"}, database=place.database)
    with pytest.raises(SegmentInvalid, match=r"segment\.in_use"):
        services.remove(place.shop, "buyers", "ana", database=place.database)


def test_a_change_looks_at_everybody_anew(place: Place) -> None:
    place.send(person("1", default_address={"country": "ES"}), person("2", default_address={"country": "PT"}))
    place.drain()
    make(place, "here", {"field": "country", "is": "is", "value": "ES"}, tag="here")
    assert inside(place, "here") == ["1"]
    found = services.preview(place.shop, {"field": "country", "is": "known"}, database=place.database)
    assert (found.size, found.people, found.is_sampled) == (2, 2, False)
    services.change(
        place.shop, "here", "ana", definition={"field": "country", "is": "is", "value": "PT"}, database=place.database
    )
    settle(place)
    assert inside(place, "here") == ["2"]
    assert place.rows("SELECT key, tag FROM tag") == [("2", "here")]
    assert told(place) == []
    number = services.snapshot(place.shop, "here", "March", "ana", database=place.database)
    kept = "SELECT p.key FROM segments_snapshot_member s JOIN segments_person p ON p.id = s.person_id"
    assert place.rows(f"{kept} WHERE s.snapshot_id = {number}") == [("2",)]
    services.remove(place.shop, "here", "ana", database=place.database)
    assert place.rows("SELECT count(*) FROM segments_member") == [(0,)]
    assert place.rows("SELECT count(*) FROM tag") == [(0,)]


def test_a_tag_put_on_by_a_flow_counts(place: Place) -> None:
    make(place, "vips", {"field": "tags", "is": "has", "value": "vip"})
    place.flow("flow: tag\ntrigger: {event: order.created}\nsteps: [{customers.add_tag: {tag: vip}}]")
    place.send(order("9"))
    place.drain()
    assert inside(place, "vips") == ["17"]
    assert told(place) == [("segment.entered", "customer:17")]


def test_opened_by_a_machine_is_not_opened(place: Place) -> None:
    make(place, "readers", {"did": "message.opened", "within": "30d"})
    place.send(person("1"), person("2"))
    place.send(
        fact("o1", "message.opened", "customer:1", {"is_machine": True}, customer="1"),
        fact("o2", "message.opened", "customer:2", {"is_machine": False}, customer="2"),
    )
    place.drain()
    assert inside(place, "readers") == ["2"]
    make(place, "readers-2", {"did": "message.opened", "within": "30d"})
    assert inside(place, "readers-2") == ["2"]


def test_gathering_again_counts_the_same(place: Place) -> None:
    make(place, "buyers", BUYERS)
    place.send(person("1", default_address={"country": "ES"}), bought("1", 3), bought("1", 10))
    place.send(fact("v1", "product.viewed", "product:1", {}, email="1@example.com"))
    place.drain()
    days = "SELECT person_id, kind, day, count FROM segments_day ORDER BY 1, 2, 3"
    orders = "SELECT person_id, day, order_key, amount FROM segments_order ORDER BY 1, 2"
    before = place.rows(days), place.rows(orders)
    assert len(before[1]) == 2 and len(before[0]) >= 3
    with place.database.transaction() as tx:
        tx.run("move_segments", {"shop": place.shop, "stage": "people", "cursor": 0})
    settle(place)
    assert (place.rows(days), place.rows(orders)) == before
    assert len(told(place)) == 1


# --- the plain rules and the SQL say the same ---------------------------------------------------

COUNTRIES, TAGS, EVENTS = ("es", "pt", "ro"), ("vip", "new"), ("message.opened", "product.viewed")
DAYS = st.integers(TODAY - 40, TODAY + 3)
SHORT = st.sampled_from(["1d", "7d", "30d", "35d"])
BOUND = st.sampled_from(["at_least", "at_most"])
FEW = st.integers(0, 2)
ANY_DATE = st.sampled_from(["last_order_on", "next_order_on"])


def one(*values: Any) -> Any:
    return st.sampled_from(values)


def where(field: Any, operator: Any, value: Any) -> Any:
    return st.builds(lambda f, op, v: {"field": f, "is": op, "value": v}, field, operator, value)


LEAVES: Any = st.one_of(
    where(st.just("country"), st.just("one_of"), st.lists(one("ES", "pt"), min_size=1)),
    where(st.just("city"), one("contains", "ends_with"), one("id", "Ma", "%")),
    st.builds(lambda f, op: {"field": f, "is": op}, one("accepts_email", "is_guest"), one("yes", "no", "known")),
    where(ANY_DATE, one("within", "over", "next"), SHORT),
    where(st.just("created_on"), one("since", "until"), st.just("2026-02-20")),
    where(st.just("churn_risk"), BOUND, one(0.3, "0.8")),
    where(st.just("total_spent"), BOUND, one("99.99", "100")),
    where(st.just("tags"), st.just("has"), st.sampled_from(TAGS)),
    where(st.just("custom.size"), st.just("is"), one("XL", "s")),
    st.builds(lambda op, n: {"did": "order", "times": {op: n}}, BOUND, FEW),
    st.builds(lambda op, n, w: {"did": "order", "times": {op: n}, "within": w}, BOUND, FEW, SHORT),
    st.builds(lambda op, n, w: {"did": "order", "spent": {op: n}, "within": w}, BOUND, one("10.01", "20"), SHORT),
    st.builds(lambda e, op, n, w: {"did": e, "times": {op: n}, "within": w}, one(*EVENTS), BOUND, FEW, SHORT),
    st.builds(
        lambda of, m, op, n, w: {"did": "order", m: {op: n}, "of": dict([of]), **({"within": w} if w else {})},
        one(("product", "oil"), ("sku", "B-1"), ("category", "Food"), ("tag", "bio"), ("vendor", "finca")),
        one("times", "spent"),
        BOUND,
        one(1, 2, 15),
        one(None, "7d", "35d"),
    ),
    where(st.just("place"), st.just("near"), one("40.4168 -3.7038 30km", "-33 151 9000km", "40.4 -3.7 505km")),
    st.just({"field": "place", "is": "known"}),
    st.just({"segment": "other"}),
)
OF_LEADS: Any = st.one_of(
    where(st.just("answer.skin"), one("has", "contains"), one("Dry", "dry", "oily skin", "%")),
    where(st.just("birthday"), one("next", "within"), one("1d", "7d", "30d", "364d", "365d", "366d", "400d")),
    where(st.just("lead_score"), BOUND, one("2.5", "12")),
    where(st.just("lead_stage"), one("is", "contains"), one("Engaged", "e")),
    where(st.just("store_credit"), BOUND, one("5", "5.01")),
    where(st.just("wishes"), BOUND, FEW),
    st.builds(
        lambda e, of, op, n, w: {"did": e, "times": {op: n}, "of": dict([of]), **({"within": w} if w else {})},
        one("product.viewed", "wish.added"),
        one(("product", "oil"), ("category", "Food"), ("tag", "bio"), ("vendor", "finca")),
        BOUND,
        FEW,
        one(None, "7d", "35d"),
    ),
)
"""What is asked of who has not bought yet, and of what people look at and wish."""


def nested(leaves: Any) -> Any:
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.builds(lambda how, parts: {how: parts}, one("all", "any"), st.lists(inner, min_size=1, max_size=3)),
            st.builds(lambda part: {"not": part}, inner),
        ),
        max_leaves=5,
    )


MAYBE_DAY = st.one_of(st.none(), DAYS)
FIELDS: Any = st.fixed_dictionaries(
    {
        "country": st.sampled_from([None, *COUNTRIES]),
        "city": st.sampled_from([None, "madrid", "mid", "50%"]),
        "accepts_email": st.sampled_from([None, True, False]),
        "is_guest": st.sampled_from([None, True]),
        "last_order_on": MAYBE_DAY,
        "next_order_on": MAYBE_DAY,
        "created_on": MAYBE_DAY,
        "churn_risk": st.sampled_from([None, 0.1, 0.3, 0.8, 0.95]),
        "total_spent": st.sampled_from([None, 0, 9999, 10000, 10001]),
        "tags": st.sampled_from([None, frozenset({"vip"}), frozenset({"vip", "new"}), frozenset({"vipx"})]),
        "custom.size": st.sampled_from([None, "xl", "s"]),
        "answer.skin": st.sampled_from([None, frozenset({"dry"}), frozenset({"dry skin", "oily skin"})]),
        "birthday": st.one_of(st.none(), st.integers(1, 366), one(59, 60, 61, 62, 1, 366)),
        "lead_score": st.sampled_from([None, 0.0, 2.5, 12.0]),
        "lead_stage": st.sampled_from([None, "engaged", "qualified"]),
        "store_credit": st.sampled_from([None, 500, 501]),
        "wishes": st.sampled_from([None, 0.0, 2.0]),
        "place": st.sampled_from([None, point(40.4168, -3.7038), point(41.3874, 2.1686), point(-33.87, 151.21)]),
    }
)
SAID = {
    "oil": {("category", "food"), ("tag", "bio"), ("vendor", "finca")},
    "bread": {("category", "food"), ("category", "bakery")},
    "bowl": {("tag", "bio")},
}
SKU_OF = {"oil": "a-1", "bread": "b-1", "bowl": "b-1"}
LINES: Any = st.lists(
    st.builds(
        lambda day, key, amount, goods: (
            day,
            f"{key}.{day}",
            amount,
            {Thing(*it) for it in SAID[goods]} | {Thing("product", goods), Thing("sku", SKU_OF[goods])},
        ),
        DAYS,
        one("x", "y"),
        one(0, 500, 1500),
        one(*SAID),
    ),
    max_size=4,
)
ORDERS = st.lists(st.tuples(DAYS, st.sampled_from([0, 500, 1001, 2000])), max_size=3, unique_by=lambda one: one[0])
COUNTS = st.lists(st.tuples(DAYS, st.integers(1, 2)), max_size=2, unique_by=lambda one: one[0])
LOOKS: Any = st.lists(
    st.builds(
        lambda day, count, goods: (day, count, {Thing(*it) for it in SAID[goods]} | {Thing("product", goods)}),
        DAYS,
        st.integers(1, 2),
        one(*SAID),
    ),
    max_size=3,
    unique_by=lambda look: (look[0], marked("product", look[2])),
)
PEOPLE: Any = st.lists(
    st.builds(
        Known,
        FIELDS,
        ORDERS,
        st.fixed_dictionaries(dict.fromkeys(EVENTS, COUNTS)),
        st.sampled_from([frozenset(), frozenset({"other"})]),
        LINES,
        st.fixed_dictionaries(dict.fromkeys(("product.viewed", "wish.added"), LOOKS)),
    ),
    min_size=1,
    max_size=6,
)


def put(place: Place, people: list[Known]) -> None:
    """What is known of these, straight into the tables: rows 1, 2, 3..."""
    shop = shop_of(place.shop, "Europe/Madrid", "EUR", START)
    with place.database.transaction() as tx:
        for table in ("person", "day", "look", "order", "line", "mark", "member"):
            tx.text(f"DELETE FROM segments_{table}")
        empty = row_of(shop, "", {})
        names = list(read_columns())
        for number, one in enumerate(people, 1):
            row = dict(zip(names, empty[3:-5], strict=True)) | {
                k: v for k, v in one.fields.items() if "." not in k and k != "place"
            }
            tags = row.get("tags")
            row["tags"] = "\n" + "\n".join(sorted(tags)) + "\n" if tags else None
            size, skin = one.fields["custom.size"], one.fields["answer.skin"]
            custom = {"size": size} if size else {}
            answers = {"skin": "\n" + "\n".join(sorted(skin)) + "\n"} if skin else {}
            values = [int(v) if isinstance(v, bool) else v for v in row.values()]
            tx.many(
                "put_segment_people",
                [(place.shop, f"k{number}", 1, *values, encode(custom), encode(answers), *place_of(one))],
            )
        ids = dict(tx.text("SELECT key, id FROM segments_person"))
        said = [(mark_of(*thing), mark_of("product", goods)) for goods, things in SAID.items() for thing in things]
        tx.many("put_marks", [(place.shop, *at) for at in said])
        for number, one in enumerate(people, 1):
            id_ = ids[f"k{number}"]
            tx.many("put_segment_orders", [(place.shop, id_, d, f"o{number}.{d}", a) for d, a in one.orders])
            lines = [
                (place.shop, id_, day, f"{number}.{key}", n, marked("product", things), marked("sku", things), amount)
                for n, (day, key, amount, things) in enumerate(one.lines)
            ]
            tx.many("put_segment_lines", lines)
            for name, rows in one.events.items():
                tx.many("count_segment_days", [(place.shop, kind_of(name), id_, d, n) for d, n in rows])
            for name, looks in one.looks.items():
                kind = kind_of(name)
                tx.many(
                    "count_segment_looks",
                    [(place.shop, kind, id_, d, marked("product", things), n) for d, n, things in looks],
                )
            if one.segments:
                tx.many("put_memberships", [(77, f"k{number}", id_, 1, None, 0, 0)])


def place_of(one: Known) -> Any:
    return one.fields["place"] or (None, None, None)


def marked(kind: str, things: Any) -> int:
    return mark_of(*next((thing.kind, thing.value) for thing in things if thing.kind == kind))


def read_columns() -> list[str]:
    return list(fields.FIELDS)


def ask(place: Place, part: Part, today: int, among: Among) -> dict[str, tuple[bool, int | None]]:
    found = query(part, place.database.dialect, place.shop, today, 2, {"other": 77}, among)
    with place.database.read() as tx:
        return {row[1]: (bool(row[2]), row[3]) for row in tx.text(found.sql, found.parameters)}


@settings(max_examples=60)
@given(data=st.data())
def check(place: Place, definitions: Any, data: Any) -> None:
    people = data.draw(PEOPLE)
    put(place, people)
    with place.database.read() as tx:
        ids = [row[0] for row in tx.text("SELECT id FROM segments_person ORDER BY id")]
    for document in data.draw(st.lists(definitions, min_size=4, max_size=4)):
        part = read(document)
        said = ask(place, part, TODAY, Among(ids))
        assert said == ask(place, part, TODAY, Among(None, min(ids), max(ids) + 1))
        for number, one in enumerate(people, 1):
            is_in, due = said[f"k{number}"]
            assert is_in is holds(part, one, TODAY), (document, one)
            # Before the day it names, time alone changes nothing.
            for day in range(TODAY + 1, min(due or NEVER, TODAY + 45)):
                assert holds(part, one, day) is is_in, (document, one, day, due)
            assert due is None or due > TODAY


@pytest.mark.parametrize("leaves", [LEAVES, OF_LEADS], ids=["customers", "leads"])
def test_the_sql_says_what_the_rules_say(place: Place, leaves: Any) -> None:
    check(place, nested(leaves))


def test_midnight_is_the_shops_own() -> None:
    shop = shop_of(1, "Europe/Madrid", "EUR", datetime(2026, 3, 1, 23, 30, tzinfo=UTC))
    assert shop.today == date(2026, 3, 2).toordinal()
