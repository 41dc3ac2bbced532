"""What Facebook and Instagram share: the Graph API's way of asking and of saying no."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from sereno.connectors.networks import DUPLICATE, GONE, KEY_REFUSED, bearer, mapping, number, refuse
from sereno.sdk.channels import ChannelBusy, ChannelCall, ChannelError, ChannelLimited, ChannelUnclear
from sereno.sdk.config import mark as _
from sereno.sdk.connector import Setting

HOST = "https://graph.facebook.com/v24.0"
PAGE_SETTINGS = (Setting("page", _("Number of the page"), "text", True),)
LIMITS = frozenset({4, 9, 17, 32, 341, 613, 80001, 80002})
"""Codes of the Graph API for too many requests; 9: as many posts as Instagram takes in 24 hours."""
PICTURES = frozenset({324, 9004, 36000, 36001, 36003})
"""Codes for a picture that cannot be fetched or read, or is too large or of the wrong shape."""
NOT_READY, SAME_WORDS = 9007, 506
PAUSE = timedelta(minutes=15)
SPAM = 2207051


def ask(
    call: ChannelCall, method: str, path: str, body: Any = None, *, missing_is_fine: bool = False
) -> Mapping[str, Any]:
    status, found = call.ask_json(method, f"{HOST}/{path}", bearer(call.access.get("token", "")), body)
    if status < 400 or (missing_is_fine and _code(found) == (100, 33)):
        return mapping(found)
    raise refusal(status, found)


def refusal(status: int, found: Any) -> ChannelError:
    error = mapping(mapping(found).get("error"))
    text = str(error.get("error_user_msg") or error.get("message") or status)
    code, below = _code(found)
    if code in LIMITS and below != SPAM:
        return ChannelLimited(PAUSE, text)
    if code == NOT_READY:
        return ChannelBusy(text)
    if error.get("is_transient") is True or code in (-2, -1, 1, 2, 24):
        return ChannelUnclear(text)  # What went wrong over there may have gone wrong after it was published.
    if code in PICTURES:
        return refuse("Meta", status, text, "picture.refused")
    if code == SAME_WORDS:
        return refuse("Meta", status, text, DUPLICATE)
    if code in (190, 102, 10) or 200 <= code < 300:
        return refuse("Meta", status, text, KEY_REFUSED)
    return refuse("Meta", status, text, GONE if (code, below) == (100, 33) else "post.refused")


def _code(found: Any) -> tuple[int, int]:
    error = mapping(mapping(found).get("error"))
    return number(error.get("code")) or 0, number(error.get("error_subcode")) or 0


def expiry(call: ChannelCall) -> datetime | None:
    """When the token ends, as Meta itself says; None where it does not end, or will not tell."""
    token = call.access.get("token", "")
    try:
        found = ask(call, "GET", f"debug_token?input_token={quote(token, safe='')}")
    except ChannelError:
        return None
    data = mapping(found.get("data"))
    ends = [at for at in (number(data.get("expires_at")), number(data.get("data_access_expires_at"))) if at]
    return datetime.fromtimestamp(min(ends), UTC) if ends else None
