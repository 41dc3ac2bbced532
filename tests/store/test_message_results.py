"""What becomes of messages is counted once, by flow and step; an order counts once, for the last message before it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from arbiting import OUTCOMES
from support import START, Place, fact, order

from sereno.runtime.results.reading import Figures, Source, overview, report, source_named
from sereno.sdk.connector import NewEvent
from sereno.sdk.result import Done, Fail

DAY = START.date()
LETTER = "steps: [tests.letter: {to: '{{ event.data.to }}', text: '{{ event.data.text }}'}]"


def flow(shop: Place, name: str, extra: str = "") -> Source:
    shop.flow(f"flow: {name}\nname: {name}\ntrigger: {{event: custom.{name}}}\nreentry: always\n{extra}{LETTER}\n")
    found = source_named(shop.shop, flow=name, database=shop.database)
    assert found is not None
    return found


def write(shop: Place, name: str, to: str, text: str = "hello") -> str:
    """Gives the effect's key."""
    shop.send(fact(f"{name}{to}{text}{shop.clock.now()}", f"custom.{name}", "thing:1", {"to": to, "text": text}))
    shop.drain()
    return str(shop.rows("SELECT key FROM effect ORDER BY id DESC LIMIT 1")[0][0])


def told(shop: Place, what: str, key: str, number: int = 1, **data: Any) -> None:
    at = shop.clock.now()
    shop.send(fact(f"{what}{key}{number}", f"message.{what}", "customer:17", {"effect": key, **data}, at))
    shop.drain()


def figures(shop: Place, source: Source, **asked: Any) -> Figures:
    return report(shop.shop, source, DAY, DAY + timedelta(days=40), database=shop.database, **asked).total


def some(found: Figures) -> dict[str, int]:
    return {name: number for name, number in found.counts.items() if number and name not in ("segments", "known")}


def bought(shop: Place, id: str, email: str = "ana@example.com", **more: Any) -> NewEvent:
    at = shop.clock.now()
    whose = {"email": email, "customer_id": None, "customer": {"email": email}}
    made = order(id, at=at, **{**whose, **more})
    return NewEvent(made.id, made.type, made.subject, at, made.data, {"order": id, "email": email})


def test_each_answer_counts_once_and_a_machine_is_nobody(shop: Place) -> None:
    source = flow(shop, "hello")
    key = write(shop, "hello", "ana@example.com")
    told(shop, "opened", key, is_machine=True)
    assert some(figures(shop, source)) == {"sent": 1, "machine": 1}
    told(shop, "delivered", key)
    told(shop, "delivered", key, 2)
    told(shop, "clicked", key)
    told(shop, "opened", key, 2)
    told(shop, "clicked", key, 3, is_machine=True)
    assert some(figures(shop, source)) == {"sent": 1, "delivered": 1, "opened": 1, "clicked": 1}
    told(shop, "bounced", key, is_permanent=False)
    told(shop, "unsubscribed", key)
    told(shop, "complained", key)
    told(shop, "delivered", "none-of-ours/0")
    expected = {"sent": 1, "delivered": 1, "opened": 1, "clicked": 1, "unsubscribed": 1, "complained": 1}
    assert some(figures(shop, source)) == expected
    assert some(figures(shop, source, step="0")) == expected
    assert some(figures(shop, source, step="1")) == {}


def test_what_did_not_go_is_counted_too(shop: Place) -> None:
    source = flow(shop, "hello")
    OUTCOMES["broken"] = lambda: Fail("recipient.unknown", "gone")
    OUTCOMES["late"] = lambda: Done({"sent": False, "reason": "price.changed"})
    write(shop, "hello", "a@example.com", "broken")
    write(shop, "hello", "b@example.com", "late")
    write(shop, "hello", "no@example.com")
    assert some(figures(shop, source)) == {"failed": 1, "withheld": 1, "sent": 1}


def test_an_order_counts_for_the_last_message_and_follows_what_becomes_of_it(shop: Place) -> None:
    first, last = flow(shop, "first"), flow(shop, "last")
    write(shop, "first", "ana@example.com")
    shop.after(hours=20)
    write(shop, "last", "ana@example.com")
    shop.after(hours=20)
    shop.send(bought(shop, "1", total="120.00"), bought(shop, "2", email="eva@example.com"))
    shop.drain()
    assert some(figures(shop, last)) == {"sent": 1, "orders": 1, "revenue": 12000}
    assert some(figures(shop, first)) == {"sent": 1}
    shop.after(hours=20)
    write(shop, "first", "ana@example.com", "again")
    shop.after(hours=20)
    told_again = bought(
        shop, "1", total="120.00", total_refunded="20.00", placed_at=(START + timedelta(hours=40)).isoformat()
    )
    shop.send(NewEvent("again", "order.updated", "order:1", shop.clock.now(), told_again.data, told_again.refs))
    shop.drain()
    assert some(figures(shop, last)) == {"sent": 1, "orders": 1, "revenue": 10000}, "an order stays where it counts"
    gone = {**told_again.data, "status": "cancelled", "cancelled_at": shop.clock.now().isoformat()}
    gone["updated_at"] = gone["cancelled_at"]
    shop.send(NewEvent("gone", "order.cancelled", "order:1", shop.clock.now(), gone, told_again.refs))
    shop.drain()
    assert some(figures(shop, last)) == {"sent": 1}


def test_an_order_too_late_or_after_a_notice_counts_for_nothing(shop: Place) -> None:
    source = flow(shop, "hello")
    shop.flow(
        "flow: notice\ntrigger: {event: custom.notice}\n"
        "steps: [tests.letter: {to: eva@example.com, purpose: transactional}]"
    )
    shop.send(fact("n", "custom.notice"))
    write(shop, "hello", "ana@example.com")
    shop.after(hours=1)
    shop.send(bought(shop, "2", email="eva@example.com"))
    shop.after(hours=24 * 5)
    shop.send(bought(shop, "1"))
    shop.drain()
    assert some(figures(shop, source)) == {"sent": 1}
    total = overview(shop.shop, DAY, DAY + timedelta(days=40), database=shop.database).report.total
    assert some(total) == {"sent": 2}


def test_margin_is_said_where_every_cost_is_known(shop: Place) -> None:
    source = flow(shop, "hello")
    product = {
        "id": "p",
        "title": "Cup",
        "currency": "EUR",
        "variants": [{"id": "v", "variant_id": "v", "cost": "30.00"}],
    }
    shop.send(NewEvent("p", "product.updated", "product:p", START, product, {"product": "p"}))
    write(shop, "hello", "ana@example.com")
    line = {"product_id": "p", "variant_id": "v", "quantity": 2, "price": "60.00", "total": "120.00"}
    shop.send(bought(shop, "1", lines=[line], subtotal="120.00"))
    shop.drain()
    found = figures(shop, source)
    assert (found.margin(), found.profit("EUR")) == (6000, 6000)
    shop.send(bought(shop, "2", lines=[{**line, "variant_id": "unknown"}]))
    shop.drain()
    assert figures(shop, source).margin() is None


def test_a_stretch_stands_beside_the_one_before_it(shop: Place) -> None:
    source = flow(shop, "hello")
    write(shop, "hello", "a@example.com")
    shop.after(hours=24 * 7)
    write(shop, "hello", "b@example.com")
    write(shop, "hello", "c@example.com")
    since = DAY + timedelta(days=7)
    found = report(shop.shop, source, since, since + timedelta(days=6), database=shop.database)
    assert (found.total["sent"], found.before["sent"]) == (2, 1)
    assert [figures["sent"] for _, figures in found.days] == [2, 0, 0, 0, 0, 0, 0]
    whole = overview(shop.shop, since, since + timedelta(days=6), database=shop.database)
    assert [(line.source.name, line.figures["sent"]) for line in whole.lines] == [("hello", 2)]
    assert (whole.report.total["sent"], whole.report.before["sent"]) == (2, 1)


@pytest.mark.parametrize("price", [None, "0.05"])
def test_texts_are_paid_by_the_part(shop: Place, price: str | None) -> None:
    with shop.database.transaction() as tx:
        tx.run("keep_settings", {"shop": shop.shop, "settings": f'{{"sms_price": "{price}"}}' if price else "{}"})
    OUTCOMES["long"] = lambda: Done({"to": "+34600", "channel": "sms", "segments": 3})
    source = flow(shop, "hello")
    write(shop, "hello", "+34600", "long")
    cost = figures(shop, source).cost
    assert (None if cost is None else f"{cost}") == ("0.15" if price else None)


def test_a_message_tried_in_two_wordings_is_counted_and_measured_by_each(shop: Place) -> None:
    shop.flow(
        "flow: tried\ntrigger: {event: custom.tried}\nreentry: always\nsteps:\n"
        "  - tests.letter: {to: '{{ event.data.to }}', text: short}\n    test: {a: {}, b: {text: long}}\n"
    )
    for number in range(30):
        to = f"p{number}@example.com"
        shop.send(fact(f"t{number}", "custom.tried", f"thing:{number}", {"to": to}, email=to))
    shop.drain()
    source = source_named(shop.shop, flow="tried", database=shop.database)
    assert source is not None
    cuts = report(shop.shop, source, DAY, DAY, database=shop.database).cuts["variant"]
    counted = {name: one["sent"] for name, one in cuts}
    assert set(counted) == {"a", "b"} and sum(counted.values()) == 30
    texts = shop.rows("SELECT config FROM effect")
    assert sum('"text":"long"' in text for (text,) in texts) == counted["b"]
    exposed = dict(shop.rows("SELECT arm, count(*) FROM exposure WHERE experiment = '0' GROUP BY arm"))
    assert exposed == counted


def test_days_are_no_more_than_a_year(shop: Place) -> None:
    found = overview(shop.shop, date(2000, 1, 1), DAY, database=shop.database).report
    assert len(found.days) == 366
