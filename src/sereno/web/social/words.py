"""What posts, their copies and troubles are called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from sereno.web.words import Word

POSTS = {
    "draft": Word(lazy("Draft"), "pencil", "idle"),
    "waiting": Word(lazy("Waits for a yes"), "hand", "lamp"),
    "scheduled": Word(lazy("Planned"), "clock", "info"),
    "published": Word(lazy("Published"), "circle-check", "ok"),
    "failed": Word(lazy("Not everywhere"), "circle-alert", "bad"),
    "refused": Word(lazy("Refused"), "ban", "idle"),
}
COPIES = {
    "planned": Word(lazy("Planned"), "clock", "info"),
    "begun": Word(lazy("Under way"), "hourglass", "info"),
    "published": Word(lazy("Published"), "circle-check", "ok"),
    "failed": Word(lazy("Failed"), "circle-x", "bad"),
    "unclear": Word(lazy("Unclear"), "circle-alert", "bad"),
    "removed": Word(lazy("Taken back"), "undo", "idle"),
}
KINDS = {
    "post": Word(lazy("Social post"), "radio", "info"),
    "newsletter": Word(lazy("Newsletter"), "send", "ok"),
    "launch": Word(lazy("Product launch"), "package", "lamp"),
    "sale": Word(lazy("Sale"), "tag", "lamp"),
    "content": Word(lazy("Site content"), "monitor", "shade"),
}
STATES = {
    "planned": Word(lazy("Planned"), "clock", "info"),
    "running": Word(lazy("Under way"), "circle-play", "ok"),
    "done": Word(lazy("Done"), "circle-check", "idle"),
    "failed": Word(lazy("Failed"), "circle-x", "bad"),
    "waiting": Word(lazy("Waiting"), "hand", "lamp"),
}
WHENS = (
    ("now", lazy("At once")),
    ("at", lazy("At an hour of my choice")),
    ("slot", lazy("At the next free regular time")),
    ("best", lazy("At the next best hour")),
)
REPEATS = (("0", lazy("Once")), ("1", lazy("Every day")), ("7", lazy("Every week")), ("14", lazy("Every two weeks")),
           ("28", lazy("Every four weeks")))  # fmt: skip
REASONS = {
    "post.empty": lazy("There are no words yet."),
    "post.nowhere": lazy("Choose an account it goes to."),
    "post.account": lazy("An account it goes to is not connected any more. Choose another."),
    "post.past": lazy("That hour has passed: choose a later one, or post it at once."),
    "post.hour": lazy("Say the day and the hour."),
    "post.link": lazy("A link begins with https://."),
    "post.no_times": lazy("There are no regular times yet: set them under Accounts and times."),
    "post.begun": lazy("It is being published just now. Take it back once it is public."),
    "post.status": lazy("That is not possible as the post stands now."),
    "post.duplicate": lazy("The network has the same words already: change them."),
    "post.refused": lazy("The network refused the words."),
    "post.gone": lazy("The network does not know it any more."),
    "picture.missing": lazy("This network takes no post without a picture."),
    "picture.kind": lazy("The network does not take this kind of picture: use JPEG."),
    "picture.large": lazy("The network wants a smaller picture."),
    "picture.refused": lazy("The network refused the picture."),
    "picture.unknown": lazy("A picture is not kept any more: choose another."),
    "social.key_refused": lazy("The network does not take the key: connect the account anew."),
    "social.expires": lazy("Its key ends before the post goes: connect the account anew."),
    "social.no_answer": lazy("The network did not answer. Try again in a moment."),
    "social.not_connected": lazy("The account is not connected any more."),
    "social.unclear": lazy("The answer was lost: it may be public, so it is not posted again by itself."),
    "social.no_removal": lazy("This network lets nobody take a post back: do it there."),
    "social.missing": lazy("This is needed."),
    "social.begins": lazy("That does not look like one: see how it begins."),
    "social.address": lazy("An address begins with https://."),
    "social.odd": lazy("There is a line break in it: paste it again."),
    "social.twice": lazy("There is an account of this name already: give this one another."),
    "channel.blocked": lazy("Sereno may not call that address: allow its host under Settings."),
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
