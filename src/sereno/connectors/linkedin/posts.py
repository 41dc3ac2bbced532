"""How LinkedIn is asked to post (Posts API, versioned by month).

Invariant: LinkedIn has no key for a post, so before a second try the author's newest posts are looked through.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import quote

from sereno.connectors.networks import DUPLICATE, TOKEN, bearer, mapping, number, refuse, rows, same_words
from sereno.sdk.channels import ChannelCall, ChannelRefused, json_of
from sereno.sdk.config import mark as _
from sereno.sdk.connector import Setting
from sereno.sdk.social import Figures, Known, Network, Picture, Post, Published, Rules, by_letters, network

HOST = "https://api.linkedin.com/rest"
VERSION = "202607"
"""The month of the API we were written against. LinkedIn ends a version after about a year."""
NEWER = (1, 2, 3)
"""Months before this one whose version is asked for, once ours is at its end."""
LONGEST = 3000
LASTS = timedelta(days=60)
"""How long a token lives from when it was made."""
RETIRED = 426
_RESERVED = re.compile(r"([\\|{}@\[\]()<>#*_~])")
SETTINGS = (
    Setting(
        "author", _("Author"), "text", True, help=_("urn:li:organization:123 or urn:li:person:abc"), begins="urn:li:"
    ),
)
STEPS = (
    _("At linkedin.com/developers make an app of your page and ask for Community Management."),
    _("Make a token with w_organization_social and r_organization_social. It lives for 60 days."),
    _("Paste it here with the author, such as urn:li:organization:123."),
)


def rules(settings: Mapping[str, Any]) -> Rules:
    return Rules(LONGEST, 20, by_letters, alt=4086, kinds=("png", "jpg", "gif"))


def probe(call: ChannelCall) -> Known:
    author = _author(call)
    kind, _sign, own = author.removeprefix("urn:li:").partition(":")
    path = f"organizations/{quote(own)}" if kind == "organization" else f"people/(id:{quote(own)})"
    found = _ask(call, "GET", path)[1]
    name = found.get("localizedName") or found.get("localizedFirstName") or author
    vanity = found.get("vanityName")
    folder = "company" if kind == "organization" else "in"
    url = f"https://www.linkedin.com/{folder}/{vanity}" if vanity else ""
    return Known(str(name), url, expires_at=call.now + LASTS)


def publish(call: ChannelCall, post: Post) -> Published:
    images = [
        {"id": post.held.once(f"picture:{at}", partial(_upload, call, picture)), "altText": picture.alt}
        for at, picture in enumerate(post.pictures)
    ]
    body: dict[str, Any] = {
        "author": _author(call),
        "commentary": escaped(post.text),
        "visibility": "PUBLIC",
        "distribution": {"feedDistribution": "MAIN_FEED", "targetEntities": [], "thirdPartyDistributionChannels": []},
        "lifecycleState": "PUBLISHED",
        "isReshareDisabledByAuthor": False,
    }
    if len(images) == 1:
        body["content"] = {"media": images[0]}
    elif images:
        body["content"] = {"multiImage": {"images": images}}
    headers, _said = _ask(call, "POST", "posts", body)
    return _published(headers.get("x-restli-id") or "")


def escaped(text: str) -> str:
    """LinkedIn's "little text": what would be taken for a mark gets a stroke before it; a tag stays one."""
    return re.sub(r"\\#(?=\w)", "#", _RESERVED.sub(r"\\\1", text))


def _upload(call: ChannelCall, picture: Picture) -> str:
    given = {"initializeUploadRequest": {"owner": _author(call)}}
    value = mapping(_ask(call, "POST", "images?action=initializeUpload", given)[1].get("value"))
    url = str(value.get("uploadUrl") or "")
    answer = call.ask("PUT", url, {**bearer(call.access.get("token", "")), "Content-Type": picture.mime}, picture.body)
    if answer.status >= 400:
        raise ChannelRefused("picture.refused", f"LinkedIn did not take the picture: HTTP {answer.status}")
    return str(value.get("image") or "")


def find(call: ChannelCall, post: Post) -> Published | None:
    path = f"posts?author={quote(_author(call), safe='')}&q=author&count=20&sortBy=CREATED"
    since = (post.begun_at or call.now) - timedelta(minutes=5)
    for row in rows(_ask(call, "GET", path, finder=True)[1].get("elements")):
        made = number(row.get("createdAt"))
        is_new = made is None or datetime.fromtimestamp(made / 1000, UTC) >= since
        if is_new and same_words(str(row.get("commentary") or ""), escaped(post.text)):
            return _published(str(row.get("id") or ""))
    return None


def remove(call: ChannelCall, id: str) -> None:
    _ask(call, "DELETE", f"posts/{quote(id, safe='')}")


def measure(call: ChannelCall, ids: Sequence[str]) -> Mapping[str, Figures]:
    listed = ",".join(quote(id, safe="") for id in ids)
    results = mapping(_ask(call, "GET", f"socialMetadata?ids=List({listed})")[1].get("results"))
    return {id: _figures(mapping(row)) for id, row in results.items()}


def _figures(row: Mapping[str, Any]) -> Figures:
    reactions = [number(mapping(one).get("count")) or 0 for one in mapping(row.get("reactionSummaries")).values()]
    return Figures(likes=sum(reactions), replies=number(mapping(row.get("commentSummary")).get("count")))


def _published(id: str) -> Published:
    return Published(id, f"https://www.linkedin.com/feed/update/{id}/" if id else "")


def _ask(
    call: ChannelCall, method: str, path: str, body: Any = None, *, finder: bool = False
) -> tuple[Mapping[str, str], Mapping[str, Any]]:
    headers = {"X-Restli-Protocol-Version": "2.0.0", "Accept": "application/json"}
    headers |= bearer(call.access.get("token", ""))
    headers |= {"X-RestLi-Method": "FINDER"} if finder else {}
    data = None
    if body is not None:
        headers["Content-Type"] = "application/json"
        data = json.dumps(body, ensure_ascii=False).encode()
    for version in versions(call.now):
        answer = call.ask(method, f"{HOST}/{path}", {**headers, "LinkedIn-Version": version}, data)
        if answer.status != RETIRED:
            break
    said = mapping(json_of(answer.body))
    if answer.status >= 400 and not (method == "DELETE" and answer.status == 404):
        code = DUPLICATE if "DUPLICATE_POST" in json.dumps(said) else ""
        raise refuse("LinkedIn", answer.status, said.get("message"), code)
    return answer.headers, said


def versions(now: datetime) -> list[str]:
    """The one we know, then recent ones: of a version at its end LinkedIn takes nothing, and nothing was done."""
    month = now.year * 12 + now.month - 1
    recent = [f"{(month - ago) // 12}{(month - ago) % 12 + 1:02}" for ago in NEWER]
    return [VERSION, *(one for one in recent if one > VERSION)]


def _author(call: ChannelCall) -> str:
    return str(call.settings.get("author") or "")


LINKEDIN = network(
    Network(
        name="linkedin",
        label="LinkedIn",
        icon="user",
        access=(TOKEN,),
        settings=SETTINGS,
        steps=STEPS,
        rules=rules,
        probe=probe,
        publish=publish,
        find=find,
        remove=remove,
        measure=measure,
    )
)
