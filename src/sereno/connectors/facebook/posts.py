"""How the Graph API is asked to post on a page of Facebook.

Invariant: it has no key for a post, so before a second try the page's newest posts are looked through.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import urlencode

from sereno.connectors.meta import HOST, PAGE_SETTINGS, ask, expiry, refusal
from sereno.connectors.networks import TOKEN, bearer, mapping, number, rows, same_words, send_form
from sereno.sdk.channels import ChannelCall
from sereno.sdk.config import mark as _
from sereno.sdk.social import Figures, Known, Network, Picture, Post, Published, Rules, by_bytes_of_16, network

LONGEST = 63_206
STEPS = (
    _("Make an app at developers.facebook.com and add your page to it."),
    _("Make a page access token with pages_manage_posts and pages_read_engagement that does not end."),
    _("Paste it here, with the number of the page (About, Page transparency)."),
)


def rules(settings: Mapping[str, Any]) -> Rules:
    return Rules(LONGEST, 10, by_bytes_of_16, kinds=("png", "jpg", "gif", "webp"))


def probe(call: ChannelCall) -> Known:
    found = ask(call, "GET", f"{_page(call)}?fields=name,link")
    return Known(str(found.get("name") or ""), str(found.get("link") or ""), expires_at=expiry(call))


def publish(call: ChannelCall, post: Post) -> Published:
    pictures = [
        post.held.once(f"picture:{at}", partial(_upload, call, picture)) for at, picture in enumerate(post.pictures)
    ]
    body: dict[str, Any] = {"message": post.text}
    if pictures:
        body["attached_media"] = [{"media_fbid": id} for id in pictures]
    elif post.link:
        body["link"] = post.link
    found = ask(call, "POST", f"{_page(call)}/feed", body)
    return _published(str(found.get("id") or ""))


def _upload(call: ChannelCall, picture: Picture) -> str:
    fields = {"published": "false", "alt_text_custom": picture.alt}
    files = [("source", f"picture.{picture.kind}", picture.mime, picture.body)]
    status, found = send_form(call, f"{HOST}/{_page(call)}/photos", bearer(call.access.get("token", "")), fields, files)
    if status >= 400:
        raise refusal(status, found)
    return str(mapping(found).get("id") or "")


def find(call: ChannelCall, post: Post) -> Published | None:
    since = int(((post.begun_at or call.now) - timedelta(minutes=5)).timestamp())
    asked = urlencode({"fields": "id,message,created_time", "since": since, "limit": 50})
    for row in rows(ask(call, "GET", f"{_page(call)}/published_posts?{asked}").get("data")):
        if same_words(str(row.get("message") or ""), post.text):
            return _published(str(row.get("id") or ""))
    return None


def remove(call: ChannelCall, id: str) -> None:
    ask(call, "DELETE", id, missing_is_fine=True)


def measure(call: ChannelCall, ids: Sequence[str]) -> Mapping[str, Figures]:
    fields = "shares,reactions.summary(total_count).limit(0),comments.summary(total_count).limit(0)"
    fields += ",insights.metric(post_clicks)"
    found = ask(call, "GET", f"?{urlencode({'ids': ','.join(ids), 'fields': fields})}")
    return {id: _figures(mapping(row)) for id, row in found.items() if id in ids}


def _figures(row: Mapping[str, Any]) -> Figures:
    likes, replies = (
        mapping(mapping(row.get(name)).get("summary")).get("total_count") for name in ("reactions", "comments")
    )
    clicks = [
        number(mapping(value).get("value"))
        for one in rows(mapping(row.get("insights")).get("data"))
        if one.get("name") == "post_clicks"
        for value in one.get("values") or ()
    ]
    shares = number(mapping(row.get("shares")).get("count")) or 0
    return Figures(number(likes), shares, number(replies), clicks[0] if clicks else None)


def _published(id: str) -> Published:
    page, _sign, number_ = id.partition("_")
    return Published(id, f"https://www.facebook.com/{page}/posts/{number_}" if number_ else "")


def _page(call: ChannelCall) -> str:
    return str(call.settings.get("page") or "")


FACEBOOK = network(
    Network(
        name="facebook",
        label="Facebook",
        icon="users",
        access=(TOKEN,),
        settings=PAGE_SETTINGS,
        steps=STEPS,
        rules=rules,
        probe=probe,
        publish=publish,
        find=find,
        remove=remove,
        measure=measure,
    )
)
