"""How Twilio is asked to send a text message (its API of 2010-04-01).

Invariant: Twilio has no key for idempotency, so a message whose answer was lost is looked for among those sent to the
number since, before it is sent again.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from sereno.sdk.channels import ChannelApi, ChannelCall, ChannelRefused, Outgoing, Sent, json_of
from sereno.sdk.config import mark as _
from sereno.sdk.connector import Setting

HOST = "https://api.twilio.com"
ADDRESS_CODES = {
    21211: "address.invalid",
    21214: "address.invalid",
    21217: "address.invalid",
    21408: "address.unreachable",
    21610: "address.unsubscribed",
    21612: "address.unreachable",
    21614: "address.unreachable",
    30003: "address.unreachable",
    30004: "address.unreachable",
    30005: "address.invalid",
    30006: "address.unreachable",
}
"""Twilio's numbers of errors that speak of the reader's number; any other speaks of the message or the account."""
KEY_CODES = frozenset({20003, 20005, 20404})
ACCESS = (
    Setting("account", _("Account SID"), "text", True, begins="AC"),
    Setting("token", _("Auth token"), "secret", True),
)
SETTINGS = (
    Setting(
        "sender",
        _("Sender"),
        "text",
        True,
        help=_("A number such as +34600000000, a name of up to 11 letters, or a messaging service (MG...)."),
    ),
    Setting(
        "senders",
        _("Senders by country"),
        "text",
        False,
        help=_("Such as: ES +34600000000, RO Casa Azahar. One after the other, with commas."),
    ),
)
STEPS = (
    _("Open the Twilio Console and copy Account SID and Auth token from its first page."),
    _("Buy a number, or register the name that readers will see as the sender."),
    _("Under Phone Numbers, your number, Messaging, put the address below at “A message comes in”."),
)


def send(call: ChannelCall, message: Outgoing) -> Sent:
    sender = sender_for(call.settings, message.country)
    fields = {"To": message.to, "Body": message.text}
    fields |= {"MessagingServiceSid": sender} if sender.startswith("MG") else {"From": sender}
    if call.hook:
        fields["StatusCallback"] = call.hook
    status, said = _ask(call, "POST", "/Messages.json", fields)
    if status >= 400:
        raise refused(said.get("code") or status, str(said.get("message") or ""))
    return Sent(str(said.get("sid") or ""), _segments(said))


def find(call: ChannelCall, message: Outgoing, since: datetime) -> Sent | None:
    """Of the newest to this number: one with these words, not older than the first try. A trial account puts words of
    its own before them. Not narrowed by the day of sending, which a message that is still queued has not."""
    query = urlencode({"To": message.to, "PageSize": "50"})
    status, said = _ask(call, "GET", f"/Messages.json?{query}")
    if status >= 400:
        raise refused(said.get("code") or status, str(said.get("message") or ""))
    for one in said.get("messages") or ():
        if str(one.get("body") or "").endswith(message.text) and _is_since(one.get("date_created"), since):
            return Sent(str(one.get("sid") or ""), _segments(one))
    return None


def probe(call: ChannelCall) -> str:
    status, said = _ask(call, "GET", ".json")
    if status >= 400:
        raise refused(said.get("code") or status, str(said.get("message") or ""))
    return str(said.get("friendly_name") or "")


def refused(code: Any, text: str) -> ChannelRefused:
    number = int(code) if str(code).isdigit() else 0
    if number in KEY_CODES or number == 401:
        return ChannelRefused("channel.key_refused", f"Twilio refused the key ({number}): {text}")
    return ChannelRefused(ADDRESS_CODES.get(number, "message.refused"), f"Twilio {number}: {text}")


def sender_for(settings: Mapping[str, Any], country: str) -> str:
    """The sender of the reader's country, where one is named, else the usual one."""
    for entry in str(settings.get("senders") or "").split(","):
        place, _space, sender = entry.strip().partition(" ")
        if country and place.upper() == country.upper() and sender.strip():
            return sender.strip()
    return str(settings.get("sender") or "")


def _ask(call: ChannelCall, method: str, path: str, fields: Mapping[str, str] | None = None) -> tuple[int, Any]:
    account, token = call.access.get("account", ""), call.access.get("token", "")
    key = base64.b64encode(f"{account}:{token}".encode()).decode()
    headers = {"Authorization": f"Basic {key}", "Accept": "application/json"}
    if fields is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    url = f"{HOST}/2010-04-01/Accounts/{quote(account, safe='')}{path}"
    answer = call.ask(method, url, headers, urlencode(fields).encode() if fields is not None else None)
    found = json_of(answer.body)
    return answer.status, found if isinstance(found, dict) else {}


def _segments(said: Mapping[str, Any]) -> int:
    count = str(said.get("num_segments") or "1")
    return max(1, int(count)) if count.isdigit() else 1


def _is_since(value: Any, since: datetime) -> bool:
    """Twilio's dates are those of mails, to the second."""
    from email.utils import parsedate_to_datetime

    try:
        return parsedate_to_datetime(str(value)) >= since - timedelta(seconds=2)
    except ValueError:
        return False


CHANNEL = ChannelApi(
    channel="sms",
    access=ACCESS,
    settings=SETTINGS,
    steps=STEPS,
    probe=probe,
    send=send,
    find=find,
    secret_of=lambda access: access.get("token", ""),
)
