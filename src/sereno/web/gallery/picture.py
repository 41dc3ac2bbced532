"""A flow as a small picture: its cards with their first words, drawn here so that a page needs no script."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from sereno.web.environment import static
from sereno.web.flowtree import Card

WIDTH, ROW, GAP, INDENT = 264, 20, 7, 16
ROWS = 5
_LETTER = 4.9
"""About as wide as a letter is at the picture's type size."""


@dataclass(frozen=True, slots=True)
class _Row:
    card: Card
    depth: int
    parent: int | None


def picture(trigger: Sequence[Card], steps: Iterable[Card], rows: int = ROWS) -> Markup:
    """An SVG of at most so many cards; what does not fit ends in dots."""
    found: list[_Row] = []
    _collect([*trigger[:1], *steps], 0, None, found)
    shown = found[:rows]
    height = rows * (ROW + GAP) - GAP + 4
    parts = [_link(row, index) for index, row in enumerate(shown) if index]
    parts += [_shape(row, index) for index, row in enumerate(shown)]
    if len(found) > rows:
        parts.append(Markup('<g class="more">{}</g>').format(Markup().join(_dot(place, height) for place in range(3))))
    lower = (rows - len(shown)) * (ROW + GAP) // 2  # a short flow stands in the middle
    svg = Markup('<svg class="mini" viewBox="0 {} {} {}" aria-hidden="true" focusable="false">{}</svg>')
    return svg.format(-lower, WIDTH, height + 8, Markup().join(parts))


def _collect(cards: Iterable[Card], depth: int, parent: int | None, found: list[_Row]) -> None:
    previous = parent
    for card in cards:
        found.append(_Row(card, depth, previous))
        place = len(found) - 1
        for _name, inner in card.branches:
            _collect(inner, depth + 1, place, found)
        previous = place


def _top(index: int) -> int:
    return 2 + index * (ROW + GAP)


def _left(depth: int) -> int:
    return 2 + min(depth, 5) * INDENT


def _link(row: _Row, index: int) -> Markup:
    """From the card before it (or above it, for the first of a branch) down to this one."""
    if row.parent is None:
        return Markup()
    x = _left(row.depth) + 11 if row.depth == 0 else _left(row.depth) - INDENT + 11
    start, end = _top(row.parent) + ROW, _top(index) + ROW // 2
    if row.depth == 0:
        return Markup('<path class="link" d="M{} {}V{}"/>').format(x, start, _top(index))
    return Markup('<path class="link" d="M{} {}V{}H{}"/>').format(x, start, end, _left(row.depth))


def _shape(row: _Row, index: int) -> Markup:
    x, y = _left(row.depth), _top(index)
    width = WIDTH - 2 - x
    words = shorten(row.card.say.striptags(), int((width - 30) / _LETTER))
    return Markup(
        '<g class="{}"><rect class="box" x="{}" y="{}" width="{}" height="{}" rx="5"/>'
        '<rect class="glyph" x="{}" y="{}" width="14" height="14" rx="4"/>'
        '<use href="{}#{}" x="{}" y="{}" width="10" height="10"/>'
        '<text x="{}" y="{}">{}</text></g>'
    ).format(
        row.card.kind, x, y, width, ROW,
        x + 3, y + 3,
        static("icons.svg"), row.card.icon, x + 5, y + 5,
        x + 24, y + 13, words,
    )  # fmt: skip


def shorten(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def _dot(place: int, height: int) -> Markup:
    return Markup('<circle cx="{}" cy="{}" r="1.5"/>').format(13 + place * 6, height + 3)
