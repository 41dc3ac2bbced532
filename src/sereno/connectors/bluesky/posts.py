"""How a Bluesky server (PDS) is asked to post.

Invariant: a post's record key is made from its planned instant and our key, and its body has no moment of its own, so a
second try writes the same record in the same place.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any
from urllib.parse import quote

from sereno.connectors.networks import KEY_REFUSED, bearer, mapping, number, refuse, rows
from sereno.engine.durations import format_instant
from sereno.sdk.channels import ChannelCall, ChannelRefused, json_of
from sereno.sdk.config import mark as _
from sereno.sdk.connector import Setting
from sereno.sdk.social import URL, Figures, Known, Network, Picture, Post, Published, Rules, by_graphemes, network

LONGEST, LARGEST = 300, 1_000_000
"""Graphemes of a post; bytes of a picture."""
KIND = "app.bsky.feed.post"
_SIGNS = "234567abcdefghijklmnopqrstuvwxyz"
ACCESS = (Setting("password", _("App password"), "secret", True, help=_("Not your own: make one for Sereno.")),)
SETTINGS = (
    Setting("handle", _("Handle"), "text", True, help=_("Such as shop.example or shop.bsky.social")),
    Setting("server", _("Server"), "url", False, help=_("Left out: https://bsky.social")),
)
STEPS = (
    _("In Bluesky, open Settings, Privacy and security, App passwords."),
    _("Add one for Sereno and paste it here, with your handle."),
)


def rules(settings: Mapping[str, Any]) -> Rules:
    return Rules(LONGEST, 4, by_graphemes, alt=2000, largest=LARGEST)


def probe(call: ChannelCall) -> Known:
    session = _session(call)
    handle, did = str(session.get("handle")), str(session.get("did"))
    return Known(f"@{handle}", f"https://bsky.app/profile/{handle}", {"did": did})


def publish(call: ChannelCall, post: Post) -> Published:
    session = _session(call)
    auth, did = bearer(str(session.get("accessJwt"))), str(session.get("did"))
    at = post.at or call.now
    record: dict[str, Any] = {"$type": KIND, "text": post.text, "createdAt": format_instant(at)}
    record |= {"facets": found} if (found := facets(post.text)) else {}
    record |= {"langs": [post.language]} if post.language else {}
    if post.pictures:
        images = [_upload(call, auth, picture) for picture in post.pictures]
        record["embed"] = {"$type": "app.bsky.embed.images", "images": images}
    key = record_key(at, call.key)
    body = {"repo": did, "collection": KIND, "rkey": key, "record": record}
    found = _ask(call, "POST", "com.atproto.repo.putRecord", auth, body)
    return Published(str(found.get("uri") or ""), f"https://bsky.app/profile/{session.get('handle')}/post/{key}")


def record_key(at: datetime, key: str) -> str:
    """A TID (13 signs of base 32): microseconds since the epoch, then ten bits of a clock's name; what is below a
    second, and the clock, are made from our key."""
    digest = int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), "big")
    seconds = int((at - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds())
    value = ((seconds * 1_000_000 + digest % 1_000_000) << 10 | digest >> 32 & 0x3FF) & (1 << 63) - 1
    return "".join(_SIGNS[value >> shift & 31] for shift in range(60, -1, -5))


def facets(text: str) -> list[dict[str, Any]]:
    """Links and tags in the text, by their place in its UTF-8 bytes."""
    found: list[dict[str, Any]] = []
    for match in URL.finditer(text):
        feature = {"$type": "app.bsky.richtext.facet#link", "uri": match[0]}
        found.append(_facet(text, match.start(), match.end(), feature))
    taken = [(match.start(), match.end()) for match in URL.finditer(text)]
    for start, end in _tags(text):
        if not any(a <= start < b for a, b in taken):
            feature = {"$type": "app.bsky.richtext.facet#tag", "tag": text[start + 1 : end]}
            found.append(_facet(text, start, end, feature))
    return sorted(found, key=lambda one: one["index"]["byteStart"])


def _tags(text: str) -> list[tuple[int, int]]:
    return [match.span(1) for match in re.finditer(r"(?:^|\s)(#[^\s#\d.,;:!?][^\s#.,;:!?]{0,63})", text)]


def _facet(text: str, start: int, end: int, feature: Mapping[str, str]) -> dict[str, Any]:
    first = len(text[:start].encode())
    index = {"byteStart": first, "byteEnd": first + len(text[start:end].encode())}
    return {"index": index, "features": [dict(feature)]}


def _upload(call: ChannelCall, auth: Mapping[str, str], picture: Picture) -> dict[str, Any]:
    headers = {**auth, "Content-Type": picture.mime, "Accept": "application/json"}
    answer = call.ask("POST", _url(call, "com.atproto.repo.uploadBlob"), headers, picture.body)
    found = mapping(json_of(answer.body))
    if answer.status >= 400:
        raise refuse("Bluesky", answer.status, found.get("message"), "picture.refused")
    image: dict[str, Any] = {"alt": picture.alt, "image": found.get("blob")}
    if picture.width and picture.height:
        image["aspectRatio"] = {"width": picture.width, "height": picture.height}
    return image


def remove(call: ChannelCall, id: str) -> None:
    session = _session(call)
    body = {"repo": session.get("did"), "collection": KIND, "rkey": id.rpartition("/")[2]}
    _ask(call, "POST", "com.atproto.repo.deleteRecord", bearer(str(session.get("accessJwt"))), body)


def measure(call: ChannelCall, ids: Sequence[str]) -> Mapping[str, Figures]:
    auth, found = bearer(str(_session(call).get("accessJwt"))), dict[str, Figures]()
    for start in range(0, len(ids), 25):
        asked = "&".join(f"uris={quote(id, safe='')}" for id in ids[start : start + 25])
        for row in rows(_ask(call, "GET", f"app.bsky.feed.getPosts?{asked}", auth).get("posts")):
            likes, reposts, quotes = (number(row.get(name)) for name in ("likeCount", "repostCount", "quoteCount"))
            replies = number(row.get("replyCount"))
            found[str(row.get("uri"))] = Figures(likes, (reposts or 0) + (quotes or 0), replies)
    return found


def _session(call: ChannelCall) -> Mapping[str, Any]:
    body = {"identifier": str(call.settings.get("handle") or "").lstrip("@"), "password": call.access.get("password")}
    return _ask(call, "POST", "com.atproto.server.createSession", {}, body)


def _ask(call: ChannelCall, method: str, path: str, headers: Mapping[str, str], body: Any = None) -> Mapping[str, Any]:
    status, found = call.ask_json(method, _url(call, path), headers, body)
    said = mapping(found)
    if status < 400:
        return said
    error = str(said.get("error") or "")
    if status == 401 or error in ("AuthFactorTokenRequired", "AccountTakedown", "ExpiredToken", "InvalidToken"):
        raise ChannelRefused(KEY_REFUSED, f"Bluesky: {said.get('message') or error or json.dumps(found)}"[:300])
    raise refuse("Bluesky", status, said.get("message") or error)


def _url(call: ChannelCall, path: str) -> str:
    return f"{str(call.settings.get('server') or 'https://bsky.social').rstrip('/')}/xrpc/{path}"


BLUESKY = network(
    Network(
        name="bluesky",
        label="Bluesky",
        icon="globe",
        access=ACCESS,
        settings=SETTINGS,
        steps=STEPS,
        rules=rules,
        probe=probe,
        publish=publish,
        is_keyed=True,
        remove=remove,
        measure=measure,
    )
)
