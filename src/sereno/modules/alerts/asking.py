"""The mail that puts a run's question to one person, with a link for the answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from babel.dates import format_datetime
from django.utils.translation import gettext as _

from sereno.modules.alerts.frame import AskConfig, put, question_mail
from sereno.sdk.config import mark
from sereno.sdk.context import Context, ShopFacts
from sereno.sdk.plugin import URGENT, action
from sereno.sdk.ports import Mail, Question
from sereno.sdk.result import Result


@action(
    "alerts.ask",
    label=mark("Ask {to} for an answer, by mail"),
    icon="mail",
    config=AskConfig,
    connection=lambda config: "smtp",
    priority=URGENT,
    is_internal=True,
)
def ask(config: AskConfig, ctx: Context) -> Result:
    """Put a question of a flow to one person by mail, with a signed link for the answer. A question that was answered
    meanwhile is not asked any more."""
    return put(config, ctx, write)


def write(to: str, question: Question, ctx: Context) -> Mail:
    """In the language that is active."""
    asked = " ".join(question.text.split()) or _("Shall the run go on?")
    facts = [part for part in (about(ctx), f"{_('Flow')}: {question.flow}", until(question, ctx.shop)) if part]
    answers = [(_("Approve"), f"{question.answer}?answer=yes"), (_("Refuse"), f"{question.answer}?answer=no")]
    return question_mail(to, asked, facts, answers, ctx)


def until(question: Question, shop: ShopFacts) -> str:
    """By when it is to be answered; "" where it waits for ever."""
    if question.expires_at is None:
        return ""
    return _("Answer by %(at)s") % {"at": instant(question.expires_at, shop)}


def instant(at: datetime, shop: ShopFacts) -> str:
    """As the shop's clock has it."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        zone = ZoneInfo(shop.timezone)
    except (ZoneInfoNotFoundError, ValueError):
        zone = ZoneInfo("UTC")
    return f"{format_datetime(at.astimezone(zone), 'd MMMM, HH:mm', locale=shop.locale[:2])} ({zone.key})"


def about(ctx: Context) -> str:
    """The record in a line: `#1042, Ana García, 250.00 EUR`."""
    order = _record(ctx.records, "order") or _record(ctx.records, "cart")
    person = _record(ctx.records, "customer")
    name = person.get("name") or " ".join(str(person.get(part) or "") for part in ("first_name", "last_name")).strip()
    total = f"{order['total']} {order.get('currency') or ''}".strip() if order.get("total") else ""
    found = [str(order.get("number") or ""), str(name or person.get("email") or ""), total]
    return ", ".join(part for part in found if part) or ctx.subject


def _record(records: Mapping[str, Mapping[str, Any] | None], kind: str) -> Mapping[str, Any]:
    return records.get(kind) or {}
