"""The mail (or the Slack message) that tells a person of the shop what is amiss, or works again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from html import escape
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.dates import format_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from sereno.modules.alerts.frame import framed
from sereno.modules.alerts.slack import to_slack
from sereno.modules.alerts.wording import words_of
from sereno.sdk.config import Config, mark, option, text
from sereno.sdk.context import Context, ShopFacts
from sereno.sdk.mail import message_id, reply_address, sender
from sereno.sdk.plugin import URGENT, action
from sereno.sdk.ports import AlertFacts, Alerts, Mail, Mailer
from sereno.sdk.result import Done, Result

SHOWN = 20
"""Alerts in one mail; the rest is a number."""


class TellConfig(Config):
    to: str = text(mark("To"), max_length=320)
    alerts: list[int] = option(mark("Alerts"), default=[])


@action(
    "alerts.tell",
    label=mark("Tell {to} what is amiss"),
    icon="bell",
    config=TellConfig,
    connection=lambda config: "slack" if config.get("to") == "slack" else "smtp",
    priority=URGENT,
    is_internal=True,
)
def tell(config: TellConfig, ctx: Context) -> Result:
    """Tell one person of the shop what is amiss and what works again, as it is when the mail goes out."""
    try:
        found = ctx.port(Alerts).read(config.alerts)
        mailer = None if config.to == "slack" else ctx.port(Mailer)
    except LookupError:
        # They stand on the page all the same.
        return Done({"sent": False, "reason": "mail.not_configured", "to": config.to})
    if not found:
        return Done({"sent": False, "reason": "alerts.none_left", "to": config.to})
    with override(ctx.shop.locale):
        if mailer is None:
            return to_slack(_plain(found, ctx.shop), ctx)
        mail = write(config.to, found, ctx)
    outcome = mailer.send(mail)
    return Done({"to": config.to, "alerts": len(found)}) if isinstance(outcome, Done) else outcome


def write(to: str, found: Sequence[AlertFacts], ctx: Context) -> Mail:
    """In the language that is active."""
    subject = f"[{' '.join(ctx.shop.name.split())}] {_headline(found)}"
    return Mail(
        to=to,
        subject=subject if len(subject) <= 140 else f"{subject[:139]}…",
        text=_plain(found, ctx.shop) + f"\n\n-- \n{ctx.shop.name}\n{ctx.shop.base_url}/watch\n",
        html=_html(found, ctx.shop),
        message_id=message_id(ctx),
        headers={"Auto-Submitted": "auto-generated"},
        sender=sender(ctx.shop),
        reply_to=reply_address(ctx.shop),
    )


def _headline(found: Sequence[AlertFacts]) -> str:
    amiss = [one for one in found if one.status != "settled"]
    if len(found) == 1:
        title = words_of(found[0]).title
        return title if amiss else _("Works again: %(what)s") % {"what": title}
    if not amiss:
        return _("%(num)s things work again") % {"num": len(found)}
    said = ngettext("%(num)s thing needs you", "%(num)s things need you", len(amiss))
    return said % {"num": len(amiss)}


def _lines(one: AlertFacts, shop: ShopFacts) -> tuple[str, str, str]:
    """Title, what to do, when and how often."""
    words = words_of(one)
    if one.status == "settled" and one.settled_at is not None:
        title, advice = _("Works again: %(what)s") % {"what": words.title}, ""
        when = _("from %(begin)s to %(end)s") % {
            "begin": _at(one.first_at, shop),
            "end": _at(one.settled_at, shop),
        }
    else:
        title, advice = words.title, words.advice
        when = _("since %(begin)s") % {"begin": _at(one.first_at, shop)}
    if one.count > 1:
        when += ", " + ngettext("%(num)s time", "%(num)s times", one.count) % {"num": one.count}
    return title, advice, when


def _plain(found: Sequence[AlertFacts], shop: ShopFacts) -> str:
    parts: list[str] = []
    for one in found[:SHOWN]:
        title, advice, when = _lines(one, shop)
        link = f"{shop.base_url}{words_of(one).place}" if shop.base_url else ""
        parts.append("\n".join(line for line in (title, f"({when})", advice, link) if line))
    if len(found) > SHOWN:
        parts.append(_("And %(num)s more.") % {"num": len(found) - SHOWN})
    return "\n\n".join(parts)


def _html(found: Sequence[AlertFacts], shop: ShopFacts) -> str:
    rows: list[str] = []
    for one in found[:SHOWN]:
        title, advice, when = _lines(one, shop)
        colour = "#2f7d4f" if one.status == "settled" else "#b3261e" if one.severity == "critical" else "#b7791f"
        rows.append(
            f'<div style="margin:0 0 14px;padding:0 0 0 12px;border-left:4px solid {colour}">'
            f'<p style="margin:0;font-weight:600">{escape(title)}</p>'
            f'<p style="margin:2px 0;color:#555b75">{escape(when)}</p>'
            f'<p style="margin:0">{escape(advice)}</p></div>'
        )
    if len(found) > SHOWN:
        rows.append(f"<p>{escape(_('And %(num)s more.') % {'num': len(found) - SHOWN})}</p>")
    link = f'<a href="{escape(shop.base_url)}/watch" style="color:#8a5a00">{escape(_("To the watch"))}</a>'
    return framed(_headline(found), f"{''.join(rows)}<p>{link}</p>", shop)


def _at(instant: datetime, shop: ShopFacts) -> str:
    try:
        zone = ZoneInfo(shop.timezone)
    except (ZoneInfoNotFoundError, ValueError):
        zone = ZoneInfo("UTC")
    return format_datetime(instant.astimezone(zone), "d MMMM, HH:mm", locale=shop.locale[:2])
