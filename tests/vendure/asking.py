"""The store's own word: its Admin API asked directly, and the way Sereno's connector takes to it."""

from __future__ import annotations

import json
import urllib.request
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from store_process import Vendure

from sereno.connectors.vendure.webhooks import VENDURE
from sereno.modules.http.client import GuardedHttp
from sereno.sdk.ports import HttpAnswer, HttpFailed, HttpRequest
from sereno.sdk.stores import Call, Exchange, Written
from sereno.sdk.writes import Write

FIELDS = """
const Module = require('module');
const load = Module._load;
const text = { name: "colour", type: "string", nullable: true };
const fields = [text, { name: "fragile", type: "boolean", nullable: true }];
Module._load = function (request, ...rest) {
    const found = load.call(this, request, ...rest);
    if (request === './config' && found.config && !found.config.customFields)
        found.config.customFields = { Order: fields, Product: fields, ProductVariant: fields, Customer: fields };
    return found;
};
"""
"""Gives the store custom fields before it starts."""


def with_fields(folder: Path) -> dict[str, str]:
    """Options of `Vendure.start` by which the store has the fields."""
    path = folder / "fields.js"
    path.write_text(FIELDS)
    return {"NODE_OPTIONS": f"--require={path}"}


class Asking:
    """Asks as the superadmin, in requests of its own."""

    def __init__(self, store: Vendure) -> None:
        self.url = f"http://127.0.0.1:{store.port}/admin-api"
        self.host = f"127.0.0.1:{store.port}"
        self.token = ""
        login = 'mutation { login(username: "superadmin", password: "superadmin") { __typename } }'
        self(login)

    def __call__(self, document: str, **variables: Any) -> Any:
        body = json.dumps({"query": document, "variables": variables}).encode()
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"}
        with urllib.request.urlopen(urllib.request.Request(self.url, body, headers), timeout=60) as answer:
            self.token = answer.headers.get("vendure-auth-token") or self.token
            held = json.load(answer)
        assert "errors" not in held, held["errors"]
        return held["data"]

    def order(self, id: str) -> dict[str, Any]:
        return self(
            """query($id: ID!) { order(id: $id) { id code state totalWithTax
              lines { id quantity productVariant { sku } } shippingAddress { city streetLine1 }
              payments { id state amount refunds { id state total reason } }
              fulfillments { id state trackingCode method } modifications { id }
              history(options: {filter: {type: {eq: "ORDER_NOTE"}}}) { items { isPublic data } } customFields
            } }""".replace(" customFields", " customFields { colour }" if self.has_fields else ""),
            id=id,
        )["order"]

    def notes(self, id: str) -> list[str]:
        return [item["data"]["note"] for item in self.order(id)["history"]["items"]]

    def variant(self, sku: str) -> dict[str, Any]:
        document = """query($sku: String!) { productVariants(options: {filter: {sku: {eq: $sku}}}) { items {
          id price product { id enabled facetValues { name facet { code } } }
          stockLevels { stockLocationId stockOnHand stockAllocated } } } }"""
        return self(document, sku=sku)["productVariants"]["items"][0]

    def movements(self, sku: str) -> int:
        """How often staff have put the stock right."""
        document = """query($id: ID!) { productVariant(id: $id) {
          stockMovements(options: {type: ADJUSTMENT}) { totalItems } } }"""
        return self(document, id=self.variant(sku)["id"])["productVariant"]["stockMovements"]["totalItems"]

    has_fields = False


class Line:
    """Sereno's connection to the store. `losing` makes the answers of the next mutations whose document holds that text
    get lost on the way back."""

    def __init__(self, asking: Asking) -> None:
        self.guarded = GuardedHttp([asking.host])
        self.losing = ""
        self.sent: list[str] = []
        access = {"url": asking.url, "user": "superadmin", "password": "superadmin"}
        self.exchange = Exchange(self, {}, access)

    def send(self, request: HttpRequest) -> HttpAnswer:
        document = json.loads(request.body or b"{}")["query"]
        self.sent.append(document)
        answer = self.guarded.send(request)
        if self.losing and self.losing in document:
            self.losing = ""
            raise HttpFailed("the answer was lost")
        return answer

    def write(self, write: Write, key: str, attempt: int = 1) -> Written:
        assert VENDURE.store is not None
        call = Call(self.exchange, key, attempt, datetime.now(UTC))
        return VENDURE.store.writes[type(write)](call, write)

    def as_user(self, **access: str) -> Exchange:
        return replace(self.exchange, access={**self.exchange.access, **access})
