"""Guardrails in words: the rules, and why a message waits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as mark
from django.utils.translation import ngettext
from markupsafe import Markup

from sereno.engine.durations import format_duration
from sereno.runtime.arbiter.rules import Cap, Quiet, Refusal
from sereno.web.live.wording import message_reason
from sereno.web.sentences import duration, say

CHANNELS: dict[str, str | Promise] = {
    "email": mark("E-mail"),
    "sms": mark("Text message"),
    "whatsapp": mark("WhatsApp"),
    "telegram": mark("Telegram"),
    "push": mark("Push notification"),
}
ANY: dict[str, str | Promise] = {**CHANNELS, "any": mark("All channels together")}
DAYS: dict[str, str | Promise] = {
    "mon": mark("Monday"),
    "tue": mark("Tuesday"),
    "wed": mark("Wednesday"),
    "thu": mark("Thursday"),
    "fri": mark("Friday"),
    "sat": mark("Saturday"),
    "sun": mark("Sunday"),
}
STATUS: dict[str, tuple[str | Promise, str, str]] = {
    "sent": (mark("Sent"), "circle-check", "ok"),
    "booked": (mark("On its way"), "send", "info"),
    "waiting": (mark("Waits"), "hourglass", "lamp"),
}


REFUSALS: dict[str, str | Promise] = {
    "keys": mark("should hold %(known)s"),
    "unknown": mark("is not known here; there are %(known)s"),
    "list": mark("should be a list of at most %(most)s"),
    "one_of": mark("should be one of %(known)s"),
    "number": mark("should be a whole number from %(low)s to %(high)s"),
    "length": mark("should be a length of time from 1m to 31d, such as 16h or 7d"),
    "time": mark("should be a time of day such as 21:00"),
    "priorities": mark("should say a number from 1 to 9 for each flow's name"),
    "never_loud": mark("nothing could ever go out by %(channel)s: leave it some hours"),
}
FIELDS: dict[str, str | Promise] = {
    "most": mark("At most"),
    "period": mark("In"),
    "channel": mark("Through"),
    "counts": mark("Counts"),
    "from": mark("From"),
    "until": mark("Until"),
    "holds": mark("Holds back"),
    "quiet": mark("When it is quiet"),
    "caps": mark("How often"),
    "marketing": mark("Marketing"),
    "transactional": mark("Transactional"),
}


def refused(refusal: Refusal) -> str:
    """What of a rule cannot be, by the name of its field."""
    name = refusal.where.rpartition(".")[2]
    values = dict(refusal.values)
    if "channel" in values:
        values["channel"] = CHANNELS.get(values["channel"], values["channel"])
    return f"{FIELDS.get(name, refusal.where)}: {str(REFUSALS[refusal.code]) % values}"


def cap_words(cap: Cap) -> tuple[Markup, str]:
    """The rule, and what it counts."""
    text = ngettext(
        "%(channel)s: at most %(num)s marketing message to one person in %(period)s",
        "%(channel)s: at most %(num)s marketing messages to one person in %(period)s",
        cap.most,
    )
    period = duration(format_duration(cap.period))
    said = say(text, channel=ANY[cap.channel], num=Markup("<b>{}</b>").format(cap.most), period=period)
    if cap.counts == "all":
        return said, _("Transactional messages take up room too; they themselves are never held back.")
    return said, _("Transactional messages do not count.")


def quiet_words(one: Quiet) -> tuple[Markup, str]:
    hours = {"start": one.start.strftime("%H:%M"), "end": one.end.strftime("%H:%M")}
    if one.start == one.end:
        said = say(_("%(channel)s: quiet the whole day"), channel=CHANNELS[one.channel])
    else:
        said = say(_("%(channel)s: quiet from %(start)s to %(end)s"), channel=CHANNELS[one.channel], **hours)
    if one.days:
        days = ", ".join(str(name) for day, name in DAYS.items() if day in one.days)
        said += say(", " + _("when it begins on %(days)s"), days=days)
    if one.holds == "all":
        return said, _("Transactional messages wait too.")
    return said, _("Transactional messages go all the same.")


def why_waits(reason: str | None, details: Mapping[str, Any]) -> str:
    """Why a message does not go at once."""
    match reason:
        case "message.capped":
            text = ngettext(
                "This person has had %(num)s message in %(period)s; the limit is %(most)s",
                "This person has had %(num)s messages in %(period)s; the limit is %(most)s",
                int(details.get("counted") or 0),
            )
            values = {"num": details.get("counted"), "most": details.get("most")}
            return text % {**values, "period": duration(details.get("period", ""))}
        case "message.wished_rarer":
            values = {"period": duration(details.get("period", ""))}
            return _("This person chose to hear from the shop at most once in %(period)s") % values
        case "message.quiet_hours":
            values = {"start": details.get("from"), "end": details.get("to"), "zone": details.get("zone")}
            return _("From %(start)s to %(end)s it is quiet where this person lives (%(zone)s)") % values
        case "message.best_moment" | "message.best_hour":
            values = {"start": details.get("from"), "end": details.get("to"), "zone": details.get("zone")}
            if reason == "message.best_hour":
                return _("Your customers answer mostly between %(start)s and %(end)s (%(zone)s)") % values
            return _("This person answers mostly between %(start)s and %(end)s (%(zone)s)") % values
        case "message.gave_way":
            return _("A more important message to this person goes first")
        case "message.warming_up":
            return _("The sender is new: %(most)s mails a day to each mailbox provider for now") % details
        case None:
            return ""
        case _:
            return message_reason(reason)
