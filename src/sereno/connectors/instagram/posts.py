"""How the Graph API is asked to post on a professional account of Instagram: a container for each picture, then the
post.

Invariant: publishing has no key, so before a second try the account's newest posts are looked through; and a container
that Instagram still works on is asked for again, never made anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode

from sereno.connectors.meta import ask, expiry
from sereno.connectors.networks import TOKEN, number, rows, same_words
from sereno.connectors.reading import as_instant
from sereno.sdk.channels import ChannelBusy, ChannelCall, ChannelError, ChannelRefused, ChannelUnclear
from sereno.sdk.config import mark as _
from sereno.sdk.connector import Setting
from sereno.sdk.social import Figures, Known, Network, Picture, Post, Published, Rules, by_bytes_of_16, network

LONGEST = 2200
WHOLE, PART = "container", "picture:"
SETTINGS = (Setting("account", _("Number of the Instagram account"), "text", True),)
STEPS = (
    _("Make the account a professional one and connect it with your page of Facebook."),
    _("Make a token with instagram_basic and instagram_content_publish."),
    _("Paste it here with the account's number. Instagram fetches the pictures from Sereno: it must be reachable."),
)


def rules(settings: Mapping[str, Any]) -> Rules:
    return Rules(LONGEST, 10, by_bytes_of_16, alt=1000, needs_picture=True, kinds=("jpg",))


def probe(call: ChannelCall) -> Known:
    found = ask(call, "GET", f"{_account(call)}?fields=username")
    name = str(found.get("username") or "")
    return Known(f"@{name}", f"https://www.instagram.com/{name}/", expires_at=expiry(call))


def publish(call: ChannelCall, post: Post) -> Published:
    if not post.pictures:
        raise ChannelRefused("picture.missing", "Instagram takes no post without a picture.")
    if len(post.pictures) == 1:
        container = _contain(call, post, WHOLE, {**_picture(post.pictures[0]), "caption": post.text})
    else:
        children = [
            _contain(call, post, f"{PART}{at}", {**_picture(picture), "is_carousel_item": True})
            for at, picture in enumerate(post.pictures)
        ]
        for at in range(len(children)):
            _wait(call, post, f"{PART}{at}")
        body = {"media_type": "CAROUSEL", "children": ",".join(children), "caption": post.text}
        container = _contain(call, post, WHOLE, body)
    _wait(call, post, WHOLE)
    found = ask(call, "POST", f"{_account(call)}/media_publish", {"creation_id": container})
    return _published(call, str(found.get("id") or ""))


def _picture(picture: Picture) -> dict[str, Any]:
    return {"image_url": picture.url, **({"alt_text": picture.alt} if picture.alt else {})}


def _contain(call: ChannelCall, post: Post, name: str, body: Mapping[str, Any]) -> str:
    """The container an earlier try made, else a new one."""
    if held := post.held.get(name):
        return held
    try:
        made = ask(call, "POST", f"{_account(call)}/media", dict(body))
    except ChannelUnclear as error:
        # A container alone is seen by nobody.
        raise ChannelBusy(str(error)) from error
    return post.held.put(name, str(made.get("id") or ""))


def _wait(call: ChannelCall, post: Post, name: str) -> None:
    """Raises ChannelBusy while Instagram still fetches the picture, and where a container is not there any more and has
    to be made anew: nothing is public yet. ChannelUnclear where it says that it is."""
    found = ask(call, "GET", f"{quote(post.held.get(name))}?fields=status_code,status", missing_is_fine=True)
    state = str(found.get("status_code") or "")
    if state == "IN_PROGRESS":
        raise ChannelBusy("Instagram is still fetching the picture")
    if state == "PUBLISHED":
        raise ChannelUnclear("Instagram says it is published, and does not show it yet")
    if state == "ERROR":
        post.held.put(name, "")
        raise ChannelRefused("picture.refused", f"Instagram could not take the picture: {found.get('status') or state}")
    if state == "EXPIRED" or "error" in found:
        post.held.put(name, "")
        raise ChannelBusy("Instagram has forgotten the picture: it is given again")


def _published(call: ChannelCall, id: str) -> Published:
    """It is public: that its address cannot be asked for changes nothing."""
    try:
        return Published(id, str(ask(call, "GET", f"{quote(id)}?fields=permalink").get("permalink") or ""))
    except ChannelError:
        return Published(id)


def find(call: ChannelCall, post: Post) -> Published | None:
    asked = urlencode({"fields": "id,caption,timestamp,permalink", "limit": 25})
    since = (post.begun_at or call.now) - timedelta(minutes=5)
    for row in rows(ask(call, "GET", f"{_account(call)}/media?{asked}").get("data")):
        said_at = as_instant(row.get("timestamp"))
        if (said_at is None or said_at >= since) and same_words(str(row.get("caption") or ""), post.text):
            return Published(str(row.get("id") or ""), str(row.get("permalink") or ""))
    return None


def measure(call: ChannelCall, ids: Sequence[str]) -> Mapping[str, Figures]:
    found = ask(call, "GET", f"?{urlencode({'ids': ','.join(ids), 'fields': 'like_count,comments_count'})}")
    return {
        id: Figures(likes=number(row.get("like_count")), replies=number(row.get("comments_count")))
        for id, row in found.items()
        if isinstance(row, Mapping)
    }


def _account(call: ChannelCall) -> str:
    return str(call.settings.get("account") or "")


INSTAGRAM = network(
    Network(
        name="instagram",
        label="Instagram",
        icon="image",
        access=(TOKEN,),
        settings=SETTINGS,
        steps=STEPS,
        rules=rules,
        probe=probe,
        publish=publish,
        find=find,
        measure=measure,
    )
)
