"""The invented store's own interface: what Sereno asks of Shopify's Admin GraphQL, answered by the demo's world. So a
hold, a refund or a new stock figure is seen in the store, and comes back as the store's own notice.

Invariant: only what the world can really do is answered; anything else is refused in Shopify's way. One lock guards the
world against the simulator's thread.
"""

from __future__ import annotations

import json
import logging
import re
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from sereno.site.demo.catalogue import BY_SKU
from sereno.site.demo.records import WHOLE, Records
from sereno.site.demo.serving import serve_json
from sereno.site.demo.shapes import shopify
from sereno.site.demo.shapes.hooks import Hook, euros
from sereno.site.demo.shapes.shopify_names import SHOP, line_id, order_number, variant_id
from sereno.site.demo.shelves import Shelves, Variables, now_text, number_of
from sereno.site.demo.world import World

log = logging.getLogger("sereno.demo")

TOKEN = "shpat_demo"  # noqa: S105 - of an invented store on this machine
SCOPES = (
    "write_orders",
    "write_order_edits",
    "write_merchant_managed_fulfillment_orders",
    "write_assigned_fulfillment_orders",
    "write_third_party_fulfillment_orders",
    "write_customers",
    "write_products",
    "write_inventory",
    "write_discounts",
    "read_locations",
)
_OPERATION = re.compile(r"\b(?:query|mutation)\s+(\w+)")


class BackOffice(Shelves, Records):
    """Answers by the name of the operation. `tell` sends the store's notices."""

    def __init__(self, world: World, lock: threading.RLock, tell: Callable[[list[Hook]], None]) -> None:
        self._world = world
        self._lock = lock
        self._tell = tell
        self._done: dict[str, dict[str, Any]] = {}
        self._edits: dict[str, dict[str, int]] = {}
        self._changes: dict[str, datetime] = {}
        self._made: dict[str, dict[str, str]] = {}

    def answer(self, query: str, variables: Variables) -> dict[str, Any]:
        """The GraphQL answer's body."""
        found = _OPERATION.search(query)
        handler = getattr(self, f"_{found[1].lower()}", None) if found else None
        if handler is None:
            name = found[1] if found else "this"
            return {"errors": [{"message": f"The demo's store cannot do {name}."}]}
        with self._lock:
            key = f"{found[1]} {variables['key']}" if found and "key" in variables else ""
            if key in self._done:
                return {"data": self._done[key]}
            data: dict[str, Any] = handler(variables)
            if key:
                self._done[key] = data
        return {"data": data}

    # --- the shop ---------------------------------------------------------------------------

    def _shop(self, given: Variables) -> dict[str, Any]:
        return {
            "shop": {"name": "Casa Azahar", "myshopifyDomain": SHOP, "currencyCode": "EUR"},
            "currentAppInstallation": {"accessScopes": [{"handle": name} for name in SCOPES]},
        }

    def _stock(self, given: Variables) -> dict[str, Any]:
        """One operation sets it, another of the same name reads it."""
        return self._set_stock(given) if "input" in given else self._levels(given)

    def _subscriptions(self, given: Variables) -> dict[str, Any]:
        """Those Sereno made: the demo's own notices are as if set by hand, and an app is not shown these."""
        return {"webhookSubscriptions": {"nodes": list(self._made.values()), **WHOLE}}

    def _subscribe(self, given: Variables) -> dict[str, Any]:
        wanted = {"topic": given["topic"], "uri": given["subscription"]["uri"]}
        if any(one.items() >= wanted.items() for one in self._made.values()):
            wrong = {"field": ["webhookSubscription"], "message": "Address for this topic has already been taken"}
            return {"webhookSubscriptionCreate": {"webhookSubscription": None, "userErrors": [wrong]}}
        made = {"id": f"gid://shopify/WebhookSubscription/{self._world.next_number()}", **wanted}
        self._made[made["id"]] = made
        return {"webhookSubscriptionCreate": {"webhookSubscription": made, "userErrors": []}}

    def _unsubscribe(self, given: Variables) -> dict[str, Any]:
        self._made.pop(given["id"], None)
        return {"webhookSubscriptionDelete": {"deletedWebhookSubscriptionId": given["id"], "userErrors": []}}

    # --- orders -----------------------------------------------------------------------------

    def _order(self, given: Variables) -> dict[str, Any]:
        order = self._found(given["id"])
        return {"order": order and self._dated_order(order)[1]}

    def _found(self, gid: str) -> dict[str, Any] | None:
        number = order_number(number_of(gid))
        return self._world.find_order(str(number))

    def _changed(self, order: dict[str, Any]) -> str:
        """Tell of it; gives its `updatedAt`."""
        now = datetime.now(UTC)
        self._tell(shopify.updated(self._world, order, now))
        return now.replace(microsecond=0).isoformat()

    def _tags(self, given: Variables) -> dict[str, Any]:
        kind = given["id"].split("/")[-2]
        record = self._found(given["id"]) if kind == "Order" else self._world.kept(given["id"])
        if record is None:
            return {"tagsAdd": {"node": None, "userErrors": [{"field": ["id"], "message": f"{kind} does not exist"}]}}
        tags = [tag for tag in record.get("tags", []) if tag not in given["remove"]]
        record["tags"] = tags + [tag for tag in given["add"] if tag not in tags]
        node = {"id": given["id"], "updatedAt": self._changed(record) if kind == "Order" else now_text()}
        if kind == "Product" and (items := self._items(given["id"])):
            self._tell(shopify.product(self._world, items, datetime.now(UTC), is_new=False))
        names = [name for name, is_asked in (("tagsAdd", given["adds"]), ("tagsRemove", given["removes"])) if is_asked]
        return {name: {"node": node, "userErrors": []} for name in names}

    def _note(self, given: Variables) -> dict[str, Any]:
        order = self._found(given["id"])
        return {"order": order and {"id": given["id"], "note": order.get("note", ""), "updatedAt": None}}

    def _update(self, given: Variables) -> dict[str, Any]:
        wanted = given["input"]
        order = self._found(wanted["id"])
        if order is None:
            return {
                "orderUpdate": {"order": None, "userErrors": [{"field": ["id"], "message": "Order does not exist"}]}
            }
        if "note" in wanted:
            order["note"] = wanted["note"]
        if "shippingAddress" in wanted:
            order["address"] = wanted["shippingAddress"]
        at = self._changed(order)
        changed = {"id": wanted["id"], "note": order.get("note", ""), "updatedAt": at}
        return {"orderUpdate": {"order": changed, "userErrors": []}}

    # --- holding ----------------------------------------------------------------------------

    def _parts(self, given: Variables) -> dict[str, Any]:
        order = self._found(given["id"])
        if order is None:
            return {"order": None}
        holds = [{"id": f"{given['id']}/hold", "handle": "sereno", "heldByRequestingApp": True}]
        part = {
            "id": given["id"].replace("/Order/", "/FulfillmentOrder/"),
            "status": _state(order),
            "fulfillmentHolds": holds if order.get("held") else [],
        }
        return {"order": {"id": given["id"], "updatedAt": None, "fulfillmentOrders": {"nodes": [part]}}}

    def _hold(self, given: Variables) -> dict[str, Any]:
        return self._set_hold(given["id"], "fulfillmentOrderHold", is_held=True)

    def _release(self, given: Variables) -> dict[str, Any]:
        return self._set_hold(given["id"], "fulfillmentOrderReleaseHold", is_held=False)

    def _set_hold(self, gid: str, name: str, *, is_held: bool) -> dict[str, Any]:
        order = self._found(gid)
        if order is None or _state(order) in ("CLOSED", "CANCELLED"):
            wrong = {"code": "INVALID", "field": ["id"], "message": "The fulfillment order is closed"}
            return {name: {"fulfillmentOrder": None, "userErrors": [wrong]}}
        order["held"] = is_held
        part = {"id": gid, "status": _state(order), "order": {"updatedAt": self._changed(order)}}
        return {name: {"fulfillmentHold": {"id": f"{gid}/hold"}, "fulfillmentOrder": part, "userErrors": []}}

    # --- changing what is in it -------------------------------------------------------------

    def _lines(self, given: Variables) -> dict[str, Any]:
        order = self._found(given["id"])
        if order is None:
            return {"order": None}
        kept = self._world.kept(given["id"]).get("fields", {}).get(given["mark"])
        is_open = not order["parcel"] and not order["cancelled"]
        nodes = [
            {"id": gid, "currentQuantity": count, "quantity": count}
            | {"variant": {"id": f"gid://shopify/ProductVariant/{variant_id(BY_SKU[sku])}"}}
            for gid, (sku, count) in _lines_of(order).items()
        ]
        found = {"id": given["id"], "updatedAt": None, "merchantEditable": is_open, "merchantEditableErrors": []}
        return {"order": found | {"lineItems": {"nodes": nodes}, "intent": kept and {"value": kept}}}

    def _begin(self, given: Variables) -> dict[str, Any]:
        order = self._found(given["id"])
        nodes = [{"id": gid, "quantity": count} for gid, (_, count) in _lines_of(order or {"items": {}}).items()]
        self._edits[given["id"]] = {}
        edit = {"id": given["id"], "lineItems": {"nodes": nodes}}
        return {"orderEditBegin": {"calculatedOrder": edit, "userErrors": []}}

    def _quantity(self, given: Variables) -> dict[str, Any]:
        self._edits[given["id"]][given["line"]] = given["quantity"]
        line = {"id": given["line"], "quantity": given["quantity"]}
        return {"orderEditSetQuantity": {"calculatedLineItem": line, "userErrors": []}}

    def _commit(self, given: Variables) -> dict[str, Any]:
        order = self._found(given["id"])
        if order is None:
            return {"orderEditCommit": {"order": None, "userErrors": [{"field": ["id"], "message": "No such order"}]}}
        lines, now = _lines_of(order), datetime.now(UTC)
        for gid, wanted in self._edits.pop(given["id"], {}).items():
            sku, had = lines[gid]
            order["total"] += BY_SKU[sku].price * (wanted - had)
            order["items"] = {one: count for one, count in {**order["items"], sku: wanted}.items() if count}
            self._world.stock[sku] = max(0, self._world.stock[sku] + had - wanted)
            self._tell(shopify.stock(self._world, BY_SKU[sku], now))
        total = {"currentTotalPriceSet": _bag(order["total"])}
        return {"orderEditCommit": {"order": total | {"updatedAt": self._changed(order)}, "userErrors": []}}

    # --- cancelling, giving back ------------------------------------------------------------

    def _cancelled(self, given: Variables) -> dict[str, Any]:
        order = self._found(given["id"])
        return {"order": order and {"id": given["id"], "cancelledAt": order["cancelled"], "updatedAt": None}}

    def _cancel(self, given: Variables) -> dict[str, Any]:
        order = self._found(given["id"])
        if order is None or order["parcel"]:
            wrong = {"code": "INVALID", "field": ["orderId"], "message": "An order that was sent cannot be cancelled"}
            return {"orderCancel": {"jobResult": None, "orderCancelUserErrors": [wrong]}}
        now = datetime.now(UTC)
        self._tell(self._world.cancel_now(str(order["number"]), now))
        done = {"cancelledAt": order["cancelled"], "updatedAt": now.replace(microsecond=0).isoformat()}
        job = {"id": "gid://shopify/Job/1", "done": True, "errors": [], "order": done}
        return {"orderCancel": {"jobResult": job, "orderCancelUserErrors": []}}

    def _refundable(self, given: Variables) -> dict[str, Any]:
        order = self._found(given["id"])
        if order is None:
            return {"order": None}
        left = _left(order)
        lines = {one["lineItemId"]: one["quantity"] for one in given.get("lines") or ()}
        by_line = {f"gid://shopify/LineItem/{line_id(sku)}": sku for sku in order["items"]}
        asked = left if given["whole"] else sum(BY_SKU[by_line[gid]].price * count for gid, count in lines.items())
        chosen = {gid: order["items"][sku] for gid, sku in by_line.items()} if given["whole"] else lines
        transaction = {
            "gateway": "shopify_payments",
            "parentTransaction": {"id": f"{given['id']}/paid"},
            "amountSet": _bag(min(asked, left)),
            "maximumRefundableSet": _bag(left),
        }
        return {
            "order": {
                "id": given["id"],
                "updatedAt": None,
                "presentmentCurrencyCode": "EUR",
                "refunds": order.get("refunds", []),
                "lineItems": {
                    "nodes": [
                        {"id": gid, "unfulfilledQuantity": 0 if order["parcel"] else order["items"][sku]}
                        | {"refundableQuantity": order["items"][sku]}
                        for gid, sku in by_line.items()
                    ]
                },
                "fulfillmentOrders": {"nodes": []},
                "suggestedRefund": {
                    "amountSet": _bag(min(asked, left)),
                    "maximumRefundableSet": _bag(left),
                    "shipping": {"amountSet": _bag(0)},
                    "refundLineItems": [
                        {"quantity": count, "lineItem": {"id": gid}} for gid, count in chosen.items() if gid in by_line
                    ],
                    "suggestedTransactions": [transaction] if left else [],
                },
            }
        }

    def _refund(self, given: Variables) -> dict[str, Any]:
        wanted = given["input"]
        order = self._found(wanted["orderId"])
        cents = sum(round(float(one["amount"]) * 100) for one in wanted["transactions"])
        if order is None or not 0 < cents <= _left(order):
            wrong = {"field": ["transactions"], "message": "Refund amount is more than is left"}
            return {"refundCreate": {"refund": None, "order": None, "userErrors": [wrong]}}
        number = self._world.next_number()
        gid = f"gid://shopify/Refund/{9_110_000_000_000 + number}"
        made = {"id": gid, "note": wanted["note"], "totalRefundedSet": _bag(cents), "updatedAt": now_text()}
        order.setdefault("refunds", []).append(made)
        order["given_back"] = order.get("given_back", 0) + cents
        now = datetime.now(UTC)
        order["refund"] = {"number": number, "sku": next(iter(order["items"])), "amount": cents, "at": now.isoformat()}
        self._tell(shopify.refunded(self._world, order, now))
        return {"refundCreate": {"refund": made, "order": {"updatedAt": self._changed(order)}, "userErrors": []}}

    # --- values of one's own ------------------------------------------------------------------

    def _metafield(self, given: Variables) -> dict[str, Any]:
        for one in given["metafields"]:
            self._world.kept(one["ownerId"]).setdefault("fields", {})[one["key"]] = one["value"]
        return {"metafieldsSet": {"metafields": [{"id": "gid://shopify/Metafield/1"}], "userErrors": []}}

    _keep = _metafield

    # --- discount codes ---------------------------------------------------------------------

    def _code(self, given: Variables) -> dict[str, Any]:
        """One operation makes it, another of the same name looks it up."""
        wanted = given.get("discount")
        held = self._world.kept(f"gid://shopify/DiscountCode/{wanted['code'] if wanted else given['code']}")
        if wanted is None:
            node = {"id": held["id"], "codeDiscount": {"tags": held["tags"]}} if held else None
            return {"codeDiscountNodeByCode": node}
        if held:
            wrong = {"code": "TAKEN", "field": ["code"], "message": "Code must be unique"}
            return {"made": {"codeDiscountNode": None, "userErrors": [wrong]}}
        held.update(id=f"gid://shopify/DiscountCodeNode/{self._world.next_number()}", tags=wanted["tags"])
        return {"made": {"codeDiscountNode": {"id": held["id"]}, "userErrors": []}}

    _shippingcode = _code


def serve(office: BackOffice) -> Any:
    """The office on a free port of this machine, in a thread of its own. `shutdown` and `server_close` end it."""

    def answer(headers: Mapping[str, str], body: bytes) -> tuple[int, dict[str, Any]]:
        try:
            if headers.get("x-shopify-access-token") != TOKEN:
                return 401, {"errors": "[API] Invalid API key or access token"}
            asked = json.loads(body)
            return 200, office.answer(asked["query"], asked.get("variables") or {})
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            log.warning("the demo's store could not answer: %r", error)
            return 200, {"errors": [{"message": f"The demo's store could not read that: {error!r}"}]}

    return serve_json("demo-office", answer)


def _state(order: dict[str, Any]) -> str:
    if order["cancelled"]:
        return "CANCELLED"
    return "CLOSED" if order["parcel"] else "ON_HOLD" if order.get("held") else "OPEN"


def _lines_of(order: dict[str, Any]) -> dict[str, tuple[str, int]]:
    """SKU and quantity by the line's id."""
    return {f"gid://shopify/LineItem/{line_id(sku)}": (sku, count) for sku, count in order["items"].items()}


def _left(order: dict[str, Any]) -> int:
    """Cents that can still be given back."""
    return order["total"] - order.get("given_back", 0) if order["paid"] and not order["cancelled"] else 0


def _bag(cents: int) -> dict[str, Any]:
    return {"presentmentMoney": {"amount": euros(cents), "currencyCode": "EUR"}}
