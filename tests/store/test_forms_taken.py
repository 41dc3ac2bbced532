"""What a form brings is kept once, with its consents, and weighed: on both databases."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from support import Place, fact, order

from sereno.runtime.forms import leading, taking
from sereno.runtime.forms.taking import Consent, Sent, Taken, ViewInvalid
from sereno.runtime.pricing import pools
from sereno.runtime.pricing.pools import Pool

YES = Consent("email", "Sí, quiero ofertas por correo.")


def view(place: Place, form: str = "news", variant: str = "", wait: float = 5) -> taking.View:
    token = taking.begin(place.shop, form, variant, database=place.database)
    place.clock.move_to(place.clock.now() + timedelta(seconds=wait))
    return taking.read_view(place.shop, form, token, database=place.database)


def send(place: Place, at: taking.View | None = None, email: str = "Ana@Example.com", **changes: Any) -> Taken:
    sent = Sent(**{"email": email, "name": "Ana", "points": 10, "locale": "es", "page": "/cups", **changes})
    return taking.take(place.shop, at or view(place), sent, database=place.database)


def events(place: Place, type: str) -> list[dict[str, Any]]:
    rows = place.rows(f"SELECT data FROM event WHERE type = '{type}' ORDER BY id")
    return [json.loads(data) for (data,) in rows]


def leads(place: Place) -> list[tuple[Any, ...]]:
    return place.rows("SELECT person, stage, points FROM forms_lead ORDER BY id")


def customer(place: Place, key: str = "email:ana@example.com") -> dict[str, Any]:
    (row,) = place.rows(f"SELECT data FROM customers_customer WHERE key = '{key}'")
    return dict(json.loads(row[0]))


def test_one_view_is_one_submission(place: Place) -> None:
    at = view(place)
    first = send(place, at, consents=(YES,), answers={"tea": "green"}, birthday="--05-17")
    again = send(place, at, "other@example.com", consents=(YES,))
    assert (first.is_new, again.is_new) == (True, False)
    place.drain()
    (told,) = events(place, "form.submitted")
    assert (told["email"], told["consent"], told["page"]) == ("ana@example.com", {"email": "granted"}, "/cups")
    assert place.rows("SELECT views, submits FROM forms_count") == [(1, 1)]
    (line,) = place.rows("SELECT address, granted, source, proof FROM consent")
    proof = json.loads(line[3])
    assert (line[0], bool(line[1]), line[2]) == ("ana@example.com", True, "form:news")
    assert (proof["said"], proof["form"]) == ("Sí, quiero ofertas por correo.", "news")
    known = customer(place)
    assert (known["name"], known["birthday"], known["accepts_email"]) == ("Ana", "--05-17", True)
    assert known["signup"]["answers"] == {"tea": "green"} and known["lead"]["stage"] == "new"


def test_what_the_store_knows_of_somebody_stays(place: Place) -> None:
    place.send(
        fact("c", "customer.created", "customer:7", {"id": "7", "email": "ana@example.com", "name": "Ana María"})
    )
    place.drain()
    send(place, name="A. M.", birthday="1990-05-17")
    place.drain()
    known = customer(place, "7")
    assert (known["name"], known["birthday"]) == ("Ana María", "1990-05-17")
    assert leads(place) == [("7", "new", 10)]


def test_where_the_shop_wants_it_confirmed_nobody_is_written_to_before(place: Place) -> None:
    with place.database.transaction() as tx:
        tx.text('UPDATE shop SET settings = \'{"double_opt_in": "all", "country": "ES"}\'')
    taken = send(place, consents=(YES,))
    place.drain()
    assert taken.pending and len(events(place, "consent.requested")) == 1
    assert customer(place).get("accepts_email") is None
    assert events(place, "form.submitted")[0]["consent"] == {"email": "pending"}


def test_what_comes_from_no_view_is_not_taken(place: Place) -> None:
    token = taking.begin(place.shop, "news", "", database=place.database)
    for wrong, code in ((token, "view.fast"), (token[:-3], "view.unknown"), ("", "view.unknown")):
        with pytest.raises(ViewInvalid) as caught:
            taking.read_view(place.shop, "news", wrong, database=place.database)
        assert caught.value.code == code
    place.clock.move_to(place.clock.now() + timedelta(seconds=2))
    assert taking.read_view(place.shop, "news", token, database=place.database).form == "news"
    with pytest.raises(ViewInvalid, match=r"view\.unknown"):
        taking.read_view(place.shop, "other", token, database=place.database)
    place.clock.move_to(place.clock.now() + timedelta(hours=13))
    with pytest.raises(ViewInvalid, match=r"view\.old"):
        taking.read_view(place.shop, "news", token, database=place.database)


def test_a_person_gets_one_code_of_a_pool(place: Place) -> None:
    pools.put_pool(place.shop, Pool("HELLO", "percent", "10"), ["A-1", "A-2"], "boss", database=place.database)
    first, again = send(place, pool="HELLO"), send(place, pool="HELLO")
    other, late = send(place, email="bo@example.com", pool="HELLO"), send(place, email="cy@example.com", pool="HELLO")
    assert first.code == again.code == "A-1" and other.code == "A-2" and late.code == "" and late.is_new


def test_acts_bring_a_lead_on_and_an_order_makes_a_customer(place: Place) -> None:
    send(place)
    place.drain()
    person = {"customer": "email:ana@example.com", "email": "ana@example.com"}
    opened = {"email": "ana@example.com", "is_machine": True}
    place.send(fact("m1", "message.opened", "customer:email:ana@example.com", opened, **person))
    place.drain()
    assert leads(place) == [("email:ana@example.com", "new", 10)], "a program opened it"
    clicked = {"email": "ana@example.com", "is_machine": False}
    place.send(fact("m2", "message.clicked", "customer:email:ana@example.com", clicked, **person))
    place.drain()
    assert leads(place) == [("email:ana@example.com", "engaged", 15)]
    place.send(*[fact(f"k{n}", "cart.created", f"cart:{n}", {"id": str(n)}, **person) for n in range(2)])
    place.drain()
    place.send(fact("k0", "cart.created", "cart:0", {"id": "0"}, **person))
    place.drain()
    assert leads(place) == [("email:ana@example.com", "qualified", 31)]
    (told,) = events(place, "lead.qualified")
    assert (told["stage"], told["form"], told["points"]) == ("qualified", "news", 31)
    place.send(order("1001"))
    place.drain()
    assert [row[1] for row in leads(place)] == ["customer"], "known by the address, whatever the store calls her"
    assert [one["stage"] for one in events(place, "lead.changed")] == ["new", "engaged", "customer"]
    assert customer(place)["lead"]["stage"] == "customer"


def test_who_never_sent_a_form_is_no_lead(place: Place) -> None:
    place.send(order("1001"), fact("m", "message.clicked", "customer:9", {"is_machine": False}, customer="9"))
    place.drain()
    assert leads(place) == [] and events(place, "lead.changed") == []


def test_a_shop_sets_its_own_numbers(place: Place) -> None:
    assert leading.set_rules(place.shop, {"qualified_at": 10}, "boss", database=place.database)["clicked"] == 5
    with pytest.raises(ValueError, match="no rule"):
        leading.set_rules(place.shop, {"nothing": 1}, "boss", database=place.database)
    with pytest.raises(ValueError, match="between"):
        leading.set_rules(place.shop, {"clicked": -1}, "boss", database=place.database)
    send(place)
    place.drain()
    assert [row[1] for row in leads(place)] == ["qualified"]
    assert place.rows("SELECT action FROM audit ORDER BY id DESC LIMIT 1") == [("leads.rules_set",)]
