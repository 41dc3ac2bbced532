"""What newsletters are and say, in words."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from sereno.sdk.mailboxes import PROVIDERS
from sereno.web.live.wording import message_reason
from sereno.web.words import Word

STATUSES = {
    "draft": Word(lazy("Draft"), "pencil", "idle"),
    "scheduled": Word(lazy("Scheduled"), "clock", "info"),
    "preparing": Word(lazy("Being prepared"), "hourglass", "info"),
    "sending": Word(lazy("On its way"), "send", "info"),
    "paused": Word(lazy("Paused"), "circle-pause", "lamp"),
    "sent": Word(lazy("Sent"), "circle-check", "ok"),
    "cancelled": Word(lazy("Cancelled"), "ban", "idle"),
}
PIECES = {
    "waiting": Word(lazy("Waits"), "clock", "idle"),
    "sending": Word(lazy("In hand"), "send", "info"),
    "sent": Word(lazy("Sent"), "circle-check", "ok"),
    "skipped": Word(lazy("Not sent"), "ban", "lamp"),
    "failed": Word(lazy("Failed"), "circle-alert", "bad"),
    "unknown": Word(lazy("Not known"), "circle-question-mark", "lamp"),
}
ANSWERS = {
    "opened": lazy("Opened"),
    "clicked": lazy("Clicked"),
    "ordered": lazy("Ordered"),
    "trouble": lazy("Bounced, complained or unsubscribed"),
}
PROVIDER_CHOICES = [name for name in PROVIDERS if name in ("google", "microsoft", "yahoo", "apple", "other")]


def reason_said(code: str) -> str:
    """Why somebody did not get it."""
    known = {
        "address.missing": _("No e-mail address is known."),
        "address.changed": _("Their address has changed since."),
        "customer.gone": _("They are not a customer any more."),
        "audience.condition": _("The condition does not hold for them."),
        "audience.excluded": _("They are in a segment that is left out."),
        "newsletter.twice": _("Somebody else with the same address gets it."),
        "newsletter.paced": _("It waits for its turn with the mailbox provider."),
        "newsletter.interrupted": _("The process died while it was handed over: it may or may not have gone."),
        "smtp.unsure": _("The connection broke before the server answered: it may or may not have gone."),
        "recipient.unknown": _("The mail server knows no such address. Nobody is written to there again."),
        "recipient.refused": _("The mail server refused the address."),
        "message.refused": _("The mail server refused the mail."),
        "template.failed": _("The mail could not be written for this reader."),
    }
    return known.get(code) or message_reason(code)
