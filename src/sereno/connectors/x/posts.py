"""How X is asked to post (API v2, signed by OAuth 1.0a with four keys that do not end).

Invariant: X has no key for a post, so before a second try the account's newest posts are looked through.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode

from sereno.connectors import oauth1
from sereno.connectors.networks import DUPLICATE, KEY_REFUSED, mapping, number, refuse, rows, same_words, send_form
from sereno.engine.durations import format_instant
from sereno.sdk.channels import ChannelBusy, ChannelCall, ChannelRefused
from sereno.sdk.config import mark as _
from sereno.sdk.connector import Setting
from sereno.sdk.social import URL, Figures, Known, Network, Picture, Post, Published, Rules, network

HOST = "https://api.x.com/2"
LONGEST, LINK = 280, 23
PIECE = 4 * 1024 * 1024
"""Bytes of what moves that go in one request; X takes up to five million."""
_SINGLE = ((0, 4351), (8192, 8205), (8208, 8223), (8242, 8247))
"""Code points that weigh one (twitter-text, configuration 3); all others weigh two, a whole emoji too."""
ACCESS = (
    Setting("key", _("API key"), "secret", True),
    Setting("secret", _("API key secret"), "secret", True),
    Setting("token", _("Access token"), "secret", True),
    Setting("token_secret", _("Access token secret"), "secret", True),
)
STEPS = (
    _("At developer.x.com make a project and an app with permission to read and write."),
    _("Under Keys and tokens make the API key and, after that, the access token of the account."),
    _("Paste all four here."),
)


def weigh(text: str) -> int:
    """By twitter-text: a link weighs 23, letters of Latin and their neighbours one, others two, an emoji two."""
    weight, at, links = 0, 0, {match.start(): match.end() for match in URL.finditer(text)}
    while at < len(text):
        if at in links:
            weight, at = weight + LINK, links[at]
            continue
        end = _emoji_end(text, at)
        if end > at:
            weight, at = weight + 2, end
            continue
        point = ord(text[at])
        weight += 1 if any(low <= point <= high for low, high in _SINGLE) else 2
        at += 1
    return weight


def _emoji_end(text: str, at: int) -> int:
    """Where the emoji that begins here ends; `at` where none does."""

    def is_emoji(sign: str) -> bool:
        return "\U0001f000" <= sign <= "\U0001faff" or "\u2600" <= sign <= "\u27bf"

    if not is_emoji(text[at]):
        return at
    end = at + 1
    if "\U0001f1e6" <= text[at] <= "\U0001f1ff":
        return end + (end < len(text) and "\U0001f1e6" <= text[end] <= "\U0001f1ff")
    while end < len(text):
        if text[end] == "\ufe0f" or "\U0001f3fb" <= text[end] <= "\U0001f3ff":
            end += 1
        elif text[end] == "\u200d" and end + 1 < len(text) and is_emoji(text[end + 1]):
            end += 2
        else:
            break
    return end


def rules(settings: Mapping[str, Any]) -> Rules:
    return Rules(LONGEST, 4, weigh, alt=1000)


def probe(call: ChannelCall) -> Known:
    data = mapping(_ask(call, "GET", "users/me").get("data"))
    name = str(data.get("username") or "")
    return Known(f"@{name}", f"https://x.com/{name}", {"user": str(data.get("id") or ""), "name": name})


def publish(call: ChannelCall, post: Post) -> Published:
    media = [_upload(call, post, at) for at in range(len(post.pictures))]
    body: dict[str, Any] = {"text": post.text, **({"media": {"media_ids": media}} if media else {})}
    data = mapping(_ask(call, "POST", "tweets", body).get("data"))
    return _published(call, str(data.get("id") or ""))


def _upload(call: ChannelCall, post: Post, at: int) -> str:
    """A picture goes in one request. What moves goes in pieces, and X then works on it for a while: at the next try it
    is asked about, not given again."""
    name, picture = f"picture:{at}", post.pictures[at]
    id_ = post.held.get(name)
    if picture.kind == "gif":
        state = _state(call, id_) if id_ else ""
        if not id_:
            id_, state = _give_in_pieces(call, picture)
            post.held.put(name, id_)
        _heed_state(post, name, state)
    elif not id_:
        fields = {"media_category": "tweet_image", "media_type": picture.mime}
        id_ = post.held.put(name, str(_send_media(call, "media/upload", fields, picture, picture.body).get("id") or ""))
    if picture.alt:
        _ask(call, "POST", "media/metadata", {"id": id_, "metadata": {"alt_text": {"text": picture.alt}}})
    return id_


def _give_in_pieces(call: ChannelCall, picture: Picture) -> tuple[str, str]:
    """Its name there, and what X says it does with it ("": it is done)."""
    told = {"media_type": picture.mime, "total_bytes": len(picture.body), "media_category": "tweet_gif"}
    id_ = str(mapping(_ask(call, "POST", "media/upload/initialize", told).get("data")).get("id") or "")
    for index, start in enumerate(range(0, len(picture.body), PIECE)):
        piece = picture.body[start : start + PIECE]
        _send_media(call, f"media/upload/{quote(id_)}/append", {"segment_index": str(index)}, picture, piece)
    done = mapping(_ask(call, "POST", f"media/upload/{quote(id_)}/finalize").get("data"))
    return id_, str(mapping(done.get("processing_info")).get("state") or "")


def _send_media(
    call: ChannelCall, path: str, fields: Mapping[str, str], picture: Picture, body: bytes
) -> Mapping[str, Any]:  # fmt: skip
    url = f"{HOST}/{path}"
    files = [("media", f"picture.{picture.kind}", picture.mime, body)]
    status, found = send_form(call, url, _auth(call, "POST", url), fields, files)
    if status >= 400:
        raise _refused(status, found, "picture.refused" if status == 400 else "")
    return mapping(mapping(found).get("data"))


def _state(call: ChannelCall, id: str) -> str:
    found = mapping(_ask(call, "GET", f"media/upload?{urlencode({'command': 'STATUS', 'media_id': id})}").get("data"))
    return str(mapping(found.get("processing_info")).get("state") or "")


def _heed_state(post: Post, name: str, state: str) -> None:
    """Raises ChannelBusy while X works on it."""
    if state in ("pending", "in_progress"):
        raise ChannelBusy("X is still working on the picture")
    if state == "failed":
        post.held.put(name, "")
        raise ChannelRefused("picture.refused", "X could not take the picture.")


def find(call: ChannelCall, post: Post) -> Published | None:
    since = (post.begun_at or call.now) - timedelta(minutes=5)
    asked = {"max_results": "50", "start_time": format_instant(since), "tweet.fields": "created_at,entities"}
    found = _ask(call, "GET", f"users/{quote(str(call.settings.get('user') or ''))}/tweets?{urlencode(asked)}")
    for row in rows(found.get("data")):
        if same_words(_as_written(row), post.text):
            return _published(call, str(row.get("id") or ""))
    return None


def _as_written(row: Mapping[str, Any]) -> str:
    """X puts short links in the place of ours, and one to the pictures behind the text."""
    text = str(row.get("text") or "")
    for link in rows(mapping(row.get("entities")).get("urls")):
        is_media = link.get("media_key") or "/photo/" in str(link.get("expanded_url"))
        text = text.replace(str(link.get("url")), "" if is_media else str(link.get("expanded_url")))
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def remove(call: ChannelCall, id: str) -> None:
    _ask(call, "DELETE", f"tweets/{quote(id)}")


def measure(call: ChannelCall, ids: Sequence[str]) -> Mapping[str, Figures]:
    found: dict[str, Figures] = {}
    for start in range(0, len(ids), 100):
        asked = urlencode({"ids": ",".join(ids[start : start + 100]), "tweet.fields": "public_metrics"})
        for row in rows(_ask(call, "GET", f"tweets?{asked}").get("data")):
            told = mapping(row.get("public_metrics"))
            likes, reposts, quotes, replies, views = (
                number(told.get(f"{name}_count")) for name in ("like", "retweet", "quote", "reply", "impression")
            )
            found[str(row.get("id"))] = Figures(likes, (reposts or 0) + (quotes or 0), replies, views=views)
    return found


def _published(call: ChannelCall, id: str) -> Published:
    return Published(id, f"https://x.com/{call.settings.get('name') or 'i'}/status/{id}")


def _ask(call: ChannelCall, method: str, path: str, body: Any = None) -> Mapping[str, Any]:
    url = f"{HOST}/{path}"
    status, found = call.ask_json(method, url, _auth(call, method, url), body)
    if status >= 400:
        raise _refused(status, found)
    return mapping(found)


def _refused(status: int, found: Any, code: str = "") -> ChannelRefused | ChannelBusy:
    said = mapping(found)
    text = str(said.get("detail") or said.get("title") or status)
    if status == 403 and "duplicate" in text.lower():
        return refuse("X", status, text, DUPLICATE)
    if status == 401:
        return ChannelRefused(KEY_REFUSED, f"X: {text}")
    return refuse("X", status, text, code)


def _auth(call: ChannelCall, method: str, url: str) -> dict[str, str]:
    held = call.access
    named = oauth1.parameters(
        method,
        url,
        consumer=(held.get("key", ""), held.get("secret", "")),
        token=(held.get("token", ""), held.get("token_secret", "")),
        now=call.now,
        nonce=secrets.token_hex(16),
        digest="sha1",
    )
    return {"Authorization": oauth1.header(named)}


X = network(
    Network(
        name="x",
        label="X",
        icon="hash",
        access=ACCESS,
        settings=(),
        steps=STEPS,
        rules=rules,
        probe=probe,
        publish=publish,
        find=find,
        remove=remove,
        measure=measure,
    )
)
