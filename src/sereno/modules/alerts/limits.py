"""The mail that asks one person whether a flow that came to its limit may go on."""

from __future__ import annotations

from django.utils.translation import gettext as _

from sereno.modules.alerts.frame import AskConfig, put, question_mail
from sereno.sdk.config import mark
from sereno.sdk.context import Context
from sereno.sdk.plugin import URGENT, action
from sereno.sdk.ports import Mail, Question
from sereno.sdk.result import Result


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
    return put(config, ctx, write)


def write(to: str, question: Question, ctx: Context) -> Mail:
    """In the language that is active."""
    said = sentence(question)
    answers = [
        (_("Let it go on"), f"{question.answer}?answer=yes"),
        (_("Keep it paused"), f"{question.answer}?answer=no"),
    ]
    return question_mail(to, said, [kept()], answers, ctx)


def kept() -> str:
    return _("It is paused. Its runs and what it wanted to send are kept, and nothing of it leaves until you answer.")


def sentence(question: Question) -> str:
    """What the flow wanted, and what it is allowed."""
    facts = question.facts
    values = {"flow": question.flow, **facts}
    if facts.get("kind") == "spend_per_day":
        text = _("“%(flow)s” wanted to spend %(wanted)s %(currency)s in a day; its limit is %(limit)s %(currency)s")
        return text % values
    return _("“%(flow)s” wanted to send its effect number %(wanted)s within the hour; its limit is %(limit)s") % values
