"""What a shop shows on its site for a time: campaigns of pieces, which of them stand where, and the port that asks.

Invariant: pure, and nothing is ever "switched back": what stands at a place is found anew from what is on at that
instant, so that whatever ends leaves exactly what would stand there without it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol, cast, get_args
from urllib.parse import urlsplit

from sereno.sdk.languages import Words, WordsInvalid, words_of
from sereno.sdk.site import SiteInvalid, Target, Writing, read_writings, write_writings

Kind = Literal["bar", "banner", "overlay", "button", "badge", "setting"]
KINDS: tuple[Kind, ...] = get_args(Kind)
Tone = Literal["calm", "accent", "urgent"]
TONES: tuple[Tone, ...] = get_args(Tone)
About = Literal["everyone", "customer", "product"]
NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")
MOST_PIECES, LONGEST, MOST_PRODUCTS, TOP = 10, 300, 200, 100


class CampaignInvalid(ValueError):  # noqa: N818
    """A document that is no campaign. `code` says why, `at` where."""

    def __init__(self, code: str, at: str = "") -> None:
        super().__init__(f"{at}: {code}" if at else code)
        self.code, self.at = code, at


@dataclass(frozen=True, slots=True)
class Piece:
    """One thing that is shown. `place` is where: a bar and an overlay have one each, a banner and a button the place
    the page names, a setting its own name. A `badge` stands on products: those named, those with `tag`, or, with
    neither, those the campaign was asked to be shown about. `value` is a setting's."""

    id: str
    kind: Kind
    place: str
    text: Words = field(default_factory=dict[str, str])
    button: Words = field(default_factory=dict[str, str])
    url: str = ""
    image: str = ""
    alt: Words = field(default_factory=dict[str, str])
    tone: Tone = "calm"
    products: tuple[str, ...] = ()
    tag: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class Campaign:
    """`is_asked`: it stands only where a flow or a person asked for it, and as long; otherwise for everyone, or for
    those in `segment`. Both only from `starts_at` up to `ends_at`, where they are given. Where several want one place
    the higher `priority` has it, then the later start, then the name."""

    name: str
    title: str
    pieces: tuple[Piece, ...]
    priority: int = 50
    is_asked: bool = False
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    segment: str = ""
    writings: tuple[Writing, ...] = ()
    """What it has the stores' own sites say meanwhile: the same for everyone, so it is for no segment."""


@dataclass(frozen=True, slots=True)
class Showing:
    """That an asked campaign is shown: to one customer, on one product, or (both empty) to everyone."""

    campaign: str
    customer: str = ""
    product: str = ""
    until: datetime | None = None
    is_by_hand: bool = False


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who looks at what. `segments` are those the customer is in; `tags` those of the product."""

    customer: str = ""
    segments: frozenset[str] = frozenset()
    product: str = ""
    tags: frozenset[str] = frozenset()


class SiteContent(Protocol):
    """The port by which flows show campaigns, and hide them."""

    def show(self, campaign: str, customer: str, product: str, until: datetime | None, by: str) -> bool:
        """Asked again it only moves `until`. False where a person showed it: theirs stays. Raises LookupError."""
        ...

    def hide(self, campaign: str, customer: str, product: str) -> bool:
        """Take back what flows showed. False where there is nothing of theirs: what a person showed stays."""
        ...


# --- what stands where ------------------------------------------------------------------------------


def is_during(campaign: Campaign, at: datetime) -> bool:
    """Whether its dates let it be shown. The end is the first instant without it."""
    is_begun = campaign.starts_at is None or campaign.starts_at <= at
    return is_begun and (campaign.ends_at is None or at < campaign.ends_at)


def order_of(campaign: Campaign) -> tuple[int, float, str]:
    """The first has the place."""
    began = campaign.starts_at.timestamp() if campaign.starts_at else 0.0
    return -campaign.priority, -began, campaign.name


def is_for(campaign: Campaign, piece: Piece, who: Visitor, showings: Iterable[Showing], at: datetime) -> bool:
    """Whether this visitor sees the piece, were it alone."""
    if not is_during(campaign, at) or (campaign.segment and campaign.segment not in who.segments):
        return False
    if campaign.is_asked and not any(_fits(one, piece, who, at) for one in showings if one.campaign == campaign.name):
        return False
    if piece.kind != "badge":
        return True
    if piece.products or piece.tag:
        return who.product in piece.products or (bool(piece.tag) and piece.tag in who.tags)
    return bool(who.product)


def _fits(one: Showing, piece: Piece, who: Visitor, at: datetime) -> bool:
    if one.until is not None and at >= one.until:
        return False
    return one.customer in ("", who.customer) and one.product in ("", who.product)


def standing(
    campaigns: Sequence[Campaign], showings: Sequence[Showing], who: Visitor, at: datetime
) -> dict[str, tuple[Campaign, Piece]]:
    """What this visitor sees at this instant, by place: one thing each."""
    found: dict[str, tuple[Campaign, Piece]] = {}
    for campaign in sorted(campaigns, key=order_of):
        for piece in campaign.pieces:
            if piece.place not in found and is_for(campaign, piece, who, showings, at):
                found[piece.place] = (campaign, piece)
    return found


def wanted(campaigns: Sequence[Campaign], showings: Sequence[Showing], at: datetime) -> dict[Target, dict[str, Any]]:
    """What the stores' own sites are to say at this instant: each field as the first campaign that names it has it."""
    everywhere = {
        one.campaign for one in showings if not (one.customer or one.product) and (one.until is None or at < one.until)
    }
    found: dict[Target, dict[str, Any]] = {}
    for campaign in sorted(campaigns, key=order_of):
        if is_during(campaign, at) and (not campaign.is_asked or campaign.name in everywhere):
            for one in campaign.writings:
                found[one.target] = {**one.fields, **found.get(one.target, {})}
    return found


# --- documents --------------------------------------------------------------------------------------


def read_campaign(name: str, document: Any) -> Campaign:
    """Raises CampaignInvalid."""
    if not NAME.fullmatch(name):
        raise CampaignInvalid("name.invalid", "name")
    if not isinstance(document, Mapping):
        raise CampaignInvalid("document.invalid")
    held = cast("Mapping[str, Any]", document)
    try:
        writings = read_writings(held.get("writings"))
    except SiteInvalid as wrong:
        raise CampaignInvalid(wrong.code, wrong.at) from wrong
    raw = held.get("pieces", [] if writings else None)
    if not isinstance(raw, list) or not (raw or writings) or len(cast("list[Any]", raw)) > MOST_PIECES:
        raise CampaignInvalid("pieces.number", "pieces")
    pieces = tuple(_piece(one, f"pieces[{at}]") for at, one in enumerate(cast("list[Any]", raw)))
    if len({one.id for one in pieces}) < len(pieces):
        raise CampaignInvalid("piece.twice", "pieces")
    starts, ends = _instant(held.get("starts_at"), "starts_at"), _instant(held.get("ends_at"), "ends_at")
    if starts and ends and ends <= starts:
        raise CampaignInvalid("dates.wrong", "ends_at")
    segment, title = str(held.get("segment") or ""), str(held.get("title") or "").strip()
    if segment and not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,63}", segment):
        raise CampaignInvalid("segment.invalid", "segment")
    if segment and writings:
        raise CampaignInvalid("writings.segment", "segment")
    if not title or len(title) > 120:
        raise CampaignInvalid("text.missing", "title")
    is_asked = held.get("is_asked") is True
    return Campaign(name, title, pieces, _priority(held), is_asked, starts, ends, segment, writings)


def write_campaign(one: Campaign) -> dict[str, Any]:
    """As it is kept."""
    return {
        "title": one.title,
        "priority": one.priority,
        "is_asked": one.is_asked,
        "starts_at": one.starts_at.isoformat() if one.starts_at else None,
        "ends_at": one.ends_at.isoformat() if one.ends_at else None,
        "segment": one.segment,
        "pieces": [_written(piece) for piece in one.pieces],
        "writings": write_writings(one.writings),
    }


def _priority(held: Mapping[str, Any]) -> int:
    given = held.get("priority", 50)
    if isinstance(given, bool) or not isinstance(given, int) or not 0 <= given <= TOP:
        raise CampaignInvalid("priority.invalid", "priority")
    return given


def _written(piece: Piece) -> dict[str, Any]:
    held: dict[str, Any] = {"id": piece.id, "kind": piece.kind, "place": piece.place}
    for name in ("text", "button", "alt"):
        if words := getattr(piece, name):
            held[name] = dict(words)
    for name in ("url", "image", "tag", "value"):
        if value := getattr(piece, name):
            held[name] = value
    if piece.products:
        held["products"] = list(piece.products)
    return held if piece.tone == "calm" else {**held, "tone": piece.tone}


def _piece(value: Any, at: str) -> Piece:
    if not isinstance(value, Mapping):
        raise CampaignInvalid("document.invalid", at)
    held = cast("Mapping[str, Any]", value)
    kind, id = held.get("kind"), str(held.get("id") or "")
    if kind not in KINDS:
        raise CampaignInvalid("kind.unknown", f"{at}.kind")
    if not NAME.fullmatch(id):
        raise CampaignInvalid("name.invalid", f"{at}.id")
    place = kind if kind in ("bar", "overlay", "badge") else str(held.get("place") or "")
    place = place.removeprefix("setting:")
    if not NAME.fullmatch(place):
        raise CampaignInvalid("place.invalid", f"{at}.place")
    if kind in ("banner", "button") and place in KINDS:
        raise CampaignInvalid("place.invalid", f"{at}.place")
    words = {name: _words(held.get(name), f"{at}.{name}") for name in ("text", "button", "alt")}
    url, image = _address(held.get("url"), f"{at}.url"), _address(held.get("image"), f"{at}.image")
    settled = "" if held.get("value") is None else str(held["value"]).strip()
    if kind == "setting":
        place = f"setting:{place}"
        if not settled or len(settled) > LONGEST:
            raise CampaignInvalid("text.missing", f"{at}.value")
    elif not words["text"] and not image:
        raise CampaignInvalid("text.missing", f"{at}.text")
    if image and not words["alt"] and not words["text"]:
        raise CampaignInvalid("alt.missing", f"{at}.alt")
    if words["button"] and not url:
        raise CampaignInvalid("url.missing", f"{at}.url")
    tone = held.get("tone", "calm")
    if tone not in TONES:
        raise CampaignInvalid("tone.unknown", f"{at}.tone")
    products, tag = _products(held.get("products"), f"{at}.products"), str(held.get("tag") or "").strip()[:64]
    return Piece(
        id, kind, place, words["text"], words["button"], url, image, words["alt"], tone, products, tag, settled
    )


def _products(value: Any, at: str) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or len(cast("list[Any]", value)) > MOST_PRODUCTS:
        raise CampaignInvalid("products.many", at)
    return tuple(dict.fromkeys(str(one).strip()[:180] for one in cast("list[Any]", value) if str(one).strip()))


def _words(value: Any, at: str) -> Words:
    try:
        return words_of(value, LONGEST)
    except WordsInvalid as wrong:
        raise CampaignInvalid(wrong.code, at) from wrong


def _address(value: Any, at: str) -> str:
    """Of the web, or below the shop's own host: no `javascript:` ever reaches a page."""
    given = str(value or "").strip()
    if not given:
        return ""
    is_own = given.startswith("/") and not given.startswith(("//", "/\\"))
    try:
        parts = urlsplit(given)
    except ValueError:
        raise CampaignInvalid("url.invalid", at) from None
    is_web = parts.scheme in ("https", "http") and bool(parts.hostname)
    if len(given) > 2000 or not (is_own or is_web) or re.search(r"[\s\x00-\x1f]", given):
        raise CampaignInvalid("url.invalid", at)
    return given


def _instant(value: Any, at: str) -> datetime | None:
    if value in (None, ""):
        return None
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        raise CampaignInvalid("dates.wrong", at) from None
    if found.tzinfo is None:
        raise CampaignInvalid("dates.wrong", at)
    return found
