"""A platform that lives in memory, with a connector that writes to it: answers that get lost, keys that are refused,
and what it would tell of each change."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, unquote

from sereno.connectors.site import Things
from sereno.sdk.config import Config, text
from sereno.sdk.connector import Connector, Guide, Mapped, NewEvent, Setting
from sereno.sdk.context import Context
from sereno.sdk.plugin import action, connector, registry
from sereno.sdk.ports import HttpAnswer, HttpFailed, HttpRequest
from sereno.sdk.result import Result
from sereno.sdk.site import KINDS, Found, Kind, nothing
from sereno.sdk.stores import Call, Exchange, Probe, StoreApi, Written, if_there, write_to_store
from sereno.sdk.writes import (
    NoteOrder,
    PublishTheme,
    RefundOrder,
    SetThemeFile,
    TagCustomer,
    TagOrder,
    WritePage,
    WritePost,
)

KIND = "storefront"
URL = "https://shop.example"


@dataclass
class Platform:
    """`next_answers` are what becomes of the next requests: `lost` (done, but nobody hears so), `limited`, `busy`,
    `refused`. `now` is its clock."""

    now: datetime
    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    customers: dict[str, dict[str, Any]] = field(default_factory=dict)
    refunds: dict[str, str] = field(default_factory=dict)
    requests: list[HttpRequest] = field(default_factory=list)
    next_answers: list[str] = field(default_factory=list)
    token: str = "a token that is right"
    lacking: list[str] = field(default_factory=list)
    site: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    """What its own site says, by kind and key; `site_writes` is what was asked of it."""
    site_writes: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)

    def add_order(self, id: str, **values: Any) -> dict[str, Any]:
        held = {"id": id, "tags": [], "note": "", "total": "120.00", "payment_status": "paid", **values}
        self.orders[id] = {**held, "updated_at": self.now.isoformat()}
        return self.orders[id]

    def tick(self, **length: float) -> None:
        self.now += timedelta(**(length or {"seconds": 1}))

    def change(self, id: str, **values: Any) -> None:
        """Somebody changes an order over there."""
        self.orders[id] = {**self.orders[id], **values, "updated_at": self.now.isoformat()}

    def tells(self, id: str, type_: str = "order.updated") -> NewEvent:
        """What its webhook about the order says now."""
        held = dict(self.orders[id])
        at = datetime.fromisoformat(held["updated_at"])
        data = {**held, "number": f"#{id}", "currency": "EUR", "customer_id": "17", "email": "ana@example.com"}
        refs = {"order": id, "customer": "17", "email": "ana@example.com"}
        return NewEvent(f"{type_}|{id}|{at.isoformat()}", type_, f"order:{id}", at, data, refs)

    # --- HTTP -------------------------------------------------------------------------------

    def send(self, request: HttpRequest) -> HttpAnswer:
        self.requests.append(request)
        turn = self.next_answers.pop(0) if self.next_answers else ""
        if turn == "limited":
            return HttpAnswer(429, {"retry-after": "7"}, b"slowly")
        if turn == "busy":
            return HttpAnswer(503, {}, b"later")
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            return HttpAnswer(401, {}, b"who are you")
        if turn == "refused":
            return HttpAnswer(422, {}, b"not so")
        given = json.loads(request.body or b"{}")
        answer = self._do(request, request.url.removeprefix(URL), given)
        if turn == "lost":
            raise HttpFailed("the line broke")
        return answer

    def _do(self, request: HttpRequest, path: str, given: dict[str, Any]) -> HttpAnswer:
        if path == "/shop":
            return _said({"name": "Casa over there", "currency": "EUR", "lacking": self.lacking})
        if path.startswith("/site/"):
            return self._site(request.method, path, given)
        _, kind, id_, *rest = path.split("/")
        held = (self.orders if kind == "orders" else self.customers).get(id_)
        if held is None:
            return HttpAnswer(404, {}, b"no such thing")
        if rest == ["tags"]:
            tags = [tag for tag in held["tags"] if tag not in given["remove"]]
            tags += [tag for tag in given["add"] if tag not in tags]
            if tags != held["tags"]:
                held |= {"tags": tags, "updated_at": self.now.isoformat()}
        elif rest == ["note"] and request.method == "POST":
            held |= {"note": held["note"] + given["text"] + "\n", "updated_at": self.now.isoformat()}
        elif rest == ["refunds"]:
            key = request.headers["Idempotency-Key"]
            if key not in self.refunds:
                self.refunds[key] = given["amount"]
                held |= {"payment_status": "partially_refunded", "updated_at": self.now.isoformat()}
        return _said(held)

    def _site(self, method: str, path: str, given: dict[str, Any]) -> HttpAnswer:
        _, _, kind, key = path.split("/", 3)
        key = unquote(key).partition("?")[0]
        if method == "POST":
            self.site_writes.append((kind, key, given))
            self.site[kind, key] = {**self.site.get((kind, key), {}), **given}
            if given == {"": None}:
                del self.site[kind, key]
        held = self.site.get((kind, key))
        return _said({"fields": held, "url": f"/{kind}/{key}"}) if held is not None else HttpAnswer(404, {}, b"none")


def _said(body: Any) -> HttpAnswer:
    return HttpAnswer(200, {}, json.dumps(body).encode())


# --- its connector ----------------------------------------------------------------------------------


def _sign(exchange: Exchange, request: HttpRequest) -> HttpRequest:
    token = exchange.access.get("token", "")
    headers = {**request.headers, "Authorization": f"Bearer {token}", "Worker": str(os.getpid())}
    return HttpRequest(request.method, request.url, headers, request.body, request.timeout)


def _url(exchange: Exchange, path: str) -> str:
    return exchange.access.get("url", "") + path


def _probe(exchange: Exchange) -> Probe:
    said = exchange.send("GET", _url(exchange, "/shop")).body
    return Probe(said["name"], said["currency"], "1.0", tuple(said["lacking"]))


def _version(body: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(body["updated_at"])


def _tag_order(call: Call, write: TagOrder) -> Written:
    given = {"add": write.add, "remove": write.remove}
    body = call.exchange.send("POST", _url(call.exchange, f"/orders/{write.order}/tags"), body=given).body
    return Written({"tags": body["tags"]}, _version(body))


def _tag_customer(call: Call, write: TagCustomer) -> Written:
    given = {"add": write.add, "remove": write.remove}
    body = call.exchange.send("POST", _url(call.exchange, f"/customers/{write.customer}/tags"), body=given).body
    return Written({"tags": body["tags"]})


def _note(call: Call, write: NoteOrder) -> Written:
    """The platform has no idempotency keys here: the note carries a mark of the effect's."""
    place, mark = _url(call.exchange, f"/orders/{write.order}/note"), f"[{call.key[-8:]}]"
    body = call.exchange.send("GET", place).body if call.attempt > 1 else {"note": ""}
    if mark not in body["note"]:
        body = call.exchange.send("POST", place, body={"text": f"{write.text} {mark}"}).body
    return Written({}, _version(body))


def _refund(call: Call, write: RefundOrder) -> Written:
    place = _url(call.exchange, f"/orders/{write.order}/refunds")
    amount = str(write.amount.amount) if write.amount else "all"
    headers = {"Idempotency-Key": call.key}
    return Written({}, _version(call.exchange.send("POST", place, body={"amount": amount}, headers=headers).body))


# --- its own site -----------------------------------------------------------------------------------


def _things(kind: Kind) -> Things:
    def look(exchange: Exchange, key: str) -> Found | None:
        answer = if_there(lambda: exchange.send("GET", _url(exchange, f"/site/{kind}/{quote(key)}")))
        return None if answer is None else Found(key, {**nothing(kind), **answer.body["fields"]}, answer.body["url"])

    def write(call: Call, key: str, fields: Mapping[str, Any]) -> Found | None:
        call.exchange.send("POST", _url(call.exchange, f"/site/{kind}/{quote(key)}"), body=dict(fields), good=(404,))
        return look(call.exchange, key)

    return Things("The storefront", (), look, write, lambda call, key, found, fields: write(call, key, fields))


THINGS = {kind: _things(kind) for kind in KINDS}
SITE_WRITES = dict(zip((WritePost, WritePage, SetThemeFile, PublishTheme), THINGS.values(), strict=True))


class _OrderConfig(Config):
    tag: str = text("Tag", template=True)


def register() -> None:
    """The connector, and actions of a flow that write: `tests.tag`, `tests.note`, `tests.refund`."""
    if registry().connectors.get(KIND) is not None:
        return
    connector(
        Connector(
            kind=KIND,
            name="Storefront",
            verify=lambda secrets, headers, body, now, settings: "ok",
            topic=lambda headers, body, settings: "any",
            dedupe_key=lambda headers, body, settings: "any",
            map=lambda delivery, settings: Mapped(),
            sign=lambda secret, body, headers, now, settings: dict(headers),
            guide=Guide(settings=(), steps=("Do it.",), brings="Orders"),
            load_store=lambda: StoreApi(
                access=(
                    Setting("url", "Address", "url", True),
                    Setting("token", "Token", "secret", True),
                    Setting("version", "Version", "choice", False, options=("1", "2")),
                ),
                steps=("Make a key.",),
                probe=_probe,
                writes={
                    TagOrder: _tag_order,
                    TagCustomer: _tag_customer,
                    NoteOrder: _note,
                    RefundOrder: _refund,
                    **{write: things.write for write, things in SITE_WRITES.items()},
                },
                looks={kind: things.look for kind, things in THINGS.items()},
                sign=_sign,
            ),
        )
    )

    @action("tests.tag", label="Tag {tag}", config=_OrderConfig, connection=lambda config: "store", ability=TagOrder)
    def tag(config: _OrderConfig, ctx: Context) -> Result:
        """Tag it over there."""
        return write_to_store(ctx, TagOrder(order=ctx.refs["order"], add=(config.tag,)))

    @action("tests.note", label="Note {tag}", config=_OrderConfig, connection=lambda config: "store", ability=NoteOrder)
    def note(config: _OrderConfig, ctx: Context) -> Result:
        """Note it over there."""
        return write_to_store(ctx, NoteOrder(order=ctx.refs["order"], text=config.tag))

    @action(
        "tests.refund", label="Refund {tag}", config=_OrderConfig, connection=lambda config: "store",
        ability=RefundOrder,
    )  # fmt: skip
    def refund(config: _OrderConfig, ctx: Context) -> Result:
        """Give all back."""
        return write_to_store(ctx, RefundOrder(order=ctx.refs["order"]))
