"""The action that tells the shop's own people."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parseaddr
from typing import Any

from pydantic import field_validator

from sereno.modules.alerts.asking import ask as ask
from sereno.modules.alerts.chats import ask_chat as ask_chat
from sereno.modules.alerts.chats import settle_chat as settle_chat
from sereno.modules.alerts.chats import take_link as take_link
from sereno.modules.alerts.chats import take_press as take_press
from sereno.modules.alerts.limits import ask_about_limit as ask_about_limit
from sereno.modules.alerts.slack import to_slack
from sereno.modules.alerts.telling import tell as tell
from sereno.sdk.config import Config, text
from sereno.sdk.config import mark as _
from sereno.sdk.context import Context
from sereno.sdk.mail import message_id, reply_address, sender
from sereno.sdk.plugin import action
from sereno.sdk.ports import Mail, Mailer
from sereno.sdk.result import Done, Fail, Result


class NotifyConfig(Config):
    channel: str = text(
        _("Channel"),
        max_length=300,
        suggest="channels",
        help=_("`email` (the shop's alert_email), `email:anna@shop.example`, or `slack` (the shop's slack_webhook)."),
    )
    text: str = text(_("Text"), template=True, max_length=3000, multiline=True)

    @field_validator("channel")
    @classmethod
    def _is_known(cls, value: str) -> str:
        kind, _colon, rest = value.partition(":")
        if kind == "email" and (not rest or "@" in parseaddr(rest)[1]):
            return value
        if value == "slack":
            return value
        raise ValueError("a channel is `email`, `email:address` or `slack`")


def connection(config: Mapping[str, Any]) -> str:
    """The budget an alert draws on."""
    return "slack" if config.get("channel") == "slack" else "smtp"


@action("alerts.notify", label=_("Tell {channel}: {text}"), icon="bell", config=NotifyConfig, connection=connection)
def notify(config: NotifyConfig, ctx: Context) -> Result:
    """Tell the shop's own people: by mail to the shop's alert address or to the one named, or in Slack."""
    if config.channel == "slack":
        return to_slack(config.text, ctx)
    address = config.channel.partition(":")[2] or str(ctx.shop.settings.get("alert_email") or "")
    if not address:
        return Fail("alerts.no_address", "Set the shop's alert_email, or name one: channel: email:you@shop.example.")
    return _mail(address, config.text, ctx)


def _mail(address: str, text: str, ctx: Context) -> Result:
    first = next((line.strip() for line in text.splitlines() if line.strip()), ctx.shop.name)
    subject = first if len(first) <= 120 else f"{first[:119]}…"
    footer = f"-- \n{ctx.shop.name} · {ctx.flow} · {ctx.subject}\n{ctx.shop.base_url}"
    mail = Mail(
        to=address,
        subject=f"[{' '.join(ctx.shop.name.split())}] {subject}",
        text=f"{text.rstrip()}\n\n{footer}\n",
        html=None,
        message_id=message_id(ctx),
        headers={"Auto-Submitted": "auto-generated"},
        sender=sender(ctx.shop),
        reply_to=reply_address(ctx.shop),
    )
    try:
        outcome = ctx.port(Mailer).send(mail)
    except LookupError:
        return Fail("mail.not_configured", "Set SERENO_SMTP_URL to the mail server that is to send for you.")
    return Done({"channel": "email", "to": address}) if isinstance(outcome, Done) else outcome
