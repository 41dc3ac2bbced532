"""Content of the site in words: kinds, states, what is wrong with a campaign."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as mark

from sereno.modules.content.services import CampaignConflict
from sereno.sdk.content import KINDS as ALL
from sereno.sdk.content import MOST_PIECES, TONES, CampaignInvalid

KINDS: dict[str, Promise] = {
    "bar": mark("Bar across the page"),
    "banner": mark("Banner"),
    "overlay": mark("Window over the page"),
    "button": mark("Button"),
    "badge": mark("Badge on products"),
    "setting": mark("Setting of the theme"),
}
LOOKS: dict[str, Promise] = {"calm": mark("Calm"), "accent": mark("Accent"), "urgent": mark("Urgent")}
STATES: dict[str, tuple[str, str, Promise]] = {
    "draft": ("idle", "pencil", mark("Off")),
    "on": ("ok", "eye", mark("On the site")),
    "planned": ("info", "calendar", mark("Planned")),
    "asked": ("info", "workflow", mark("Waits for a flow")),
    "over": ("idle", "circle-slash", mark("Over")),
}
"""Tone, icon, word."""
THINGS: dict[str, Promise] = {
    "post": mark("Post of the blog"),
    "page": mark("Page"),
    "theme_file": mark("File of the theme"),
    "theme": mark("Theme"),
}
WRITTEN: dict[str, tuple[str, str, Promise]] = {
    "working": ("info", "clock", mark("Being written")),
    "standing": ("ok", "check", mark("In the store")),
    "edited": ("lamp", "triangle-alert", mark("Changed by somebody else")),
    "let_be": ("idle", "check", mark("Left as somebody changed it")),
}
FIELDS: dict[str, Promise] = {
    "title": mark("Title"),
    "body": mark("Text"),
    "summary": mark("Summary"),
    "author": mark("Author"),
    "tags": mark("Tags"),
    "seo_title": mark("Title for search engines"),
    "seo_description": mark("Description for search engines"),
    "template": mark("Template"),
    "is_published": mark("Published"),
}
CHOICES = [(kind, KINDS[kind]) for kind in ALL]
TONE_CHOICES = [(tone, LOOKS[tone]) for tone in TONES]
PROBLEMS: dict[str, Promise] = {
    "name.invalid": mark("a name is of small letters, digits and dashes, and begins with a letter"),
    "piece.twice": mark("two pieces have the same name"),
    "dates.wrong": mark("the end must come after the start"),
    "text.missing": mark("something to show is missing: write a text, or give a picture or a value"),
    "text.long": mark("a text is too long: 300 characters at most"),
    "alt.missing": mark("say what the picture shows, for those who cannot see it"),
    "url.invalid": mark("an address begins with https:// or with /"),
    "url.missing": mark("the button leads nowhere: give its address"),
    "place.invalid": mark("name the place in the page, such as hero"),
    "priority.invalid": mark("priority goes from 0 to 100"),
    "products.many": mark("name 200 products at most; use a tag for more"),
    "segment.invalid": mark("there is no such segment"),
    "writings.segment": mark("what is written into the store is there for everyone: take the segment out"),
    "writing.twice": mark("two of them are about the same thing of the same store"),
    "handle.invalid": mark("a handle is of small letters, digits and dashes"),
    "file.invalid": mark("a file has a folder and a name, such as config/settings_data.json"),
    "fields.mixed": mark("give single values or the whole text of a file, not both"),
    "store.unknown": mark("there is no such store: choose one under Connections"),
}
WRITINGS: dict[str, Promise] = {
    "text.missing": mark("nothing is said yet: write a text or a value"),
    "text.long": mark("a text is too long for the store"),
    "place.invalid": mark("a value has a name such as current.colors_accent"),
    "writings.number": mark("a campaign writes 10 things into the store at most"),
}
"""Where the same code asks something else of what is written into the store."""


def field(kind: str, name: str) -> str:
    """What a field of the store's site is called; of a theme's file the value's own name."""
    return str(FIELDS.get(name, name)) if kind in ("post", "page") else name


def problem(wrong: CampaignInvalid) -> str:
    """What to change, for a person."""
    said = (WRITINGS if wrong.at.startswith("writings") else PROBLEMS).get(wrong.code) or PROBLEMS.get(wrong.code)
    if wrong.code == "pieces.number":
        text = _("a campaign has from 1 to %(most)s pieces") % {"most": MOST_PIECES}
    else:
        text = str(said) if said is not None else wrong.code
    number = wrong.at.partition("[")[2].partition("]")[0]
    if number.isdigit() and wrong.at.startswith("writings"):
        return _("Number %(number)s: %(problem)s.") % {"number": int(number) + 1, "problem": text}
    if number.isdigit():
        return _("Piece %(number)s: %(problem)s.") % {"number": int(number) + 1, "problem": text}
    return text[:1].upper() + text[1:] + "."


def _somebody_was_quicker(_conflict: CampaignConflict) -> str:
    return _("Somebody else has changed it meanwhile. Load the page anew, and do it once more.")


REFUSALS: dict[type[Exception], Callable[[Any], str]] = {
    CampaignInvalid: problem,
    CampaignConflict: _somebody_was_quicker,
}
