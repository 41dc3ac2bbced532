"""The actions that write to customers by other ways than mail, and `messages.send`: by the first way that works.

Invariant: one effect is one message to one person. By whichever way it may go, the arbiter decided about that very way;
the next way is taken only once the one before failed for good, and never when it may have arrived.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import Field as Bound
from pydantic import field_validator, model_validator

from sereno.commerce.money import Money
from sereno.commerce.schema import Field, record
from sereno.engine.templates import TemplateFailed
from sereno.modules.messages import templates, texting
from sereno.modules.messages.actions import EmailConfig, send_email
from sereno.modules.messages.channels import wording
from sereno.modules.messages.channels.listening import hear as hear
from sereno.modules.messages.channels.listening import take_word as take_word
from sereno.modules.messages.channels.reaching import Way, addressed_by, fits, key_of, may, way_gone, way_of
from sereno.modules.messages.documents import Document
from sereno.modules.messages.own import library
from sereno.modules.messages.pointless import Pointless
from sereno.modules.messages.posting import (
    about_topic,
    best_moment,
    checked_moment,
    checked_topic,
    checked_while,
    replaced,
)
from sereno.sdk.channels import CHANNELS, USUAL_ORDER, Channels, Outgoing
from sereno.sdk.config import Config, option
from sereno.sdk.config import mark as _
from sereno.sdk.config import text as text_field
from sereno.sdk.context import Context, ShopFacts
from sereno.sdk.plugin import BULK, URGENT, Addressed, MessageKind, action
from sereno.sdk.ports import Consents
from sereno.sdk.result import Done, Fail, Result, Retry

ALL = ("email", *CHANNELS)
TO_FIND = ("own", "last")
"""What a step may say instead of a channel: each customer has their own."""
Purpose = Literal["transactional", "marketing"]


class Step(Config):
    """What all of them ask."""

    to: str | None = text_field(
        _("To"), default=None, template=True, max_length=320, help=_("Left out: the customer of the order or cart.")
    )
    text: str | None = text_field(_("Text"), default=None, template=True, max_length=4000, multiline=True)
    template: str | None = text_field(
        _("Text of your own"), default=None, max_length=100, help=_("The name of a text made under Messages.")
    )
    purpose: Purpose | None = option(
        _("Purpose"), default=None, help=_("Marketing needs the reader's consent to this very channel.")
    )
    expires: str | None = text_field(_("Worth sending for"), default=None, max_length=40, help=_("Such as 2d."))
    merge: str | None = replaced()
    topic: str | None = about_topic()
    best_moment: str | None = best_moment()

    _is_a_while = field_validator("expires")(checked_while)
    _is_a_topic = field_validator("topic")(checked_topic)

    @model_validator(mode="after")
    def _says_something(self) -> Step:
        if (self.text is None) == (self.template is None):
            raise ValueError("give a text, or the name of a text of your own: one of the two")
        known = self.purpose or ("transactional" if self.template is None else None)
        checked_moment(self.best_moment, known, self.expires)
        return self


class SmsConfig(Step):
    """A text message."""


class WhatsappConfig(Step):
    """A WhatsApp message."""

    buttons: Annotated[list[str], Bound(max_length=3)] = option(
        _("Quick replies"), default=[], template=True, help=_("Up to three, of 20 characters each.")
    )
    list_label: str | None = text_field(_("Button that opens a list"), default=None, template=True, max_length=20)
    rows: Annotated[list[str], Bound(max_length=10)] = option(
        _("Rows of the list"), default=[], template=True, help=_("Such as: track: Where is my parcel? - By post")
    )

    @model_validator(mode="after")
    def _is_one_kind(self) -> WhatsappConfig:
        if bool(self.list_label) != bool(self.rows):
            raise ValueError("a list has a button that opens it and rows")
        if self.buttons and self.rows:
            raise ValueError("a message has quick replies or a list, not both")
        return self


class TelegramConfig(Step):
    """A message of the shop's bot."""

    buttons: Annotated[list[str], Bound(max_length=10)] = option(
        _("Buttons"), default=[], template=True, help=_("A reply, or a label and an address: Track | https://...")
    )


class PushConfig(Step):
    """A notification of the browser."""

    title: str = text_field(_("Title"), template=True, max_length=120)
    url: str | None = text_field(_("Opens"), default=None, template=True, max_length=2000)


class SendConfig(Step):
    """By the first way that works."""

    channels: Annotated[list[str], Bound(min_length=1, max_length=7)] = option(
        _("Channels in their order"),
        default=list(USUAL_ORDER),
        help=_(
            "Of email, sms, whatsapp, telegram, push; `own`: as the customer wants; `last`: by which they wrote last."
        ),
    )
    title: str | None = text_field(
        _("Title"), default=None, template=True, max_length=120, help=_("Of a notification, and a mail's subject.")
    )
    url: str | None = text_field(_("Opens"), default=None, template=True, max_length=2000)
    mail: str | None = text_field(
        _("Mail template"), default=None, max_length=100, suggest="message_templates", help=_("What goes by mail.")
    )

    @field_validator("channels")
    @classmethod
    def _are_known(cls, value: list[str]) -> list[str]:
        unknown = [one for one in value if one not in (*ALL, *TO_FIND)]
        if unknown:
            raise ValueError(f"{unknown[0]!r} is no channel; there are {', '.join((*ALL, *TO_FIND))}")
        if len(set(value)) != len(value):
            raise ValueError("each channel stands there once")
        return value

    @model_validator(mode="after")
    def _has_a_subject(self) -> SendConfig:
        if "email" in self.channels and self.mail is None and self.title is None:
            raise ValueError("by mail it needs a title, which is its subject, or a mail template")
        if "push" in self.channels and self.title is None:
            raise ValueError("a notification needs a title")
        return self


RESULT = record(
    "sent_message",
    "What became of a message.",
    [
        Field("sent", "boolean", "Whether it went out; false when it was not allowed to or had become pointless."),
        Field("reason", "string", "Why it did not go out."),
        Field("channel", "string", "By which it went."),
        Field("to", "string", "Whom it went to."),
        Field("purpose", "string", "`transactional` or `marketing`."),
        Field("provider_id", "string", "The provider's name for it."),
        Field(
            "segments", "integer", "Of a text message: how many it is paid in; of a notification: how many browsers."
        ),
        Field("locale", "string", "The language of a text of the shop's own."),
    ],
)


def priority(config: Mapping[str, Any]) -> int:
    return BULK if config.get("purpose") == "marketing" else URGENT


def purpose_in(config: Mapping[str, Any], document: Document | None) -> str:
    return document.purpose if document is not None else str(config.get("purpose") or "transactional")


def message_by(channel: str) -> Callable[[Mapping[str, Any]], MessageKind]:
    def kind(config: Mapping[str, Any]) -> MessageKind:
        said = config.get("purpose")
        known = said if isinstance(said, str) else None if isinstance(config.get("template"), str) else "transactional"
        return MessageKind(channel, known)

    return kind


def addressed_for(channel: str) -> Callable[[Mapping[str, Any], Context], Addressed | None]:
    def addressed(config: Mapping[str, Any], ctx: Context) -> Addressed | None:
        way = way_of(channel, ctx, config.get("to"))
        return addressed_by(way, purpose_in(config, _document(config, ctx)), config, ctx) if way is not None else None

    return addressed


def costs_by(channel: str) -> Callable[[Mapping[str, Any], ShopFacts], Money | None]:
    """The shop's price of a segment (`sms_price`) or of a message (`whatsapp_price`), times the segments its words
    take; those of a text of its own as they were written."""

    def costs(config: Mapping[str, Any], shop: ShopFacts) -> Money | None:
        words = config.get("text")
        if not isinstance(words, str):
            held = library().find(shop.id, str(config.get("template")))
            words = held.document.text("text", shop.locale)[0] if held is not None else "x"
        length = texting.measure(words if channel == "sms" else "x")
        amount = texting.cost(length, shop.settings.get(f"{channel}_price"))
        return Money(amount, shop.currency) if amount is not None else None

    return costs


@action(
    "messages.send_sms",
    label=_("Send the text message {template}{text}"),
    icon="message-square",
    config=SmsConfig,
    result=RESULT,
    connection=lambda config: "sms",
    priority=priority,
    message=message_by("sms"),
    addressed=addressed_for("sms"),
    costs=costs_by("sms"),
)
def send_sms(config: SmsConfig, ctx: Context) -> Result:
    """Send a text message to the customer's mobile. Marketing goes only to those who agreed to text messages, and says
    how to stop it. It is paid by the segment: 160 characters of the GSM alphabet, 70 of any other; the shop's price of
    one counts against the flow's limit of money."""
    return _send("sms", config, ctx)


@action(
    "messages.send_whatsapp",
    label=_("Send the WhatsApp message {template}{text}"),
    icon="message-circle",
    config=WhatsappConfig,
    result=RESULT,
    connection=lambda config: "whatsapp",
    priority=priority,
    message=message_by("whatsapp"),
    addressed=addressed_for("whatsapp"),
    costs=costs_by("whatsapp"),
)
def send_whatsapp(config: WhatsappConfig, ctx: Context) -> Result:
    """Send a WhatsApp message. Words of the step, quick replies and lists go only within 24 hours of the customer's own
    last message; at any time goes a text that WhatsApp approved, which is a text of your own with its approved name."""
    return _send("whatsapp", config, ctx)


@action(
    "messages.send_telegram",
    label=_("Send by Telegram: {template}{text}"),
    icon="send",
    config=TelegramConfig,
    result=RESULT,
    connection=lambda config: "telegram",
    priority=priority,
    message=message_by("telegram"),
    addressed=addressed_for("telegram"),
)
def send_telegram(config: TelegramConfig, ctx: Context) -> Result:
    """Send a message by the shop's Telegram bot, to a customer who has begun to talk to it by the shop's link."""
    return _send("telegram", config, ctx)


@action(
    "messages.send_push",
    label=_("Notify the customer's browser: {title}"),
    icon="bell",
    config=PushConfig,
    result=RESULT,
    connection=lambda config: "push",
    priority=priority,
    message=message_by("push"),
    addressed=addressed_for("push"),
)
def send_push(config: PushConfig, ctx: Context) -> Result:
    """Notify the customer in the browsers in which they asked for it. A browser that is gone is forgotten."""
    return _send("push", config, ctx)


# --- by the first way that works --------------------------------------------------------------------


def ways(config: Mapping[str, Any], ctx: Context) -> list[Way]:
    """In which order it is tried: the channels of the step at which the customer is reached, without those that are not
    connected and those that failed for good. Of what may have gone already: the way it went, and no other."""
    channels, to = ctx.port(Channels), config.get("to")
    if ctx.attempt > 1 and (gone := channels.begun(ctx.effect_key)) is not None:
        return [way_gone(*gone, to)]
    listed = config.get("channels") or SendConfig.model_fields["channels"].default
    reach = (ctx.records.get("customer") or {}).get("reach") or {}
    meant = {"last": [str(reach.get("last_channel") or "")], "own": [str(one) for one in reach.get("order") or ()]}
    order: dict[str, None] = dict.fromkeys(way for one in listed for way in meant.get(one, [one]))
    connected = {"email", *(ctx.shop.settings.get("channels") or ())}
    failed = channels.failed(ctx.effect_key) if ctx.attempt > 1 else {}
    found = [way_of(one, ctx, to if fits(one, to) else None) for one in order if one in connected - failed.keys()]
    return [one for one in found if one is not None]


def addressed(config: Mapping[str, Any], ctx: Context) -> Addressed | None:
    found = ways(config, ctx)
    if not found:
        return None
    document = _document(config, ctx)
    first, *rest = (addressed_by(way, _purpose_of(config, document, way, ctx), config, ctx) for way in found)
    return replace(first, others=tuple(rest))


def _purpose_of(config: Mapping[str, Any], document: Document | None, way: Way, ctx: Context) -> str:
    """A mail template knows its own; the stricter of two holds."""
    mail = config.get("mail")
    own = templates.purpose_of(mail, ctx.shop.id) if way.channel == "email" and isinstance(mail, str) else None
    said = purpose_in(config, document)
    return "marketing" if "marketing" in (own, said) else said


@action(
    "messages.send",
    label=_("Write to the customer by {channels}"),
    icon="message-circle",
    config=SendConfig,
    result=RESULT,
    connection=lambda config: "channels",
    priority=priority,
    message=message_by("any"),
    addressed=addressed,
    costs=costs_by("sms"),
)
def send(config: SendConfig, ctx: Context) -> Result:
    """Write to the customer by the first of these channels at which they are reached and which they allow. When it
    fails there for good, now or as the provider says later, it goes by the next; never by two. The order the
    customer said they want (`own`) and the channel they wrote by last (`last`) can come first."""
    values = config.model_dump()
    document = _document(values, ctx)
    refused: str | None = None
    is_held = False
    consents = ctx.port(Consents)
    for way in ways(values, ctx):
        purpose = _purpose_of(values, document, way, ctx)
        why_not = may(way, purpose, config.topic, ctx, consents)
        if why_not is None and ctx.port(Channels).is_off(way.channel):
            is_held = True
        elif why_not is None:
            return _by(way, config, document, purpose, ctx)
        refused = refused or why_not
    if is_held:
        return Retry("channel.off", "Switched off; it goes when it is on.", "limited", timedelta(minutes=2))
    failed = dict(ctx.port(Channels).failed(ctx.effect_key))
    if failed:
        told = ", ".join(f"{channel}: {reason}" for channel, reason in failed.items())
        return Fail("channel.all_failed", f"No way is left ({told}).")
    return Done({"sent": False, "reason": refused or "recipient.unreachable"})


def _by(way: Way, config: SendConfig, document: Document | None, purpose: str, ctx: Context) -> Result:
    """One way. A failure for good makes room for the next, which passes the arbiter by itself."""
    is_mail = way.channel == "email"
    outcome = _mail(config, way, purpose, ctx) if is_mail else _say(way, config, document, purpose, ctx)
    if not isinstance(outcome, Fail) or outcome.reason in STAYS:
        return outcome
    if way.channel in ctx.port(Channels).failed(ctx.effect_key):
        return Retry("channel.next", f"{way.channel}: {outcome.message}", after=timedelta(seconds=1))
    return outcome


STAYS = frozenset({"channel.unclear", "channel.key_unreadable"})
"""What a person has to look at: it may have arrived."""


def _mail(config: SendConfig, way: Way, purpose: str, ctx: Context) -> Result:
    given = {"to": way.address, "merge": config.merge, "expires": config.expires, "topic": config.topic}
    if config.mail is not None:
        mail = EmailConfig(**given, template=config.mail)  # pyright: ignore[reportArgumentType]
    else:
        words = "\n\n".join(part for part in (config.text or "", config.url or "") if part)
        mail = EmailConfig(**given, subject=config.title, text=words, purpose=purpose)  # pyright: ignore[reportArgumentType]
    channels, noted = ctx.port(Channels), (way.address, key_of(ctx), ctx.effect_key)
    channels.begin_mail(*noted)
    outcome = send_email(mail, ctx)
    if isinstance(outcome, Done) and not outcome.value.get("sent"):
        channels.forget_mail(ctx.effect_key)
    elif not isinstance(outcome, Retry):
        channels.note_mail(*noted, outcome if isinstance(outcome, Fail) else None)
    if isinstance(outcome, Done) and outcome.value.get("sent"):
        return Done({**outcome.value, "channel": "email"})
    # Of a Retry it may have been taken: the next attempt is by mail again, under the same Message-ID.
    return outcome


# --- one way ----------------------------------------------------------------------------------------


def _send(channel: str, config: Step, ctx: Context) -> Result:
    way = way_of(channel, ctx, config.to)
    if way is None:
        return Fail("recipient.missing", f"Nobody's address for {channel} is known here: name one with `to`.")
    document = _document(config.model_dump(), ctx)
    purpose = purpose_in(config.model_dump(), document)
    why_not = may(way, purpose, config.topic, ctx, ctx.port(Consents))
    if why_not is not None:
        return Done({"sent": False, "reason": why_not, "channel": channel, "to": way.address, "purpose": purpose})
    return _say(way, config, document, purpose, ctx)


def _say(way: Way, config: Step, document: Document | None, purpose: str, ctx: Context) -> Result:
    told = {"channel": way.channel, "to": way.address, "purpose": purpose}
    locale: str | None = None
    try:
        if config.template is not None and document is None:
            return Fail("template.missing", f"There is no text {config.template!r}: publish it under Messages.")
        if document is not None:
            message, locale = wording.templated(document, way, ctx)
        else:
            message = wording.written(config.model_dump(), way, purpose, ctx)
    except Pointless as pointless:
        return Done({**told, "sent": False, "reason": str(pointless)})
    except TemplateFailed as error:
        return Fail("template.failed", f"The message could not be written: {error}")
    return _hand_over(way, message, told | ({"locale": locale} if locale else {}), ctx)


def _hand_over(way: Way, message: Outgoing, told: Mapping[str, Any], ctx: Context) -> Result:
    try:
        channels = ctx.port(Channels)
    except LookupError:
        return Fail("channel.not_connected", f"Nothing sends by {way.channel} here: see Channels.")
    outcome = channels.send(way.channel, message, customer=key_of(ctx), key=ctx.effect_key)
    if isinstance(outcome, Fail) and (why := LOST.get((way.channel, outcome.reason), LOST.get(outcome.reason))):
        ctx.port(Consents).suppress(way.address.lower(), way.channel, why)
    if not isinstance(outcome, Done):
        return outcome
    return Done({"sent": True, **told, **{name: outcome.value[name] for name in ("provider_id", "segments")}})


LOST = {
    "address.invalid": "bounce.permanent",
    "address.gone": "bounce.permanent",
    ("sms", "address.unsubscribed"): "bounce.stopped",
}
"""Refusals after which an address is left alone until somebody writes from it. Stopped by WhatsApp are offers alone."""


def _document(config: Mapping[str, Any], ctx: Context) -> Document | None:
    name = config.get("template")
    return wording.own_text(name, ctx) if isinstance(name, str) else None
