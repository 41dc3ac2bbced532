"""The mail that asks one person whether a flow that came to its limit may go on."""

from __future__ import annotations

from html import escape

from django.utils.translation import gettext as _
from django.utils.translation import override

from sereno.modules.alerts.asking import AskConfig
from sereno.modules.alerts.frame import button, framed
from sereno.sdk.config import mark
from sereno.sdk.context import Context
from sereno.sdk.mail import message_id, reply_address, sender
from sereno.sdk.plugin import URGENT, action
from sereno.sdk.ports import Mail, Mailer, Question, Questions
from sereno.sdk.result import Done, Result


@action(
    "alerts.limit",
    label=mark("Ask {to} whether a flow may go past its limit, by mail"),
    icon="mail",
    config=AskConfig,
    connection=lambda config: "smtp",
    priority=URGENT,
    is_internal=True,
)
def ask_about_limit(config: AskConfig, ctx: Context) -> Result:
    """Ask one person whether a flow that came to its limit and paused itself may go on, with a signed link for the
    answer. What was answered meanwhile is not asked any more."""
    try:
        mailer, questions = ctx.port(Mailer), ctx.port(Questions)
    except LookupError:
        return Done({"sent": False, "reason": "mail.not_configured", "to": config.to})
    question = questions.open(config.question, config.to)
    if question is None:
        return Done({"sent": False, "reason": "question.answered", "to": config.to})
    with override(ctx.shop.locale):
        mail = write(config.to, question, ctx)
    outcome = mailer.send(mail)
    return (
        Done({"sent": True, "to": config.to, "message_id": mail.message_id}) if isinstance(outcome, Done) else outcome
    )


def write(to: str, question: Question, ctx: Context) -> Mail:
    """In the language that is active."""
    said = sentence(question)
    kept = _("It is paused. Its runs and what it wanted to send are kept, and nothing of it leaves until you answer.")
    go_on, keep = f"{question.answer}?answer=yes", f"{question.answer}?answer=no"
    fair = _("Each link opens a page where you confirm; opening it decides nothing. The links are yours alone.")
    lines = [said, "", kept, "", f"{_('Let it go on')}: {go_on}", f"{_('Keep it paused')}: {keep}", "", fair]
    subject = f"[{' '.join(ctx.shop.name.split())}] {said}"
    parts = (
        f'<p style="margin:0 0 4px;color:#555b75">{escape(kept)}</p><p style="margin:20px 0 12px">'
        + button(_("Let it go on"), go_on, is_first=True)
        + button(_("Keep it paused"), keep)
        + f'</p><p style="margin:0;font-size:13px;color:#555b75">{escape(fair)}</p>'
    )
    return Mail(
        to=to,
        subject=subject if len(subject) <= 140 else f"{subject[:139]}…",
        text="\n".join(lines) + f"\n\n-- \n{ctx.shop.name}\n{ctx.shop.base_url}\n",
        html=framed(said, parts, ctx.shop),
        message_id=message_id(ctx),
        headers={"Auto-Submitted": "auto-generated"},
        sender=sender(ctx.shop),
        reply_to=reply_address(ctx.shop),
    )


def sentence(question: Question) -> str:
    """What the flow wanted, and what it is allowed."""
    facts = question.facts
    values = {"flow": question.flow, **facts}
    if facts.get("kind") == "spend_per_day":
        text = _("“%(flow)s” wanted to spend %(wanted)s %(currency)s in a day; its limit is %(limit)s %(currency)s")
        return text % values
    return _("“%(flow)s” wanted to send its effect number %(wanted)s within the hour; its limit is %(limit)s") % values
