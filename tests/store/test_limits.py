"""Budgets: exact under many workers, per hour and per day and currency; over them a flow pauses itself and asks."""

from __future__ import annotations

import threading
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from support import START, TRIED, Place, TryConfig, fact

from sereno.commerce.money import Money
from sereno.runtime import services
from sereno.runtime.limiting import limits
from sereno.runtime.ports import no_ports
from sereno.runtime.runtime import Runtime
from sereno.sdk.context import Context
from sereno.sdk.plugin import action, registry
from sereno.sdk.result import Done, Result
from sereno.store.database import open_database
from sereno.store.documents import encode

FLOW = (
    "flow: caller\ntrigger: {{event: custom.begun}}\nlimits: {limits}\nsteps:\n"
    "  - {action}: {{to: x{extra}}}\n    on_error: continue\n"
)


def register_costly() -> None:
    """`tests.buy` costs what `extra` says."""
    if registry().actions.get("tests.buy") is not None:
        return

    def price(config: Any) -> Money | None:
        extra = config.get("extra") or {}
        return Money.parse(str(extra["price"]), extra.get("currency", "EUR")) if "price" in extra else None

    @action("tests.buy", label="Buy {to}", config=TryConfig, connection=lambda config: "tests", spend=price)
    def buy(config: TryConfig, ctx: Context) -> Result:
        """Buy something."""
        TRIED.append(ctx.effect_key)
        return Done({})


def begin(place: Place, limits: str, count: int, action: str = "tests.call", extra: str = "") -> None:
    register_costly()
    place.flow(FLOW.format(limits=limits, action=action, extra=extra))
    send(place, count)


def send(place: Place, count: int, name: str = "e") -> None:
    place.send(*(fact(f"{name}{number}", "custom.begun", f"thing:{name}{number}") for number in range(count)))


def asked(place: Place) -> list[tuple[Any, ...]]:
    return place.rows('SELECT id, kind, span, "limit", wanted, status, allowed FROM limit_question ORDER BY id')


def test_over_its_budget_a_flow_pauses_itself_and_asks(place: Place) -> None:
    begin(place, "{effects_per_hour: 5}", 12)
    place.drain()
    assert len(TRIED) == 5
    assert place.rows("SELECT status, paused_reason FROM flow WHERE name = 'caller'") == [
        ("paused", "limit.effects_per_hour")
    ]
    assert place.rows("SELECT status, attempts, count(*) FROM effect GROUP BY 1, 2 ORDER BY 1") == [
        ("done", 1, 5),
        ("pending", 0, 7),
    ]
    ((id_, kind, span, limit, wanted, status, _),) = asked(place)
    assert (kind, limit, wanted, status) == ("effects_per_hour", "5", "6", "open")
    assert span == f"h:{int(START.timestamp()) // 3600}"
    assert place.rows("SELECT kind, about FROM alert") == [("flow.limit", "flow:caller")]
    with pytest.raises(ValueError, match="allow at least 6"):
        limits.answer(place.shop, id_, True, "ana", allowed="5", database=place.database)
    limits.answer(place.shop, id_, True, "ana", allowed="8", database=place.database)
    with pytest.raises(ValueError, match="answered already"):
        limits.answer(place.shop, id_, False, "ana", database=place.database)
    place.drain()
    assert len(TRIED) == 8 and [row[5] for row in asked(place)] == ["raised", "open"]
    place.after(hours=1)
    assert len(TRIED) == 8  # It waits for its answer, whatever the hour.
    services.set_status(place.shop, "caller", "live", "ana", database=place.database)
    place.drain()
    assert len(TRIED) == 12 and [row[5] for row in asked(place)] == ["raised", "settled"]
    assert place.rows("SELECT settled_at IS NOT NULL FROM alert") == [(1,)] or place.rows(
        "SELECT settled_at IS NOT NULL FROM alert"
    ) == [(True,)]


def test_kept_paused_it_stays(place: Place) -> None:
    begin(place, "{effects_per_hour: 1}", 2)
    place.drain()
    limits.answer(place.shop, asked(place)[0][0], False, "ana", note="wait", database=place.database)
    place.after(hours=2)
    assert len(TRIED) == 1
    assert place.rows("SELECT action, \"by\" FROM audit WHERE action LIKE 'limit%'") == [("limit.kept", "ana")]


def test_money_is_exact_and_by_the_shops_day(place: Place) -> None:
    """0.10 three times is 0.30; the day ends at 23:00 UTC in Madrid's winter."""
    begin(place, "{spend_per_day: {EUR: 0.3}}", 4, "tests.buy", ", extra: {price: '0.10'}")
    place.drain()
    assert len(TRIED) == 3
    assert place.rows("SELECT span, used FROM flow_use") == [("d:2026-03-02:EUR", "0.30")]
    ((id_, kind, span, limit, wanted, _, _),) = asked(place)
    assert (kind, span, limit, wanted) == ("spend_per_day", "d:2026-03-02:EUR", "0.3", "0.40")
    place.after(hours=14)  # 23:00 UTC, midnight in Madrid
    limits.answer(place.shop, id_, True, "ana", database=place.database)
    place.drain()
    assert len(TRIED) == 4
    assert dict(place.rows("SELECT span, used FROM flow_use"))["d:2026-03-03:EUR"] == "0.10"


def test_another_currency_has_no_limit_and_is_counted(place: Place) -> None:
    begin(place, "{spend_per_day: {EUR: 1}}", 3, "tests.buy", ", extra: {price: '5', currency: USD}")
    place.drain()
    assert len(TRIED) == 3 and place.rows("SELECT span, used FROM flow_use") == [("d:2026-03-02:USD", "15")]


def test_a_shop_has_limits_for_flows_that_set_none(place: Place) -> None:
    with place.database.transaction() as tx:
        tx.text("UPDATE shop SET settings = " + ("?1" if place.database.dialect == "sqlite" else "$1"),
                [encode({"limits": {"effects_per_hour": 2}})])  # fmt: skip
    place.runtime.world.flows.invalidate()
    begin(place, "{}", 3)
    place.drain()
    assert len(TRIED) == 2
    begin(place, "{effects_per_hour: 100}", 0)
    services.set_status(place.shop, "caller", "live", "ana", database=place.database)
    place.drain()
    assert len(TRIED) == 3


def test_a_retry_in_the_same_hour_is_counted_once(place: Place) -> None:
    from support import ANSWERS

    from sereno.sdk.result import Retry

    answers = iter([Retry("x", "later"), Done({})])
    ANSWERS["x"] = lambda config, ctx: next(answers)
    begin(place, "{effects_per_hour: 2}", 1)
    place.drain()
    place.after(minutes=1)
    assert len(TRIED) == 2 and place.rows("SELECT used FROM flow_use") == [("1",)]


def test_eight_workers_never_go_over(postgres: Any) -> None:
    """200 effects, a budget of 50, eight workers of four threads claiming at once."""
    place = Place(postgres)
    TRIED.clear()
    begin(place, "{effects_per_hour: 50}", 200)
    while place.runtime.dispatcher.run(200):
        pass
    start, failures = threading.Barrier(8), []

    def work(number: int) -> None:
        try:
            database = open_database("postgresql:///x")
            database.parameters.update(postgres.parameters)  # type: ignore[attr-defined]
            runtime = Runtime(database, registry(), no_ports, place.clock, f"w{number}", threads=4)
            start.wait(120)
            for _ in range(30):
                runtime.effects._most = 7
                runtime.effects.run(wait_for_all=True)
            runtime.stop()
            database.close()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    place.runtime.stop()
    assert failures == []
    assert len(TRIED) == len(set(TRIED)) == 50
    assert place.rows("SELECT used FROM flow_use") == [("50",)]
    assert place.rows("SELECT status, count(*) FROM effect WHERE action = 'tests.call' GROUP BY 1 ORDER BY 1") == [
        ("done", 50),
        ("pending", 150),
    ]
    assert len(asked(place)) == 1


def test_the_question_goes_to_those_who_run_the_shop(place: Place) -> None:
    with place.database.transaction() as tx:
        tx.text(
            "INSERT INTO auth_user (id, password, is_superuser, username, first_name, last_name, email, is_staff, "
            "is_active, date_joined) VALUES (7, '', FALSE, 'oli@example.com', '', '', 'oli@example.com', FALSE, TRUE, "
            "'2026-01-01')"
        )
        tx.text(f"INSERT INTO membership (user_id, shop_id, role) VALUES (7, {place.shop}, 'operator')")
    begin(place, "{effects_per_hour: 1}", 2)
    place.drain()
    ((_action, config, status),) = place.rows("SELECT action, config, status FROM effect WHERE action = 'alerts.limit'")
    assert '"to":"oli@example.com"' in config and status == "done"
    assert Decimal(asked(place)[0][4]) == 2 and place.clock.now() - START < timedelta(hours=1)
