"""What holds for a person now, in sentences: what they agreed to, and what keeps messages from them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from markupsafe import Markup, escape

from sereno.web import formats
from sereno.web.sentences import say

Fact = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Stands:
    """`tone` is `ok`, `lamp` or `bad`."""

    tone: str
    icon: str
    say: Markup


def in_words(facts: Sequence[Fact], zone: str) -> list[Stands]:
    """One line for each fact of `runtime.standing`; one nobody has words for shows its code."""
    return [_SAID.get(fact["code"], _as_it_is)(fact, zone) for fact in facts]


def _as_it_is(fact: Fact, zone: str) -> Stands:
    return Stands("", "circle-dot", escape(f"{fact['about']}: {fact['code']}"))


def _consent(tone: str, icon: str, text: Callable[[], str]) -> Callable[[Fact, str], Stands]:
    def said(fact: Fact, zone: str) -> Stands:
        at = formats.instant(fact["at"])
        when = formats.minute(at, zone) if at is not None else ""
        return Stands(
            tone, icon, say(text(), address=fact["about"], channel=_channel(fact["details"].get("channel")), time=when)
        )

    return said


def _channel(name: Any) -> str:
    return {"email": _("mail"), "sms": _("text message"), "whatsapp": "WhatsApp"}.get(str(name), str(name))


_SAID: dict[str, Callable[[Fact, str], Stands]] = {
    "consent.given": _consent("ok", "check", lambda: _("%(address)s agreed to marketing by %(channel)s on %(time)s.")),
    "consent.refused": _consent(
        "lamp", "ban", lambda: _("%(address)s said no to marketing by %(channel)s on %(time)s.")
    ),
    "address.suppressed": _consent(
        "bad",
        "ban",
        lambda: _("%(address)s is never written to by %(channel)s: it bounced, complained or unsubscribed."),
    ),
}
