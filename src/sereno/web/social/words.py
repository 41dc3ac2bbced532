"""What posts, their copies and troubles are called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as mark

from sereno.engine.schedule import WEEKDAYS
from sereno.web.words import Word

POSTS = {
    "draft": Word(mark("Draft"), "pencil", "idle"),
    "waiting": Word(mark("Waits for a yes"), "hand", "lamp"),
    "scheduled": Word(mark("Planned"), "clock", "info"),
    "published": Word(mark("Published"), "circle-check", "ok"),
    "failed": Word(mark("Not everywhere"), "circle-alert", "bad"),
    "refused": Word(mark("Refused"), "ban", "idle"),
}
COPIES = {
    "planned": Word(mark("Planned"), "clock", "info"),
    "begun": Word(mark("Under way"), "hourglass", "info"),
    "published": Word(mark("Published"), "circle-check", "ok"),
    "failed": Word(mark("Failed"), "circle-x", "bad"),
    "unclear": Word(mark("Unclear"), "circle-alert", "bad"),
    "removed": Word(mark("Taken back"), "undo", "idle"),
}
KINDS = {
    "post": Word(mark("Social post"), "radio", "info"),
    "newsletter": Word(mark("Newsletter"), "send", "ok"),
    "launch": Word(mark("Product launch"), "package", "lamp"),
    "sale": Word(mark("Sale"), "tag", "lamp"),
    "content": Word(mark("Site content"), "monitor", "shade"),
}
STATES = {
    "planned": Word(mark("Planned"), "clock", "info"),
    "running": Word(mark("Under way"), "circle-play", "ok"),
    "done": Word(mark("Done"), "circle-check", "idle"),
    "failed": Word(mark("Failed"), "circle-x", "bad"),
    "waiting": Word(mark("Waiting"), "hand", "lamp"),
}
WHENS = (
    ("now", mark("At once")),
    ("at", mark("At an hour of my choice")),
    ("slot", mark("At the next free regular time")),
    ("best", mark("At the next best hour")),
)
REPEATS = (("0", mark("Once")), ("1", mark("Every day")), ("7", mark("Every week")), ("14", mark("Every two weeks")),
           ("28", mark("Every four weeks")))  # fmt: skip
REASONS = {
    "post.empty": mark("There are no words yet."),
    "post.nowhere": mark("Choose an account it goes to."),
    "post.account": mark("An account it goes to is not connected any more. Choose another."),
    "post.past": mark("That hour has passed: choose a later one, or post it at once."),
    "post.hour": mark("Say the day and the hour."),
    "post.link": mark("A link begins with https://."),
    "post.no_times": mark("There are no regular times yet: set them under Accounts and times."),
    "post.begun": mark("It is being published just now. Take it back once it is public."),
    "post.status": mark("That is not possible as the post stands now."),
    "post.duplicate": mark("The network has the same words already: change them."),
    "post.refused": mark("The network refused the words."),
    "post.gone": mark("The network does not know it any more."),
    "picture.missing": mark("This network takes no post without a picture."),
    "picture.kind": mark("The network does not take this kind of picture: use JPEG."),
    "picture.large": mark("The network wants a smaller picture."),
    "picture.refused": mark("The network refused the picture."),
    "picture.unknown": mark("A picture is not kept any more: choose another."),
    "social.key_refused": mark("The network does not take the key: connect the account anew."),
    "social.expires": mark("Its key ends before the post goes: connect the account anew."),
    "social.no_answer": mark("The network did not answer. Try again in a moment."),
    "social.not_connected": mark("The account is not connected any more."),
    "social.unclear": mark("The answer was lost: it may be public, so it is not posted again by itself."),
    "social.no_removal": mark("This network lets nobody take a post back: do it there."),
    "social.missing": mark("This is needed."),
    "social.begins": mark("That does not look like one: see how it begins."),
    "social.address": mark("An address begins with https://."),
    "social.odd": mark("There is a line break in it: paste it again."),
    "social.twice": mark("There is an account of this name already: give this one another."),
    "channel.blocked": mark("Sereno may not call that address: allow its host under Settings."),
}


def reason(code: str, otherwise: str = "", values: Mapping[str, Any] | None = None) -> str:
    """`values`: `number` too much, of `of`; the `account`."""
    held = values or {}
    number, most = int(held.get("number") or 0), int(held.get("of") or 0)
    if code == "post.long":
        said = _("Too long by %(number)s; it takes %(most)s.") % {"number": number, "most": most}
    elif code == "picture.many":
        said = _("Pictures it takes: %(most)s.") % {"most": most}
    elif code == "picture.alt":
        said = _("What a picture shows is too long by %(number)s.") % {"number": number}
    elif code == "post.time":
        said = _("A regular time is such as mon 09:00, not %(time)s.") % {"time": held.get("time")}
    else:
        said = str(REASONS.get(code, otherwise or code))
    return f"{held['account']}: {said}" if held.get("account") else said


def regular_time(written: str) -> str:
    """`tue 18:30` as the reader says it."""
    day, _space, hour = written.partition(" ")
    return f"{WEEKDAYS_ABBR[WEEKDAYS.index(day)]} {hour}" if day in WEEKDAYS else written
