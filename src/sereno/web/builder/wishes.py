"""What a person asks of the tree, as one line (`move 2.then.0 1`), and what comes of it.

The same line comes from a button without JavaScript, a key, a drag, and from a conflict that is tried again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _

from sereno.engine.places import find
from sereno.web.builder import edits
from sereno.web.builder.edits import EditRefused
from sereno.web.builder.forms import blank
from sereno.web.builder.rebase import follow, follow_place
from sereno.web.flowtree import sentence_of
from sereno.web.sentences import cut, one_line

NUDGES = ("up", "down", "out", "into")
PLACES = ("insert", "paste", "move")
"""Verbs whose last place is one to put something in."""


@dataclass(frozen=True, slots=True)
class Wish:
    """`path` is the step it is about, `to` a place to put something, `kind` what is to be put in."""

    verb: str
    path: str = ""
    to: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """`path` is what to look at next, `what` says what was done. `opens`: the new step's form wants filling in."""

    document: dict[str, Any]
    path: str
    what: str
    opens: bool = False


def read(line: str) -> Wish:
    """Raises EditRefused for a line that asks nothing known."""
    words = line.split()
    match words:
        case ["insert", at, kind]:
            return Wish("insert", to=at, kind=kind)
        case ["paste", at]:
            return Wish("paste", to=at)
        case ["move", path, to]:
            return Wish("move", path, to)
        case ["exit-add"]:
            return Wish("exit-add")
        case [("duplicate" | "delete" | "cut" | "wrap" | "exit-remove" | "up" | "down" | "out" | "into") as verb, path]:
            return Wish(verb, path)
        case _:
            raise EditRefused(_("That cannot be done here."))


def carry_out(document: Mapping[str, Any], wish: Wish, clip: list[Any]) -> Done:
    """Raises EditRefused and LookupError."""
    match wish.verb:
        case "insert":
            step = blank(wish.kind)
            return Done(*edits.insert(document, wish.to, [step]), _said(_("Added: %(step)s"), step), opens=True)
        case "paste":
            steps = [step for step in clip if edits.is_step(step)]
            return Done(
                *edits.insert(document, wish.to, steps), _said(_("Pasted: %(step)s"), steps[0] if steps else "")
            )
        case "exit-add":
            return Done(
                *edits.add_exit(document, {"event": "order.created"}), _("Added: an event that ends it early"), True
            )
        case "exit-remove":
            return Done(*edits.remove_exit(document, wish.path), _("Deleted: an event that ends it early"))
        case _:
            return _about_a_step(document, wish)


def _about_a_step(document: Mapping[str, Any], wish: Wish) -> Done:
    step = find(document, wish.path)
    match wish.verb:
        case "move":
            return Done(*edits.move(document, wish.path, wish.to), _said(_("Moved: %(step)s"), step))
        case "duplicate":
            return Done(*edits.duplicate(document, wish.path), _said(_("Duplicated: %(step)s"), step))
        case "delete":
            return Done(*edits.delete(document, wish.path), _said(_("Deleted: %(step)s"), step))
        case "cut":
            return Done(*edits.delete(document, wish.path), _said(_("Cut: %(step)s"), step))
        case "wrap":
            return Done(*edits.wrap(document, wish.path), _said(_("Put into a condition: %(step)s"), step), opens=True)
        case _:
            return Done(*edits.nudge(document, wish.path, wish.verb), _said(_("Moved: %(step)s"), step))


def said_of(document: Mapping[str, Any], wish: Wish) -> str:
    """What was wished, for the one who is told that it could not be done at once."""
    try:
        return carry_out(document, wish, [{"stop": None}]).what
    except (EditRefused, LookupError):
        return wish.verb


def again(wish: Wish, before: Mapping[str, Any], after: Mapping[str, Any]) -> Wish | None:
    """The same wish for a flow that somebody else has changed; None when what it was about is gone."""
    path = follow(before, after, wish.path)
    to = follow_place(before, after, wish.to) if wish.to else ""
    return None if path is None or to is None else replace(wish, path=path, to=to)


def plain(step: Any) -> str:
    """A step in a few words, without markup."""
    text = one_line(sentence_of(step).striptags())
    return text if len(text) <= 80 else cut(text)[:79].rstrip("…") + "…"


def _said(text: str, step: Any) -> str:
    return text % {"step": plain(step) if step else ""}
