"""What a person changes in a form changes the document, and nothing else; what is wrong is said at its field."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from test_forms import drawn

from filling import sent
from sereno.engine.flow import compile_flow, to_yaml
from sereno.sdk.plugin import registry
from sereno.store.models import Shop
from sereno.web.builder import forms
from sereno.web.flowtree import trigger_cards
from sereno.web.live.difference import compare

WHEN = 'order.total >= 30 && (order.note == "a" || order.tags.exists(t, t in ["x", "y"]))'


def flow(*steps: Any, **more: Any) -> dict[str, Any]:
    return {"flow": "x", "trigger": {"event": "order.paid"}, "steps": list(steps) or [{"log": {"text": "a"}}], **more}


def changed(document: dict[str, Any], path: str, shop: Shop, **changes: Any) -> dict[str, Any]:
    """The document after the form was sent with these inputs changed; `__` stands for `-`, `_N_` for `-N-`."""
    held = deepcopy(document)
    values = {name.replace("__", "-"): value for name, value in changes.items()}
    after = forms.apply(document, path, sent(drawn(document, path, shop), values), shop=shop)
    assert document == held, "the document given is left alone"
    return after


def refused(document: dict[str, Any], path: str, shop: Shop, **changes: Any) -> dict[str, str]:
    with pytest.raises(forms.FormInvalid) as raised:
        changed(document, path, shop, **changes)
    return raised.value.errors


def pressed(document: dict[str, Any], path: str, shop: Shop, *buttons: str, **changes: Any) -> str:
    """The panel as it is drawn after these buttons were pressed one after the other."""
    html = drawn(document, path, shop)
    for button in buttons:
        post = sent(html, {name.replace("__", "-"): value for name, value in changes.items()} | {"f-do": button})
        with pytest.raises(forms.FormRedrawn) as raised:
            forms.apply(document, path, post, shop=shop)
        assert raised.value.errors == {}
        html = drawn(document, path, shop, values=post)
    return html


# --- conditions ------------------------------------------------------------------------------------


def test_a_changed_row_changes_the_condition_and_only_that(shop: Shop) -> None:
    document = flow({"if": WHEN, "then": [{"log": {"text": "deep"}}]})
    after = changed(document, "0", shop, **{"f-if-0-v": "45,5", "f-if-1.1-op": "has_none"})
    condition = 'order.total >= 45.5 && (order.note == "a" || !order.tags.exists(item, item in ["x", "y"]))'
    assert after["steps"][0] == {"if": condition, "then": [{"log": {"text": "deep"}}]}
    compile_flow(to_yaml(after), registry())


def test_a_row_is_added_filled_in_and_taken_out_without_javascript(shop: Shop) -> None:
    document = flow(trigger={"event": "order.paid"})
    html = pressed(document, "trigger", shop, "f-when:add:", "f-when:add:")
    assert html.count("Choose a field") >= 2
    post = sent(html, {"f-when-0-field": "order.payment_status", "f-do": "f-when:redraw:"})
    with pytest.raises(forms.FormRedrawn):
        forms.apply(document, "trigger", post, shop=shop)
    html = drawn(document, "trigger", shop, values=post)
    assert ">partially_paid<" not in html and '<option value="partially_paid">paid in part</option>' in html
    post = sent(html, {"f-when-0-op": "is_not", "f-when-0-v": "refunded"})
    after = forms.apply(document, "trigger", post, shop=shop)
    assert after["trigger"]["when"] == 'order.payment_status != "refunded"'
    gone = sent(drawn(after, "trigger", shop), {"f-do": "f-when:out:0"})
    assert forms.apply(after, "trigger", gone, shop=shop)["trigger"] == {"event": "order.paid"}


def test_groups_nest_and_their_join_is_kept(shop: Shop) -> None:
    document = flow(trigger={"event": "order.paid", "when": "order.total > 1"})
    html = pressed(document, "trigger", shop, "f-when:group:", "f-when:add:1")
    inner = {"f-when-1-join": "any", "f-when-1.0-field": "order.is_test", "f-when-1.0-op": "true"}
    inner |= {"f-when-1.1-field": "order.lines[].sku", "f-when-1.1-op": "starts", "f-when-1.1-v": "A-"}
    after = forms.apply(document, "trigger", sent(html, {**inner, "f-when-1.1-which": "none"}), shop=shop)
    assert after["trigger"]["when"] == (
        'order.total > 1 && (order.is_test == true || !order.lines.exists(item, item.sku.startsWith("A-")))'
    )


def test_text_and_rows_are_two_sides_of_one_condition(shop: Shop) -> None:
    document = flow({"if": WHEN, "then": []})
    html = pressed(document, "0", shop, "f-if:text:")
    post = sent(html)
    assert (
        post["f-if-text"] == 'order.total >= 30 && (order.note == "a" || order.tags.exists(item, item in ["x", "y"]))'
    )
    back = sent(html, {"f-if-text": "order.total * 2 > 9\n&& order.total < 5", "f-do": "f-if:rows:"})
    after = forms.apply(document, "0", back, shop=shop)
    assert after["steps"][0]["if"] == "order.total * 2 > 9 && order.total < 5"
    rows = sent(drawn(document, "0", shop, values=back))
    assert rows["f-if-0-cel"] == "order.total * 2 > 9" and rows["f-if-1-op"] == "lt" and rows["f-if-1-v"] == "5"


def test_what_is_wrong_with_a_condition_is_said_at_its_row_or_by_line(shop: Shop) -> None:
    document = flow({"if": WHEN, "then": []})
    errors = refused(document, "0", shop, **{"f-if-0-v": "a lot", "f-if-1.0-v": ""})
    assert errors == {"f-if-0": "Write a number, such as 25.", "f-if-1.0": "Say which value."}
    text = {"f-if-mode": "text", "f-if-text": "order.total > 1\r\n&& order.totl > 2"}
    (said,) = refused(document, "0", shop, **text).values()
    assert said == "Line 2: order has no field 'totl'; did you mean order.total?"
    post = sent(drawn(document, "0", shop), {"f-if-0-v": "a lot"})
    html = drawn(document, "0", shop, values=post, errors={"f-if-0": "Write a number, such as 25."})
    assert 'value="a lot"' in html and 'aria-describedby="f-if-0-hint"' in html and 'id="f-if-0-hint"' in html


def test_an_instant_is_written_in_the_shops_zone(shop: Shop) -> None:
    document = flow({"if": 'order.placed_at > timestamp("2026-07-01T07:30:00Z")', "then": []})
    assert 'value="2026-07-01T09:30"' in drawn(document, "0", shop)
    after = changed(document, "0", shop, **{"f-if-0-v": "2026-01-31T09:00"})
    assert after["steps"][0]["if"] == 'order.placed_at > timestamp("2026-01-31T08:00:00Z")'


def test_a_condition_taken_away_leaves_what_needs_none(shop: Shop) -> None:
    trigger = {"event": "order.paid", "when": "order.total > 1"}
    post = sent(drawn(flow(trigger=trigger), "trigger", shop), {"f-do": "f-when:out:0"})
    assert forms.apply(flow(trigger=trigger), "trigger", post, shop=shop)["trigger"] == {"event": "order.paid"}
    document = flow({"if": "order.total > 1", "then": []})
    post = sent(drawn(document, "0", shop), {"f-do": "f-if:out:0"})
    assert forms.apply(document, "0", post, shop=shop)["steps"][0]["if"] == "true"


# --- what starts and ends a flow -------------------------------------------------------------------


def test_another_kind_of_trigger_keeps_the_condition_where_it_still_holds(shop: Shop) -> None:
    document = flow(trigger={"event": "order.paid", "when": 'store.name == "a"'})
    after = changed(document, "trigger", shop, **{"f-kind": "schedule"})
    assert after["trigger"] == {"schedule": "0 9 * * *", "when": 'store.name == "a"'}
    after = changed(after, "trigger", shop, **{"f-schedule-mode": "weekly", "f-schedule-days": ["", "mon", "thu"]})
    assert after["trigger"]["schedule"] == "0 9 * * mon,thu"
    after = changed(after, "trigger", shop, **{"f-over": "customer"})
    assert after["trigger"]["over"] == "customer"
    html = drawn(after, "trigger", shop)
    assert html.count("Monday") + html.count("Thursday") >= 5 and "zone, Europe/Madrid." in html


def test_events_are_added_and_checked(shop: Shop) -> None:
    html = pressed(flow(), "trigger", shop, "f-event:add:")
    after = forms.apply(flow(), "trigger", sent(html, {"f-event-1-v": "custom.seen"}), shop=shop)
    assert after["trigger"] == {"event": ["order.paid", "custom.seen"]}
    assert list(refused(flow(), "trigger", shop, **{"f-event-0-v": "order.payed"})) == ["f-event-0"]


def test_dates_absences_and_starts_by_hand(shop: Shop) -> None:
    date = changed(flow(), "trigger", shop, **{"f-kind": "date"})
    moved = {"f-offset-n": "3", "f-offset-u": "d", "f-offset-s": "before", "f-at": "10:15"}
    date = changed(date, "trigger", shop, **moved, **{"f-date-f": "order.placed_at", "f-yearly": [""]})
    assert date["trigger"] == {
        "date": "order.placed_at",
        "yearly": False,
        "at": "10:15",
        "offset": "-3d",
    }
    absent = changed(changed(flow(), "trigger", shop, **{"f-kind": "absent"}), "trigger", shop, **{"f-within-n": "10"})
    assert absent["trigger"] == {"absent": "shipment.delivered", "since": "order.paid", "within": "10d"}
    manual = changed(changed(flow(), "trigger", shop, **{"f-kind": "manual"}), "trigger", shop, **{"f-about": "none"})
    assert manual["trigger"] == {"manual": True}
    for document in (date, absent, manual):
        compile_flow(to_yaml(document), registry())


def test_who_may_enter(shop: Shop) -> None:
    after = changed(flow(), "entry", shop, **{"f-key-f": "customer.id", "f-reentry-mode": "once"})
    assert (after["key"], after["reentry"]) == ("customer.id", "once")
    after = changed(after, "entry", shop, **{"f-reentry-running": "restart"})
    assert after["reentry"] == {"while_running": "restart", "once": True}
    wait = {"f-reentry-mode": "after", "f-reentry-n": "30", "f-reentry-u": "d"}
    after = changed(after, "entry", shop, **wait, **{"f-key-f": "=", "f-key-t": "order.id + '!'"})
    assert (after["key"], after["reentry"]) == ("order.id + '!'", {"after": "30d", "while_running": "restart"})
    assert list(refused(after, "entry", shop, **{"f-key-t": "order.idd"})) == ["f-key"]
    always = changed(after, "entry", shop, **{"f-reentry-mode": "always", "f-reentry-running": "ignore"})
    assert "reentry" not in always
    held = changed(always, "entry", shop, **{"f-share": "12,5", "f-window-n": "7", "f-window-u": "d"})
    assert held["control"] == {"share": 12.5, "window": "7d"}
    assert list(refused(held, "entry", shop, **{"f-share": "60"})) == ["f-share"]
    assert "control" not in changed(held, "entry", shop, **{"f-share": ""})
    first = changed(always, "entry", shop, **{"f-priority": "2"})
    assert first["priority"] == 2
    assert list(refused(first, "entry", shop, **{"f-priority": "10"})) == ["f-priority"]
    assert "priority" not in changed(first, "entry", shop, **{"f-priority": ""})


def test_what_a_flow_may_do_and_spend(shop: Shop) -> None:
    money = f"f-spend-{shop.currency}"
    limited = changed(flow(), "entry", shop, **{"f-effects": "500", money: "12,50"})
    assert limited["limits"] == {"effects_per_hour": 500, "spend_per_day": {shop.currency: 12.5}}
    compile_flow(to_yaml(limited), registry())
    (card,) = [card for card in trigger_cards(limited) if card.path == "entry"]
    assert "at most 500 effects an hour" in card.say and f"at most 12.5 {shop.currency} a day" in card.say
    assert {change.name.partition(".")[0] for change in compare(flow(), limited).head} == {"limits"}
    assert list(refused(limited, "entry", shop, **{"f-effects": "0"})) == ["f-effects"]
    for wrong in ("-3", "0", "much"):
        assert list(refused(limited, "entry", shop, **{money: wrong})) == [money]
    assert changed(limited, "entry", shop, **{money: ""})["limits"] == {"effects_per_hour": 500}
    assert "limits" not in changed(limited, "entry", shop, **{"f-effects": "", money: ""})
    other = flow(limits={"spend_per_day": {"USD": "7.00"}})
    assert changed(other, "entry", shop, **{"f-spend-USD": "8"})["limits"]["spend_per_day"] == {"USD": 8}
    assert changed(other, "entry", shop, **{"f-priority": "1"})["limits"] == other["limits"]


def test_who_approves_and_what_happens_meanwhile(shop: Shop) -> None:
    one = flow({"approve": {"by": "owner"}})
    values = {"f-need": "2", "f-order": ["", "yes"], "f-remind-n": "4", "f-remind-u": "h", "f-not": "requester"}
    asked = changed(flow({"approve": {"by": ["owner", "support"]}}), "0", shop, **values, **{"f-escalate": "operator"})
    assert asked["steps"][0]["approve"] == {
        "by": ["owner", "support"], "need": 2, "in_order": True, "remind": "4h", "not_by": "requester",
        "escalate": {"after": "1d", "to": "operator"},
    }  # fmt: skip
    compile_flow(to_yaml(asked), registry())
    by = "owner when order.total >= 100\r\nsupport"
    asked = changed(asked, "0", shop, **{"f-by": by, "f-after-n": "2"})["steps"][0]["approve"]
    assert asked["by"] == [{"by": "owner", "when": "order.total >= 100"}, "support"]
    assert asked["escalate"] == {"after": "2d", "to": "operator"}
    back = flow({"approve": asked})
    back = changed(back, "0", shop, **{"f-escalate": "", "f-need": "any", "f-order": [""], "f-not": ""})
    assert not {"escalate", "not_by"} & set(back["steps"][0]["approve"])
    assert list(refused(one, "0", shop, **{"f-by": ""})) == ["f-by"]


def test_exits_are_changed_and_added(shop: Shop) -> None:
    document = flow(exit=["order.cancelled", {"event": "order.refunded"}])
    after = changed(document, "exit.0", shop, **{"f-event-0-v": "refund.created"})
    assert after["exit"] == ["refund.created", {"event": "order.refunded"}]
    html = pressed(after, "exit.0", shop, "f-when:add:")
    row = {"f-when-0-field": "event.amount", "f-when-0-op": "ge", "f-when-0-v": "5"}
    after = forms.apply(after, "exit.0", sent(html, row), shop=shop)
    assert after["exit"][0] == {"event": "refund.created", "when": "event.amount >= 5"}
    assert (
        changed(flow(exit="order.cancelled"), "exit.0", shop, **{"f-event-0-v": "order.paid"})["exit"] == "order.paid"
    )


# --- steps -----------------------------------------------------------------------------------------


def test_a_wait_becomes_another_wait(shop: Shop) -> None:
    assert changed(flow({"wait": "4h"}), "0", shop, **{"f-for-n": "3", "f-for-u": "d"})["steps"] == [{"wait": "3d"}]
    event = changed(flow({"wait": "4h"}), "0", shop, **{"f-kind": "event"})
    assert event["steps"] == [{"wait": {"until": {"event": "order.created"}, "timeout": "1d"}}]
    named = changed(event, "0", shop, **{"f-as": "answer", "f-timeout-n": ""})
    assert named["steps"] == [{"wait": {"until": {"event": "order.created"}}, "as": "answer"}]
    assert changed(named, "0", shop, **{"f-kind": "time"})["steps"] == [{"wait": {"until": {"time": "09:00"}}}]
    assert list(refused(event, "0", shop, **{"f-as": "two words"})) == ["f-as"]
    assert list(refused(flow({"wait": "4h"}), "0", shop, **{"f-for-n": ""})) == ["f-for"]
    later = changed(flow({"wait": {"until": "09:00"}}), "0", shop, **{"f-time": "18:30", "f-days": ["", "sat"]})
    assert later["steps"] == [{"wait": {"until": {"time": "18:30", "weekday": "sat"}}}]


def test_branches_keep_their_steps_when_they_are_renamed(shop: Shop) -> None:
    split = flow({"split": {"weights": {"a": 50, "b": 50}, "a": [{"wait": "1h"}], "b": [{"wait": "2h"}]}})
    after = changed(split, "0", shop, **{"f-weights-0-k": "first", "f-weights-0-w": "80"})
    assert after["steps"][0]["split"] == {
        "weights": {"first": 80, "b": 50},
        "first": [{"wait": "1h"}],
        "b": [{"wait": "2h"}],
    }
    assert list(refused(split, "0", shop, **{"f-weights-1-k": "a"})) == ["f-weights-1"]
    assert list(refused(split, "0", shop, **{"f-weights-0-w": "0", "f-weights-1-w": "0"})) == ["f-weights"]
    switch = flow({"switch": "order.status", "cases": {"open": [{"wait": "1h"}], "draft": []}})
    html = pressed(switch, "0", shop, "f-cases:add:")
    post = sent(html, {"f-cases-0-k": "completed", "f-cases-2-k": "cancelled"})
    cases = forms.apply(switch, "0", post, shop=shop)["steps"][0]["cases"]
    assert cases == {"completed": [{"wait": "1h"}], "draft": [], "cancelled": []}


def test_another_wording_is_tried_and_taken_away(shop: Shop) -> None:
    mail = {"to": "a@b.example", "subject": "S", "text": "T"}
    tried = changed(flow({"messages.send_email": mail}), "0", shop, **{"test-other": "Other"})["steps"][0]
    assert tried["test"] == {"a": {}, "b": {"subject": "Other"}}
    document = flow(tried)
    assert changed(document, "0", shop)["steps"][0] == tried, "what is there stays"
    assert "test" not in changed(document, "0", shop, **{"test-other": ""})["steps"][0]
    own = flow({"messages.send_email": mail, "test": {"x": {}, "y": {"text": "U"}, "z": {"to": "c@d.example"}}})
    assert changed(own, "0", shop)["steps"] == own["steps"], "what the builder cannot show it keeps"
    ready = flow({"messages.send_email": {"template": "cart-reminder"}})
    other = changed(ready, "0", shop, **{"test-other": "cart-reviews"})["steps"][0]
    assert other["test"] == {"a": {}, "b": {"template": "cart-reviews"}}
    assert "test" not in changed(ready, "0", shop, **{"test-other": "cart-reminder"})["steps"][0]


def test_a_template_brings_its_own_words(shop: Shop) -> None:
    document = flow({"messages.send_email": {"to": "a@b.example", "subject": "S", "text": "T"}})
    after = changed(document, "0", shop, **{"c-template": "order-paid"})
    assert after["steps"] == [{"messages.send_email": {"to": "a@b.example", "template": "order-paid"}}]
    assert 'name="c-subject"' not in drawn(after, "0", shop)
    compile_flow(to_yaml(after), registry())


def test_what_an_action_says_of_its_config_stands_at_the_field(shop: Shop) -> None:
    assert list(refused(flow({"orders.add_tag": {"tag": "x"}}), "0", shop, **{"c-tag": " "})) == ["c-tag"]
    long = refused(flow({"orders.add_tag": {"tag": "x"}}), "0", shop, **{"c-tag": "y" * 65})
    assert long == {"c-tag": "At most 64 characters; this has 65."}
    call = flow({"http.request": {"url": "https://a.example"}})
    assert list(refused(call, "0", shop, **{"c-json": "{a: 1}"})) == ["c-json"]
    after = changed(call, "0", shop, **{"c-json": '{"a": [1, null]}', "c-headers-0-k": "X-A", "c-headers-0-v": "1"})
    config = {"url": "https://a.example", "json": {"a": [1, None]}, "headers": {"X-A": "1"}}
    assert after["steps"] == [{"http.request": config}]
    kept = changed(call, "0", shop, **{"f-onerror": "branch", "f-as": "answer"})
    assert kept["steps"][0]["on_error"] == [] and kept["steps"][0]["as"] == "answer"


def test_what_an_action_lacks_is_said(shop: Shop) -> None:
    slack = flow({"alerts.notify": {"channel": "slack", "text": "x"}})
    assert "Slack is not connected" in drawn(slack, "0", shop)
    assert "No mail server is set" in drawn(flow({"messages.send_email": {"template": "order-paid"}}), "0", shop)
    shop.settings = {"slack_webhook": "https://hooks.example/x"}
    assert "Slack is not connected" not in drawn(slack, "0", shop)


def test_loops_values_and_questions(shop: Shop) -> None:
    loop = flow({"for_each": {"items": "order.lines", "as": "line", "steps": [{"log": {"text": "a"}}]}})
    after = changed(loop, "0", shop, **{"f-name": "item", "f-limit": "5"})["steps"][0]["for_each"]
    assert after == {"items": "order.lines", "as": "item", "steps": [{"log": {"text": "a"}}], "limit": 5}
    assert list(refused(loop, "0", shop, **{"f-limit": "99999999"})) == ["f-limit"]
    values = flow({"set": {"a": "1"}})
    after = changed(values, "0", shop, **{"f-set-1-k": "b", "f-set-1-v": "vars.a + 1"})
    assert after["steps"] == [{"set": {"a": "1", "b": "vars.a + 1"}}]
    assert list(refused(values, "0", shop, **{"f-set-1-k": "b", "f-set-1-v": "order.totl"})) == ["f-set-1"]
    ask = changed(flow({"approve": {"by": "owner"}}), "0", shop, **{"f-text": "Go?\r\nOn?", "f-timeout-n": "2"})
    assert ask["steps"] == [{"approve": {"by": "owner", "text": "Go?\nOn?", "timeout": "2d"}}]
    assert changed(flow("stop"), "0", shop, **{"f-reason": "enough"})["steps"] == [{"stop": "enough"}]
    assert changed(flow("stop"), "0", shop)["steps"] == ["stop"]


def test_a_saved_form_shows_what_the_document_cannot_say(shop: Shop) -> None:
    document = flow({"if": "order.total > 1", "then": []})
    html = pressed(document, "0", shop, "f-if:add:")
    post = sent(html, {"f-if-0-v": "2"})
    after = forms.apply(document, "0", post, shop=shop)
    assert after["steps"][0]["if"] == "order.total > 2"
    again = sent(drawn(after, "0", shop, values=post, is_kept=True))
    assert again["f-if-1-field"] == "" and again["f-if-0-v"] == "2"
    assert forms.apply(after, "0", again, shop=shop) == after
