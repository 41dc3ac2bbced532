"""A Salesforce B2C Commerce site on a wire: SCAPI, the Data API of its instance, and Account Manager.

It behaves as they do in what matters to writing: orders answer changes with nothing, attributes nobody made are passed
over without a word, a token is good for its own scope, and no search goes past its ten thousandth record.
"""

from __future__ import annotations

import copy
import json
import re
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from wires import NOW, Asked, Wire

from sereno.connectors import tokens
from sereno.sdk.ports import HttpAnswer, HttpFailed, HttpRequest

EUR = "EUR"
ACCESS = {
    "short_code": "kv7kzm78",
    "organization": "f_ecom_zzte_prd",
    "site": "RefArch",
    "client_id": "c-1",
    "client_secret": "p-1",
    "catalog": "storefront",
    "host": "https://zzte.demandware.example",
    "inventory_list": "main",
}
_SCAPI = re.compile(r"/(?P<family>[a-z]+/[a-z]+)/v1/organizations/f_ecom_zzte_prd(?P<path>/.*)")
_SCOPES = {
    "checkout/orders": "sfcc.orders.rw",
    "product/products": "sfcc.products.rw",
    "product/catalogs": "sfcc.catalogs.rw",
    "customer/customers": "sfcc.customerlists.rw",
}
ATTRIBUTES = frozenset({"c_serenoTags", "c_serenoNotes", "c_serenoHold", "c_serenoParcels", "c_shelf", "c_weight"})


def stamp(second: int) -> str:
    return (NOW + timedelta(seconds=second)).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def order(own: int = 5, **more: Any) -> dict[str, Any]:
    place = {"firstName": "Ada", "lastName": "King", "address1": "1 Old St", "city": "Bath", "postalCode": "BA1"}
    return {
        "orderNo": f"0000000{own}",
        "status": "new",
        "confirmationStatus": "confirmed",
        "exportStatus": "ready",
        "paymentStatus": "not_paid",
        "shippingStatus": "not_shipped",
        "currency": EUR,
        "orderTotal": 36.3,
        "creationDate": stamp(own - 1000),
        "placeDate": stamp(own - 1000),
        "lastModified": stamp(own - 900),
        "customerInfo": {"customerNo": "C1", "email": "ada@example.com", "guest": False},
        "productItems": [
            {"itemId": "i1", "productId": "A", "productName": "Ring", "quantity": 2, "basePrice": 10},
            {"itemId": "i2", "productId": "B/1", "productName": "Box", "quantity": 1, "basePrice": 16.3},
        ],
        "shipments": [{"shipmentId": "me", "shipmentNo": "1", "shippingAddress": {**place, "countryCode": "GB"}}],
        **more,
    }


def product(own: str, number: int = 0, **more: Any) -> dict[str, Any]:
    return {
        "id": own,
        "type": {"variant": True},
        "name": {"default": f"Product {own}", "es": "Cosa"},
        "longDescription": {"default": {"markup": "<p>Old</p>", "source": "<p>Old</p>"}},
        "onlineFlag": {"default": True},
        "creationDate": stamp(number - 2000),
        "lastModified": stamp(number - 1500),
        **more,
    }


def customer(own: str, number: int = 0, **more: Any) -> dict[str, Any]:
    made = {"creationDate": stamp(number - 2000), "lastModified": stamp(number - 1500)}
    return {"customerNo": own, "lastName": "King", "email": f"{own.lower()}@example.com", **made, **more}


def stock(**more: Any) -> dict[str, Any]:
    held = {"allocation": {"amount": 12}, "ats": 6, "stock_level": 10, "quantity_on_order": 4}
    return {"product_id": "A", "perpetual_flag": False, "pre_order_back_order_handling": "none", **held, **more}


@dataclass
class Shop(Wire):
    """`allowed`: the scopes the client may ask for. `ends_after`: the number of requests a token is good for."""

    orders: dict[str, dict[str, Any]] = field(default_factory=lambda: {"00000005": order()})
    products: dict[str, dict[str, Any]] = field(default_factory=lambda: {o: product(o) for o in ("A", "B/1")})
    customers: dict[str, dict[str, Any]] = field(default_factory=lambda: {"C1": customer("C1")})
    categories: dict[str, set[str]] = field(default_factory=lambda: {"rings": {"A"}, "sale": set()})
    stocks: dict[str, dict[str, Any]] = field(default_factory=lambda: {"A": stock()})
    attributes: frozenset[str] = ATTRIBUTES
    allowed: frozenset[str] = frozenset(_SCOPES.values())
    unqueryable: frozenset[str] = frozenset()
    ends_after: int = 1000
    given: dict[str, list[Any]] = field(default_factory=dict)
    taken: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        tokens.forget_all()

    def send(self, request: HttpRequest) -> HttpAnswer:
        if urlsplit(request.url).hostname != "account.demandware.com":
            return Wire.send(self, request)
        parts = urlsplit(request.url)
        form = dict(parse_qsl((request.body or b"").decode()))
        self.asked.append(Asked("POST", parts.path, {}, form, request.headers, request.url))
        if self.lose is not None and len(self.asked) == self.lose + 1:
            raise HttpFailed("account.demandware.com: the answer was lost")
        status, said = self._grant(form, request.headers)
        return HttpAnswer(status, {}, json.dumps(said).encode())

    def _grant(self, form: Mapping[str, str], headers: Mapping[str, str]) -> tuple[int, Any]:
        known = b64decode(headers["Authorization"].removeprefix("Basic ")).decode()
        if known != "c-1:p-1":
            return 401, {"error": "invalid_client", "error_description": "Client authentication failed"}
        tenant, _, scope = form.get("scope", "").partition(" ")
        if scope and (tenant != "SALESFORCE_COMMERCE_API:zzte_prd" or scope not in self.allowed):
            return 400, {"error": "invalid_scope", "error_description": f"Unknown/invalid scope(s): [{scope}]"}
        token = f"t{len(self.given)}"
        self.given[token] = [scope, self.ends_after]
        self.taken.append(scope)
        return 200, {"access_token": token, "scope": form.get("scope", ""), "token_type": "Bearer", "expires_in": 1799}

    @property
    def changes(self) -> list[tuple[str, str, Any]]:
        own = [one for one in self.asked if "account." not in one.url and not one.path.endswith("-search")]
        return [(one.method, one.path, one.body) for one in own if one.method != "GET"]

    def state(self) -> Any:
        without = {"lastModified": None}
        orders = [{**one, **without, "c_serenoParcels": _timeless(one)} for one in self.orders.values()]
        products = [{**one, **without} for one in self.products.values()]
        customers = [{**one, **without} for one in self.customers.values()]
        return (
            orders,
            products,
            customers,
            {name: sorted(held) for name, held in self.categories.items()},
            self.stocks,
        )

    def answer(self, asked: Asked) -> tuple[Any, ...]:
        # Escaped slashes stay: the raw path is taken apart.
        path = urlsplit(asked.url).path
        held = self.given.get(asked.headers.get("Authorization", "").removeprefix("Bearer "))
        if held is None or held[1] <= 0:
            return 401, _error("Invalid Access Token", "The request is unauthorized, the access token is invalid.")
        held[1] -= 1
        found = _SCAPI.fullmatch(path)
        if found is None:
            assert (path.startswith("/s/-/dw/data/v25_6/"), held[0]) == (True, ""), path
            return self._data(asked, path.removeprefix("/s/-/dw/data/v25_6"))
        if held[0] != _SCOPES[found["family"]]:
            return 403, _error("Forbidden", "The token lacks the scope.")
        parts = [unquote(part) for part in found["path"].strip("/").split("/")]
        by_family = {
            "checkout/orders": self._orders,
            "product/products": self._products,
            "product/catalogs": self._catalogs,
            "customer/customers": self._customers,
        }
        return by_family[found["family"]](asked, parts)

    def _orders(self, asked: Asked, parts: list[str]) -> tuple[Any, ...]:
        assert asked.query["siteId"] == "RefArch"
        if len(parts) == 1:
            return self._list(asked.query)
        one = self.orders.get(parts[1])
        if one is None:
            return 404, _error("Order Not Found", f"No order with number '{parts[1]}' was found.")
        if asked.method == "GET":
            return 200, copy.deepcopy(one)
        if asked.method == "PATCH":
            self._keep(one, asked.body)
        elif parts[2] == "shipments":
            assert parts[4] == "shipping-address"
            one["shipments"][0]["shippingAddress"] = asked.body
        else:
            name = "status" if parts[2] == "status" else parts[2].replace("-status", "Status")
            if name == "status" and one["status"] == "failed":
                return 409, _error("Status Transition Conflict", "Order status can not be changed from FAILED.")
            one[name] = asked.body["status"]
        one["lastModified"] = stamp(1)
        return 204, b""

    def _list(self, query: Mapping[str, str]) -> tuple[Any, ...]:
        assert int(query.get("offset", 0)) + int(query["limit"]) <= 10_000
        begin, end = query.get("lastModifiedDateFrom", ""), query.get("lastModifiedDateTo", "9")
        kept = [one for one in self.orders.values() if begin <= one["lastModified"] < end]
        if query.get("sortBy") == "last_modified_date":
            kept.sort(key=lambda one: one["lastModified"], reverse=query.get("sortOrder") != "asc")
        begin_at = int(query.get("offset", 0))
        return 200, {"data": copy.deepcopy(kept[begin_at : begin_at + int(query["limit"])])}

    def _keep(self, one: dict[str, Any], body: Mapping[str, Any]) -> None:
        for name, value in body.items():
            if name in self.attributes or not name.startswith("c_"):
                one[name] = value
            if value is None:
                one.pop(name, None)

    def _products(self, asked: Asked, parts: list[str]) -> tuple[Any, ...]:
        if parts == ["product-search"]:
            return self._search(asked.body, list(self.products.values()), "id", is_inside=False)
        one = self.products.get(parts[1])
        if one is None:
            return 404, _error("Product Not Found", f"No product with ID '{parts[1]}' could be found.")
        if asked.method == "PATCH":
            self._keep(one, asked.body)
            one["lastModified"] = stamp(1)
        return 200, copy.deepcopy(one)

    def _customers(self, asked: Asked, parts: list[str]) -> tuple[Any, ...]:
        if parts[1] != "RefArch":
            return 404, _error("Customer List Not Found", f"No customer list with ID '{parts[1]}' could be found.")
        if parts[2] == "customer-search":
            return self._search(asked.body, list(self.customers.values()), "customerNo", is_inside=True)
        one = self.customers.get(parts[3])
        if one is None:
            return 404, _error("Customer Not Found", f"No customer with customer number '{parts[3]}'.")
        if asked.method == "PATCH":
            self._keep(one, asked.body)
            one["lastModified"] = stamp(1)
        return 200, copy.deepcopy(one)

    def _search(
        self, body: Mapping[str, Any], records: list[dict[str, Any]], name: str, *, is_inside: bool
    ) -> tuple[Any, ...]:
        assert body["offset" if "offset" in body else "limit"] + body["limit"] <= 10_000
        for rule in _ranges(body["query"]):
            if rule["field"] in self.unqueryable:
                return 400, _error("Unqueryable Field", f"The field '{rule['field']}' can't be queried.")
            records = [one for one in records if one[rule["field"]] >= rule["from"]]
        field_ = body["sorts"][0]["field"] if "sorts" in body else name
        records = sorted(records, key=lambda one: one[field_])
        begin = body.get("offset", 0)
        page = [copy.deepcopy(one) for one in records[begin : begin + body["limit"]]]
        hits = [{"data": one, "relevance": 1.0} for one in page] if is_inside else page
        return 200, {"hits": hits, "limit": body["limit"], "offset": begin, "total": len(records)}

    def _catalogs(self, asked: Asked, parts: list[str]) -> tuple[Any, ...]:
        if parts[1] != "storefront":
            return 404, _error("Catalog Not Found", f"No catalog with ID '{parts[1]}'.")
        if len(parts) == 2:
            return 200, {"id": "storefront"}
        held = self.categories.get(parts[3])
        if held is None:
            return 404, _error("Category Not Found", f"No category with ID '{parts[3]}'.")
        if asked.method == "PUT":
            held.add(parts[5])
        elif parts[5] not in held:
            return 404, _error("Assignment Not Found", "The product is not assigned to the category.")
        elif asked.method == "DELETE":
            held.discard(parts[5])
            return 204, b""
        return 200, {"catalogId": parts[1], "categoryId": parts[3], "productId": parts[5]}

    def _data(self, asked: Asked, path: str) -> tuple[Any, ...]:
        _, kind, shelf, what, *rest = path.split("/")
        if (kind, shelf, what) != ("inventory_lists", "main", "product_inventory_records"):
            return 404, _fault("InventoryListNotFoundException", f"No inventory list with ID '{shelf}' could be found.")
        if not rest:
            begin, count = int(asked.query.get("start", 0)), int(asked.query["count"])
            rows = list(self.stocks.values())
            return 200, {"data": copy.deepcopy(rows[begin : begin + count]), "start": begin, "total": len(rows)}
        one = self.stocks.get(unquote(rest[0]))
        if one is None:
            return 404, _fault("ProductInventoryRecordNotFoundException", "No product inventory record.")
        if asked.method == "PATCH":
            amount = asked.body["allocation"]["amount"]
            one |= {"allocation": {"amount": amount}, "stock_level": amount}
            one["ats"] = amount + one.get("pre_order_back_order_allocation", 0) - one["quantity_on_order"]
        return 200, copy.deepcopy(one)


def _timeless(order: Mapping[str, Any]) -> Any:
    return [{**one, "at": None} for one in json.loads(order.get("c_serenoParcels") or "[]")]


def _ranges(query: Mapping[str, Any]) -> list[Any]:
    if "matchAllQuery" in query:
        return []
    only = query["filteredQuery"]["filter"]
    rules = only["boolFilter"]["filters"] if "boolFilter" in only else [only]
    return [one["rangeFilter"] for one in rules]


def _error(title: str, detail: str) -> dict[str, str]:
    slug = title.lower().replace(" ", "-")
    home = "https://api.commercecloud.salesforce.com/documentation/error/v1/errors/"
    return {"title": title, "type": f"{home}{slug}", "detail": detail}


def _fault(type_: str, message: str) -> dict[str, Any]:
    return {"_v": "25.6", "fault": {"arguments": {}, "type": type_, "message": message}}
