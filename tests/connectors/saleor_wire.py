"""A Saleor on a wire: one shop that does what its mutations say they do, by the name of the mutation's field."""

from __future__ import annotations

import copy
import re
from decimal import Decimal
from typing import Any

from wires import Asked, Wire, ordered

ACCESS = {"url": "https://shop.example/graphql/", "token": "tok_1", "channel": "main"}
AT = "2026-11-22T12:00:05Z"
NO_ERRORS: list[Any] = []


class SaleorWire(Wire):
    """`is_older`: its order was paid by a payment of the kind before transactions."""

    def __init__(self, *, is_older: bool = False, status: str = "UNFULFILLED") -> None:
        super().__init__()
        self.is_older = is_older
        self.status = status
        self.public: dict[str, dict[str, str]] = {}
        self.private: dict[str, dict[str, str]] = {}
        self.notes: list[str] = []
        self.lines = {"line-1": 3, "line-2": 1}
        self.sent = {"line-1": 0, "line-2": 0}
        self.parcels: list[dict[str, Any]] = []
        self.approves = False
        self.address: dict[str, Any] = {}
        self.granted: list[dict[str, Any]] = []
        self.charged, self.authorized, self.refunded = Decimal(100), Decimal(0), Decimal(0)
        self.drafts: dict[str, dict[str, Any]] = {}
        self.price: dict[str, Any] = {"price": "20", "priorPrice": None}
        self.stock = {"w-1": [10, 2]}
        self.published = True
        self.texts: dict[str, Any] = {"name": "Té", "description": None}
        self.collected: set[str] = set()
        self.vouchers: list[dict[str, Any]] = []
        self.hooks: list[dict[str, Any]] = []
        self.permissions = ["MANAGE_ORDERS", "HANDLE_PAYMENTS", "MANAGE_PRODUCTS"]

    def state(self) -> Any:
        held = {key: value for key, value in vars(self).items() if key not in ("asked", "lose", "fixed")}
        # When a first attempt began is the one thing that differs.
        return re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[^\"\\', }]*", "then", repr(ordered(held)))

    @property
    def fields(self) -> list[str]:
        return [_field(one.body["query"]) for one in self.asked]

    @property
    def mutations(self) -> list[tuple[str, Any]]:
        bodies = [one.body for one in self.asked if one.body["query"].startswith("mutation")]
        return [(_field(body["query"]), body["variables"]) for body in bodies]

    def answer(self, asked: Asked) -> tuple[Any, ...]:
        assert asked.path == "/graphql/"
        if asked.headers["Authorization"] != "Bearer tok_1":
            error = {"message": "Signature has expired", "extensions": {"exception": {"code": "ExpiredSignatureError"}}}
            return 200, {"errors": [error], "data": None}
        query = asked.body["query"]
        name = _field(query)
        held = getattr(self, name)(**asked.body["variables"])
        if query.startswith("mutation"):
            return 200, {"data": {name: {"errors": NO_ERRORS, **held}}}
        return 200, {"data": held}

    # --- what is asked ------------------------------------------------------------------------------

    def shop(self, slug: str) -> Any:
        permissions = [{"code": code} for code in self.permissions]
        return {
            "shop": {"name": "Azahar", "version": "3.22"},
            "app": {"permissions": permissions},
            **self.channel(slug),
        }

    def channel(self, slug: str) -> Any:
        return {"channel": {"id": "ch-1", "slug": slug, "currencyCode": "EUR"} if slug == "main" else None}

    def order(self, id: str = "", reference: str = "") -> Any:
        if reference:
            return {"order": self.drafts.get(reference)}
        if id != "order-1":
            return {"order": None}
        transaction = {
            "id": "tx-1",
            "actions": ["REFUND", "CANCEL", "CHARGE"],
            "chargedAmount": _eur(self.charged),
            "authorizedAmount": _eur(self.authorized),
            "chargePendingAmount": _eur(0),
        }
        payment = {
            "id": "pay-1",
            "isActive": True,
            "actions": ["REFUND"] + (["VOID"] if self.authorized else []),
            "capturedAmount": _eur(self.charged),
            "availableRefundAmount": _eur(self.charged),
            "availableCaptureAmount": _eur(self.authorized),
        }
        held = {
            "id": id,
            "number": "17",
            "status": self.status,
            "updatedAt": AT,
            "created": AT,
            "total": {"gross": _eur(100)},
            "totalRefunded": _eur(self.refunded),
            "channel": {"id": "ch-1", "slug": "main", "currencyCode": "EUR"},
            "metadata": _pairs(self.public.get(id, {})),
            "privateMetadata": _pairs(self.private.get(id, {})),
            "events": [{"type": "NOTE_ADDED", "message": text} for text in self.notes],
            "lines": [self._line(name) for name in self.lines],
            "fulfillments": self.parcels,
            "shippingAddress": self.address,
            "transactions": [] if self.is_older else [transaction],
            "payments": [payment] if self.is_older else [],
            "grantedRefunds": self.granted,
        }
        return {"order": copy.deepcopy(held)}

    def _line(self, name: str) -> dict[str, Any]:
        return {
            "id": name,
            "quantity": self.lines[name],
            "quantityFulfilled": self.sent[name],
            "quantityToFulfill": self.lines[name] - self.sent[name],
            "unitPrice": {"gross": _eur("24.20")},
            "allocations": [{"quantity": self.lines[name] - self.sent[name], "warehouse": {"id": "w-1"}}],
            "variant": {"id": f"variant-{name[-1]}", "stocks": [{"warehouse": {"id": "w-2"}}]},
        }

    def user(self, id: str) -> Any:
        return {"user": {"id": id, "privateMetadata": _pairs(self.private.get(id, {}))}}

    def product(self, id: str) -> Any:
        held = {"id": id, "updatedAt": AT, "metadata": _pairs(self.public.get(id, {}))}
        return {"product": {**held, **self.texts} if id == "product-1" else None}

    def productVariant(self, id: str) -> Any:  # noqa: N802
        stocks = [
            {"warehouse": {"id": place, "name": "Main"}, "quantity": held, "quantityAllocated": taken}
            for place, (held, taken) in self.stock.items()
        ]
        listing = {"channel": {"id": "ch-1"}, "price": {"amount": self.price["price"], "currency": "EUR"}}
        return {"productVariant": {"id": id, "sku": "A", "stocks": stocks, "channelListings": [listing]}}

    def collection(self, slug: str) -> Any:
        return {"collection": {"id": "Q29sbGVjdGlvbjox"} if slug == "sale" else None}

    def vouchers_(self, code: str) -> Any:
        nodes = [
            {
                "id": f"voucher-{number}",
                "name": one["name"],
                "codes": {"edges": [{"node": {"code": name}} for name in one["addCodes"]]},
            }
            for number, one in enumerate(self.vouchers)
            if any(code in name for name in one["addCodes"])
        ]
        return {"vouchers": {"edges": [{"node": node} for node in nodes]}}

    def orders(self, first: int, after: str | None, filter: Any) -> Any:
        node = self.order("order-1")["order"]
        last = after == "c2"
        return {
            "orders": {
                "totalCount": 3,
                "pageInfo": {"hasNextPage": not last, "endCursor": None if last else "c2"},
                "edges": [{"node": node}],
            }
        }

    def app(self) -> Any:
        hooks = [
            {"asyncEvents": [{"eventType": name} for name in one["asyncEvents"]], **_less(one)} for one in self.hooks
        ]
        return {"app": {"id": "app-1", "webhooks": hooks}}

    # --- what is done -------------------------------------------------------------------------------

    def updateMetadata(self, id: str, input: Any) -> Any:  # noqa: N802
        self.public.setdefault(id, {}).update({item["key"]: item["value"] for item in input})
        return {}

    def updatePrivateMetadata(self, id: str, input: Any) -> Any:  # noqa: N802
        self.private.setdefault(id, {}).update({item["key"]: item["value"] for item in input})
        return {}

    def deleteMetadata(self, id: str, keys: list[str]) -> Any:  # noqa: N802
        for key in keys:
            self.public.get(id, {}).pop(key, None)
        return {}

    def deletePrivateMetadata(self, id: str, keys: list[str]) -> Any:  # noqa: N802
        for key in keys:
            self.private.get(id, {}).pop(key, None)
        return {}

    def orderNoteAdd(self, id: str, input: Any) -> Any:  # noqa: N802
        if id == "order-1":
            self.notes.append(input["message"])
        else:
            draft = next(one for one in self.drafts.values() if one["id"] == id)
            draft["events"].append({"type": "NOTE_ADDED", "message": input["message"]})
        return {}

    def orderFulfill(self, id: str, input: Any) -> Any:  # noqa: N802
        lines = []
        for item in input["lines"]:
            count = sum(stock["quantity"] for stock in item["stocks"])
            if self.sent[item["orderLineId"]] + count > self.lines[item["orderLineId"]]:
                return {"errors": [{"field": "quantity", "message": "Too many.", "code": "FULFILL_ORDER_LINE"}]}
            self.sent[item["orderLineId"]] += count
            lines.append({"quantity": count, "orderLine": {"id": item["orderLineId"]}})
        status = "WAITING_FOR_APPROVAL" if self.approves else "FULFILLED"
        parcel = {"id": f"parcel-{len(self.parcels)}", "status": status, "lines": lines, "created": AT}
        self.parcels.append({**parcel, "trackingNumber": input.get("trackingNumber") or ""})
        return {"fulfillments": [parcel]}

    def orderFulfillmentApprove(self, id: str, notify: bool) -> Any:  # noqa: N802
        parcel = next(one for one in self.parcels if one["id"] == id)
        parcel["status"] = "FULFILLED"
        return {"fulfillment": parcel}

    def orderUpdate(self, id: str, input: Any) -> Any:  # noqa: N802
        self.address = input["shippingAddress"]
        return {}

    def orderLineUpdate(self, id: str, input: Any) -> Any:  # noqa: N802
        self.lines[id] = input["quantity"]
        return {}

    def orderLineDelete(self, id: str) -> Any:  # noqa: N802
        del self.lines[id]
        return {}

    def orderLinesCreate(self, id: str, input: Any) -> Any:  # noqa: N802
        for item in input:
            name = f"line-{item['variantId'][-1]}"
            self.lines[name] = self.lines.get(name, 0) + item["quantity"]
            self.sent.setdefault(name, 0)
        return {}

    def orderGrantRefundCreate(self, id: str, input: Any) -> Any:  # noqa: N802
        own = {"id": f"granted-{len(self.granted)}", "status": "NONE", "reason": input["reason"], "createdAt": AT}
        own |= {"amount": _eur(input["amount"]), "transaction": {"id": input["transactionId"]}}
        self.granted.append(own)
        return {"grantedRefund": {"id": own["id"], "status": "NONE"}}

    def transactionRequestRefundForGrantedRefund(self, id: str, granted: str) -> Any:  # noqa: N802
        own = next(one for one in self.granted if one["id"] == granted)
        own["status"] = "PENDING"
        self.charged -= Decimal(own["amount"]["amount"])
        return {}

    def transactionRequestAction(self, id: str, action: str, amount: str | None) -> Any:  # noqa: N802
        if action == "CHARGE":
            self.charged += Decimal(amount or 0)
            self.authorized -= Decimal(amount or 0)
        else:
            self.authorized = Decimal(0)
        return {}

    def orderRefund(self, id: str, amount: str) -> Any:  # noqa: N802
        self.charged -= Decimal(amount)
        self.refunded += Decimal(amount)
        return {}

    def orderCapture(self, id: str, amount: str) -> Any:  # noqa: N802
        self.charged += Decimal(amount)
        self.authorized -= Decimal(amount)
        return {}

    def orderVoid(self, id: str) -> Any:  # noqa: N802
        self.authorized = Decimal(0)
        return {}

    def orderCancel(self, id: str) -> Any:  # noqa: N802
        self.status = "CANCELED"
        return {"order": {"id": id, "status": "CANCELED", "updatedAt": AT}}

    def draftOrderCreate(self, input: Any) -> Any:  # noqa: N802
        if input["externalReference"] in self.drafts:
            return {"errors": [{"field": "externalReference", "message": "Already exists.", "code": "UNIQUE"}]}
        own = {"id": f"draft-{len(self.drafts)}", "number": "18", "discounts": [], "events": [], "input": input}
        self.drafts[input["externalReference"]] = own
        return {"order": {"id": own["id"], "number": "18"}}

    def orderDiscountAdd(self, id: str, input: Any) -> Any:  # noqa: N802
        draft = next(one for one in self.drafts.values() if one["id"] == id)
        draft["discounts"].append(input)
        return {}

    def productVariantChannelListingUpdate(self, id: str, input: Any) -> Any:  # noqa: N802
        self.price.update(input[0])
        return {}

    def productVariantStocksUpdate(self, id: str, stocks: Any) -> Any:  # noqa: N802
        for item in stocks:
            self.stock.setdefault(item["warehouse"], [0, 0])[0] = item["quantity"]
        return {}

    def productChannelListingUpdate(self, id: str, input: Any) -> Any:  # noqa: N802
        self.published = input["updateChannels"][0]["isPublished"]
        return {}

    def productUpdate(self, id: str, input: Any) -> Any:  # noqa: N802
        if len(input.get("name", "")) > 250:
            return {"errors": [{"field": "name", "message": "Ensure this value has at most 250.", "code": "INVALID"}]}
        self.texts |= input
        return {"product": {"id": id, "updatedAt": AT}}

    def collectionAddProducts(self, id: str, products: list[str]) -> Any:  # noqa: N802
        self.collected |= set(products)
        return {}

    def collectionRemoveProducts(self, id: str, products: list[str]) -> Any:  # noqa: N802
        self.collected -= set(products)
        return {}

    def voucherCreate(self, input: Any) -> Any:  # noqa: N802
        self.vouchers.append({**input, "listing": None})
        return {"voucher": {"id": f"voucher-{len(self.vouchers) - 1}"}}

    def voucherChannelListingUpdate(self, id: str, input: Any) -> Any:  # noqa: N802
        self.vouchers[int(id[-1])]["listing"] = input["addChannels"][0]
        return {}

    def webhookCreate(self, input: Any) -> Any:  # noqa: N802
        self.hooks.append({"id": f"hook-{len(self.hooks)}", **input})
        return {"webhook": {"id": self.hooks[-1]["id"], "isActive": True}}

    def webhookUpdate(self, id: str, input: Any) -> Any:  # noqa: N802
        self.hooks[int(id[-1])].update(input)
        return {"webhook": {"id": id, "isActive": True}}

    def webhookDelete(self, id: str) -> Any:  # noqa: N802
        self.hooks = [one for one in self.hooks if one["id"] != id]
        return {}


def _field(query: str) -> str:
    found = re.match(r"\s*(?:query|mutation)[^{]*\{\s*(\w+)", query)
    assert found is not None, query
    return {"vouchers": "vouchers_"}.get(found.group(1), found.group(1))


def _eur(amount: object) -> dict[str, Any]:
    return {"amount": str(amount), "currency": "EUR"}


def _pairs(held: dict[str, str]) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in held.items()]


def _less(hook: dict[str, Any]) -> dict[str, Any]:
    return {name: hook[name] for name in ("id", "name", "isActive", "targetUrl")}
