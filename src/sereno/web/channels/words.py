"""What pages call channels, their accounts and what became of messages."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

CHANNELS = {
    "email": (_("E-mail"), "mail"),
    "sms": (_("Text message"), "message-square"),
    "whatsapp": (_("WhatsApp"), "message-circle"),
    "telegram": (_("Telegram"), "send"),
    "push": (_("Browser notification"), "bell"),
    "slack": (_("Slack"), "hash"),
}
KINDS = {
    "twilio": (_("Twilio"), _("Text messages, paid by the segment; answers and STOP come back.")),
    "texts": (_("Your own SMS gateway"), _("Any gateway that takes one JSON request for each message.")),
    "whatsapp": (_("WhatsApp"), _("By Meta's Cloud API: approved texts, quick replies, lists.")),
    "telegram": (_("Telegram"), _("A bot of your own; customers begin by your link.")),
    "webpush": (
        _("Browser notifications"),
        _("To browsers whose owners said yes. No account needed."),
    ),
    "slack": (_("Slack"), _("Asks your own people in a channel: they approve or refuse with a button.")),
}
STATUSES = {
    "begun": (_("Under way"), "lamp"),
    "sent": (_("Sent"), "ok"),
    "delivered": (_("Arrived"), "ok"),
    "read": (_("Read"), "ok"),
    "failed": (_("Failed"), "bad"),
    "unclear": (_("Unclear"), "bad"),
}
REASONS = {
    "window.closed": _("They have not written for 24 hours: only an approved text may go."),
    "address.invalid": _("That is no number or address there is."),
    "address.unreachable": _("It does not reach them there."),
    "address.unsubscribed": _("They asked the provider for no more messages."),
    "address.gone": _("They are not there any more."),
    "address.capped": _("The provider thinks they got enough for now."),
    "approved.missing": _("The provider has no approved text of this name in this language."),
    "approved.differs": _("The approved text has other places than yours: make the two equal."),
    "approved.paused": _("The provider has paused the approved text, because readers did not like it: see there."),
    "approved.disabled": _("The provider has ended the approved text: write another and have it approved."),
    "message.refused": _("The provider refused the words."),
    "message.gone": _("The message is not there any more."),
    "channel.place_unknown": _("The app is not in that channel, or there is none of this ID: invite it there."),
    "channel.key_refused": _("The provider does not take the key: give it a new one."),
    "channel.key_unreadable": _("The key was kept under another secret key: give it anew."),
    "channel.not_connected": _("Nothing sends by this channel: connect it first."),
    "channel.unclear": _("The answer was lost: it may have arrived, so it is not sent again by itself."),
    "channel.locked": _("The provider has locked the account: see there."),
    "channel.unregistered": _("The number is not ready to send: finish its registration with the provider."),
    "channel.unpaid": _("The provider waits for its money: see there."),
    "channel.no_answer": _("The provider did not answer. Try again in a moment."),
    "channel.busy": _("The provider did not answer. Try again in a moment."),
    "channel.rate_limited": _("The provider wants a pause. Try again in a moment."),
    "channel.missing": _("This is needed."),
    "channel.begins": _("That does not look like one: see how it begins."),
    "channel.address": _("An address begins with https://."),
    "channel.odd": _("There is a line break in it: paste it again."),
    "channel.blocked": _("Sereno may not call that address: allow its host under Settings."),
}
DESK_REASONS = {
    "desk.kind_unknown": _("Choose a chat."),
    "desk.nobody": _("That is nobody of this shop."),
    "desk.owners": _("Only an owner says which account an owner's is."),
    "desk.account_odd": _("That does not look like an account there: see the help below the field."),
}


def reason(code: str, otherwise: str = "") -> str:
    return str(REASONS.get(code, otherwise or code))
