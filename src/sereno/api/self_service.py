"""Self-service: what customers may change of their orders, and doing it for them."""

from __future__ import annotations

from typing import Any, Literal
from uuid import uuid4

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Field, Router, Schema

from sereno.api import rows
from sereno.api.keys import caller, shop_of
from sereno.api.preconditions import IfMatch, tag_needed
from sereno.api.problems import Problem
from sereno.commerce.self_service import Change, ChangeRefused, RulesInvalid, read_address, read_items, rules_of
from sereno.modules.messages.unsubscribe import SignedLinks
from sereno.modules.orders.models import Order
from sereno.modules.orders.refusals import to_customer
from sereno.modules.orders.rules import check_address
from sereno.runtime.orders import self_service
from sereno.runtime.orders.self_service import Look
from sereno.store import secrets
from sereno.store.fields import instant_text

router = Router(tags=["Self-service"])


class SelfServiceRules(Schema):
    is_on: bool = False
    minutes: int = Field(60, description="So long after the order was placed.")
    until: Literal["routed", "picked", "label"] = Field("picked", description="And only until this was done.")
    can: list[Literal["address", "items", "cancel"]] = Field(["address", "items", "cancel"], max_length=3)
    takes_more: bool = Field(False, description="Also more of each than was ordered.")
    pay_url: str = Field(
        "", max_length=1000, description="Where what is open is paid: `https://pay.example.com/?ref={reference}`."
    )


class WantedLine(Schema):
    line: rows.StorableKey = Field(description="The line's id in the order's record.")
    quantity: int = Field(ge=0, le=9999, description="How many are wanted now; 0 takes it out.")


class WantedChange(Schema):
    kind: Literal["address", "items", "cancel"]
    address: dict[str, str | None] | None = Field(
        None, description="`name company line1 line2 postal_code city region phone`; what is left out stays."
    )
    lines: list[WantedLine] = Field([], max_length=500)


class ChangeAsked(Schema):
    effect: str = Field(description="The key of the effect, which has the outcome.")


class OwnLink(Schema):
    url: str = Field(description="The customer's own page of the order. Whoever has it may change the order.")
    pay_url: str = Field(description="Leads to where what is open of the order is paid.")
    can: list[str] = Field(description="What may be changed now.")
    why: str | None = Field(description="Why nothing may, as a code.")
    until: str | None


@router.get("/self-service", response=SelfServiceRules)
def show_self_service(request: HttpRequest, response: HttpResponse) -> dict[str, Any]:
    """The rules that hold. Their `ETag` goes into `If-Match` of a change."""
    rules = rules_of(shop_of(request).settings)
    response["ETag"] = f'"{self_service.tag_of(rules)}"'
    return rules.document()


@router.put("/self-service", response=SelfServiceRules)
def set_self_service(
    request: HttpRequest, rules: SelfServiceRules, response: HttpResponse, if_match: IfMatch
) -> dict[str, Any]:
    """Have these rules from now on. 412 when somebody else was quicker."""
    try:
        kept = self_service.change_rules(
            shop_of(request).pk, rules.dict(), caller(request), expected=tag_needed(if_match, "rules")
        )
    except RulesInvalid as error:
        fields = [{"field": where, "message": what} for where, what in error.problems]
        raise Problem("request.invalid", str(error), {"fields": fields}) from None
    except self_service.SettingsChanged as error:
        raise Problem("self_service.conflict", str(error)) from None
    response["ETag"] = f'"{self_service.tag_of(kept)}"'
    return kept.document()


@router.post("/orders/{order}/changes", response=ChangeAsked)
def change_order(request: HttpRequest, order: rows.Key, given: WantedChange) -> dict[str, Any]:
    """Change an order for its customer, inside the same window: from a storefront of your own, say. With an
    `Idempotency-Key` a repeat asks for nothing more. The problem `order.not_changed` says why not, in `reason`."""
    shop, said = shop_of(request), request.headers.get("Idempotency-Key")
    get_object_or_404(Order.objects.only("pk"), shop=shop, key=order)
    uid = f"{order}-{said or uuid4().hex}"

    def make(held: Look) -> Change:
        return _change(held, given)

    try:
        return {"effect": self_service.request_change(shop.pk, order, uid, make, by=caller(request))}
    except ChangeRefused as refusal:
        raise Problem("order.not_changed", to_customer(refusal.code), {"reason": refusal.code}) from None


@router.post("/orders/{order}/link", response=OwnLink)
def link_order(request: HttpRequest, order: rows.Key) -> dict[str, Any]:
    """The customer's own page of the order, for a mail or a page of your own, and what may be changed there now."""
    shop = shop_of(request)
    held = self_service.look(shop.pk, order)
    if held is None:
        get_object_or_404(Order.objects.only("pk"), shop=shop, key=order)
        raise AssertionError("unreachable")
    links = SignedLinks(secrets.newest(), request.build_absolute_uri("/"), shop.pk)
    window = held.window
    return {
        "url": links.order(order),
        "pay_url": links.pay(order),
        "can": window.kinds,
        "why": window.why or None,
        "until": instant_text(window.until),
    }


def _change(held: Look, given: WantedChange) -> Change:
    if given.kind == "cancel":
        return Change("cancel")
    if given.kind == "items":
        lines = {one.line: one.quantity for one in given.lines}
        return read_items(held.order, lines, takes_more=held.rules.takes_more)
    change = read_address(held.order, given.address or {})
    wrong = check_address({**held.order, "shipping_address": change.address})
    if wrong:
        raise ChangeRefused(wrong[0].code)
    return change
