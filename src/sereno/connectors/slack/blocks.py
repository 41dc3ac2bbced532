"""A card as Block Kit: a section for the words, a context for what is said smaller, a row of buttons. Pure.

Invariant: nothing of a card's words is read by Slack as its own marks, and nothing is longer than Slack takes.
"""

from __future__ import annotations

from typing import Any

from sereno.sdk.desk import Card, Choice

SECTION, CONTEXT, LABEL = 2900, 1900, 75
STYLES = {"yes": "primary", "no": "danger"}


def escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def fallback(card: Card) -> str:
    """What a notification says, where blocks are not shown."""
    return escape("\n".join((card.title, *card.lines)))[:SECTION]


def blocks_of(card: Card, calls: str) -> list[dict[str, Any]]:
    """`calls`: those who are asked, as Slack names them."""
    title = escape(" ".join(card.title.split()))[: SECTION // 2].replace("*", "∗")
    words = "\n".join((f"*{title}*", *(escape(line) for line in card.lines), *([calls] if calls else ())))
    blocks: list[dict[str, Any]] = [{"type": "section", "text": {"type": "mrkdwn", "text": words[:SECTION]}}]
    if card.fine:
        elements = [{"type": "plain_text", "text": line[:CONTEXT]} for line in card.fine[:10] if line]
        blocks.append({"type": "context", "elements": elements})
    if card.choices:
        buttons = [_button(number, one) for number, one in enumerate(card.choices[:5])]
        blocks.append({"type": "actions", "elements": buttons})
    return blocks


def _button(number: int, one: Choice) -> dict[str, Any]:
    button: dict[str, Any] = {
        "type": "button",
        "action_id": f"sereno.{number}",
        "text": {"type": "plain_text", "text": one.label[:LABEL]},
    }
    if one.url:
        return {**button, "url": one.url}
    return {**button, "value": one.value, **({"style": STYLES[one.kind]} if one.kind in STYLES else {})}
