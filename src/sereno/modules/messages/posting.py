"""From the words of a mail to what is handed to the mail server, whether one person gets it or a hundred thousand; and
what every step may say of its waiting.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sereno.engine.durations import parse_duration
from sereno.modules.messages import present
from sereno.modules.messages.writing import Content
from sereno.sdk.config import mark as _
from sereno.sdk.config import text as text_field
from sereno.sdk.context import Context
from sereno.sdk.mail import message_id, reply_address, sender
from sereno.sdk.ports import Mail
from sereno.sdk.topics import NAME


def mail_of(content: Content, to: str, purpose: str, links: Mapping[str, Any], ctx: Context) -> Mail:
    """Marketing carries its way out; `links` has it as `unsubscribe`."""
    headers = {"Auto-Submitted": "auto-generated"} if purpose == "transactional" else _list_headers(links)
    # What a mailbox provider sends back with a complaint or a bounce names the message by this.
    headers["X-Sereno-Effect"] = ctx.effect_key
    return Mail(
        to=to,
        subject=content.subject,
        text=content.text,
        html=content.html,
        message_id=message_id(ctx),
        headers=headers,
        sender=sender(ctx.shop),
        reply_to=reply_address(ctx.shop) or present.support_address(ctx.shop),
    )


def _list_headers(links: Mapping[str, Any]) -> dict[str, str]:
    # RFC 8058: both headers, and an https address that takes a POST without a page between.
    return {
        "List-Unsubscribe": f"<{links['unsubscribe']}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def replaced() -> Any:
    """The option `merge` of a step that writes to somebody."""
    return text_field(
        _("Replaces"),
        default=None,
        template=True,
        max_length=200,
        help=_("Of messages to one person that wait with the same word here, only the last is sent."),
    )


def about_topic() -> Any:
    """The option `topic` of a step that writes to somebody."""
    return text_field(
        _("Topic"),
        default=None,
        max_length=40,
        suggest="topics",
        help=_("Of the shop's topics: marketing about one goes to nobody who said no to it on their preference page."),
    )


def checked_topic(value: str | None) -> str | None:
    """A topic's name, as a step says it. Raises ValueError."""
    if value and not NAME.fullmatch(value):
        raise ValueError("a topic's name is of small letters, digits and hyphens, such as new-arrivals")
    return value or None


LONGEST_WAIT = timedelta(days=3)


def best_moment() -> Any:
    """The option `best_moment` of a step that writes to somebody."""
    return text_field(
        _("Best moment within"),
        default=None,
        max_length=40,
        help=_("Such as 24h: marketing waits so long at most for the hours at which its reader answers most."),
    )


def checked_moment(within: str | None, purpose: str | None, expires: str | None) -> None:
    """Whether a step of this purpose (None: not known yet) may wait for a best moment so long. Raises ValueError."""
    if within is None:
        return
    if purpose == "transactional":
        raise ValueError("what is transactional is never put off: leave best_moment out, or say purpose: marketing")
    longest = parse_duration(within)
    if not timedelta(hours=1) <= longest <= LONGEST_WAIT:
        raise ValueError("best_moment is from 1h to 3d, such as 24h")
    if expires is not None and longest >= parse_duration(expires):
        raise ValueError("best_moment is shorter than expires, or it would be too late to send it")


def moment_in(config: Mapping[str, Any]) -> timedelta | None:
    """How long a step lets its message wait for the best moment."""
    within = config.get("best_moment")
    return parse_duration(within) if isinstance(within, str) else None


def checked_while(value: str | None) -> str | None:
    """How long a message is worth sending, as a step says it. Raises ValueError."""
    if value is not None and not timedelta(minutes=1) <= parse_duration(value) <= timedelta(days=31):
        raise ValueError("expires is from 1m to 31d, such as 2d")
    return value
