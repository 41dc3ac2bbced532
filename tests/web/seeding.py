"""A small shop with one of everything, as the runtime would have left it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User

from sereno.engine.run import RunState, encode_state
from sereno.modules.customers.models import Customer
from sereno.modules.feeds.models import FeedFile, FeedHeld, FeedOut, FeedSource
from sereno.modules.orders.models import Order
from sereno.modules.stock.models import StockBalance, StockItem, StockTransfer
from sereno.store import models
from sereno.store.fields import to_micros

PASSWORD = "a long enough password"
RECOVERY = """\
flow: cart-recovery
name: Cart recovery
trigger: {event: checkout.abandoned, when: "cart.total >= 30"}
key: cart.id
reentry: {after: 7d}
exit: [{event: order.created}]
steps:
  - wait: 4h
  - log: {text: "A reminder for {{ cart.id }}"}
  - if: cart.total >= 100
    then:
      - log: {text: "An incentive"}
    else:
      - stop: not worth it
  - approve: {by: owner, text: "Send the last one?", timeout: 2d, then: [{log: {text: "last"}}]}
"""
THANKS = """\
flow: thanks
name: Thank big orders
trigger: {event: order.paid, when: "order.total >= 200"}
steps:
  - orders.add_tag: {tag: big-order}
"""
NOW = datetime.now(UTC).replace(microsecond=0)


@dataclass
class Seeded:
    shop: models.Shop
    owner: User
    viewer: User
    connection: models.Connection
    delivery: models.Delivery
    broken_delivery: models.Delivery
    event: models.Event
    recovery: models.Flow
    thanks: models.Flow
    run: models.Run
    finished: models.Run
    effect: models.Effect
    failed_effect: models.Effect
    approval: models.Approval


@cache
def sealed(password: str) -> str:
    """As it is kept. Sealed once for all tests: it is made to take a fifth of a second."""
    return make_password(password)


def person(shop: models.Shop, email: str, role: str) -> User:
    user = User.objects.create(username=email, email=email, password=sealed(PASSWORD))
    models.Membership.objects.create(user=user, shop=shop, role=role)
    return user


def make_shop(slug: str = "lantern", name: str = "Lantern & Wick") -> models.Shop:
    return models.Shop.objects.create(
        slug=slug, name=name, currency="EUR", timezone="Europe/Madrid", locale="es", settings={}, created_at=NOW
    )


def make_flow(
    shop: models.Shop, name: str, title: str, text: str, status: str = "live", version: int | None = 1
) -> models.Flow:
    flow = models.Flow.objects.create(
        shop=shop, name=name, title=title, status=status, draft=text, version=version, created_at=NOW, updated_at=NOW
    )
    if version is not None:
        models.FlowVersion.objects.create(
            flow=flow, number=version, document=text, published_at=NOW, published_by="ana@example.com", note="First"
        )
    return flow


def make_event(
    shop: models.Shop,
    connection: models.Connection,
    delivery: models.Delivery | None,
    number: int,
    type_: str,
    subject: str,
    refs: dict[str, str],
    data: dict[str, Any],
) -> models.Event:
    at = NOW - timedelta(minutes=number)
    event = models.Event.objects.create(
        shop=shop,
        connection=connection,
        delivery=delivery,
        source=connection.name,
        uid=f"{type_}-{number}",
        type=type_,
        subject=subject,
        occurred_at=at,
        received_at=at + timedelta(seconds=1),
        data=data,
        refs=refs,
        lane=number % 16,
    )
    for link in {subject, *(f"{kind}:{key}" for kind, key in refs.items())}:
        models.EventLink.objects.create(shop=shop, link=link, event=event, type=type_, occurred_at=at)
    return event


def make_run(
    shop: models.Shop,
    flow: models.Flow,
    event: models.Event,
    uid: str,
    status: str,
    step: str,
    trace: list[dict[str, Any]],
) -> models.Run:
    started = NOW - timedelta(hours=5)
    state = RunState(id=uid, flow=flow.name, version=1, subject=event.subject, key=event.subject, started_at=started)
    state.status, state.step = status, step  # pyright: ignore[reportAttributeAccessIssue]
    run = models.Run.objects.create(
        uid=uid,
        shop=shop,
        flow=flow,
        event=event,
        version=1,
        subject=event.subject,
        key=event.subject,
        status=status,
        step=step,
        started_at=started,
        updated_at=NOW,
        due_at=NOW + timedelta(hours=2) if status == "waiting" else None,
        state=encode_state(state).decode(),
    )
    models.RunTrace.objects.create(run=run, entries=trace)
    if status == "waiting":
        models.RunLink.objects.create(shop=shop, link=event.subject, run=run, flow=flow)
    return run


def make_backtest(shop: models.Shop, flow: models.Flow) -> models.Backtest:
    """One that is done, with a run, what it would have done, and one that would not have started."""
    side = {
        "runs": 1,
        "places": {"=started": 1, "=finished": 1, "=skipped": 1, "0": 1},
        "statuses": {"finished": 1},
        "skips": {"when_false": 1},
        "kinds": {"0": 1},
        "ways": {"0": 1},
        "days": {NOW.date().isoformat(): [1, 0, 1]},
        "busiest": {},
    }
    summary = {
        "events": 2,
        "begin": NOW.isoformat(),
        "end": NOW.isoformat(),
        "own": side,
        "live": side,
        "difference": {"runs": {"new": 0, "gone": 0, "changed": 1, "same": 0}, "whats": {"0": {"changed": 1}}},
        "whats": [
            {
                "action": "orders.add_tag",
                "config": json.dumps({"tag": "big-order"}),
                "channel": "",
                "purpose": "",
                "connection": "",
            }
        ],
        "kinds": [{"step": "0", "what": 0, "outcome": "done", "reason": ""}],
        "ways": [{"places": ["0"], "status": "finished", "step": ""}],
        "kept": {"runs": 1},
        "failed": {"count": 0, "first": []},
        "budgets": {},
    }
    row = models.Backtest.objects.create(
        shop=shop,
        flow=flow.name,
        text=flow.draft,
        digest="",
        version=None,
        base_version=flow.version,
        begin=NOW - timedelta(days=7),
        until=NOW,
        status="done",
        by="ana@example.com",
        created_at=NOW,
        started_at=NOW,
        finished_at=NOW,
        facts={"currency": "EUR", "prices": {}},
        summary=summary,
    )
    about = {"shop": shop, "backtest": row, "subject": "order:1001", "customer": "17", "address": "mara@example.com"}
    run = models.BacktestRun.objects.create(
        **about,
        is_live_version=False,
        uid="c1b2c3d4e5f6a7b8c9d0",
        key="order:1001",
        event="lantern-store\x1forder.paid-2",
        event_type="order.paid",
        started_at=NOW,
        status="finished",
        step="",
        effects=1,
        change="changed",
    )
    models.BacktestEffect.objects.create(backtest=row, run=run, is_live_version=False, kind=0, at=NOW)
    models.BacktestSkip.objects.create(
        **about,
        event="lantern-store\x1forder.paid-2",
        at=NOW,
        reason="when_false",
        details={"condition": "order.total >= 200", "values": {"order.total": 19.9}},
    )
    return row


def make_stock(shop: models.Shop) -> None:
    """An item at one place, and a transfer of it."""
    StockItem.objects.create(shop=shop, item="OIL-5L", title="Oil, 5 l", on_hand=7, available=7)
    StockBalance.objects.create(shop=shop, item="OIL-5L", location="", on_hand=7, changed_at=NOW)
    StockTransfer.objects.create(
        shop=shop,
        uid="t1",
        origin="",
        destination="yard",
        status="proposed",
        lines=[["OIL-5L", 2]],
        by="ana@example.com",
        created_at=NOW,
    )


def make_feeds(shop: models.Shop, connection: models.Connection) -> None:
    """A source with a file of which one record was held back, and a table that others fetch."""
    source = FeedSource.objects.create(
        connection=connection, shop=shop, layout={"what": "orders"}, begin_at=NOW, created_at=NOW, next_at=NOW
    )
    file = FeedFile.objects.create(
        shop=shop,
        source=source,
        name="sales.csv",
        digest="d",
        size=60,
        columns=["Receipt", "Qty"],
        way="hand",
        by="ana@example.com",
        at=NOW,
        status="done",
        rows=2,
        entries=1,
        held=1,
        new=1,
        finished_at=NOW,
    )
    fault = {"row": 0, "column": "Qty", "code": "number.odd", "value": "two"}
    FeedHeld.objects.create(shop=shop, file=file, line=3, name="B-2", rows=[["B-2", "two"]], faults=[fault])
    columns = [["sku", "sku"], ["quantity", "available"]]
    FeedOut.objects.create(
        shop=shop, name=f"stock-{shop.slug}", title="Stock", what="stock", columns=columns, key="k", created_at=NOW
    )


def seed() -> Seeded:
    shop = make_shop()
    owner, viewer = person(shop, "ana@example.com", "owner"), person(shop, "vic@example.com", "viewer")
    connection = models.Connection.objects.create(
        shop=shop, name="lantern-store", kind="generic", secrets="", settings={}, created_at=NOW
    )
    make_feeds(shop, connection)
    body = json.dumps({"id": 820982911946154508, "total_price": "199.00", "name": "#1001"}).encode()
    delivery, broken = (
        models.Delivery.objects.create(
            connection=connection,
            dedupe_key=f"delivery-{status}",
            topic="orders/create",
            headers={"x-topic": "orders/create"},
            body=body if status == "done" else b"\xff{",
            received_at=NOW,
            status=status,
            reason=reason,
        )
        for status, reason in (("done", None), ("failed", "not JSON: unexpected byte at 0"))
    )
    cart = {"id": "c-17", "currency": "EUR", "total": "120.00"}
    event = make_event(
        shop,
        connection,
        delivery,
        1,
        "checkout.abandoned",
        "cart:c-17",
        {"cart": "c-17", "customer": "17", "email": "mara@example.com"},
        cart,
    )
    order = make_event(
        shop,
        connection,
        delivery,
        2,
        "order.paid",
        "order:1001",
        {"order": "1001", "customer": "17"},
        {"id": "1001", "number": "#1001", "total": "250.00"},
    )
    make_event(shop, connection, None, 3, "customer.created", "customer:17", {"customer": "17"}, {"id": "17"})
    Order.objects.create(
        shop=shop,
        key="1001",
        version=1,
        data={},
        seen_at=NOW,
        number="#1001",
        email="mara@example.com",
        customer_key="17",
        total="250.00",
        currency="EUR",
    )
    Customer.objects.create(
        shop=shop, key="17", version=1, data={}, seen_at=NOW, email="mara@example.com", name="Mara Ionescu"
    )
    make_stock(shop)
    recovery = make_flow(shop, "cart-recovery", "Cart recovery", RECOVERY)
    thanks = make_flow(shop, "thanks", "Thank big orders", THANKS, "paused")
    make_flow(shop, "draft-only", "A draft", THANKS.replace("flow: thanks", "flow: draft-only"), "draft", None)
    at = NOW.isoformat()
    trace = [
        {"at": at, "step": "", "code": "run.started", "details": {"event": "checkout.abandoned", "key": "c-17"}},
        {"at": at, "step": "0", "code": "wait.started", "details": {"until": at}},
    ]
    run = make_run(shop, recovery, event, "a1b2c3d4e5f6a7b8c9d0", "waiting", "3", trace)
    finished = make_run(shop, thanks, order, "b1b2c3d4e5f6a7b8c9d0", "finished", "", trace)
    effects = [
        models.Effect.objects.create(
            key=f"{finished.uid}/{status}",
            shop=shop,
            flow=thanks,
            run=finished,
            step="0",
            action="orders.add_tag",
            subject="order:1001",
            config={"tag": "big-order"},
            status=status,
            attempts=1,
            due_at=NOW,
            created_at=NOW,
            finished_at=NOW,
            error=error,
            message=message,
            result={"tag": "big-order"} if status == "done" else None,
        )
        for status, error, message in (
            ("done", None, None),
            ("failed", "shop.refused", "The shop refused the tag. Mend the key, then replay."),
        )
    ]
    approval = models.Approval.objects.create(
        key=f"{run.uid}/3",
        shop=shop,
        run=run,
        step="3",
        by="owner",
        text="Send the last one?",
        created_at=NOW,
        expires_at=NOW + timedelta(days=2),
    )
    models.Skip.objects.create(
        shop=shop,
        flow=thanks,
        version=1,
        subject="order:1001",
        event=order.pk,
        at=NOW,
        reason="when_false",
        details={"condition": "order.total >= 200", "values": {"order.total": 19.9}},
    )
    make_backtest(shop, thanks)
    models.Worker.objects.create(name="w1", seen_at=to_micros(datetime.now(UTC)), started_at=NOW)
    return Seeded(
        shop,
        owner,
        viewer,
        connection,
        delivery,
        broken,
        event,
        recovery,
        thanks,
        run,
        finished,
        effects[0],
        effects[1],
        approval,
    )
