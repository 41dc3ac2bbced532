"""What to do about a failure, by its code: in words, and with the page where it is mended."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from sereno.store.models import Effect
from sereno.web.refusals import meaning


@dataclass(frozen=True, slots=True)
class Advice:
    """`text` says what to do next; `href` and `label` lead to where it is done, "" where no page of ours is it."""

    text: str
    label: str = ""
    href: str = ""


def advice(error: str, example: Effect | None) -> Advice:
    """For a failure of this code; `example` is one of the effects that failed so."""
    kind = error.partition(".")[0]
    found = _BY_CODE.get(error)
    text = (found() if found is not None else "") or meaning(error)
    if not text:
        of_kind = _BY_KIND.get(kind)
        text = of_kind() if of_kind is not None else _("Mend what the message names, then try again.")
    if error in _IN_CONNECTIONS:
        return Advice(text, _("To the connections"), reverse("connections"))
    if error in _IN_SHOP:
        return Advice(text, _("To the shop's settings"), reverse("shop-settings"))
    config: Mapping[str, Any] = example.config if example is not None else {}
    if kind == "template" and isinstance(config.get("template"), str):
        return Advice(text, _("To the messages"), reverse("messages"))
    if example is not None and error not in _NOT_OURS and kind not in ("smtp", "mail"):
        return Advice(text, _("To the flow"), reverse("flow", args=(example.flow.name,)))
    return Advice(text)


_IN_CONNECTIONS = frozenset(
    {"store.none", "store.key_refused", "store.key_lacks", "store.key_unreadable"}
    | {"tool.none", "tool.unknown", "tool.key_refused"}
)
_IN_SHOP = frozenset(
    {
        "store.blocked",
        "alerts.no_address",
        "alerts.no_webhook",
        "slack.refused",
        "http.address_blocked",
        "sender.missing",
    }
)
_NOT_OURS = frozenset({"mail.not_configured", "action.unknown", "links.missing"})

_BY_CODE: dict[str, Callable[[], str]] = {
    "mail.not_configured": lambda: _(
        "No mail server is set. Set SERENO_SMTP_URL where Sereno runs, start it anew, then try all again."
    ),
    "links.missing": lambda: _("Set SERENO_BASE_URL where Sereno runs, start it anew, then try all again."),
    "action.unknown": lambda: _("A plug-in is missing. Install it where Sereno runs, then try all again."),
    "action.crashed": lambda: _(
        "The action broke. Look into Sereno's log for the reason; trying again helps only after it is mended."
    ),
    "config.invalid": lambda: _("A step's settings came out wrong for these records. Change the step, then try again."),
    "template.failed": lambda: _("The text could not be written for these records. Mend it, then try again."),
    "recipient.missing": lambda: _(
        "Nobody's address is known for these records. Skip them, or name an address in the step."
    ),
    "recipient.unknown": lambda: _("The mail server knows nobody of that address. Skip these: they cannot arrive."),
    "recipient.refused": lambda: _(
        "The other side refused the mail. Read what it said; mend the sender's address or domain, then try again."
    ),
    "alerts.no_address": lambda: _("Say where alerts go: alert_email in the shop's settings. Then try all again."),
    "alerts.no_webhook": lambda: _("Give Slack's address: slack_webhook in the shop's settings. Then try all again."),
    "slack.refused": lambda: _("Slack no longer takes that address. Make a new one there and put it in the settings."),
    "http.address_blocked": lambda: _(
        "That host is not public. Add it to allowed_hosts in the shop's settings if it is yours, then try again."
    ),
    "store.none": lambda: _(
        "No store may be written to: give its connection a key. Then try all of them again; each happens once."
    ),
    "store.cannot": lambda: _("The store's platform cannot do this. Take the step out of the flow, or do it by hand."),
    "store.key_refused": lambda: _(
        "The store does not take Sereno's key any more. Give a good one, then try all again."
    ),
    "store.key_lacks": lambda: _(
        "The key may not do this. Give it the permission in the store, ask the store on the connection's page, then "
        "try all again."
    ),
    "store.key_unreadable": lambda: _("Give the connection its key again, then try all again."),
    "store.blocked": lambda: _(
        "The store's address is not public. Add its host to allowed_hosts in the shop's settings if it is yours."
    ),
    "store.not_found": lambda: _("The store does not know the record any more. Skip these."),
    "store.busy": lambda: _("The store did not answer for long. When it is back, try all again; each happens once."),
    "content.edited": lambda: _(
        "Somebody changed it in the store since Sereno wrote it, so it was left as it is. Say under Site content what "
        "shall stand; there is nothing to try again."
    ),
    "content.no_json": lambda: _(
        "The file of the theme holds no such value. Look at it in the store, change the step or the campaign, then try "
        "again."
    ),
    "content.invalid": lambda: _("It came out as something no store can hold. Change the step, then try again."),
    "content.busy": lambda: _("Another step was just writing it. Try all again; each happens once."),
    "tool.none": lambda: _("No tool is connected that can do this: connect one and give it a key, then try all again."),
    "tool.unknown": lambda: _("The step names a connection that is not there, or has no key. Then try all again."),
    "tool.key_refused": lambda: _("The tool does not take Sereno's key any more. Give a good one, then try all again."),
    "tool.busy": lambda: _("The tool did not answer for long. When it is back, try all again; each happens once."),
    "tool.not_found": lambda: _("The tool does not know this any more. Skip these."),
    "http.no_answer": lambda: _("The other system did not answer for long. When it is back, try all again."),
}
_BY_KIND: dict[str, Callable[[], str]] = {
    "smtp": lambda: _("The mail server did not take it. When it does again, try all again."),
    "mail": lambda: _("The mail server did not take it. When it does again, try all again."),
    "http": lambda: _("The other system said no. Read what it said, mend it there or in the step, then try again."),
    "store": lambda: _("The store said no. Read what it said, mend it there or in the step, then try again."),
    "slack": lambda: _("Slack did not take it. When it does again, try all again."),
    "sender": lambda: _("The sender's address is wrong. Mend it in the shop's settings, then try again."),
    "address": lambda: _("That is no e-mail address. Mend the record in the store, or skip these."),
    "subject": lambda: _("The subject came out wrong. Mend it in the step, then try again."),
}
