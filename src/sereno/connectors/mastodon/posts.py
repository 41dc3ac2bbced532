"""How a Mastodon server is asked to post.

Invariant: a post carries an `Idempotency-Key`, which the server remembers for an hour; after that it is looked for.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from sereno.connectors.networks import TOKEN, bearer, mapping, number, refuse, rows, same_words, send_form
from sereno.connectors.reading import as_instant
from sereno.sdk.channels import ChannelBusy, ChannelCall
from sereno.sdk.config import mark as _
from sereno.sdk.connector import Setting
from sereno.sdk.social import URL, Figures, Known, Network, Picture, Post, Published, Rules, by_graphemes, network

USUAL, LINK = 500, 23
"""Characters of a post where the server says nothing else; of a link, however long it is."""
_TAG = re.compile(r"<[^>]*>")
_BREAK = re.compile(r"<br ?/?>|</p>")
SETTINGS = (Setting("server", _("Server"), "url", True, help=_("Such as https://mastodon.social")),)
STEPS = (
    _("On your server, open Preferences, Development, New application."),
    _("Give it the scopes read and write (write:statuses, write:media), and save."),
    _("Open the application and paste its access token here."),
)


def count(text: str, link: int = LINK) -> int:
    """Links count as `link` each; of a mention only the name, not the server."""
    local = re.sub(r"(?<!\w)(@[\w.-]+)@[\w.-]+", r"\1", URL.sub("\0" * link, text))
    return by_graphemes(local)


def rules(settings: Mapping[str, Any]) -> Rules:
    longest, link = settings.get("longest") or USUAL, settings.get("link") or LINK
    return Rules(int(longest), int(settings.get("pictures") or 4), lambda text: count(text, int(link)))


def probe(call: ChannelCall) -> Known:
    status, me = call.ask_json("GET", _url(call, "accounts/verify_credentials"), _auth(call))
    if status >= 400:
        raise refuse("Mastodon", status, mapping(me).get("error"))
    status, server = call.ask_json("GET", _url(call, "instance", 2), _auth(call))
    told = mapping(mapping(mapping(server).get("configuration")).get("statuses"))
    kept = {
        "longest": number(told.get("max_characters")) or USUAL,
        "pictures": number(told.get("max_media_attachments")) or 4,
        "link": number(told.get("characters_reserved_per_url")) or LINK,
        "account": str(mapping(me).get("id") or ""),
    }
    return Known(f"@{mapping(me).get('username')}", str(mapping(me).get("url") or ""), kept)


def publish(call: ChannelCall, post: Post) -> Published:
    media = [_upload(call, post, at) for at in range(len(post.pictures))]
    body: dict[str, Any] = {"status": post.text, "visibility": "public"}
    body |= {"media_ids": media} if media else {}
    body |= {"language": post.language} if post.language else {}
    headers = {**_auth(call), "Idempotency-Key": call.key}
    status, found = call.ask_json("POST", _url(call, "statuses"), headers, body)
    if status >= 400:
        raise refuse("Mastodon", status, mapping(found).get("error"))
    return _published(found)


def _upload(call: ChannelCall, post: Post, at: int) -> str:
    """A post that names a picture before the server is done with it is refused, so a picture given at an earlier try is
    asked about, not given again."""
    name, id_ = f"picture:{at}", post.held.get(f"picture:{at}")
    if not id_:
        status, id_ = _give(call, post.pictures[at])
        post.held.put(name, id_)
        if status != 202:
            return id_
    status, found = call.ask_json("GET", _url(call, f"media/{quote(id_)}"), _auth(call))
    if status == 206:
        raise ChannelBusy("Mastodon is still working on the picture")
    if status >= 400:
        post.held.put(name, "")
        if status in (404, 422):
            raise refuse("Mastodon", status, mapping(found).get("error"), "picture.refused")
        raise refuse("Mastodon", status, mapping(found).get("error"))
    return id_


def _give(call: ChannelCall, picture: Picture) -> tuple[int, str]:
    files = [("file", f"picture.{picture.kind}", picture.mime, picture.body)]
    status, found = send_form(call, _url(call, "media", 2), _auth(call), {"description": picture.alt}, files)
    if status >= 400:
        raise refuse("Mastodon", status, mapping(found).get("error"), "picture.refused" if status == 422 else "")
    return status, str(mapping(found).get("id") or "")


def find(call: ChannelCall, post: Post) -> Published | None:
    account = call.settings.get("account")
    url = _url(call, f"accounts/{account}/statuses") + "?limit=40&exclude_reblogs=true&exclude_replies=true"
    status, found = call.ask_json("GET", url, _auth(call))
    if status >= 400:
        raise refuse("Mastodon", status, mapping(found).get("error"))
    for row in rows(found):
        said_at = as_instant(row.get("created_at"))
        is_new = post.begun_at is None or said_at is None or said_at >= post.begun_at - timedelta(minutes=5)
        if is_new and same_words(plain(str(row.get("content") or "")), post.text):
            return _published(row)
    return None


def plain(content: str) -> str:
    return html.unescape(_TAG.sub("", _BREAK.sub(" ", content)))


def remove(call: ChannelCall, id: str) -> None:
    status, found = call.ask_json("DELETE", _url(call, f"statuses/{quote(id)}"), _auth(call))
    if status >= 400 and status != 404:
        raise refuse("Mastodon", status, mapping(found).get("error"))


def measure(call: ChannelCall, ids: Sequence[str]) -> Mapping[str, Figures]:
    asked = "&".join(f"id[]={quote(id)}" for id in ids)
    status, found = call.ask_json("GET", f"{_url(call, 'statuses')}?{asked}", _auth(call))
    if status >= 400:
        raise refuse("Mastodon", status, mapping(found).get("error"))
    return {
        str(row.get("id")): Figures(
            number(row.get("favourites_count")), number(row.get("reblogs_count")), number(row.get("replies_count"))
        )
        for row in rows(found)
    }


def _published(found: Any) -> Published:
    return Published(str(mapping(found).get("id") or ""), str(mapping(found).get("url") or ""))


def _url(call: ChannelCall, path: str, version: int = 1) -> str:
    return f"{str(call.settings.get('server') or '').rstrip('/')}/api/v{version}/{path}"


def _auth(call: ChannelCall) -> dict[str, str]:
    return bearer(call.access.get("token", ""))


MASTODON = network(
    Network(
        name="mastodon",
        label="Mastodon",
        icon="message-circle",
        access=(TOKEN,),
        settings=SETTINGS,
        steps=STEPS,
        rules=rules,
        probe=probe,
        publish=publish,
        find=find,
        is_keyed=True,
        keyed_for=timedelta(minutes=50),
        remove=remove,
        measure=measure,
    )
)
