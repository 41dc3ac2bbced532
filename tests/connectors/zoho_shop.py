"""A Zoho Commerce store on a wire: its own interface, Zoho Inventory's adjustments, and the accounts that make tokens.

It behaves as they do in what matters to writing: lists cannot begin at an instant, those of orders tell little of each,
errors come by a code beside the status, and tokens are few.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta, timezone
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from wires import NOW, Asked, Wire

from sereno.connectors import tokens
from sereno.sdk.ports import HttpAnswer, HttpFailed, HttpRequest

ACCESS = {
    "data_center": "in",
    "organization": "58927961",
    "client_id": "1000.A",
    "client_secret": "p-1",
    "refresh_token": "1000.r",
    "currency": "INR",
}
INDIA = timezone(timedelta(hours=5, minutes=30))


def stamp(second: float) -> str:
    return (NOW + timedelta(seconds=second)).astimezone(INDIA).strftime("%Y-%m-%dT%H:%M:%S%z")


def millis(second: float) -> str:
    return str(int((NOW + timedelta(seconds=second)).timestamp() * 1000))


def order(own: int = 5, **more: Any) -> dict[str, Any]:
    return {
        "salesorder_id": f"{own}",
        "salesorder_number": f"SO-{own:05}",
        "date": "2026-11-20",
        "order_status": "confirmed",
        "paid_status": "unpaid",
        "shipped_status": "pending",
        "customer_id": "81",
        "contact_persons": [{"first_name": "Ada", "last_name": "King", "email": "ada@example.com"}],
        "currency_code": "INR",
        "total": 1205.5,
        "line_items": [
            {"line_item_id": "71", "item_id": "21", "name": "Kurta", "rate": 600, "quantity": 2},
            {"line_item_id": "72", "item_id": "22", "name": "Box", "rate": 5.5, "quantity": 1, "quantity_shipped": 0},
        ],
        "created_time": stamp(own - 1000),
        "last_modified_time": stamp(own - 900),
        **more,
    }


def product(own: int, **more: Any) -> dict[str, Any]:
    return {
        "product_id": f"{own}",
        "name": f"Thing {own}",
        "product_description": "<p>Old</p>",
        "show_in_storefront": True,
        "created_time": millis(own - 2000),
        "last_modified_time": millis(own - 1500),
        **more,
    }


def variant(own: int, product: int = 11, **more: Any) -> dict[str, Any]:
    figures = {"stock_on_hand": 10, "committed_stock": 2, "available_stock": 8}
    prices = {"rate": 600, "label_rate": 700, "last_modified_time": stamp(own - 1500)}
    return {"variant_id": f"{own}", "product_id": f"{product}", "sku": f"S{own}", **figures, **prices, **more}


@dataclass
class Shop(Wire):
    """`ends_after`: the number of requests a token is good for. `lacks`: parts the key's scopes leave out."""

    orders: dict[str, dict[str, Any]] = field(default_factory=lambda: {"5": order()})
    products: dict[str, dict[str, Any]] = field(default_factory=lambda: {"11": product(11)})
    variants: dict[str, dict[str, Any]] = field(default_factory=lambda: {"21": variant(21)})
    adjustments: list[Any] = field(default_factory=list)
    lacks: frozenset[str] = frozenset()
    ends_after: int = 1000
    given: dict[str, int] = field(default_factory=dict)
    limit: int = 10

    def __post_init__(self) -> None:
        tokens.forget_all()

    def send(self, request: HttpRequest) -> HttpAnswer:
        parts = urlsplit(request.url)
        if parts.hostname != "accounts.zoho.in":
            return Wire.send(self, request)
        form = dict(parse_qsl((request.body or b"").decode()))
        self.asked.append(Asked("POST", parts.path, {}, form, request.headers, request.url))
        if self.lose is not None and len(self.asked) == self.lose + 1:
            raise HttpFailed("accounts.zoho.in: the answer was lost")
        status, said = self._grant(form)
        return HttpAnswer(status, {}, json.dumps(said).encode())

    def _grant(self, form: Mapping[str, str]) -> tuple[int, Any]:
        wanted = {"grant_type": "refresh_token"}
        wanted |= {name: ACCESS[name] for name in ("client_id", "client_secret", "refresh_token")}
        if len(self.given) >= self.limit:
            said = "You have made too many requests continuously. Please try again after some time."
            return 400, {"error_description": said, "error": "Access Denied", "status": "failure"}
        if form != wanted:
            return 200, {"error": "invalid_code"}
        token = f"1000.t{len(self.given)}"
        self.given[token] = self.ends_after
        return 200, {"access_token": token, "token_type": "Bearer", "expires_in": 3600}

    @property
    def changes(self) -> list[tuple[str, str, Any]]:
        own = [one for one in self.asked if "accounts." not in one.url]
        return [(one.method, one.path, one.body) for one in own if one.method != "GET"]

    def state(self) -> Any:
        plain = [{**one, "last_modified_time": None} for one in (*self.orders.values(), *self.products.values())]
        figures = [{**one, "last_modified_time": None} for one in self.variants.values()]
        return plain, figures, self.adjustments

    def answer(self, asked: Asked) -> tuple[Any, ...]:
        token = asked.headers.get("Authorization", "").removeprefix("Zoho-oauthtoken ")
        if self.given.get(token, 0) <= 0:
            return 401, {"code": 14, "message": "Invalid value passed for authtoken."}
        assert asked.headers["X-com-zoho-store-organizationid"] == "58927961"
        self.given[token] -= 1
        host, path = urlsplit(asked.url).hostname, urlsplit(asked.url).path
        if host == "www.zohoapis.in":
            assert asked.query["organization_id"] == "58927961"
            return self._adjust(asked, path.removeprefix("/inventory/v1/"))
        assert host == "commerce.zoho.in", host
        kind, *rest = [unquote(part) for part in path.removeprefix("/store/api/v1/").split("/")]
        if kind in self.lacks:
            return 401, {"code": 57, "message": "You are not authorized to perform this operation"}
        by_kind = {"salesorders": self._orders, "products": self._products, "variants": self._variants}
        return by_kind[kind](asked, rest)

    def _adjust(self, asked: Asked, path: str) -> tuple[Any, ...]:
        assert path == "inventoryadjustments"
        if path in self.lacks:
            return 401, {"code": 57, "message": "You are not authorized to perform this operation"}
        if asked.method == "GET":
            return 200, _good("inventory_adjustments", self.adjustments)
        self.adjustments.append(asked.body)
        for line in asked.body["line_items"]:
            one = self.variants[line["item_id"]]
            one["stock_on_hand"] += line["quantity_adjusted"]
            one["available_stock"] += line["quantity_adjusted"]
        return 201, _good("inventory_adjustment", {"inventory_adjustment_id": "1"})

    def _orders(self, asked: Asked, rest: list[str]) -> tuple[Any, ...]:
        if not rest:
            few = ("salesorder_id", "order_status", "total", "created_time", "last_modified_time")
            return _listed(asked, "salesorders", [{name: one[name] for name in few} for one in self.orders.values()])
        one = self.orders.get(rest[0])
        if one is None:
            return 404, {"code": 1002, "message": "Sales order does not exist."}
        if asked.method == "POST":
            assert rest[1:] == ["shipmentorders", "shipped"]
            if asked.body["shipment_date"] < one["date"]:
                return 400, {"code": 36105, "message": "The shipping date is before the date of the order."}
            one |= {"shipped_status": "shipped", **{n: asked.body[n] for n in ("tracking_number", "carrier")}}
        return 200, _good("salesorder", one)

    def _products(self, asked: Asked, rest: list[str]) -> tuple[Any, ...]:
        if not rest:
            return _listed(asked, "products", list(self.products.values()))
        one = self.products.get(rest[0])
        if one is None:
            return 400, {"code": 1002, "message": "Product does not exist."}
        if asked.method == "PUT":
            one |= asked.body
        held = [held for held in self.variants.values() if held["product_id"] == rest[0]]
        return 200, _good("product", {**one, "variants": held})

    def _variants(self, asked: Asked, rest: list[str]) -> tuple[Any, ...]:
        if rest:
            assert asked.method == "PUT"
            self.variants[rest[0]] |= asked.body
            return 200, _good("variant", self.variants[rest[0]])
        wanted = asked.query.get("variant_ids")
        return _listed(
            asked, "variants", [one for one in self.variants.values() if wanted in (None, one["variant_id"])]
        )


def _listed(asked: Asked, name: str, rows: list[dict[str, Any]]) -> tuple[Any, ...]:
    page, size = int(asked.query["page"]), int(asked.query["per_page"])
    assert size in (10, 25, 50, 100, 200)
    assert asked.query.get("sort_column", "last_modified_time") == "last_modified_time"
    rows = sorted(rows, key=lambda one: one.get("last_modified_time", ""), reverse=True)
    begin = (page - 1) * size
    context = {"page": page, "per_page": size, "has_more_page": begin + size < len(rows)}
    return 200, {**_good(name, rows[begin : begin + size]), "page_context": context}


def _good(name: str, held: Any) -> dict[str, Any]:
    return {"code": 0, "message": "success", name: copy.deepcopy(held)}
