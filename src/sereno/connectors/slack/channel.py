"""How Slack's Web API is asked: a card of Block Kit into the channel, another in its place, a word to one person alone.

Invariant: Slack has no key for idempotency, so a card carries its key in its metadata, and one whose answer was lost is
looked for in the channel before it is posted again. An address is believed only of a member of the app's own workspace
who has confirmed it: a guest of another company in a shared channel is nobody here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from sereno.connectors.slack.blocks import blocks_of, escape, fallback
from sereno.sdk.channels import (
    ChannelApi,
    ChannelCall,
    ChannelError,
    ChannelLimited,
    ChannelRefused,
    ChannelUnclear,
    Outgoing,
    Sent,
)
from sereno.sdk.config import mark as _
from sereno.sdk.connector import Setting
from sereno.sdk.desk import Card, DeskApi, Posted, Press

API = "https://slack.com/api"
REPLIES = "https://hooks.slack.com/"
"""Where an answer to one person goes; nowhere else is written to, whatever a request says."""
EVENT = "sereno_question"
MOST_CALLED = 5
"""People a card calls by name."""
ACCESS = (
    Setting("token", _("Bot token"), "secret", True, help=_("Bot User OAuth Token, xoxb-..."), begins="xoxb-"),
    Setting("signing_secret", _("Signing secret"), "secret", True, help=_("Under Basic Information.")),
)
SETTINGS = (
    Setting(
        "channel",
        _("Channel ID"),
        "text",
        True,
        help=_("Where questions go, such as C0123ABCD: at the foot of the channel's details. Invite the bot there."),
    ),
)
STEPS = (
    _("At api.slack.com/apps create an app from a manifest: the one in the guide “Approve in chats”."),
    _("Install it to your workspace and copy the Bot User OAuth Token."),
    _("Copy the Signing Secret from Basic Information."),
    _("Invite the bot to the channel in which your people are to be asked, and give the channel's ID."),
    _("Once it is kept, give the address shown here as the request URL under Interactivity."),
)
KEY_CODES = frozenset(
    {"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "no_permission"}
    | {"missing_scope", "not_allowed_token_type", "org_login_required", "ekm_access_denied", "team_access_not_granted"}
)
PLACE_CODES = frozenset({"channel_not_found", "not_in_channel", "is_archived", "restricted_action"})
GONE_CODES = frozenset({"message_not_found", "cant_update_message", "edit_window_closed", "is_inactive"})
UNCLEAR_CODES = frozenset({"internal_error", "fatal_error", "service_unavailable", "request_timeout"})


def post(call: ChannelCall, to: str, card: Card) -> Posted:
    calls = " ".join(f"<@{one}>" for one in _members(call, card.asked))
    body = {
        "channel": to,
        "text": fallback(card),
        "blocks": blocks_of(card, calls),
        "metadata": {"event_type": EVENT, "event_payload": {"key": call.key}},
        "unfurl_links": False,
        "unfurl_media": False,
    }
    said = ask(call, "chat.postMessage", body)
    return Posted(str(said.get("channel") or to), str(said.get("ts") or ""))


def change(call: ChannelCall, posted: Posted, card: Card) -> None:
    body = {"channel": posted.chat, "ts": posted.message, "text": fallback(card), "blocks": blocks_of(card, "")}
    ask(call, "chat.update", body)


def find(call: ChannelCall, to: str, since: datetime) -> Posted | None:
    """Among the newest of the channel. Where the app may not read it, nobody can tell: it is posted again."""
    query = {"channel": to, "oldest": f"{since.timestamp() - 5:.6f}", "limit": "100", "include_all_metadata": "true"}
    try:
        said = ask(call, "conversations.history", query, is_read=True)
    except ChannelRefused:
        return None
    for one in said.get("messages") or ():
        payload = ((one.get("metadata") or {}).get("event_payload")) or {}
        if payload.get("key") == call.key:
            return Posted(to, str(one.get("ts") or ""))
    return None


def reply(call: ChannelCall, press: Press, text: str) -> None:
    """To who pressed alone: by the address the request brought, else as an ephemeral message."""
    said = escape(text)
    if press.reply.startswith(REPLIES):
        body = {"response_type": "ephemeral", "replace_original": False, "text": said}
        status, _answer = call.ask_json("POST", press.reply, {}, body)
        if status < 400:
            return
        # It is good for half an hour.
    ask(call, "chat.postEphemeral", {"channel": press.chat, "user": press.account, "text": said})


def address_of(call: ChannelCall, account: str) -> str:
    own = ask(call, "auth.test", {})
    user: Mapping[str, Any] = ask(call, "users.info", {"user": account}, is_read=True).get("user") or {}
    if user.get("deleted") or user.get("is_bot") or user.get("is_stranger") or user.get("is_email_confirmed") is False:
        return ""
    of_grid = (user.get("enterprise_user") or {}).get("enterprise_id")
    if user.get("team_id") != own.get("team_id") and (not of_grid or of_grid != own.get("enterprise_id")):
        return ""
    return str((user.get("profile") or {}).get("email") or "").strip().lower()


def _members(call: ChannelCall, addresses: tuple[str, ...]) -> list[str]:
    """Those of these addresses whom the workspace knows, to be called by name. That it cannot be told keeps nobody
    from being asked."""
    found: list[str] = []
    for address in addresses[:MOST_CALLED]:
        try:
            said = ask(call, "users.lookupByEmail", {"email": address}, is_read=True)
        except ChannelError:
            continue
        found.append(str((said.get("user") or {}).get("id") or ""))
    return [one for one in found if one]


def send(call: ChannelCall, message: Outgoing) -> Sent:
    said = ask(call, "chat.postMessage", {"channel": message.to, "text": escape(message.text)})
    return Sent(f"{said.get('channel')}.{said.get('ts')}")


def probe(call: ChannelCall) -> str:
    said = ask(call, "auth.test", {})
    return " · ".join(str(said[name]) for name in ("team", "user") if said.get(name))


def ask(call: ChannelCall, method: str, fields: Mapping[str, Any], *, is_read: bool = False) -> Mapping[str, Any]:
    """What Slack answers; what it refuses is raised. It says so with a 200."""
    headers = {"Authorization": f"Bearer {call.access.get('token', '')}"}
    if is_read:
        status, found = call.ask_json("GET", f"{API}/{method}?{urlencode(fields)}", headers)
    else:
        status, found = call.ask_json("POST", f"{API}/{method}", headers, dict(fields))
    said: Mapping[str, Any] = found if isinstance(found, dict) else {}
    if status < 400 and said.get("ok") is True:
        return said
    code = str(said.get("error") or status)
    if code == "ratelimited":
        raise ChannelLimited(None, f"Slack: {code}")
    if code in UNCLEAR_CODES or (status < 400 and not said):
        raise ChannelUnclear(f"Slack: {code}")
    text = f"Slack refused {method}: {code}" + (f" (needs {said['needed']})" if said.get("needed") else "")
    if code in KEY_CODES:
        raise ChannelRefused("channel.key_refused", text)
    if code in PLACE_CODES:
        raise ChannelRefused("channel.place_unknown", text)
    raise ChannelRefused("message.gone" if code in GONE_CODES else "message.refused", text)


CHANNEL = ChannelApi(
    channel="slack",
    access=ACCESS,
    settings=SETTINGS,
    steps=STEPS,
    probe=probe,
    send=send,
    secret_of=lambda access: access.get("signing_secret", ""),
    desk=DeskApi(post, reply, change, find, address_of, place="channel", says_done=False),
)
