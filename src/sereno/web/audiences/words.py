"""How attached lists are told of: their state, and why somebody is not on one."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as mark

from sereno.runtime.tools import mirroring
from sereno.runtime.tools.attaching import State
from sereno.web.refusals import meaning


@dataclass(frozen=True, slots=True)
class Word:
    label: str | Promise
    tone: str
    icon: str


STATES: dict[State, Word] = {
    "in_step": Word(mark("In step"), "ok", "circle-check"),
    "filling": Word(mark("Being filled"), "info", "hourglass"),
    "working": Word(mark("Changes under way"), "info", "hourglass"),
    "failing": Word(mark("Cannot go on"), "bad", "triangle-alert"),
    "leaving": Word(mark("Being let go"), "shade", "hourglass"),
}
READ_BACK: dict[mirroring.State, Word] = {
    "read": Word(mark("Read"), "ok", "circle-check"),
    "reading": Word(mark("Being read"), "info", "hourglass"),
    "failing": Word(mark("Cannot be read"), "bad", "triangle-alert"),
    "leaving": Word(mark("Being let go"), "shade", "hourglass"),
}
KINDS = {
    "campaign": mark("Campaign"),
    "group": mark("Ad group or ad set"),
    "ad": mark("Single ad"),
}


def reason_said(code: str) -> str:
    """Why somebody of the segment is not put on the list."""
    return {
        "consent.missing": _("did not agree to marketing by mail"),
        "address.missing": _("have neither a mail address nor a number"),
        "customer.gone": _("are not there any more"),
        "address.invalid": _("have an address the tool does not take"),
        "address.unsubscribed": _("unsubscribed over there"),
        "person.refused": _("were turned away by the tool"),
        "removal.refused": _("could not be taken off; it is tried again a day later"),
    }.get(code, code)


def trouble_said(code: str) -> str:
    """What went wrong last, in our own words; the tool's stand beside them."""
    return {
        "store.rate_limited": _("The tool asks to come back later."),
        "store.busy": _("The tool did not answer, or was busy."),
        "store.none": _("The connection has no key any more, or is closed."),
        "segment.gone": _("The segment is gone. Detach the list, or make the segment again."),
        "store.key_refused": _("The tool does not take Sereno's key any more. Give the connection a good one."),
        "store.not_found": _("The tool does not know the list any more. Detach it, and attach another."),
        "store.refused": _("The tool said no. Its own words say why; mend it over there."),
        "secrets.unreadable": _("The key cannot be read: it was kept under another secret key."),
    }.get(code) or meaning(code)
