"""The mail that puts a run's question to one person, with a link for the answer."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from babel.dates import format_datetime
from django.utils.translation import gettext as _
from django.utils.translation import override

from sereno.modules.alerts.frame import button, framed
from sereno.sdk.config import Config, mark, text
from sereno.sdk.context import Context, ShopFacts
from sereno.sdk.mail import message_id, reply_address, sender
from sereno.sdk.plugin import URGENT, action
from sereno.sdk.ports import Mail, Mailer, Question, Questions
from sereno.sdk.result import Done, Result


class AskConfig(Config):
    question: str = text(mark("Question"), max_length=300)
    to: str = text(mark("To"), max_length=320)


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
    try:
        mailer, questions = ctx.port(Mailer), ctx.port(Questions)
    except LookupError:
        # The question stands in the inbox of the pages all the same.
        return Done({"sent": False, "reason": "mail.not_configured", "to": config.to})
    question = questions.open(config.question, config.to)
    if question is None or (question.expires_at is not None and question.expires_at <= ctx.now):
        return Done({"sent": False, "reason": "question.answered", "to": config.to})
    with override(ctx.shop.locale):
        mail = write(config.to, question, ctx)
    outcome = mailer.send(mail)
    return (
        Done({"sent": True, "to": config.to, "message_id": mail.message_id}) if isinstance(outcome, Done) else outcome
    )


def write(to: str, question: Question, ctx: Context) -> Mail:
    """In the language that is active."""
    asked = " ".join(question.text.split()) or _("Shall the run go on?")
    until = _until(question, ctx.shop)
    about = _about(ctx)
    facts = [part for part in (about, f"{_('Flow')}: {question.flow}", until) if part]
    yes, no = f"{question.answer}?answer=yes", f"{question.answer}?answer=no"
    fair = _("Each link opens a page where you confirm; opening it decides nothing. The links are yours alone.")
    lines = [asked, "", *facts, "", f"{_('Approve')}: {yes}", f"{_('Refuse')}: {no}", "", fair]
    subject = f"[{' '.join(ctx.shop.name.split())}] {asked}"
    return Mail(
        to=to,
        subject=subject if len(subject) <= 140 else f"{subject[:139]}…",
        text="\n".join(lines) + f"\n\n-- \n{ctx.shop.name}\n{ctx.shop.base_url}\n",
        html=_html(asked, facts, yes, no, fair, ctx.shop),
        message_id=message_id(ctx),
        headers={"Auto-Submitted": "auto-generated"},
        sender=sender(ctx.shop),
        reply_to=reply_address(ctx.shop),
    )


def _html(asked: str, facts: list[str], yes: str, no: str, fair: str, shop: ShopFacts) -> str:
    rows = "".join(f'<p style="margin:0 0 4px;color:#555b75">{escape(fact)}</p>' for fact in facts)
    buttons = button(_("Approve"), yes, is_first=True) + button(_("Refuse"), no)
    return framed(
        asked,
        f'{rows}<p style="margin:20px 0 12px">{buttons}</p>'
        f'<p style="margin:0;font-size:13px;color:#555b75">{escape(fair)}</p>',
        shop,
    )


def _until(question: Question, shop: ShopFacts) -> str:
    if question.expires_at is None:
        return ""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        zone = ZoneInfo(shop.timezone)
    except (ZoneInfoNotFoundError, ValueError):
        zone = ZoneInfo("UTC")
    at = format_datetime(question.expires_at.astimezone(zone), "d MMMM, HH:mm", locale=shop.locale[:2])
    return _("Answer by %(at)s") % {"at": f"{at} ({zone.key})"}


def _about(ctx: Context) -> str:
    """The record in a line: `#1042, Ana García, 250.00 EUR`."""
    order = _record(ctx.records, "order") or _record(ctx.records, "cart")
    person = _record(ctx.records, "customer")
    name = person.get("name") or " ".join(str(person.get(part) or "") for part in ("first_name", "last_name")).strip()
    total = f"{order['total']} {order.get('currency') or ''}".strip() if order.get("total") else ""
    found = [str(order.get("number") or ""), str(name or person.get("email") or ""), total]
    return ", ".join(part for part in found if part) or ctx.subject


def _record(records: Mapping[str, Mapping[str, Any] | None], kind: str) -> Mapping[str, Any]:
    return records.get(kind) or {}
