from __future__ import annotations

from datetime import time, timedelta
from typing import Any, cast

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from sereno.engine.catalog import FlowInvalid, Problem
from sereno.engine.expressions import Expression
from sereno.engine.flow import Flow, compile_flow, to_yaml
from sereno.engine.steps import (
    Action,
    Approve,
    ForEach,
    If,
    SetVars,
    Split,
    Stop,
    Switch,
    WaitFor,
    WaitUntilDate,
    WaitUntilEvent,
    WaitUntilTime,
)

from .catalog import CATALOG
from .test_properties import flows

FULL = """\
flow: cart-recovery
name: Cart recovery
description: Everything a flow may hold
trigger: {event: checkout.abandoned, when: "cart.total >= 30 && customer.accepts_email"}
key: cart.id
reentry: {after: 7d, while_running: restart}
exit:
  - {event: order.created, when: "event.cart_id == cart.id"}
  - order.paid
steps:
  - wait: 4h
  - messages.send_email: {template: cart-reminder, subject: "Hola {{ customer.name }}"}
  - wait: {until: {event: [order.created, order.updated], when: event.total > 5}, timeout: 20h}
    as: got
  - if: cart.total >= 100 && !vars.got.happened
    then:
      - pricing.issue_code: {percent: 10, expires: 3d}
        as: gift
      - log: {text: "{{ vars.gift.code }} {{ vars.got.data.total }}"}
    else:
      - stop: too small
  - switch: customer.locale
    cases:
      es: [{log: {text: hola}}]
      "pt-BR": [{log: {text: olá}}]
    default: [{log: {text: hello}}]
  - split: {weights: {a: 50, b: 50}, a: [{log: {text: a}}], b: []}
  - approve:
      {by: owner, text: "Refund {{ cart.total | money }}?", timeout: 2d, then: [{log: {text: y}}], else: [{stop: {}}]}
  - for_each: {items: cart.lines, as: line, limit: 50, steps: [{log: {text: "{{ vars.line.sku }}"}}]}
  - set: {tier: "cart.total > 500 ? 'gold' : 'silver'", number: 5, sure: true}
  - wait: {until: {time: "09:30", weekday: [mon, tue]}, zone: store}
  - wait: {until: "18:00"}
  - wait: {until: {date: cart.updated_at, offset: -1d, at: "10:00"}}
  - wait: store.abandoned_after
  - wait: "{{ store.abandoned_after | default: '1h' }}"
  - http.request: {method: POST, url: "https://x.example/{{ cart.id }}", json: {cart: [1, "{{ vars.tier }}"]}}
    on_error: [{log: {text: failed}}]
  - stop
"""


def compiled(steps: str, trigger: str = "{event: order.created}", more: str = "") -> Flow:
    return compile_flow(f"flow: t\ntrigger: {trigger}\n{more}steps:\n{steps}", CATALOG)


def problems(text: str) -> list[Problem]:
    with pytest.raises(FlowInvalid) as caught:
        compile_flow(text, CATALOG)
    return list(caught.value.problems)


def in_steps(steps: str, trigger: str = "{event: order.created}", more: str = "") -> list[Problem]:
    return problems(f"flow: t\ntrigger: {trigger}\n{more}steps:\n{steps}")


def test_every_step_is_read() -> None:
    flow = compile_flow(FULL, CATALOG)
    kinds = [type(step) for step in flow.steps]
    assert kinds == [
        WaitFor, Action, WaitUntilEvent, If, Switch, Split, Approve, ForEach, SetVars, WaitUntilTime, WaitUntilTime,
        WaitUntilDate, WaitFor, WaitFor, Action, Stop,
    ]  # fmt: skip
    assert [step.path for step in flow.steps] == [str(number) for number in range(16)]
    assert set(flow.program.index) >= {
        "3.then.0", "3.then.1", "3.else.0", "4.es.0", "4.pt-BR.0", "4.default.0", "5.a.0", "6.then.0", "6.else.0",
        "7.0", "14.on_error.0",
    }  # fmt: skip
    assert flow.title == "Cart recovery"
    assert flow.trigger_types == {"checkout.abandoned"}
    assert flow.exit_types == {"order.created", "order.paid"}
    assert flow.listens == {"order.created", "order.paid", "order.updated"}
    assert flow.needs == {"cart", "customer", "event", "vars", "store"}
    assert flow.entry_needs == {"cart", "customer", "event"}
    assert flow.actions == {"messages.send_email", "pricing.issue_code", "log", "http.request"}
    assert (flow.reentry.mode, flow.reentry.after, flow.reentry.while_running) == (
        "after",
        timedelta(days=7),
        "restart",
    )
    assert flow.schedule is None
    wait = flow.steps[9]
    assert isinstance(wait, WaitUntilTime)
    assert (wait.at, wait.weekdays, wait.zone) == (time(9, 30), {"mon", "tue"}, "store")
    dated = flow.steps[11]
    assert isinstance(dated, WaitUntilDate)
    assert (dated.offset, dated.at, dated.zone) == (timedelta(days=-1), time(10), "recipient")
    named = flow.steps[12]
    assert isinstance(named, WaitFor)
    assert isinstance(named.length, Expression)


def test_the_document_goes_both_ways() -> None:
    flow = compile_flow(FULL, CATALOG)
    again = compile_flow(to_yaml(flow.document), CATALOG)
    assert again.document == flow.document
    assert list(again.program.index) == list(flow.program.index)


@given(flows())
@settings(max_examples=40, deadline=None)
def test_drawn_flows_go_both_ways(flow: Flow) -> None:
    assert compile_flow(to_yaml(flow.document), CATALOG).document == flow.document


@pytest.mark.parametrize(
    ("trigger", "kind", "types"),
    [
        ("{event: order.created}", "event", {"order.created"}),
        (
            "{event: [cart.updated, checkout.updated], when: cart.total > 1}",
            "event",
            {"cart.updated", "checkout.updated"},
        ),
        ("{event: custom.visited, when: event.page == 'x' && order.total > 1}", "event", {"custom.visited"}),
        ('{schedule: "0 9 * * *"}', "schedule", {"schedule.fired"}),
        ('{schedule: "0 9 * * mon", over: customer, when: customer.orders_count > 3}', "schedule", {"schedule.fired"}),
        ("{schedule: {rrule: 'FREQ=MONTHLY;BYDAY=1MO;BYHOUR=9'}, over: order}", "schedule", {"schedule.fired"}),
        ("{date: customer.birthday, offset: -3d, at: '09:00', yearly: true}", "date", {"date.reached"}),
        ("{date: order.promised_at}", "date", {"date.reached"}),
        ("{manual: true}", "manual", {"run.requested"}),
        ("{manual: order, when: order.total > 1}", "manual", {"run.requested"}),
        (
            "{absent: order.created, within: 24h, since: checkout.updated, when: cart.total > 1}",
            "absent",
            {"checkout.updated"},
        ),
    ],
)
def test_every_trigger_is_read(trigger: str, kind: str, types: set[str]) -> None:
    flow = compiled("  - log: {text: x}\n", trigger)
    assert flow.trigger.kind == kind
    assert flow.trigger_types == types
    assert (flow.schedule is not None) == (kind in ("schedule", "date"))


def test_absence_listens_and_starts_anew_by_itself() -> None:
    flow = compiled("  - log: {text: x}\n", "{absent: order.created, within: 1d, since: cart.updated}")
    assert flow.listens == {"order.created"}
    assert flow.reentry.while_running == "restart"


@pytest.mark.parametrize(
    ("written", "mode", "running"),
    [
        ("once", "once", "ignore"),
        ("always", "always", "ignore"),
        ("{after: 30d}", "after", "ignore"),
        ("{while_running: restart}", "always", "restart"),
        ("{once: true, while_running: restart}", "once", "restart"),
    ],
)
def test_reentry(written: str, mode: str, running: str) -> None:
    flow = compiled("  - log: {text: x}\n", more=f"reentry: {written}\n")
    assert (flow.reentry.mode, flow.reentry.while_running) == (mode, running)


@pytest.mark.parametrize(
    ("text", "code", "line", "suggestion"),
    [
        ("trigger: {event: order.created}\nsteps: []\n", "flow.wrong_name", 1, None),
        ("flow: Not Good\ntrigger: {event: order.created}\nsteps: []\n", "flow.wrong_name", 1, None),
        ("flow: t\nsteps: []\n", "flow.missing_key", 1, None),
        ("flow: t\ntrigger: {event: order.created}\n", "flow.missing_key", 1, None),
        ("flow: t\ntriger: {event: order.created}\nsteps: []\n", "flow.unknown_key", 2, "trigger"),
        ("flow: t\ntrigger: {event: order.creatd}\nsteps: []\n", "flow.unknown_event", 2, "order.created"),
        ("flow: t\ntrigger: {event: order.created, wen: x}\nsteps: []\n", "flow.unknown_key", 2, "when"),
        ("flow: t\ntrigger: {event: order.created, manual: true}\nsteps: []\n", "flow.wrong_trigger", 2, None),
        ("flow: t\ntrigger: {evnt: order.created}\nsteps: []\n", "flow.wrong_trigger", 2, None),
        ("flow: t\ntrigger: order.created\nsteps: []\n", "flow.wrong_shape", 2, None),
        ('flow: t\ntrigger: {schedule: "0 9 * *"}\nsteps: []\n', "flow.wrong_schedule", 2, None),
        ('flow: t\ntrigger: {schedule: "61 9 * * *"}\nsteps: []\n', "flow.wrong_schedule", 2, None),
        ("flow: t\ntrigger: {schedule: {rrule: FREQ=NEVER}}\nsteps: []\n", "flow.wrong_schedule", 2, None),
        ("flow: t\ntrigger: {schedule: {rrule: FREQ=SECONDLY}}\nsteps: []\n", "flow.wrong_schedule", 2, None),
        ('flow: t\ntrigger: {schedule: "0 9 * * *", over: custmer}\nsteps: []\n', "flow.wrong_record", 2, "customer"),
        ("flow: t\ntrigger: {date: customer.name}\nsteps: []\n", "expression.wrong_type", 2, None),
        ("flow: t\ntrigger: {date: customer.birthdy}\nsteps: []\n", "expression.unknown_field", 2, "customer.birthday"),
        ("flow: t\ntrigger: {absent: order.created, since: cart.updated}\nsteps: []\n", "flow.missing_key", 2, None),
        ("flow: t\ntrigger: {event: order.created}\nkey: order.lines\nsteps: []\n", "expression.wrong_type", 3, None),
        (
            "flow: t\ntrigger: {event: order.created}\nreentry: {after: soon}\nsteps: []\n",
            "flow.wrong_duration",
            3,
            None,
        ),
        ("flow: t\ntrigger: {event: order.created}\nreentry: {aftr: 1d}\nsteps: []\n", "flow.unknown_key", 3, "after"),
        (
            "flow: t\ntrigger: {event: order.created}\nexit: [{event: zzz}]\nsteps: []\n",
            "flow.unknown_event",
            3,
            None,
        ),
        ("flow: t\nflow: u\ntrigger: {event: order.created}\nsteps: []\n", "yaml.duplicate_key", 2, None),
        ("- flow", "flow.wrong_shape", 1, None),
    ],
)
def test_what_is_wrong_at_the_top(text: str, code: str, line: int, suggestion: str | None) -> None:
    found = [problem for problem in problems(text) if problem.code == code]
    assert found, problems(text)
    assert (found[0].line, found[0].suggestion) == (line, suggestion)


@pytest.mark.parametrize(
    ("steps", "code", "suggestion"),
    [
        ("  - wiat: 4h\n", "flow.unknown_step", "wait"),
        ("  - messages.send_emial: {template: x}\n", "flow.unknown_step", "messages.send_email"),
        ("  - {wait: 4h, log: {text: x}}\n", "flow.wrong_step", None),
        ("  - wait\n", "flow.wrong_shape", None),
        ("  - if: order.total > 1\n    thn: []\n", "flow.unknown_key", "then"),
        ("  - if: order.total > 1\n", "flow.missing_key", None),
        ("  - {if: order.total, then: []}\n", "expression.wrong_type", None),
        ("  - {if: order.totl > 1, then: []}\n", "expression.unknown_field", "order.total"),
        ("  - {if: cart.total > 1, then: []}\n", "expression.not_supplied", None),
        ("  - {if: 'true', then: {log: {text: x}}}\n", "flow.wrong_shape", None),
        ("  - wait: 4 hours\n", "flow.wrong_duration", None),
        ("  - wait: -4h\n", "flow.wrong_duration", None),
        ("  - wait: 20y\n", "flow.wrong_duration", None),
        ("  - wait: 900w\n", "flow.wrong_duration", None),
        ("  - wait: {until: {event: order.pid}}\n", "flow.unknown_event", "order.paid"),
        ("  - wait: {until: {event: order.paid, wen: x}}\n", "flow.unknown_key", "when"),
        ("  - wait: {until: {event: order.paid}, timout: 1h}\n", "flow.unknown_key", "timeout"),
        ("  - wait: {until: {time: '25:00'}}\n", "flow.wrong_time", None),
        ("  - wait: {until: {time: '9:00', weekday: monday}}\n", "flow.wrong_weekday", "mon"),
        ("  - wait: {until: {time: '9:00'}, zone: shop}\n", "flow.wrong_zone", None),
        ("  - wait: {until: {date: order.name}, timeout: 3h}\n", "flow.unknown_key", None),
        ("  - wait: {until: {date: order.total}}\n", "expression.wrong_type", None),
        ("  - {wait: 4h, as: x}\n", "flow.unknown_key", None),
        ("  - switch: order.status\n    cases: {payd: []}\n", "expression.wrong_value", "paid"),
        ("  - split: {weights: {a: 50}, b: []}\n", "flow.unknown_key", None),
        ("  - split: {weights: {a: 0}}\n", "flow.wrong_weight", None),
        ("  - split: {weights: {a: x}}\n", "flow.wrong_weight", None),
        ("  - approve: {then: []}\n", "flow.wrong_shape", None),
        ("  - for_each: {items: order.total, as: x, steps: []}\n", "expression.wrong_type", None),
        ("  - for_each: {items: order.lines, as: x, limit: 99999, steps: []}\n", "flow.wrong_limit", None),
        ("  - for_each: {items: order.lines, steps: []}\n", "flow.missing_key", None),
        ("  - set: {a b: '1'}\n", "flow.wrong_name", None),
        ("  - set: {tier: gold}\n", "expression.unknown_name", None),
        ("  - {log: {text: x}, on_error: retry}\n", "flow.wrong_on_error", None),
        ("  - log: {}\n", "action.wrong_config", None),
        ("  - log: {text: x, txt: y}\n", "flow.unknown_key", "text"),
        ("  - log: [x]\n", "flow.wrong_shape", None),
        ("  - log: {text: '{{ order.nme }}'}\n", "template.unknown_field", "order.name"),
        ("  - log: {text: '{{ cart.total }}'}\n", "template.unknown_field", None),
        ("  - log: {text: '{{ vars.gift }}'}\n", "template.unknown_field", None),
        ("  - log: {text: '{{ order.name '}\n", "template.syntax", None),
        ("  - log: {text: '{{ order.name | shout }}'}\n", "template.syntax", None),
        ("  - {if: vars.later == 1, then: []}\n  - set: {later: '1'}\n", "expression.unknown_variable", None),
    ],
)
def test_what_is_wrong_in_a_step(steps: str, code: str, suggestion: str | None) -> None:
    found = [problem for problem in in_steps(steps) if problem.code == code]
    assert found, in_steps(steps)
    assert found[0].line >= 4
    if suggestion is not None:
        assert found[0].suggestion == suggestion


def test_an_action_that_needs_what_the_trigger_does_not_supply_is_refused() -> None:
    (problem,) = in_steps("  - messages.send_email: {template: low}\n", "{event: stock.changed}")
    assert problem.code == "action.not_supplied"
    assert (
        problem.message
        == "messages.send_email needs the customer, but stock.changed does not supply the customer, only product"
    )
    (problem,) = in_steps("  - log: {text: x}\n", "{event: stock.changed, when: order.total > 1}")
    assert (problem.code, problem.line, problem.column) == ("expression.not_supplied", 2, 39)


def test_problems_come_all_at_once_in_the_order_of_lines() -> None:
    found = problems(
        FULL.replace("cart.total >= 30", "cart.totl >= 30")
        .replace("- wait: 4h", "- wiat: 4h")
        .replace("vars.got.happened", "vars.gott.happened")
        .replace("{log: {text: hello}}", "{log: {txt: hello}}")
        .replace("customer.name }}", "customer.nam }}")
    )
    assert [problem.line for problem in found] == sorted(problem.line for problem in found)
    assert {problem.suggestion for problem in found} >= {"cart.total", "wait", "vars.got", "text", "customer.name"}
    assert len(found) == 6


def test_lines_of_block_texts_are_right() -> None:
    (problem,) = in_steps("  - log:\n      text: |\n        one\n        two {{ order.nme }}\n")
    assert problem.line == 7
    (problem,) = in_steps("  - if: >-\n      order.total > 1\n      && order.nme == ''\n    then: []\n")
    assert 5 <= problem.line <= 6


def test_awaiting_follows_from_what_comes_later() -> None:
    def awaited(steps: str) -> list[bool]:
        program = compiled(steps).program
        return [program.places[program.index[path]].awaited for path in sorted(program.index) if path.isdigit()]

    assert awaited("  - log: {text: x}\n  - log: {text: y}\n") == [False, False]
    assert awaited("  - log: {text: x}\n    on_error: stop\n") == [True]
    assert awaited("  - pricing.issue_code: {percent: 1}\n    as: gift\n") == [True]
    assert awaited("  - http.request: {method: GET, url: x}\n") == [True]
    assert awaited("  - http.request: {method: GET, url: x}\n    on_error: continue\n") == [False]
    tag = "  - customers.add_tag: {tag: x}\n"
    assert awaited(tag) == [False]
    assert awaited(tag + "  - log: {text: x}\n") == [False, False]
    assert awaited(tag + "  - {if: customer.name == 'x', then: []}\n") == [True, False]
    assert awaited(tag + "  - messages.send_email: {template: x}\n") == [True, False]
    inside = "[{if: customer.name == 'x', then: []}, {customers.add_tag: {tag: x}}]"
    looped = compiled(f"  - for_each: {{items: order.lines, as: l, steps: {inside}}}\n").program
    assert looped.places[looped.index["0.1"]].awaited


def test_hostile_documents_are_refused_quietly() -> None:
    nested = "[{if: 'true', then: " * 40
    for text in (
        "flow: t\nsteps: " + nested,
        "flow: t\ntrigger: {event: order.created}\nsteps:\n" + "  - log: {text: x}\n" * 1500,
    ):
        with pytest.raises(FlowInvalid):
            compile_flow(text, CATALOG)


JUNK = st.sampled_from(
    [None, True, -1, 0.5, "", "x", "{{", "{% if %}", "order.total", "4h", [], [[]], [None], {}, {"if": 1},
     {"event": None},
     {"until": {"event": "order.paid"}}, {"a": {"b": [1]}}, ["order.paid", 3], "1 +", "\x00", 10**30]
)  # fmt: skip


def spoil(draw: st.DrawFn, value: Any) -> Any:
    """The document with one part of it replaced, renamed or taken away."""
    if isinstance(value, dict) and value and draw(st.integers(0, 5)):
        found = dict(cast("dict[str, Any]", value))
        key = draw(st.sampled_from(sorted(found)))
        kept = found.pop(key)
        what = draw(st.integers(0, 6))
        if what == 0:
            return found
        found[key + "x" if what == 1 else key] = spoil(draw, kept)
        return found
    if isinstance(value, list) and value and draw(st.integers(0, 5)):
        items = list(cast("list[Any]", value))
        number = draw(st.integers(0, len(items) - 1))
        items[number] = spoil(draw, items[number])
        return items
    return draw(JUNK)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_a_spoilt_document_is_a_flow_or_a_list_of_problems(data: st.DataObject) -> None:
    document = yaml.safe_load(FULL)
    for _ in range(data.draw(st.integers(1, 3))):
        document = data.draw(st.composite(spoil)(document))
        if not isinstance(document, dict):
            return
    text = to_yaml(cast("dict[str, Any]", document))
    try:
        assert compile_flow(text, CATALOG).document
    except FlowInvalid as error:
        assert error.problems
        lines = text.count("\n") + 1
        assert all(1 <= problem.line <= lines and problem.message for problem in error.problems)


@given(st.text(max_size=60))
@settings(max_examples=100, deadline=None)
def test_any_text_is_a_flow_or_a_list_of_problems(text: str) -> None:
    with pytest.raises(FlowInvalid):
        compile_flow(text, CATALOG)


def test_a_document_is_plain_yaml() -> None:
    assert yaml.safe_load(to_yaml(compile_flow(FULL, CATALOG).document))["flow"] == "cart-recovery"
