"""Reasons in sentences: why a flow would not start, and why a message would not go out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from markupsafe import Markup

from sereno.web import formats
from sereno.web.live.spoken import Spoken, spoken
from sereno.web.sentences import duration, expression, say
from sereno.web.words import skip_reason


@dataclass(frozen=True, slots=True)
class WhyNot:
    """`say` is the sentence, `seen` the values behind it."""

    say: Markup
    seen: tuple[Spoken, ...] = ()


def not_started(skip: tuple[str, Mapping[str, Any]], zone: str) -> WhyNot:
    """Why an event starts no run, as a whole sentence."""
    reason, details = skip
    values = details.get("values")
    seen = tuple(spoken(values, zone)) if isinstance(values, Mapping) else ()
    condition = expression(details.get("condition") or details.get("key") or "")
    match reason:
        case "when_false":
            said = say(_("The condition %(condition)s did not hold."), condition=condition)
        case "when_error":
            error = details.get("error") or ""
            said = say(
                _("The condition %(condition)s could not be answered: %(error)s."), condition=condition, error=error
            )
        case "key_missing":
            said = say(_("It has no key: %(condition)s gave nothing."), condition=condition)
        case "exit_already_happened":
            said = say(
                _("What ends the flow had already happened: %(event)s."), event=expression(details.get("event", ""))
            )
        case "once":
            said = say(
                _("The flow runs only once for each key, and had run on %(time)s."), time=_entered(details, zone)
            )
        case "too_soon":
            said = say(
                _("It had run for the same key on %(time)s, less than %(length)s before."),
                time=_entered(details, zone),
                length=duration(details.get("after", "")),
            )
        case "not_concerned":
            said = say(_("%(event)s does not start this flow."), event=expression(details.get("event", "")))
        case _:
            said = say("%(reason)s.", reason=skip_reason(reason))
    return WhyNot(said, seen)


def mail_refusal(result: Mapping[str, Any] | None) -> str:
    """Why a message would not go out; empty when it would."""
    if result is None or result.get("sent") is not False:
        return ""
    return message_reason(result.get("reason"))


def fate(status: str, result: Mapping[str, Any], error: str | None, zone: str) -> str:
    """Why a message did not or would not go, or only later; empty where there is nothing to say."""
    reason = result.get("reason")
    if result.get("sent") is False:
        text = _("Would not have been sent: %(why)s") if status == "shadow" else _("Not sent: %(why)s")
        return text % {"why": message_reason(reason)}
    at = formats.instant(result.get("sent_at")) if status == "shadow" else None
    if at is not None:
        given = {"time": formats.minute(at, zone), "why": message_reason(reason)}
        return _("Would have waited until %(time)s: %(why)s") % given
    if status == "pending" and error and error.startswith("message."):
        return _("Waits: %(why)s") % {"why": message_reason(error)}
    return ""


def message_reason(code: object) -> str:
    """Why a message does not go out, or not yet."""
    reason = str(code or "")
    known = {
        "control.shop_holdout": _("They are in the share of people who get no marketing, so that it can be measured."),
        "control.held_out": _("They are in the flow's control group."),
        "control.message_holdout": _("This message is kept from a share of people, so that it can be measured."),
        "consent.missing": _("The customer has not agreed to marketing."),
        "consent.refused": _("The customer has said no to marketing."),
        "consent.topic_refused": _("The customer wants nothing about this topic."),
        "address.suppressed": _("The address must not be written to: it bounced, complained or unsubscribed."),
        "cart.completed": _("The cart was already bought."),
        "cart.deleted": _("The cart is gone."),
        "cart.sold_out": _("Everything in the cart is sold out."),
        "cart.empty": _("The cart is empty."),
        "offer.none": _("There was no code to give."),
        "reviews.none": _("The shop has no reviews to show."),
        "order.cancelled": _("The order was cancelled meanwhile."),
        "product.sold_out": _("The product has sold out meanwhile."),
        "price.changed": _("The price has changed meanwhile."),
        "message.capped": _("This person has had as many messages as the shop allows in that time."),
        "message.wished_rarer": _("This person chose to hear from the shop less often, and has heard from it lately."),
        "message.quiet_hours": _("It is quiet hours where this person is."),
        "message.best_moment": _("It waits for the hours at which this person answers most."),
        "message.best_hour": _("It waits for the hours at which your customers answer most."),
        "message.gave_way": _("A more important message to this person goes first."),
        "message.warming_up": _("The sender is new to mailbox providers, and today's share of mails is used up."),
        "message.merged": _("A later message of the same kind took its place."),
        "joined.had": _("The customer has had it already, by another of their records."),
        "message.expired": _("By the time it could go it was not worth sending any more."),
    }
    return known.get(reason, reason)


def _entered(details: Mapping[str, Any], zone: str) -> str:
    at = formats.instant(details.get("last_entered_at"))
    return formats.minute(at, zone) if at is not None else ""
