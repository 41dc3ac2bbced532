"""The look of the mails that ask the shop's own people something."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

from django.utils.translation import gettext as _
from django.utils.translation import override

from sereno.sdk.config import Config, mark, text
from sereno.sdk.context import Context, ShopFacts
from sereno.sdk.mail import message_id, reply_address, sender
from sereno.sdk.ports import Mail, Mailer, Question, Questions
from sereno.sdk.result import Done, Result


class AskConfig(Config):
    question: str = text(mark("Question"), max_length=300)
    to: str = text(mark("To"), max_length=320)


_BUTTON = (
    "display:inline-block;padding:11px 20px;margin:0 8px 8px 0;border-radius:8px;border:1px solid {line};"
    "background:{paint};color:{ink};text-decoration:none;font-weight:600"
)


def button(label: str, address: str, *, is_first: bool = False) -> str:
    style = (
        _BUTTON.format(line="#d99a20", paint="#ffbf47", ink="#2b1d00")
        if is_first
        else _BUTTON.format(line="#b9bccb", paint="#ffffff", ink="#1c2140")
    )
    return f'<a href="{escape(address)}" style="{style}">{escape(label)}</a>'


def framed(title: str, parts: str, shop: ShopFacts) -> str:
    """`parts` is HTML; the rest is text."""
    return (
        f'<html lang="{escape(shop.locale[:2])}"><body style="margin:0;padding:24px;background:#f5f6fa;'
        "font-family:system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;font-size:15px;line-height:1.5;"
        'color:#1c2140">'
        '<div style="max-width:560px;margin:0 auto;padding:24px;background:#ffffff;border-radius:12px">'
        f'<p style="margin:0 0 8px;color:#555b75">{escape(shop.name)}</p>'
        f'<h1 style="margin:0 0 16px;font-size:19px;line-height:1.35">{escape(title)}</h1>{parts}</div></body></html>'
    )


def question_mail(to: str, asked: str, facts: Sequence[str], answers: Sequence[tuple[str, str]], ctx: Context) -> Mail:
    """A mail that asks: `facts` under the question, then (label, address) of each answer, the first one to be seen. In
    the language that is active."""
    fair = _("Each link opens a page where you confirm; opening it decides nothing. The links are yours alone.")
    lines = [asked, "", *facts, "", *(f"{label}: {address}" for label, address in answers), "", fair]
    subject = f"[{' '.join(ctx.shop.name.split())}] {asked}"
    rows = "".join(f'<p style="margin:0 0 4px;color:#555b75">{escape(fact)}</p>' for fact in facts)
    buttons = "".join(button(label, address, is_first=place == 0) for place, (label, address) in enumerate(answers))
    html = framed(
        asked,
        f'{rows}<p style="margin:20px 0 12px">{buttons}</p>'
        f'<p style="margin:0;font-size:13px;color:#555b75">{escape(fair)}</p>',
        ctx.shop,
    )
    return Mail(
        to=to,
        subject=subject if len(subject) <= 140 else f"{subject[:139]}…",
        text="\n".join(lines) + f"\n\n-- \n{ctx.shop.name}\n{ctx.shop.base_url}\n",
        html=html,
        message_id=message_id(ctx),
        headers={"Auto-Submitted": "auto-generated"},
        sender=sender(ctx.shop),
        reply_to=reply_address(ctx.shop),
    )


def put(config: AskConfig, ctx: Context, write: Callable[[str, Question, Context], Mail]) -> Result:
    """Put a question to one person by mail, with a signed link for the answer. One that was answered meanwhile, or
    whose time is over, is not asked any more; where there is no mail, it stands in the inbox of the pages all the
    same."""
    try:
        mailer, questions = ctx.port(Mailer), ctx.port(Questions)
    except LookupError:
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
