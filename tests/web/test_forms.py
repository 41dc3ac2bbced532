"""The side panel's forms: every step has one, and what is sent untouched changes nothing."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import QueryDict
from django.template import engines
from django.utils import translation

from filling import buttons, sent
from sereno.engine.documents import read_document
from sereno.engine.flow import compile_flow, to_yaml
from sereno.engine.places import walk
from sereno.sdk.plugin import registry
from sereno.sdk.templates import shipped_flows
from sereno.store.models import Shop
from sereno.web.builder import forms

EVERYTHING = """\
flow: everything
name: Everything
trigger:
  event: [order.paid, order.created]
  when: "order.total >= 30.50 && (customer.email != null || order.tags.exists(t, t in [\\"a b\\", \\"ș\\"]))"
key: customer.id
reentry: {after: 7d, while_running: restart}
exit:
  - order.cancelled
  - {event: [order.refunded, refund.created], when: event.amount >= 10}
  - event: custom.left
steps:
  - wait: 4h
  - wait: 1d12h
  - wait: "{{ store.abandoned_after | default: '1h' }}"
  - wait: {until: "09:00"}
  - wait: {until: {time: "9:30", weekday: [mon, fri]}, zone: store}
  - wait: {until: {weekday: sat}}
  - wait:
      until: {event: order.refunded, when: "event.total > 3 && now - event.occurred_at < duration('2h')"}
      timeout: 20h
    as: answer
  - wait: {until: {event: [custom.a, order.created]}}
  - wait: {until: {date: order.placed_at, offset: -2d, at: "10:00"}}
  - wait: {until: {date: customer.birthday}}
  - if: vars.answer.happened == true
    then:
      - stop: it came
    else:
      - stop: {reason: it did not}
  - if: order.total * 2 > 100 || order.note.matches("^a\\\\.b")
    then: []
  - if: >-
      order.lines.exists(line, line.sku == "A-1")
      && !order.lines.exists(x, x.is_gift_card == true) && size(order.lines) >= 2
    then:
      - stop
  - switch: order.shipping_address.country
    cases:
      ES: [{log: {text: "¡Hola!"}}]
      "a b": []
    default:
      - log: {text: "other"}
  - switch: "order.total > 100.0 ? 'big' : 'small'"
    cases: {big: [], small: []}
  - split: {weights: {a: 50, b: 30, c: 20}, a: [{wait: 1h}], b: []}
  - approve: {by: owner, text: "Refund {{ order.number }}?", timeout: 2d, then: [{log: {text: "yes"}}], else: []}
  - approve: {by: anna@shop.example}
  - for_each: {items: order.lines, as: line, limit: 20, steps: [{log: {text: "{{ vars.line.sku }}"}}]}
  - for_each: {items: "order.lines.filter(x, x.quantity > 1.0)", as: line, steps: []}
  - set: {points: order.total * 10.0, word: "'a'", more: vars.points + 1.0}
  - log: {text: "one\\n  two\\n\\nthree "}
    on_error: continue
    as: logged
  - http.request:
      method: PUT
      url: https://example.com/{{ order.id }}
      json: {a: [1, 2.5, null, {b: "{{ order.total }}"}], c: true}
      headers: {X-One: "1", "X Two": "{{ order.number }}"}
      secret: whsec_x
    on_error:
      - alerts.notify: {channel: "email:anna@shop.example", text: "It failed"}
  - messages.send_email:
      {to: "a@b.example", subject: "Order {{ order.number }}", text: "Hi", html: "<p>Hi</p>", purpose: marketing}
    on_error: stop
  - alerts.notify: {channel: slack, text: "x"}
  - events.emit: {type: custom.seen, data: {a: 1}, since: "{{ event.occurred_at }}"}
  - orders.add_tag: {tag: "{% assign x = 1 %}\\nline {{ x }}"}
  - customers.add_tag: {tag: 5}
"""
TRIGGERS: tuple[Any, ...] = (
    {"event": "checkout.abandoned"},
    {"event": "custom.seen", "when": "event.amount >= 5 && event.name == 'a'"},
    {"schedule": "0 9 * * *"},
    {"schedule": "30 8 * * mon-fri", "over": "customer", "when": "customer.order_count > 3"},
    {"schedule": "0 9 * * 1-5"},
    {"schedule": "05 7 * * 0,6"},
    {"schedule": "15 * * * *"},
    {"schedule": "0 6 1 * *"},
    {"schedule": "*/10 9-17 * * *"},
    {"schedule": {"rrule": "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO"}, "over": "order"},
    {"schedule": {"cron": "0 9 * * mon"}},
    {"date": "customer.birthday", "offset": "-3d", "at": "09:00", "yearly": True},
    {"date": "order.placed_at", "offset": "12h"},
    {"date": "customer.birthday", "offset": "0d"},
    {"manual": True},
    {"manual": "order", "when": "order.total > 1"},
    {"absent": "shipment.delivered", "since": ["order.paid", "order.fulfilled"], "within": "7d"},
    {"absent": ["order.paid"], "since": "order.created", "within": "90m", "when": "order.total > 1"},
)
ENTRIES: tuple[dict[str, Any], ...] = (
    {},
    {"key": "customer.id", "reentry": "once"},
    {"key": "order.id + '-x'", "reentry": "always"},
    {"reentry": {"once": True, "while_running": "restart"}},
    {"reentry": {"after": "36h"}},
    {"reentry": {"while_running": "ignore"}},
)


def drawn(document: dict[str, Any], path: str, shop: Shop, **more: Any) -> str:
    panel = forms.panel(document, path, shop=shop, language="en", **more)
    return str(engines["jinja2"].get_template(panel.template).render(panel.context))


def places_of(document: dict[str, Any]) -> list[str]:
    exits = [f"exit.{number}" for number in range(len(document.get("exit") or []))]
    return ["trigger", "entry", *exits, *(path for path, _step in walk(document))]


def untouched(document: dict[str, Any], path: str, shop: Shop) -> None:
    post = sent(drawn(document, path, shop))
    try:
        changed = forms.apply(document, path, post, shop=shop)
    except forms.FormInvalid as invalid:
        raise AssertionError((path, invalid.errors)) from None
    assert changed == document, path
    assert to_yaml(changed) == to_yaml(document), path


@pytest.mark.parametrize("name", [flow.name for flow in shipped_flows()])
def test_the_forms_of_a_shipped_flow_change_nothing_untouched(name: str, shop: Shop) -> None:
    text = next(flow.text for flow in shipped_flows() if flow.name == name)
    document = read_document(text)[0].document
    for path in places_of(document):
        untouched(document, path, shop)


def test_the_forms_of_everything_a_flow_can_say_change_nothing_untouched(shop: Shop) -> None:
    compile_flow(EVERYTHING.replace("{tag: 5}", '{tag: "5"}'), registry())
    document = read_document(EVERYTHING)[0].document
    shop.settings = {"alert_email": "a@b.example"}
    for path in places_of(document):
        if path != str(len(document["steps"]) - 1):
            untouched(document, path, shop)


@pytest.mark.parametrize("trigger", TRIGGERS, ids=str)
def test_every_trigger_has_a_form_that_changes_nothing_untouched(trigger: dict[str, Any], shop: Shop) -> None:
    untouched({"flow": "x", "trigger": trigger, "steps": [{"log": {"text": "a"}}]}, "trigger", shop)


@pytest.mark.parametrize("entry", ENTRIES, ids=str)
def test_every_entry_rule_has_a_form_that_changes_nothing_untouched(entry: dict[str, Any], shop: Shop) -> None:
    untouched({"flow": "x", "trigger": {"event": "order.paid"}, **entry, "steps": []}, "entry", shop)


def test_every_registered_action_has_a_form(shop: Shop) -> None:
    names = registry().action_names()
    assert {"log", "messages.send_email", "http.request", "orders.add_tag"} <= set(names)
    for language in ("en", "es", "pt", "ro"):
        with translation.override(language):
            for name in names:
                document = {"flow": "x", "trigger": {"event": "order.paid"}, "steps": [forms.blank(name)]}
                html = drawn(document, "0", shop)
                for key, info in registry().actions.get(name).config.model_fields.items():  # type: ignore[union-attr]
                    assert f'name="c-{key}' in html, (name, key)
                    assert ">*</span>" in html or not info.is_required(), name


def test_new_control_steps_compile_once_they_stand_in_a_flow(shop: Shop) -> None:
    kinds = (
        "if",
        "switch",
        "split",
        "wait",
        "wait_event",
        "wait_time",
        "wait_date",
        "approve",
        "for_each",
        "set",
        "stop",
    )
    document = {"flow": "x", "trigger": {"event": "order.paid"}, "steps": [forms.blank(kind) for kind in kinds]}
    compile_flow(to_yaml(document), registry())
    for path in places_of(document):
        untouched(document, path, shop)
    with pytest.raises(LookupError):
        forms.blank("nonsense")


def test_no_button_of_a_form_is_pressed_by_enter(shop: Shop) -> None:
    """Enter presses the first button of a form: it must be the plain one, which keeps it."""
    document = read_document(EVERYTHING)[0].document
    for path in places_of(document):
        html = drawn(document, path, shop)
        assert html.index("<button") < html.index('name="f-do"')
        assert "name=" not in html[html.index("<button") :].partition(">")[0]
        assert all(name == "f-do" for name, _value in buttons(html))


def test_a_path_that_leads_nowhere_is_a_lookup_error(shop: Shop) -> None:
    document = {"flow": "x", "trigger": {"event": "order.paid"}, "steps": [{"log": {"text": "a"}}]}
    for path in ("1", "0.then.0", "exit.0", "x", ""):
        with pytest.raises(LookupError):
            forms.panel(document, path, shop=shop, language="en")
        with pytest.raises(LookupError):
            forms.apply(document, path, QueryDict(), shop=shop)
