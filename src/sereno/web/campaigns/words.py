"""Content of the site in words: kinds, states, what is wrong with a campaign."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as mark

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
}


def problem(wrong: CampaignInvalid) -> str:
    """What to change, for a person."""
    said = PROBLEMS.get(wrong.code)
    if wrong.code == "pieces.number":
        text = _("a campaign has from 1 to %(most)s pieces") % {"most": MOST_PIECES}
    else:
        text = str(said) if said is not None else wrong.code
    number = wrong.at.partition("[")[2].partition("]")[0]
    if number.isdigit():
        return _("Piece %(number)s: %(problem)s.") % {"number": int(number) + 1, "problem": text}
    return text[:1].upper() + text[1:] + "."
