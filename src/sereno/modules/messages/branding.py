"""How a shop's messages look: logo, colours, letters, the address in the footer. One place, for shipped mails too.

Read from the shop's settings; a value that cannot be used is left out, never passed on to a mail.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sereno.modules.messages.blocks import COLOUR
from sereno.modules.messages.compiling import PICTURE, contrast, readable_on

BRAND = "#2f5d50"
BACKGROUND = "#f4f2ed"
LINK_FLOOR = 4.5
INK = "#1d1b18"
FONTS = {
    "system": "-apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif",
    "arial": "Arial, 'Helvetica Neue', Helvetica, sans-serif",
    "verdana": "Verdana, Geneva, sans-serif",
    "trebuchet": "'Trebuchet MS', 'Lucida Grande', sans-serif",
    "georgia": "Georgia, 'Times New Roman', serif",
    "times": "'Times New Roman', Times, serif",
}
PLACES = {
    "instagram": "Instagram",
    "facebook": "Facebook",
    "tiktok": "TikTok",
    "youtube": "YouTube",
    "pinterest": "Pinterest",
    "x": "X",
    "linkedin": "LinkedIn",
}
KEYS = (
    "brand_logo",
    "brand_color",
    "brand_background",
    "brand_font",
    "postal_address",
    "website",
    "support_email",
    "support_phone",
    *(f"social_{name}" for name in PLACES),
)
"""The shop's settings that say it, all texts."""
_UPLOADED = re.compile(re.escape(PICTURE) + r"[0-9a-f]{64}\.(png|jpg|gif|webp)")


@dataclass(frozen=True, slots=True)
class Brand:
    """`logo` is an address or None; `font` a list of typefaces. `social` are name and address."""

    logo: str | None = None
    colour: str = BRAND
    background: str = BACKGROUND
    font: str = FONTS["system"]
    social: tuple[tuple[str, str], ...] = field(default_factory=tuple)

    @property
    def link_colour(self) -> str:
        """The brand's colour where it can be read on white, else ink."""
        return self.colour if contrast(self.colour, "#ffffff") >= LINK_FLOOR else INK

    def variables(self) -> dict[str, Any]:
        """What mails know of it, inside `store`."""
        return {
            "logo": self.logo,
            "brand_color": self.colour,
            "button_color": readable_on(self.colour),
            "link_color": self.link_colour,
            "background_color": self.background,
            "font": self.font,
            "social": [{"name": name, "url": url} for name, url in self.social],
        }


def read(settings: Mapping[str, Any], base_url: str) -> Brand:
    """The brand that a shop's settings say."""
    social = tuple(
        (label, url) for name, label in PLACES.items() if (url := _web(settings.get(f"social_{name}"))) is not None
    )
    return Brand(
        logo=_logo(str(settings.get("brand_logo") or ""), base_url),
        colour=_colour(settings.get("brand_color"), BRAND),
        background=_colour(settings.get("brand_background"), BACKGROUND),
        font=FONTS.get(str(settings.get("brand_font") or ""), FONTS["system"]),
        social=social,
    )


def problems(values: Mapping[str, str]) -> dict[str, str]:
    """What cannot be kept, by key, with a code each."""
    found: dict[str, str] = {}
    for key in ("brand_color", "brand_background"):
        if values.get(key) and not COLOUR.fullmatch(values[key]):
            found[key] = "colour.invalid"
    if values.get("brand_font") and values["brand_font"] not in FONTS:
        found["brand_font"] = "choice.unknown"
    logo = values.get("brand_logo", "")
    if logo and not _UPLOADED.fullmatch(logo) and _web(logo) is None:
        found["brand_logo"] = "link.invalid"
    for key in ("website", *(f"social_{name}" for name in PLACES)):
        if values.get(key) and _web(values[key]) is None:
            found[key] = "link.invalid"
    if values.get("support_email") and not re.fullmatch(
        r"[^@\s<>,;\"]+@[^@\s<>,;\"]+\.[^@\s<>,;\"]+", values["support_email"]
    ):
        found["support_email"] = "email.invalid"
    return found


def _colour(value: Any, otherwise: str) -> str:
    text = str(value or "")
    return text if COLOUR.fullmatch(text) else otherwise


def _logo(value: str, base_url: str) -> str | None:
    if _UPLOADED.fullmatch(value):
        return f"{base_url}/media/{value.removeprefix(PICTURE)}"
    return _web(value)


def _web(value: Any) -> str | None:
    text = str(value or "").strip()
    return text if re.fullmatch(r"https?://[^\s\"'<>]{3,2000}", text) else None
