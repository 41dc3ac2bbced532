"""Posts as one JSON request each, for what has no connector: a scheduler, a bridge, a network of one's own.

Invariant: every request carries an `Idempotency-Key`; whoever takes posts is asked to know it again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sereno.connectors.networks import bearer, mapping, refuse
from sereno.engine.durations import format_instant
from sereno.sdk.channels import ChannelCall
from sereno.sdk.config import mark as _
from sereno.sdk.connector import Setting
from sereno.sdk.social import Known, Network, Post, Published, Rules, by_graphemes, network

ACCESS = (Setting("token", _("Token"), "secret", True, help=_("Sent as Authorization: Bearer")),)
SETTINGS = (
    Setting("address", _("Address"), "url", True, help=_("Takes POST with JSON: text, link, language, pictures.")),
    Setting("longest", _("Longest post"), "text", False, help=_("In characters; left out: 5,000")),
)
STEPS = (
    _("Have your system take a POST with JSON and answer with id and url."),
    _("Let it know a repeated Idempotency-Key again, so that nothing is posted twice."),
)


def rules(settings: Mapping[str, Any]) -> Rules:
    longest = str(settings.get("longest") or "")
    return Rules(int(longest) if longest.isdecimal() and 0 < int(longest) < 10**6 else 5000, 20, by_graphemes)


def probe(call: ChannelCall) -> Known:
    """Nothing is asked: a request would be a post."""
    return Known(str(call.settings.get("address") or ""))


def publish(call: ChannelCall, post: Post) -> Published:
    body: dict[str, Any] = {
        "text": post.text,
        "link": post.link,
        "language": post.language,
        "pictures": [{"url": one.url, "alt": one.alt} for one in post.pictures],
        "planned_for": format_instant(post.at) if post.at else None,
    }
    headers = {**bearer(call.access.get("token", "")), "Idempotency-Key": call.key}
    status, found = call.ask_json("POST", str(call.settings.get("address") or ""), headers, body)
    if status >= 400:
        raise refuse("The address", status, mapping(found).get("message"))
    return Published(str(mapping(found).get("id") or call.key)[:200], str(mapping(found).get("url") or "")[:500])


GENERIC = network(
    Network(
        name="generic",
        label=_("Any other"),
        icon="plug",
        access=ACCESS,
        settings=SETTINGS,
        steps=STEPS,
        rules=rules,
        probe=probe,
        publish=publish,
        is_keyed=True,
    )
)
