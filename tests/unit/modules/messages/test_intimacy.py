"""Messages that would say too much about their reader are warned of; those that ship say nothing of the kind."""

from __future__ import annotations

import pytest

from sereno.engine.templates import readings
from sereno.modules.messages.intimacy import phrases_too_close, steps_too_close, values_too_close


@pytest.mark.parametrize(
    ("text", "about", "kinds"),
    [
        ("Happy {{ customer.birthday }}!", "customer", ["birth"]),
        ("Call {{ order.phone }}", "order", ["phone"]),
        ("{{ order.ip_address }} {{ customer.total_spent }}", "order", ["place", "score"]),
        ("{{ order.shipping_address.address1 }}", "order", []),
        ("{{ order.shipping_address.address1 }}", "cart", ["address"]),
        ("Call us: {{ store.support_phone }}, {{ customer.first_name }}", "order", []),
        ("{{ order.note }}", "order", ["note"]),
    ],
)
def test_values(text: str, about: str, kinds: list[str]) -> None:
    assert [kind for _reading, _name, kind in values_too_close(readings(text), about)] == kinds


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("We saw you looking at {{ product.title }}", ["watched"]),
        ("Hemos visto que mirabas una taza", ["watched"]),
        ("For your diabetes", ["health"]),
        ("Your order is on its way", []),
        ("{{ we_saw_you }}", []),
    ],
)
def test_phrases(text: str, kinds: list[str]) -> None:
    assert [kind for _words, kind in phrases_too_close(text)] == kinds


def test_words_in_a_flow_are_looked_at_like_those_of_a_template() -> None:
    mail = {"subject": "Happy {{ customer.birthday }}", "text": "{{ order.shipping_address.address1 }} {{ broken"}
    steps = [{"if": "x", "then": [{"messages.send_email": mail}]}, {"log": {"text": "{{ customer.birthday }}"}}]
    found = list(steps_too_close({"trigger": {"event": "order.paid"}, "steps": steps}))
    assert found == [("0.then.0", "customer.birthday", "personal.birth")]
    said = [{"messages.send_email": {"subject": "We saw you looking at cups"}}]
    assert [code for *_rest, code in steps_too_close({"steps": said})] == ["personal.said_watched"]
