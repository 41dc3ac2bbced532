"""What holds for a person now, in sentences: what they agreed to, and what keeps messages from them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from markupsafe import Markup, escape

from sereno.engine.message_control import newsletter_place
from sereno.web import formats
from sereno.web.live.wording import message_reason
from sereno.web.sentences import cut, say
from sereno.web.syncing import words

Fact = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Stands:
    """`tone` is `ok`, `lamp` or `bad`."""

    tone: str
    icon: str
    say: Markup


def in_words(facts: Sequence[Fact], zone: str) -> list[Stands]:
    """One line for each fact of `runtime.explaining.standing`; one nobody has words for shows its code."""
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
    known = {"email": _("mail"), "sms": _("text message"), "whatsapp": "WhatsApp", "telegram": "Telegram"}
    return known.get(str(name), _("browser notification") if name == "push" else str(name))


def _time(fact: Fact, zone: str, key: str | None = None) -> str:
    at = formats.instant(fact["at"] if key is None else fact["details"].get(key))
    return formats.minute(at, zone) if at is not None else ""


def _waits(fact: Fact, zone: str) -> Stands:
    details = fact["details"]
    text = _("A %(channel)s of %(flow)s waits until %(time)s: %(reason)s")
    flow, reason = details.get("flow") or "", message_reason(details.get("reason"))
    said = say(text, channel=_channel(details.get("channel")), flow=flow, time=_time(fact, zone), reason=reason)
    return Stands("lamp", "clock", said)


def _sent(fact: Fact, zone: str) -> Stands:
    count = int(fact["details"].get("count") or 0)
    text = ngettext(
        "%(address)s was sent %(count)s %(channel)s in 7 days, last on %(time)s.",
        "%(address)s was sent %(count)s messages by %(channel)s in 7 days, last on %(time)s.",
        count,
    )
    channel = _channel(fact["details"].get("channel"))
    return Stands("", "send", say(text, address=fact["about"], count=count, channel=channel, time=_time(fact, zone)))


def _control(fact: Fact, zone: str) -> Stands:
    until = _time(fact, zone, "until")
    if fact["code"] == "holdout.held_out":
        return Stands(
            "lamp",
            "eye-off",
            say(_("In the shop's holdout: gets no marketing at all. Measured until %(time)s."), time=until),
        )
    flow = fact["details"].get("flow") or ""
    if fact["code"] == "message.held_out":
        place = fact["details"].get("message") or ""
        text = _("Does not get the message %(place)s of %(flow)s, to measure what it brings. Measured until %(time)s.")
        if not flow:
            text = _("Does not get the newsletter %(place)s, to measure what it brings. Measured until %(time)s.")
            place = place.removeprefix(newsletter_place(""))
        return Stands("lamp", "eye-off", say(text, place=place, flow=flow, time=until))
    text = _("In the control group of %(flow)s: gets none of its messages. Measured until %(time)s.")
    return Stands("lamp", "eye-off", say(text, flow=flow, time=until))


def _switch(fact: Fact, zone: str) -> Stands:
    text = _("%(what)s was switched off by %(person)s on %(time)s: %(reason)s")
    details = fact["details"]
    what = _("The whole shop") if details.get("what") == "shop" else fact["about"]
    said = say(
        text, what=what, person=details.get("by") or "", time=_time(fact, zone), reason=details.get("reason") or ""
    )
    return Stands("bad", "octagon-x", said)


def _erased(fact: Fact, zone: str) -> Stands:
    text = _("What was known of this person was erased on %(time)s; nothing older can be found.")
    return Stands("lamp", "ban", say(text, time=_time(fact, zone)))


def _differs(fact: Fact, zone: str) -> Stands:
    """Of a product that one store says otherwise than it should."""
    details = fact["details"]
    own, target = (
        cut(words.value_said(details["field"], details[name], details["currency"])) for name in ("own", "target")
    )
    text = _("%(field)s in %(store)s is %(own)s and should be %(target)s: %(state)s. %(reason)s")
    said = say(
        text,
        field=words.field(details["field"]),
        store=details["connection"],
        own=own or _("nothing"),
        target=target or _("nothing"),
        state=words.STATES[details["state"]].label,
        reason=words.reason(details["reason"]) if details["reason"] else "",
    )
    return Stands("lamp", "hand" if fact["code"] == "product.held" else "repeat", said)


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
    "message.waits": _waits,
    "message.sent": _sent,
    "control.held_out": _control,
    "holdout.held_out": _control,
    "message.held_out": _control,
    "switch.off": _switch,
    "person.erased": _erased,
    "product.differs": _differs,
    "product.held": _differs,
}
