"""What can be put into a flow, in groups and words: the control steps, and every action that is registered."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as mark

from sereno.engine.places import kind_of
from sereno.sdk.plugin import registry

ACTIONS = {
    "messages.send_email": (mark("Send a mail"), "mail", mark("From a template, or in your own words")),
    "alerts.notify": (mark("Notify the team"), "bell", mark("By mail or chat, to your own people")),
    "orders.add_tag": (mark("Tag the order"), "tag", mark("Also in the shop, where it can")),
    "orders.remove_tag": (mark("Take a tag off the order"), "tag", ""),
    "orders.verify": (mark("Verify the order"), "shield-check", mark("Stock, address, phone, e-mail and payment")),
    "orders.hold": (mark("Hold the order"), "hand", mark("Nothing leaves and no money is taken until released")),
    "orders.release": (mark("Release the order"), "circle-play", ""),
    "orders.route": (mark("Route the order"), "git-branch", mark("To a warehouse, a team, a queue")),
    "orders.check_zone": (mark("Check the delivery zone"), "map", mark("Countries and postal codes you do not serve")),
    "orders.print_ticket": (mark("Make a pick ticket"), "clipboard", mark("What to pick, pack or make, as a PDF")),
    "orders.capture": (mark("Take the payment"), "circle-check", mark("Never for an order that is held")),
    "orders.compare_payments": (
        mark("Compare the payments"),
        "circle-check",
        mark("What the store and the payment provider say"),
    ),
    "orders.cancel": (mark("Cancel the order"), "ban", ""),
    "orders.refund": (mark("Refund the order"), "undo", mark("All that is left, or an amount")),
    "orders.note": (mark("Note on the order"), "scroll-text", mark("For staff, in the store")),
    "orders.fulfill": (mark("Mark the order as sent"), "package", mark("With its tracking number")),
    "customers.add_tag": (
        mark("Tag the customer"),
        "user",
        mark("To know them again, here and in the shop"),
    ),
    "customers.remove_tag": (mark("Take a tag off the customer"), "user", ""),
    "http.request": (mark("Call another system"), "globe", mark("A request to any address")),
    "events.emit": (mark("Start other flows"), "radio", mark("By an event of your own")),
    "log": (mark("Write a note"), "scroll-text", mark("Kept with the run")),
}
"""Actions by the words people look for; the first are the most wanted. Others go by their own sentence."""


@dataclass(frozen=True, slots=True)
class Item:
    """Something to put in. `kind` is what `forms.blank` makes one of; `words` are found by searching. `lack`: why it
    can do nothing in this shop yet; it may be put in all the same."""

    kind: str
    icon: str
    label: str
    hint: str
    words: str
    lack: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    title: str
    items: tuple[Item, ...]


def groups(search: str = "", lack_of: Callable[[str], str] = lambda action: "") -> list[Group]:
    """All that can be put in; with `search` what has all its words, groups without any left out. `lack_of` says why an
    action can do nothing in the shop yet."""
    wanted = folded(search).split()
    found: list[Group] = []
    for title, items in _everything():
        left = tuple(
            replace(item, lack=lack_of(item.kind)) for item in items if all(word in item.words for word in wanted)
        )
        if left:
            found.append(Group(title, left))
    return found


def label_of(step: Any) -> str:
    """What this step is called in the palette; empty for what it does not know."""
    kind = kind_of(step)
    if kind == "wait" and isinstance(step["wait"], dict):
        until = step["wait"].get("until")
        found = next((key for key in ("event", "date") if isinstance(until, dict) and key in until), "time")
        kind = f"wait_{found}"
    return next((item.label for _title, items in _everything() for item in items if item.kind == kind), "")


def folded(text: str) -> str:
    """Small letters without accents, for searching."""
    return "".join(c for c in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(c))


def _everything() -> list[tuple[str, list[Item]]]:
    return [
        (_("Do something"), _actions()),
        (
            _("Decide"),
            [
                _item("if", "git-branch", _("If"), _("Go one way when a condition holds, another when not")),
                _item(
                    "switch", "list-tree", _("Choose by a value"), _("A path for each value: country, status, channel")
                ),
                _item("split", "split", _("Split by chance"), _("Try two ways against each other")),
                _item("approve", "hand", _("Ask a person"), _("Wait for a yes or no from somebody in the team")),
            ],
        ),
        (
            _("Wait"),
            [
                _item("wait", "clock", _("Wait a while"), _("Minutes, hours or days")),
                _item("wait_event", "radio", _("Wait until something happens"), _("An event, or a time limit")),
                _item("wait_time", "timer", _("Wait for a time of day"), _("The next morning, or a weekday")),
                _item("wait_date", "calendar", _("Wait for a date"), _("Before or after a date on the record")),
            ],
        ),
        (
            _("More"),
            [
                _item("for_each", "repeat", _("Repeat for each"), _("The same steps for every line of an order")),
                _item("set", "variable", _("Remember a value"), _("To use it in later steps")),
                _item("stop", "octagon-x", _("Stop here"), _("End the run")),
            ],
        ),
    ]


def _actions() -> list[Item]:
    known = registry().actions
    names = sorted(
        known.names(), key=lambda name: (list(ACTIONS).index(name) if name in ACTIONS else len(ACTIONS), name)
    )
    found: list[Item] = []
    for name in names:
        definition = known.get(name)
        if definition is None or definition.is_internal:
            continue
        sentence = _(str(definition.label))
        label, icon, hint = ACTIONS.get(name, (re.sub(r"\s*\{\w+\}:?", "", sentence), "sparkles", ""))
        found.append(_item(name, icon, str(label), str(hint)))
    return found


def _item(kind: str, icon: str, label: str, hint: str) -> Item:
    return Item(kind, icon, label, hint, folded(f"{label} {hint} {kind}"))
