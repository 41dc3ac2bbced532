"""What the guardrails would have done to messages in shadow: recorded, and at nobody's cost, on both databases."""

from __future__ import annotations

import json
from typing import Any

from arbiting import OUTCOMES, WENT, flow, sent, set_rules, slots, wish
from support import Place, fact

from sereno.runtime import services
from sereno.runtime.staging import stages
from sereno.runtime.staging.pairs import side_by_side
from sereno.sdk.result import Done

EMAIL_DAILY = {"channel": "email", "most": 1, "period": "1d"}
NIGHT = {"channel": "email", "from": "21:00", "until": "12:00"}


def shade(shop: Place, name: str, **given: Any) -> None:
    shop.flow(flow(name, **given))
    services.set_status(shop.shop, name, "shadow", "tester", database=shop.database)


def foreseen(shop: Place) -> dict[str, Any]:
    """The results of all letters in shadow, by whose wish they are."""
    rows = shop.rows(
        "SELECT run.subject, effect.result FROM effect JOIN run ON run.id = effect.run_id "
        "WHERE effect.status = 'shadow' AND effect.action = 'tests.letter' ORDER BY effect.id"
    )
    return {about.removeprefix("thing:"): json.loads(result) for about, result in rows}


def test_what_other_flows_really_sent_counts_and_nothing_is_taken_from_them(shop: Place) -> None:
    set_rules(shop, caps=[EMAIL_DAILY])
    shade(shop, "dark")
    shop.flow(flow("news"))
    shop.send(wish("first", "dark"))
    shop.drain()
    assert foreseen(shop) == {"first": {}}
    shop.send(wish("real", "news"))
    shop.drain()
    assert sent(shop) == [(0, "real")]
    shop.send(wish("bob", "dark", "bob@example.com"), wish("second", "dark", "ANA@example.com"))
    shop.after(hours=1)
    # Two a day are one too many: the real one at nine, its own at nine.
    assert foreseen(shop)["second"] == {"sent_at": "2026-03-03T09:00:00Z", "reason": "message.capped"}
    assert foreseen(shop)["bob"] == {}
    assert [row[2] for row in slots(shop)] == ["sent"]
    assert [run[1] for run in shop.runs()] == ["finished"] * 4
    assert len(WENT) == 1


def test_its_own_count_among_themselves_also_in_one_batch(shop: Place) -> None:
    set_rules(shop, caps=[EMAIL_DAILY], expires={"marketing": "30h"})
    for name in ("dark", "other"):
        shade(shop, name)
    shop.send(*(wish(id_, "dark") for id_ in "abc"), wish("o", "other"))
    shop.drain()
    found = foreseen(shop)
    assert found["a"] == found["o"] == {}
    assert found["b"] == {"sent_at": "2026-03-03T09:00:00Z", "reason": "message.capped"}
    assert (found["c"]["sent"], found["c"]["reason"]) == (False, "message.expired")
    assert slots(shop) == []
    shop.send(wish("d", "dark"))
    shop.after(hours=23)
    assert foreseen(shop)["d"]["sent_at"] == "2026-03-04T09:00:00Z"
    shop.runtime.beat()
    assert len(shop.rows("SELECT key FROM shadow_slot")) == 4
    shop.after(days=40)
    shop.runtime.beat()
    assert shop.rows("SELECT key FROM shadow_slot") == []


def test_consent_and_quiet_hours_are_told_and_the_run_goes_on_with_it(shop: Place) -> None:
    set_rules(shop, quiet=[NIGHT])
    shade(shop, "dark", extra="exit: [custom.over]\n")
    said = {"channel": "email", "purpose": "marketing", "granted": False, "email": "no@example.com"}
    shop.send(fact("refusal", "consent.changed", "customer:1", said))
    shop.drain()
    shop.send(wish("a", "dark"), wish("no", "dark", "no@example.com"))
    shop.drain()
    assert foreseen(shop) == {
        "a": {"sent_at": "2026-03-02T11:00:00Z", "reason": "message.quiet_hours"},
        "no": {"sent": False, "reason": "consent.refused", "to": "no@example.com", "purpose": "marketing"},
    }
    [(text,)] = shop.rows(
        "SELECT run_trace.entries FROM run_trace JOIN run ON run.id = run_trace.run_id WHERE run.subject = 'thing:no'"
    )
    [done] = [entry for entry in json.loads(text) if entry["code"] == "effect.done" and entry["step"] == "0"]
    assert done["details"]["value"]["reason"] == "consent.refused"
    assert [run[1] for run in shop.runs()] == ["finished", "finished"]


def test_a_run_that_waits_after_it_hears_what_came_with_it(shop: Place) -> None:
    set_rules(shop)
    steps = "steps:\n  - tests.letter: {to: a@example.com}\n    as: sent\n"
    steps += "  - wait: {until: {event: custom.reply}, timeout: 1d}\n"
    shop.flow("flow: dark\ntrigger: {event: custom.dark}\n" + steps)
    services.set_status(shop.shop, "dark", "shadow", "tester", database=shop.database)
    shop.send(wish("a", "dark"), fact("r", "custom.reply", "thing:a"))
    shop.drain()
    assert [run[1] for run in shop.runs()] == ["finished"]


def test_a_version_beside_the_live_one_is_not_held_back_by_it(shop: Place) -> None:
    set_rules(shop, caps=[EMAIL_DAILY])
    shop.flow(flow("cart"))
    shop.flow(flow("news"))
    shop.send(wish("before", "cart", "early@example.com"))
    shop.drain()
    shop.after(minutes=1)
    services.save_draft(shop.shop, flow("cart", "to: '{{ event.data.to }}', text: new"), "ana", database=shop.database)
    stage = stages.start(shop.shop, "cart", "ana", database=shop.database)
    shop.send(wish("a", "cart"), wish("n", "news", "bob@example.com"))
    shop.after(minutes=1)
    shop.send(wish("b", "cart", "bob@example.com"), wish("e", "cart", "early@example.com"))
    shop.drain()
    capped = {"sent_at": "2026-03-03T09:02:00Z", "reason": "message.capped"}
    assert foreseen(shop) == {"a": {}, "b": capped, "e": {**capped, "sent_at": "2026-03-03T09:00:00Z"}}
    assert [who for _, who in sent(shop)] == ["before", "a", "n"]
    pairs = side_by_side(shop.shop, stage, database=shop.database)
    acts = {pair.subject: pair.candidate.acts[0].result for pair in pairs.rows}
    assert acts["thing:b"] == capped and acts["thing:a"] == {}


def test_what_the_live_version_sent_since_stands_for_what_it_would_have(shop: Place) -> None:
    set_rules(shop, caps=[{**EMAIL_DAILY, "most": 2}])
    shop.flow(flow("cart"))
    services.save_draft(shop.shop, flow("cart", "to: '{{ event.data.to }}', text: new"), "ana", database=shop.database)
    stages.start(shop.shop, "cart", "ana", database=shop.database)
    for id_ in "abc":
        shop.send(wish(id_, "cart"))
        shop.after(hours=1)
    assert foreseen(shop) == {"a": {}, "b": {}, "c": {"sent_at": "2026-03-03T10:00:00Z", "reason": "message.capped"}}
    assert [who for _, who in sent(shop)] == ["a", "b"]


def test_the_same_key_comes_in_again_once_its_run_in_shadow_is_over(shop: Place) -> None:
    set_rules(shop)
    shade(shop, "dark")
    for number in range(2):
        shop.send(fact(f"e{number}", "custom.dark", "thing:a", {"to": "ana@example.com", "text": "a"}))
        shop.drain()
    assert [run[1] for run in shop.runs()] == ["finished"] * 2


def test_where_only_one_would_have_gone_it_is_a_difference(shop: Place) -> None:
    set_rules(shop)
    shop.flow(flow("cart"))
    text = flow("cart", "to: '{{ event.data.to }}', text: '{{ event.data.text }}'", extra="priority: 3\n")
    services.save_draft(shop.shop, text, "ana", database=shop.database)
    stage = stages.start(shop.shop, "cart", "ana", database=shop.database)
    OUTCOMES["a"] = lambda: Done({"sent": False, "reason": "cart.completed"})
    shop.send(wish("a", "cart"), wish("b", "cart"))
    shop.drain()
    kinds = {
        p.subject: [one.kind for one in p.differences]
        for p in side_by_side(shop.shop, stage, database=shop.database).rows
    }
    assert kinds == {"thing:a": ["fate"], "thing:b": []}
