"""Questions to staff in chats: the card that asks, the card that tells how it was decided, and what who pressed hears.

Invariant: the words are made anew each time from the question as it stands; a card that was decided says by whom and
when, and has no answers left to press.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import override

from sereno.modules.alerts import limits
from sereno.modules.alerts.asking import about, instant, until
from sereno.sdk.config import Config, mark, option, text
from sereno.sdk.context import Context
from sereno.sdk.desk import Card, Choice, Desk, DeskQuestion, Press, Taken, answer_value
from sereno.sdk.plugin import URGENT, action
from sereno.sdk.ports import Question
from sereno.sdk.result import Done, Result


class AskChatConfig(Config):
    question: str = text(mark("Question"), max_length=300)
    by: str = text(mark("Channel"), max_length=16)
    to: str = option(mark("To"), default="")
    asked: list[str] = option(mark("Whom"), default=[])


class CardConfig(Config):
    post: int = option(mark("Card"))


class NoConfig(Config):
    """Nothing: it is all in the event."""


@action(
    "alerts.ask_chat",
    label=mark("Ask staff for an answer, by {by}"),
    icon="message-circle",
    config=AskChatConfig,
    connection=lambda config: str(config.get("by") or "slack"),
    priority=URGENT,
    is_internal=True,
)
def ask_chat(config: AskChatConfig, ctx: Context) -> Result:
    """Put a question of a flow into a chat of the shop's own people, with buttons for the answer. One that was answered
    meanwhile, or whose time is over, is not asked any more."""
    try:
        desk = ctx.port(Desk)
    except LookupError:
        return Done({"sent": False, "reason": "channel.not_connected"})
    question = desk.question(config.question)
    if question is None or not question.is_open or _is_over(question, ctx.now):
        return Done({"sent": False, "reason": "question.answered"})
    with override(ctx.shop.locale):
        card = asking_card(question, ctx, tuple(config.asked))
    return desk.post(config.by, config.to, question, card, key=ctx.effect_key)


@action(
    "alerts.settle_chat",
    label=mark("Say in the chat how a question was decided"),
    icon="message-circle",
    config=CardConfig,
    connection=lambda config: "desk",
    priority=URGENT,
    is_internal=True,
)
def settle_chat(config: CardConfig, ctx: Context) -> Result:
    """Have the card of a question say who decided it and when, without buttons."""
    try:
        desk = ctx.port(Desk)
    except LookupError:
        return Done({"changed": False, "reason": "channel.not_connected"})
    question = desk.posted(config.post)
    if question is None or question.is_open:
        return Done({"changed": False, "reason": "question.open" if question is not None else "question.gone"})
    with override(ctx.shop.locale):
        card = decided_card(question, ctx)
    return desk.change(config.post, card)


@action(
    "alerts.take_press",
    label=mark("Take an answer of staff from a chat"),
    icon="message-circle",
    config=NoConfig,
    connection=lambda config: "desk",
    priority=URGENT,
)
def take_press(config: NoConfig, ctx: Context) -> Result:
    """Decide a question by the button somebody pressed in a chat, once and only where they may; who may not is told so,
    alone."""
    data = _data(ctx)
    names = ("account", "chat", "message", "value", "reply", "name")
    press = Press(str(data.get("channel")), **{name: str(data.get(name) or "") for name in names})
    desk = ctx.port(Desk)
    taken = desk.take(press)
    if not isinstance(taken, Taken):
        return taken
    with override(ctx.shop.locale):
        said = told(taken, ctx)
    outcome = desk.reply(press, said, is_done=taken.state == "done")
    return Done({"state": taken.state, "by": taken.by}) if isinstance(outcome, Done) else outcome


@action(
    "alerts.take_link",
    label=mark("Take in who of the staff is who in a chat"),
    icon="message-circle",
    config=NoConfig,
    connection=lambda config: "desk",
    priority=URGENT,
)
def take_link(config: NoConfig, ctx: Context) -> Result:
    """Keep whose of the staff an account is that opened the shop's bot by a link Sereno made for them, and say so
    there."""
    data = _data(ctx)
    kind, account = str(data.get("channel")), str(data.get("account"))
    desk = ctx.port(Desk)
    person = desk.link(kind, account, str(data.get("word") or ""))
    with override(ctx.shop.locale):
        if person:
            said = _("You are %(person)s here. Questions that are put to you come to this chat.") % {"person": person}
        else:
            said = _("This link is too old, or not one of ours. Take a new one from the page.")
    outcome = desk.say(kind, account, said)
    return Done({"person": person}) if isinstance(outcome, Done) else outcome


# --- words --------------------------------------------------------------------------------------------


def asking_card(question: DeskQuestion, ctx: Context, asked: tuple[str, ...]) -> Card:
    """In the language that is active."""
    yes = answer_value(question.about, question.number, yes=True)
    no = answer_value(question.about, question.number, yes=False)
    labels = (_("Let it go on"), _("Keep it paused")) if question.about == "limit" else (_("Approve"), _("Refuse"))
    choices = [Choice(labels[0], yes, kind="yes"), Choice(labels[1], no, kind="no")]
    title, lines = _asked(question, ctx)
    end = until(_as_question(question), ctx.shop)
    return Card(title, (*lines, *((end,) if end else ())), _fine(question, ctx), (*choices, *_link(question)), asked)


def decided_card(question: DeskQuestion, ctx: Context) -> Card:
    """In the language that is active."""
    title, lines = _asked(question, ctx)
    note = (f"“{question.note}”",) if question.note else ()
    return Card(title, (*lines, decided(question, ctx), *note), _fine(question, ctx), _link(question))


def decided(question: DeskQuestion, ctx: Context) -> str:
    """Who decided it, and when."""
    at = instant(question.decided_at, ctx.shop) if question.decided_at is not None else ""
    values = {"by": question.decided_by, "at": at}
    said = {
        "approved": _("✅ Approved by %(by)s, %(at)s"),
        "refused": _("⛔ Refused by %(by)s, %(at)s"),
        "raised": _("✅ %(by)s lets it go on, %(at)s"),
        "kept": _("⛔ %(by)s keeps it paused, %(at)s"),
        "expired": _("⌛ Nobody answered in time, %(at)s"),
        "settled": _("☑️ Settled by %(by)s, %(at)s"),
    }.get(question.status, _("☑️ Settled by the answers of others, %(at)s"))
    return said % values


def told(taken: Taken, ctx: Context) -> str:
    """What who pressed hears, in the language that is active."""
    question = taken.question
    if taken.state == "done" and question is not None:
        return decided(question, ctx)
    if taken.state == "answered" and question is not None:
        return _("This was decided before: %(how)s") % {"how": decided(question, ctx)}
    return {
        "over": _("Nobody waits for this answer any more."),
        "again": _("Your answer was given before, or the run has moved on. Look at it on the page."),
        "stranger": _("Sereno does not know who you are here. Ask who runs the shop to enter your account."),
        "not-yours": _("This is not yours to decide: it is put to somebody else."),
    }.get(taken.state, _("There is no such question any more."))


def _asked(question: DeskQuestion, ctx: Context) -> tuple[str, tuple[str, ...]]:
    if question.about == "limit":
        kept = _(
            "It is paused. Its runs and what it wanted to send are kept, and nothing of it leaves until you answer."
        )
        return limits.sentence(_as_question(question)), (kept,) if question.is_open else ()
    words = " ".join(question.text.split()) or _("Shall the run go on?")
    return words, tuple(line for line in (about(ctx),) if line)


def _fine(question: DeskQuestion, ctx: Context) -> tuple[str, ...]:
    return (f"{ctx.shop.name} · {_('Flow')}: {question.flow}",)


def _link(question: DeskQuestion) -> tuple[Choice, ...]:
    """The page of the run, for those who sign in. None where the shop has no pages."""
    if not question.link.startswith(("https://", "http://")):
        return ()
    return (Choice(_("See the limits") if question.about == "limit" else _("See the run"), url=question.link),)


def _as_question(question: DeskQuestion) -> Question:
    return Question(question.text, question.flow, question.expires_at, "", question.facts)


def _is_over(question: DeskQuestion, now: datetime) -> bool:
    return question.expires_at is not None and question.expires_at <= now


def _data(ctx: Context) -> Mapping[str, Any]:
    found = ctx.event.get("data")
    return found if isinstance(found, Mapping) else {}
