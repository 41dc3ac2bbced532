"""Buying, by flows: what to order again, approving it, reminding suppliers; and the action that sends orders out."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from pydantic import field_validator

from sereno.commerce.schema import Field, record
from sereno.modules.purchasing import letters
from sereno.sdk.config import Config, option, text
from sereno.sdk.config import mark as _
from sereno.sdk.context import Context
from sereno.sdk.mail import message_id, reply_address, sender
from sereno.sdk.plugin import URGENT, action
from sereno.sdk.ports import Http, HttpBlocked, HttpFailed, HttpRequest, Mail, Mailer
from sereno.sdk.purchasing import Letter, Purchasing
from sereno.sdk.result import Done, Fail, Result, Retry
from sereno.sdk.standard_webhooks import signed_headers

REORDERED = record(
    "reordered",
    "What came of ordering again.",
    [
        Field("orders", "list", "Numbers of the orders that were drafted.", of="integer"),
        Field(
            "left_out",
            "list",
            "SKUs left out for want of money, or of enough for the supplier.",
            of="string",
        ),
        Field("count", "integer", "How many orders were drafted."),
    ],
)


class ReorderConfig(Config):
    budget: str = text(
        _("At most"),
        default="",
        template=True,
        max_length=40,
        help=_("In the shop's currency; what runs out first is ordered first. Empty: no limit."),
    )

    @field_validator("budget")
    @classmethod
    def _is_money(cls, value: str) -> str:
        try:
            if value.strip() and not Decimal(value.strip()) >= 0:
                raise ValueError("an amount is needed, such as 2500")
        except InvalidOperation:
            raise ValueError("an amount is needed, such as 2500") from None
        return value.strip()


@action(
    "purchasing.reorder",
    label=_("Order again what runs low"),
    icon="package",
    config=ReorderConfig,
    result=REORDERED,
    connection=lambda config: "purchasing",
)
def reorder(config: ReorderConfig, ctx: Context) -> Result:
    """Draft orders to suppliers for all that runs low, one for each supplier. What is on order already counts, and the
    same run drafts once, so neither a replay nor a second schedule orders twice."""
    budget = Decimal(config.budget) if config.budget else None
    found = ctx.port(Purchasing).reorder(f"effect:{ctx.effect_key}", f"flow:{ctx.flow}", budget)
    return Done({**found, "count": len(found["orders"])})


class OrderConfig(Config):
    number: str = text(_("Purchase order"), default="{{ event.number }}", template=True, max_length=200)

    @field_validator("number")
    @classmethod
    def _is_number(cls, value: str) -> str:
        found = value.strip().upper().removeprefix("PO-")
        if "{" not in found and not (found.isascii() and found.isdigit()):
            raise ValueError("the number of a purchase order is needed, such as 12")
        return found


@action(
    "purchasing.approve_order",
    label=_("Approve the purchase order {number}"),
    icon="check",
    config=OrderConfig,
    connection=lambda config: "purchasing",
)
def approve_order(config: OrderConfig, ctx: Context) -> Result:
    """Approve a draft and send it to its supplier. One that is approved already is left as it is."""
    try:
        status = ctx.port(Purchasing).approve(int(config.number), f"flow:{ctx.flow}")
    except (LookupError, ValueError) as error:
        return Fail("purchase.refused", f"{error}.")
    return Done({"status": status})


@action(
    "purchasing.chase_order",
    label=_("Remind the supplier of the purchase order {number}"),
    icon="bell",
    config=OrderConfig,
    connection=lambda config: "purchasing",
)
def chase_order(config: OrderConfig, ctx: Context) -> Result:
    """Remind the supplier of an order that it has not confirmed or delivered. Not twice within a day, whoever asks."""
    try:
        is_sent = ctx.port(Purchasing).chase(int(config.number), f"flow:{ctx.flow}")
    except LookupError as error:
        return Fail("purchase.refused", f"{error}.")
    return Done({"sent": is_sent})


class ForecastConfig(Config):
    pass


@action(
    "purchasing.forecast",
    label=_("Forecast demand anew"),
    icon="trending-up",
    config=ForecastConfig,
    connection=lambda config: "purchasing",
)
def forecast(config: ForecastConfig, ctx: Context) -> Result:
    """Have the demand of everything forecast anew, in the background. While that is under way nothing more is begun."""
    return Done({"begun": ctx.port(Purchasing).forecast(f"flow:{ctx.flow}")})


class DeliverConfig(Config):
    number: int = option(_("Purchase order"))
    kind: Literal["order", "chase"] = option(_("Kind"))


@action(
    "purchasing.deliver_order",
    label=_("Send the purchase order {number}"),
    icon="send",
    config=DeliverConfig,
    connection=lambda config: "smtp",
    priority=URGENT,
    is_internal=True,
)
def deliver_order(config: DeliverConfig, ctx: Context) -> Result:
    """Send an order, or a reminder of it, to its supplier: by mail, or signed to its address. The number is on it and
    the message's id stays the same on every attempt, so that a second delivery is known for what it is."""
    buying = ctx.port(Purchasing)
    letter = buying.letter(config.number)
    if letter is None or letter.status in ("draft", "cancelled"):
        return Done({"sent": False, "reason": "purchase.gone"})
    if config.kind == "chase" and letter.status == "received":
        return Done({"sent": False, "reason": "purchase.received"})
    result = _by_api(letter, config.kind, ctx) if letter.send_by == "api" else _by_mail(letter, config.kind, ctx)
    if isinstance(result, Done) and config.kind == "order":
        buying.sent(config.number)
    return result


def _by_mail(letter: Letter, kind: str, ctx: Context) -> Result:
    try:
        mailer = ctx.port(Mailer)
    except LookupError:
        return Fail("mail.not_configured", "Set SERENO_SMTP_URL to the mail server that is to send for you.")
    subject, plain, html = letters.write(letter, kind, ctx.shop)
    result = mailer.send(
        Mail(
            to=letter.email,
            subject=subject,
            text=plain,
            html=html,
            message_id=message_id(ctx),
            sender=sender(ctx.shop),
            reply_to=reply_address(ctx.shop),
        )
    )
    return Done({"sent": True, "to": letter.email}) if isinstance(result, Done) else result


def _by_api(letter: Letter, kind: str, ctx: Context) -> Result:
    body = json.dumps(document(letter, kind), ensure_ascii=False, separators=(",", ":")).encode()
    headers = {"Content-Type": "application/json", "User-Agent": "Sereno-Purchasing", "Idempotency-Key": ctx.effect_key}
    if letter.secret:
        headers |= signed_headers(letter.secret, body, ctx.effect_key, ctx.now)
    try:
        answer = ctx.port(Http).send(HttpRequest("POST", letter.url, headers, body))
    except HttpBlocked as blocked:
        words = "add the host to the shop's setting `allowed_hosts` if you trust it, then replay."
        return Fail("http.address_blocked", f"{blocked}: {words}")
    except HttpFailed as failed:
        return Retry("http.no_answer", str(failed))
    if 200 <= answer.status < 300:
        return Done({"sent": True, "status": answer.status})
    said = f"HTTP {answer.status}: {answer.body[:300].decode('utf-8', 'replace')}"
    if answer.status == 429:
        return Retry("http.rate_limited", said, kind="limited", after=timedelta(minutes=1))
    if answer.status >= 500 or answer.status == 408:
        return Retry("http.server_error", said)
    return Fail("http.refused", said)


def document(letter: Letter, kind: str) -> dict[str, Any]:
    """What goes to a supplier's address: `type` is `purchase_order.sent`, or `.chased` for a reminder."""
    return {
        "type": "purchase_order.chased" if kind == "chase" else "purchase_order.sent",
        "data": {
            "number": letter.number,
            "supplier": letter.supplier,
            "currency": letter.currency,
            "total": letter.total,
            "note": letter.note,
            "expected_at": letter.expected_at.isoformat() if letter.expected_at is not None else None,
            "lines": [dict(line) for line in letter.lines],
            "answer_url": letter.answer_url or None,
        },
    }
