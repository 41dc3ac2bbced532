"""The action that writes to customers by mail."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

from pydantic import field_validator, model_validator

from sereno.commerce.schema import Field, record
from sereno.commerce.self_service import rules_of
from sereno.engine.templates import TemplateFailed
from sereno.modules.messages import templates
from sereno.modules.messages.addressing import addressed, kind_of, recipient, refused
from sereno.modules.messages.compiling import Template
from sereno.modules.messages.pointless import Pointless, check_written
from sereno.modules.messages.posting import (
    about_topic,
    best_moment,
    checked_moment,
    checked_topic,
    checked_while,
    mail_of,
    replaced,
)
from sereno.modules.messages.telling import customer_of, tell_sent
from sereno.modules.messages.tracking import Stamp, tracking_of
from sereno.modules.messages.unsubscribe import SurveyLinks
from sereno.modules.messages.writing import Content, choose, write
from sereno.sdk.config import Config, option
from sereno.sdk.config import mark as _
from sereno.sdk.config import text as text_field
from sereno.sdk.context import Context
from sereno.sdk.mail import message_id
from sereno.sdk.plugin import BULK, ORDINARY, URGENT, action
from sereno.sdk.ports import Consents, Links, Mailer
from sereno.sdk.result import Done, Fail, Result
from sereno.store import scope

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,99}")


class EmailConfig(Config):
    to: str | None = text_field(
        _("To"), default=None, template=True, max_length=320, help=_("Left out: the customer of the order or cart.")
    )
    subject: str | None = text_field(_("Subject"), default=None, template=True, max_length=500)
    text: str | None = text_field(_("Text"), default=None, template=True, max_length=50_000, multiline=True)
    html: str | None = text_field(_("HTML"), default=None, template=True, html=True, max_length=200_000, multiline=True)
    template: str | None = text_field(_("Template"), default=None, max_length=100, suggest="message_templates")
    purpose: Literal["transactional", "marketing"] | None = option(
        _("Purpose"),
        default=None,
        help=_("Marketing needs the reader's consent. A template knows its own; without one it is transactional."),
    )

    expires: str | None = text_field(
        _("Worth sending for"),
        default=None,
        max_length=40,
        help=_("Such as 2d: what could not go by then is not sent. Left out: the shop's rule for its purpose."),
    )
    merge: str | None = replaced()
    topic: str | None = about_topic()
    best_moment: str | None = best_moment()

    _is_a_while = field_validator("expires")(checked_while)
    _is_a_topic = field_validator("topic")(checked_topic)

    @model_validator(mode="after")
    def _is_whole(self) -> EmailConfig:
        if self.template is None:
            if self.subject is None or (self.text is None and self.html is None):
                raise ValueError("a mail needs a template, or a subject and a text")
            checked_moment(self.best_moment, self.purpose or "transactional", self.expires)
            return self
        if self.subject is not None or self.text is not None or self.html is not None:
            raise ValueError("a template brings its own subject and text: give one or the other")
        purpose = templates.purpose_of(self.template)
        if purpose is None:
            current = scope.current()
            if current is not None and current.shop_id is None and _NAME.fullmatch(self.template):
                # It was there when the flow was published; if it is not any more, sending it says so.
                return self
            known = ", ".join(templates.known_names())
            raise ValueError(f"there is no message template {self.template!r}; there are {known}")
        if self.purpose not in (None, purpose):
            raise ValueError(f"the template {self.template} is {purpose}, and a step cannot change that")
        checked_moment(self.best_moment, purpose, self.expires)
        return self


RESULT = record(
    "sent_mail",
    "What became of a mail.",
    [
        Field("sent", "boolean", "Whether it went out; false when it was not allowed to or had become pointless."),
        Field("reason", "string", "Why it did not go out."),
        Field("to", "string", "Whom it went to."),
        Field("subject", "string", "The subject as sent."),
        Field("message_id", "string", "Its Message-ID, made from the effect's key."),
        Field("purpose", "string", "`transactional` or `marketing`."),
        Field("locale", "string", "The language it was written in."),
        Field("locale_from", "string", "Whose language that is: customer, order, cart, shop or default."),
    ],
)


def needs(config: Mapping[str, Any]) -> frozenset[str]:
    """The record a template is about. The recipient may be on any of several records, and is found at run time."""
    name = config.get("template")
    about = templates.about(name) if isinstance(name, str) else None
    return frozenset({about}) if about is not None else frozenset()


def priority(config: Mapping[str, Any]) -> int:
    """A mail about somebody's own order goes before a campaign, however long that one's queue. What a template of the
    shop's own is for is not known here, unless the step says so."""
    name = config.get("template")
    purpose = (templates.purpose_of(name) if isinstance(name, str) else None) or config.get("purpose")
    if purpose == "marketing":
        return BULK
    return ORDINARY if purpose is None and name is not None else URGENT


@action(
    "messages.send_email",
    label=_("Send the mail {template}{subject}"),
    icon="mail",
    config=EmailConfig,
    needs=needs,
    result=RESULT,
    connection=lambda config: "smtp",
    priority=priority,
    message=kind_of,
    addressed=addressed,
)
def send_email(config: EmailConfig, ctx: Context) -> Result:
    """Send a mail, from a template or with a subject and text of its own. A template is written in the reader's
    language, on records read just before sending. Marketing goes only to those who agreed, and can be unsubscribed
    from with one click; what is not sent for that reason says so in its result."""
    try:
        chosen = choose(config.template, ctx) if config.template is not None else None
    except TemplateFailed as error:
        return Fail("template.missing", f"The mail could not be written: {error}.")
    purpose = (chosen[0].purpose if chosen is not None else config.purpose) or "transactional"
    to = recipient(config.to, ctx, purpose)
    if not to:
        return Fail("recipient.missing", "Nobody's address is known here: name one with `to`, or wait for it.")
    try:
        mailer, consents = ctx.port(Mailer), ctx.port(Consents)
    except LookupError:
        return Fail("mail.not_configured", "Set SERENO_SMTP_URL to the mail server that is to send for you.")
    why_not = refused(to, purpose, ctx, config.topic)(consents)
    if why_not is not None:
        return Done({"sent": False, "reason": why_not, "to": to, "purpose": purpose})
    try:
        links = _links(ctx, to) if purpose == "marketing" else {}
        of_order = _order_links(ctx) if chosen is not None else {}
        if chosen is None:
            check_written(ctx, purpose)
        content = _templated(chosen, ctx, {**links, **of_order}) if chosen is not None else _written(config, links)
    except LookupError:
        return Fail("links.missing", "Marketing needs a link to unsubscribe: set SERENO_BASE_URL.")
    except Pointless as pointless:
        return Done({"sent": False, "reason": str(pointless), "to": to, "purpose": purpose})
    except TemplateFailed as error:
        return Fail("template.failed", f"The mail could not be written: {error}")
    name = config.template or ctx.flow
    return _send(mailer, to, purpose, _followed(content, to, purpose, name, ctx), links, name, ctx)


def _send(
    mailer: Mailer, to: str, purpose: str, content: Content, links: Mapping[str, Any], name: str, ctx: Context
) -> Result:
    outcome = mailer.send(mail_of(content, to, purpose, links, ctx))
    if isinstance(outcome, Fail) and outcome.reason == "recipient.unknown":
        ctx.port(Consents).suppress(to.lower(), "email", "bounce.permanent")
    if not isinstance(outcome, Done):
        return outcome
    tell_sent(ctx, to, name)
    value = {
        "sent": True,
        "to": to,
        "subject": content.subject,
        "message_id": message_id(ctx),
        "purpose": purpose,
        "locale": content.locale,
        "locale_from": content.locale_from,
    }
    return Done({name: found for name, found in value.items() if found is not None})


def _followed(content: Content, to: str, purpose: str, name: str, ctx: Context) -> Content:
    """With its links and its opening followed, as far as the shop wants that."""
    tracking = tracking_of(ctx.shop.settings, purpose, ctx.flow, name)
    if not (tracking.opens or tracking.clicks or tracking.utm):
        return content
    try:
        links = ctx.port(Links)
    except LookupError:
        return content
    stamp = Stamp(ctx.shop.id, ctx.effect_key, to.lower(), int(ctx.now.timestamp()), customer_of(ctx), name)
    html, plain = links.tracked(content.html, content.text, stamp, tracking)
    return replace(content, html=html, text=plain)


def _templated(chosen: tuple[Template, str, str], ctx: Context, links: Mapping[str, Any]) -> Content:
    template, wished, locale_from = chosen
    return write(template, ctx, wished, locale_from, links)


def _written(config: EmailConfig, links: Mapping[str, Any]) -> Content:
    """A mail whose words stand in the flow. Marketing gets its way out even so."""
    html, plain = config.html, config.text
    if plain is None:
        plain = _as_text(html or "")
    if links:
        plain = f"{plain.rstrip()}\n\n-- \n{links['unsubscribe']}\n"
        if html is not None and links["unsubscribe"] not in html:
            html += f'<p style="font-size:13px"><a href="{links["unsubscribe"]}">Unsubscribe</a></p>'
    return Content(config.subject or "", plain, html, None, None)


def _links(ctx: Context, to: str) -> dict[str, Any]:
    links = ctx.port(Links)
    key, order = ctx.effect_key, str(ctx.refs.get("order") or (ctx.records.get("order") or {}).get("id") or "")
    return {
        "unsubscribe": links.unsubscribe(to, "email", key),
        "preferences": links.preferences(to, "email", key),
        "keep": links.keep(to, "email", key),
        "surveys": SurveyLinks(links, to, order, key),
    }


def _order_links(ctx: Context) -> dict[str, str]:
    """Where the customer changes the order, if the shop lets them, and where they pay what is open of it."""
    order = ctx.records.get("order")
    key = ctx.refs.get("order") or (order or {}).get("id")
    if order is None or not key:
        return {}
    try:
        links = ctx.port(Links)
    except LookupError:
        return {}
    is_open = any(order.get(name) for name in ("prepay_amount", "due_amount"))
    found = {"order": links.order(str(key))} if rules_of(ctx.shop.settings).is_on else {}
    return {**found, "pay": links.pay(str(key))} if is_open else found


def _as_text(html: str) -> str:
    # Imported when first wanted, for it brings an HTML parser with it.
    from inscriptis import get_text
    from inscriptis.css_profiles import CSS_PROFILES
    from inscriptis.model.config import ParserConfig

    return get_text(html, ParserConfig(css=CSS_PROFILES["strict"], display_links=True))
