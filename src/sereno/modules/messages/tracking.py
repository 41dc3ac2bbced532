"""Links that tell of a click, a picture that tells of an opening, and the words campaigns are known by elsewhere.

Invariants: an address leads only where the mail's writer meant it to, for it is sealed whole; links to Sereno's own
pages (leaving, preferences, the order) are left as they are. Pure.
"""

from __future__ import annotations

import html as markup
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from sereno.store.sealing import TokenInvalid, seal, unseal

__all__ = ["Stamp", "TokenInvalid", "Tracking", "is_machine", "read_click", "read_open", "rewrite", "tracking_of"]
CLICK, OPEN = "click", "open"
CHOICES = ("marketing", "all", "off")
"""Values of the settings `track_opens` and `track_clicks`; what is not set is `marketing`."""
EARLY = timedelta(seconds=5)
"""Nobody has read a mail so soon after it was handed over: what looks at it then is a filter on its way."""
_LINK = re.compile(r"""(<a\b[^>]*?\shref=)(["'])(https?://[^"'<>\s]+)\2""", re.IGNORECASE)
_BARE = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)\]]")
_END = re.compile(r"</body>", re.IGNORECASE)
_PROGRAMS = re.compile(
    r"bot\b|crawl|spider|preview|scan|barracuda|proofpoint|mimecast|ironport|messagelabs|fireeye|trendmicro|sophos"
    r"|safelinks|zscaler|urldefense|linkcheck|python|curl/|wget|okhttp|go-http-client|java/|headless|libwww|axios|ruby",
    re.IGNORECASE,
)
_GMAIL_AHEAD = "Edge/12.246 Mozilla/5.0"
"""Gmail fetches pictures ahead of the reader under this browser's name, which no other uses any more."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """Which message a link or picture stands in. `effect` is its key, `message` the template or the newsletter's name,
    `customer` the customer's key where one is known, `sent_at` whole seconds."""

    shop_id: int
    effect: str
    address: str
    sent_at: int
    customer: str = ""
    message: str = ""
    channel: str = "email"

    def parts(self) -> list[Any]:
        return [self.shop_id, self.effect, self.address, self.sent_at, self.customer, self.message, self.channel]


@dataclass(frozen=True, slots=True)
class Tracking:
    """What is followed in a message, and its UTM parameters (none: no address is changed for them)."""

    opens: bool
    clicks: bool
    utm: Mapping[str, str]


def tracking_of(settings: Mapping[str, Any], purpose: str, campaign: str, message: str = "") -> Tracking:
    """As the shop's settings say: `track_opens` and `track_clicks` (`marketing`, `all`, `off`), `utm` (`off`: none) and
    `utm_source`. Only marketing has UTM parameters."""

    def follows(name: str) -> bool:
        said = str(settings.get(name) or CHOICES[0])
        return said == "all" or (said == CHOICES[0] and purpose == "marketing")

    utm: dict[str, str] = {}
    if purpose == "marketing" and settings.get("utm") != "off":
        source = str(settings.get("utm_source") or "sereno")
        utm = {"utm_source": source, "utm_medium": "email", "utm_campaign": campaign, "utm_content": message}
    return Tracking(follows("track_opens"), follows("track_clicks"), {key: word for key, word in utm.items() if word})


def rewrite(
    html: str | None, text: str, stamp: Stamp, tracking: Tracking, *, secret: str, base_url: str
) -> tuple[str | None, str]:
    """The mail's HTML and text with their links followed, their UTM parameters and the picture. The addresses in the
    text stay readable where there is HTML: a sealed one is followed only where the text is all there is."""
    base = base_url.rstrip("/")
    made: dict[str, str] = {}

    def address(url: str, *, is_followed: bool) -> str:
        if url.startswith(f"{base}/"):
            return url
        if url not in made:
            made[url] = with_utm(url, tracking.utm)
        if not is_followed:
            return made[url]
        key = f"l {url}"
        if key not in made:
            made[key] = f"{base}/l/{seal(secret, CLICK, [*stamp.parts(), made[url]])}"
        return made[key]

    def link(match: re.Match[str]) -> str:
        found = address(markup.unescape(match[3]), is_followed=tracking.clicks)
        return f"{match[1]}{match[2]}{markup.escape(found)}{match[2]}"

    if tracking.clicks or tracking.utm:
        is_alone = html is None and tracking.clicks
        text = _BARE.sub(lambda match: address(match[0], is_followed=is_alone), text)
        html = _LINK.sub(link, html) if html is not None else None
    if html is not None and tracking.opens:
        source = f"{base}/m/{seal(secret, OPEN, stamp.parts())}.gif"
        picture = f'<img src="{source}" width="1" height="1" alt="" style="display:block;border:0">'
        html = _END.sub(lambda match: picture + match[0], html, count=1) if _END.search(html) else html + picture
    return html, text


def with_utm(url: str, utm: Mapping[str, str]) -> str:
    """The address with those of these parameters that it does not have; one with any UTM parameter of its own, or that
    is signed, stays as it is."""
    parts = urlsplit(url)
    given = {name.lower() for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
    if not utm or any(name.startswith("utm_") or "signature" in name for name in given):
        return url
    query = f"{parts.query}&{urlencode(utm)}" if parts.query else urlencode(utm)
    return urlunsplit(parts._replace(query=query))


def read_click(secret: str, token: str) -> tuple[Stamp, str]:
    """Whose click it is, and where it leads. Raises TokenInvalid."""
    *parts, url = _parts(secret, CLICK, token, 8)
    if not str(url).startswith(("http://", "https://")):
        raise TokenInvalid("this link leads nowhere")
    return _stamp(parts), str(url)


def read_open(secret: str, token: str) -> Stamp:
    """Raises TokenInvalid."""
    return _stamp(_parts(secret, OPEN, token, 7))


def is_machine(stamp: Stamp, now: datetime, agent: str, *, is_click: bool, method: str = "GET") -> bool:
    """Whether a program looked, as far as can be told.

    1. What asks without wanting the answer (HEAD), or without naming a browser, is no mail program.
    2. Within EARLY of the hand-over it is a filter between.
    3. Filters and libraries name themselves; so does Gmail where it fetches ahead of the reader.
    4. Apple's mail privacy fetches every picture whether or not anybody reads, as a bare `Mozilla/5.0`.

    Gmail's and Yahoo's proxies fetch a picture when the reader opens the mail: such an opening is a person's.
    """
    agent = agent.strip()
    if method == "HEAD" or not agent or _PROGRAMS.search(agent):
        return True
    if now - datetime.fromtimestamp(stamp.sent_at, UTC) < EARLY or agent.endswith(_GMAIL_AHEAD):
        return True
    return not is_click and agent == "Mozilla/5.0"


def _parts(secret: str, purpose: str, token: str, length: int) -> list[Any]:
    held = unseal(secret, purpose, token)
    if not isinstance(held, list) or len(held) != length:
        raise TokenInvalid("this link is not one of ours")
    return held


def _stamp(parts: list[Any]) -> Stamp:
    shop_id, effect, address, sent_at, customer, message, channel = parts
    return Stamp(int(shop_id), str(effect), str(address), int(sent_at), str(customer), str(message), str(channel))
