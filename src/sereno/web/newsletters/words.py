"""What newsletters are and say, in words."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as mark

from sereno.sdk.mailboxes import PROVIDERS
from sereno.web.live.wording import message_reason
from sereno.web.words import Word

STATUSES = {
    "draft": Word(mark("Draft"), "pencil", "idle"),
    "scheduled": Word(mark("Scheduled"), "clock", "info"),
    "preparing": Word(mark("Being prepared"), "hourglass", "info"),
    "sending": Word(mark("On its way"), "send", "info"),
    "paused": Word(mark("Paused"), "circle-pause", "lamp"),
    "sent": Word(mark("Sent"), "circle-check", "ok"),
    "cancelled": Word(mark("Cancelled"), "ban", "idle"),
}
PIECES = {
    "waiting": Word(mark("Waits"), "clock", "idle"),
    "sending": Word(mark("In hand"), "send", "info"),
    "sent": Word(mark("Sent"), "circle-check", "ok"),
    "skipped": Word(mark("Not sent"), "ban", "lamp"),
    "failed": Word(mark("Failed"), "circle-alert", "bad"),
    "unknown": Word(mark("Not known"), "circle-question-mark", "lamp"),
}
ANSWERS = {
    "opened": mark("Opened"),
    "clicked": mark("Clicked"),
    "ordered": mark("Ordered"),
    "trouble": mark("Bounced, complained or unsubscribed"),
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
        "newsletter.tried": _("Subjects were still being tried at their hour: it goes at that hour of the next day."),
        "newsletter.interrupted": _("The process died while it was handed over: it may or may not have gone."),
        "smtp.unsure": _("The connection broke before the server answered: it may or may not have gone."),
        "recipient.unknown": _("The mail server knows no such address. Nobody is written to there again."),
        "recipient.refused": _("The mail server refused the address."),
        "message.refused": _("The mail server refused the mail."),
        "template.failed": _("The mail could not be written for this reader."),
    }
    return known.get(code) or message_reason(code)
