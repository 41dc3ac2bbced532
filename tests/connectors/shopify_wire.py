"""A Shopify on a wire: one shop that does what Admin GraphQL's mutations say they do, by the name of the operation."""

from __future__ import annotations

import copy
import re
from typing import Any

from wires import Asked, Wire

ACCESS = {"shop": "shop.example", "token": "shpat_1"}
ORDER = "gid://shopify/Order/450789469"
CUSTOMER = "gid://shopify/Customer/207119551"
PRODUCT = "gid://shopify/Product/632910392"
VARIANT = "gid://shopify/ProductVariant/808950810"
ITEM = "gid://shopify/InventoryItem/49148385"
PLACE = "gid://shopify/Location/487838322"
LINE = "gid://shopify/LineItem/466157049"
OTHER = "gid://shopify/LineItem/518995019"
AT = "2026-11-22T12:00:05Z"


def eur(amount: object) -> dict[str, Any]:
    one = {"amount": str(amount), "currencyCode": "EUR"}
    return {"shopMoney": one, "presentmentMoney": one}


class ShopifyWire(Wire):
    def __init__(self) -> None:
        super().__init__()
        self.tags: dict[str, set[str]] = {ORDER: {"vip"}, CUSTOMER: set(), PRODUCT: set()}
        self.order: dict[str, Any] = {"note": "Gift", "cancelledAt": None, "address": None}
        self.lines = {LINE: 2, OTHER: 1}
        self.added: list[tuple[str, int]] = []
        self.staged: list[tuple[str, int]] = []
        self.left = {LINE: 2, OTHER: 1}
        self.holds: list[dict[str, Any]] = []
        self.parcels: list[dict[str, Any]] = []
        self.paid, self.refunds, self.captured = 99, [], 0
        self.drafts: list[dict[str, Any]] = []
        self.price: dict[str, Any] = {"price": "19.90", "compareAtPrice": None}
        self.product: dict[str, Any] = {"status": "ACTIVE", "channels": 1, "collections": set()}
        self.product |= {"title": "IPod Nano - 8GB", "descriptionHtml": "<p>Small</p>"}
        self.stock = 7
        self.fields: dict[tuple[str, str, str], str] = {}
        self.codes: dict[str, dict[str, Any]] = {}
        self.hooks: list[dict[str, Any]] = []
        self.keys: dict[str, Any] = {}
        self.scopes = ["write_orders"]

    def state(self) -> Any:
        hidden = ("asked", "lose", "fixed", "keys", "fields")
        found = {name: value for name, value in vars(self).items() if name not in hidden}
        # What an attempt keeps for the next says when it was.
        kept = {name: value for name, value in self.fields.items() if name[1] != "$app:sereno"}
        return copy.deepcopy({**found, "fields": kept})

    @property
    def operations(self) -> list[str]:
        return [_name(one) for one in self.asked]

    @property
    def variables(self) -> dict[str, Any]:
        """Of the last request."""
        return self.asked[-1].body["variables"]

    def answer(self, asked: Asked) -> tuple[Any, ...]:
        assert asked.path == "/admin/api/2026-10/graphql.json"
        if asked.headers["X-Shopify-Access-Token"] != "shpat_1":
            return 401, {"errors": "[API] Invalid API key or access token (unrecognized login or wrong password)"}
        return 200, {"data": getattr(self, _name(asked))(**asked.body["variables"])}

    # --- orders -------------------------------------------------------------------------------------

    def mutation_tags(self, id: str, add: list[str], remove: list[str], adds: bool, removes: bool) -> Any:
        self.tags[id] = (self.tags[id] | set(add)) - set(remove)
        done = {"node": {"id": id, "updatedAt": AT}, "userErrors": []}
        return ({"tagsAdd": done} if adds else {}) | ({"tagsRemove": done} if removes else {})

    def query_note(self, id: str) -> Any:
        return {"order": {"id": id, "note": self.order["note"], "updatedAt": AT} if id == ORDER else None}

    def mutation_update(self, input: dict[str, Any]) -> Any:
        self.order["note"] = input.get("note", self.order["note"])
        self.order["address"] = input.get("shippingAddress", self.order["address"])
        return {"orderUpdate": {"order": {"id": input["id"], "updatedAt": AT}, "userErrors": []}}

    def _parts(self) -> list[dict[str, Any]]:
        lines = [
            {
                "id": f"gid://shopify/FulfillmentOrderLineItem/{number}",
                "remainingQuantity": count,
                "lineItem": {"id": own},
            }
            for number, (own, count) in enumerate(self.left.items())
        ]
        status = "ON_HOLD" if self.holds else "OPEN" if any(self.left.values()) else "CLOSED"
        part = {"id": "gid://shopify/FulfillmentOrder/1", "status": status, "lineItems": {"nodes": lines}}
        return [{**part, "fulfillmentHolds": list(self.holds), "assignedLocation": {"location": {"id": PLACE}}}]

    def query_parts(self, id: str) -> Any:
        return {"order": {"id": id, "updatedAt": AT, "fulfillmentOrders": {"nodes": self._parts()}}}

    def mutation_hold(self, id: str, hold: dict[str, Any]) -> Any:
        if any(one["handle"] == hold["handle"] for one in self.holds):
            wrong = {"code": "DUPLICATE_FULFILLMENT_HOLD_HANDLE", "field": None, "message": "Handle is in use"}
            return {"fulfillmentOrderHold": {"fulfillmentOrder": None, "userErrors": [wrong]}}
        self.holds.append({"id": "gid://shopify/FulfillmentHold/9", "heldByRequestingApp": True, **hold})
        part = {"id": id, "order": {"updatedAt": AT}}
        return {"fulfillmentOrderHold": {"fulfillmentOrder": part, "userErrors": []}}

    def mutation_release(self, id: str, holds: list[str]) -> Any:
        self.holds = [one for one in self.holds if one["id"] not in holds]
        return {"fulfillmentOrderReleaseHold": {"fulfillmentOrder": {"id": id}, "userErrors": []}}

    def query_cancelled(self, id: str) -> Any:
        return {"order": {"id": id, "cancelledAt": self.order["cancelledAt"], "updatedAt": AT}}

    def mutation_cancel(self, **given: Any) -> Any:
        assert self.order["cancelledAt"] is None, "cancelled twice"
        self.order["cancelledAt"] = AT
        job = {"id": "j", "done": True, "errors": [], "order": {"cancelledAt": AT, "updatedAt": AT}}
        return {"orderCancel": {"jobResult": job, "orderCancelUserErrors": []}}

    # --- money --------------------------------------------------------------------------------------

    def query_refundable(self, id: str, lines: list[dict[str, Any]], whole: bool) -> Any:
        left = self.paid - sum(one["amount"] for one in self.refunds)
        worth = sum(20 * one["quantity"] for one in lines) if lines else left
        refunds = [
            {"id": one["id"], "note": one["note"], "totalRefundedSet": eur(one["amount"])} for one in self.refunds
        ]
        payment = {"gateway": "shopify_payments", "parentTransaction": {"id": "gid://shopify/OrderTransaction/1"}}
        suggested = {
            "amountSet": eur(min(worth, left)),
            "maximumRefundableSet": eur(left),
            "shipping": {"amountSet": eur(9 if whole else 0)},
            "refundLineItems": [{"quantity": 2, "lineItem": {"id": LINE}}] if whole else [],
            "suggestedTransactions": [{**payment, "amountSet": eur(left), "maximumRefundableSet": eur(left)}],
        }
        counts = [{"id": one, "unfulfilledQuantity": 2, "refundableQuantity": 2} for one in self.lines]
        order = {"id": id, "updatedAt": AT, "presentmentCurrencyCode": "EUR", "refunds": refunds}
        parts = {"fulfillmentOrders": {"nodes": self._parts()}, "lineItems": {"nodes": counts}}
        return {"order": {**order, **parts, "suggestedRefund": suggested}}

    def mutation_refund(self, input: dict[str, Any], key: str) -> Any:
        if key not in self.keys:
            total = sum(float(one["amount"]) for one in input["transactions"])
            made = {"id": f"gid://shopify/Refund/{len(self.refunds) + 1}", "note": input["note"], "amount": total}
            self.refunds.append(made)
            self.keys[key] = {"id": made["id"], "updatedAt": AT, "totalRefundedSet": eur(total)}
        return {"refundCreate": {"refund": self.keys[key], "order": {"updatedAt": AT}, "userErrors": []}}

    def query_capturable(self, id: str, mark: str) -> Any:
        left = self.paid - self.captured
        auth = {"id": "gid://shopify/OrderTransaction/1", "kind": "AUTHORIZATION", "status": "SUCCESS"}
        paid = {"id": "gid://shopify/OrderTransaction/2", "kind": "CAPTURE", "status": "SUCCESS"}
        payments = [{**auth, "amountSet": eur(99), "totalUnsettledSet": eur(left)}]
        if self.captured:
            payments.append({**paid, "amountSet": eur(self.captured), "totalUnsettledSet": None})
        order = {"id": id, "updatedAt": AT, "totalCapturableSet": eur(left), "transactions": payments}
        return {"order": {**order, "intent": self._intent(mark)}}

    def mutation_capture(self, input: dict[str, Any]) -> Any:
        self.captured += float(input["amount"])
        made = {"id": "gid://shopify/OrderTransaction/2", "status": "SUCCESS", "order": {"updatedAt": AT}}
        return {"orderCapture": {"transaction": made, "userErrors": []}}

    def _intent(self, mark: str) -> Any:
        value = self.fields.get((ORDER, "$app:sereno", mark))
        return {"value": value} if value else None

    def mutation_keep(self, metafields: list[dict[str, Any]]) -> Any:
        for one in metafields:
            self.fields[(one["ownerId"], one["namespace"], one["key"])] = one["value"]
        return {
            "metafieldsSet": {"metafields": [{"id": "gid://shopify/Metafield/5", "updatedAt": AT}], "userErrors": []}
        }

    mutation_metafield = mutation_keep

    # --- contents -----------------------------------------------------------------------------------

    def query_lines(self, id: str, mark: str) -> Any:
        lines = [{"id": own, "currentQuantity": count, "variant": {"id": VARIANT}} for own, count in self.lines.items()]
        lines += [{"id": f"{LINE}9", "currentQuantity": count, "variant": {"id": own}} for own, count in self.added]
        order = {"id": id, "updatedAt": AT, "merchantEditable": True, "merchantEditableErrors": []}
        return {"order": {**order, "lineItems": {"nodes": lines}, "intent": self._intent(mark)}}

    def mutation_begin(self, id: str) -> Any:
        self.staged = []
        lines = [
            {"id": own.replace("LineItem", "CalculatedLineItem"), "quantity": count}
            for own, count in self.lines.items()
        ]
        edited = {"id": "gid://shopify/CalculatedOrder/5", "lineItems": {"nodes": lines}}
        return {"orderEditBegin": {"calculatedOrder": edited, "userErrors": []}}

    def mutation_quantity(self, id: str, line: str, quantity: int) -> Any:
        self.staged.append((line.replace("Calculated", ""), quantity))
        return {"orderEditSetQuantity": {"userErrors": []}}

    def mutation_add(self, id: str, variant: str, quantity: int) -> Any:
        self.staged.append((variant, quantity))
        return {"orderEditAddVariant": {"userErrors": []}}

    def mutation_commit(self, id: str, notify: bool, note: str | None) -> Any:
        for own, quantity in self.staged:
            if own in self.lines:
                self.lines[own] = quantity
            else:
                self.added.append((own, quantity))
        self.staged = []
        order = {"id": ORDER, "updatedAt": AT, "currentTotalPriceSet": eur("59.70")}
        return {"orderEditCommit": {"order": order, "userErrors": []}}

    def query_open_parts(self, id: str, mark: str) -> Any:
        order = {"id": id, "updatedAt": AT, "fulfillments": self.parcels, "fulfillmentOrders": {"nodes": self._parts()}}
        return {"order": {**order, "intent": self._intent(mark)}}

    def mutation_fulfill(self, fulfillment: dict[str, Any]) -> Any:
        owns = list(self.left)
        for part in fulfillment["lineItemsByFulfillmentOrder"]:
            for one in part["fulfillmentOrderLineItems"]:
                self.left[owns[int(one["id"][-1])]] -= one["quantity"]
        made = {"id": f"gid://shopify/Fulfillment/{len(self.parcels) + 1}", "status": "SUCCESS"}
        self.parcels.append({**made, "trackingInfo": fulfillment.get("trackingInfo")})
        return {"fulfillmentCreate": {"fulfillment": {**made, "order": {"updatedAt": AT}}, "userErrors": []}}

    def query_newest(self) -> Any:
        return {"draftOrders": {"nodes": self.drafts[::-1]}}

    def mutation_draft(self, input: dict[str, Any]) -> Any:
        number = len(self.drafts) + 1
        made = {
            "id": f"gid://shopify/DraftOrder/{number}",
            "name": f"#D{number}",
            "invoiceUrl": "https://shop.example/pay",
        }
        self.drafts.append({**made, "tags": input["tags"], "updatedAt": AT, "given": input})
        return {"draftOrderCreate": {"draftOrder": {**made, "updatedAt": AT}, "userErrors": []}}

    # --- catalogue ----------------------------------------------------------------------------------

    def query_variant(self, id: str) -> Any:
        variant = {"id": id, **self.price, "updatedAt": AT, "product": {"id": PRODUCT}}
        return {"shop": {"currencyCode": "EUR"}, "productVariant": variant}

    def mutation_price(self, product: str, variants: list[dict[str, Any]]) -> Any:
        self.price |= {name: value for name, value in variants[0].items() if name != "id"}
        return {"productVariantsBulkUpdate": {"product": {"updatedAt": AT}, "productVariants": [], "userErrors": []}}

    def query_shown(self, id: str) -> Any:
        found = {"id": id, "status": self.product["status"], "updatedAt": AT}
        return {"product": {**found, "resourcePublicationsCount": {"count": self.product["channels"]}}}

    def query_texts(self, id: str) -> Any:
        texts = {name: self.product[name] for name in ("title", "descriptionHtml")}
        return {"product": {"id": id, "updatedAt": AT, **texts} if id == PRODUCT else None}

    def mutation_update_product(self, product: dict[str, Any]) -> Any:
        self.product |= {name: product[name] for name in ("title", "descriptionHtml") if name in product}
        self.product["status"] = product.get("status", self.product["status"])
        self.product["collections"] |= set(product.get("collectionsToJoin", ()))
        self.product["collections"] -= set(product.get("collectionsToLeave", ()))
        return {"productUpdate": {"product": {"id": product["id"], "updatedAt": AT}, "userErrors": []}}

    def query_channels(self) -> Any:
        return {
            "publications": {"nodes": [{"id": "gid://shopify/Publication/1"}, {"id": "gid://shopify/Publication/2"}]}
        }

    def mutation_publish(self, id: str, input: list[dict[str, Any]]) -> Any:
        self.product["channels"] = len(input)
        return {"publishablePublish": {"publishable": {}, "userErrors": []}}

    def query_collection(self, of: dict[str, str], product: str) -> Any:
        own = of.get("id") or "gid://shopify/Collection/841564295"
        return {"collectionByIdentifier": {"id": own, "hasProduct": own in self.product["collections"]}}

    def query_counted(self, id: str) -> Any:
        levels = {"nodes": [{"location": {"id": PLACE}}]}
        return {"productVariant": {"inventoryItem": {"id": ITEM, "tracked": True, "inventoryLevels": levels}}}

    def mutation_stock(self, input: dict[str, Any], key: str) -> Any:
        wanted = input["quantities"][0]
        wrong = {"code": "CHANGE_FROM_QUANTITY_STALE", "field": None, "message": "The quantity has changed."}
        if key not in self.keys:
            if wanted["changeFromQuantity"] not in (None, self.stock):
                return {"inventorySetQuantities": {"inventoryAdjustmentGroup": None, "userErrors": [wrong]}}
            self.stock = wanted["quantity"]
            self.keys[key] = {"createdAt": AT, "changes": []}
        return {"inventorySetQuantities": {"inventoryAdjustmentGroup": self.keys[key], "userErrors": []}}

    # --- codes, webhooks, the shop ------------------------------------------------------------------

    def mutation_code(self, discount: dict[str, Any]) -> Any:
        if discount["code"] in self.codes:
            wrong = {"code": "TAKEN", "field": ["basicCodeDiscount", "code"], "message": "Code must be unique."}
            return {"made": {"codeDiscountNode": None, "userErrors": [wrong]}}
        self.codes[discount["code"]] = discount
        return {"made": {"codeDiscountNode": {"id": "gid://shopify/DiscountCodeNode/3"}, "userErrors": []}}

    mutation_shipping_code = mutation_code

    def query_code(self, code: str) -> Any:
        found = {"id": "gid://shopify/DiscountCodeNode/3", "codeDiscount": {"tags": self.codes[code]["tags"]}}
        return {"codeDiscountNodeByCode": found}

    def query_shop(self) -> Any:
        shop = {"name": "Casa Azahar", "myshopifyDomain": "casa.myshopify.com", "currencyCode": "EUR"}
        return {"shop": shop, "currentAppInstallation": {"accessScopes": [{"handle": one} for one in self.scopes]}}

    def query_subscriptions(self, after: str | None) -> Any:
        more = {"hasNextPage": False, "endCursor": None}
        return {"webhookSubscriptions": {"nodes": list(self.hooks), "pageInfo": more}}

    def mutation_subscribe(self, topic: str, subscription: dict[str, Any]) -> Any:
        if any(one["topic"] == topic and one["uri"] == subscription["uri"] for one in self.hooks):
            wrong = {"field": ["webhookSubscription", "callbackUrl"], "message": "Address for this topic is taken"}
            return {"webhookSubscriptionCreate": {"webhookSubscription": None, "userErrors": [wrong]}}
        made = {"id": f"gid://shopify/WebhookSubscription/{len(self.hooks) + 1}", "topic": topic}
        self.hooks.append({**made, "uri": subscription["uri"]})
        return {"webhookSubscriptionCreate": {"webhookSubscription": self.hooks[-1], "userErrors": []}}

    def mutation_unsubscribe(self, id: str) -> Any:
        self.hooks = [one for one in self.hooks if one["id"] != id]
        return {"webhookSubscriptionDelete": {"deletedWebhookSubscriptionId": id, "userErrors": []}}


def _name(asked: Asked) -> str:
    found = re.match(r"\s*(query|mutation) (\w+)", asked.body["query"])
    assert found, asked.body["query"]
    return f"{found[1]}_{re.sub(r'(?<!^)(?=[A-Z])', '_', found[2]).lower()}"
