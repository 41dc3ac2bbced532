"""HTML as people read it: a description cut into its paragraphs, headings and lists, and as plain text.

Invariant: whatever a text holds, reading it never raises; scripts and styles are no words, and entities are the
characters they stand for. Plain text is taken for HTML without tags.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape, unescape
from html.parser import HTMLParser
from typing import Literal

Kind = Literal["paragraph", "header", "ordered", "unordered"]

_UNSEEN = frozenset({"script", "style", "title", "template", "noscript", "iframe"})
_INLINE = {"b": "b", "strong": "b", "i": "i", "em": "i", "u": "u", "s": "s", "strike": "s", "del": "s", "code": "code"}
_PARTS = frozenset(
    {"p", "div", "section", "article", "header", "footer", "aside", "main", "nav", "address", "blockquote", "pre", "hr"}
    | {"table", "thead", "tbody", "tfoot", "tr", "td", "th", "caption", "dl", "dt", "dd", "figure", "figcaption"}
    | {"form", "fieldset", "details", "summary", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "body", "html"}
)
"""Tags that begin something new for the eye; all others stand within a line."""
_SAFE = re.compile(r"(?:https?:|mailto:|tel:|[/#?.]|[\w-]+(?:[/#?.]|$))", re.IGNORECASE)
_TAG = re.compile(r"</?[a-z][^<>]*>|<!--", re.IGNORECASE)
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Block:
    """One paragraph, one heading (`level` 1 to 6), or one list with an entry for each of its `texts`. Texts are HTML of
    nothing but `b i u s code a br`."""

    kind: Kind
    texts: tuple[str, ...]
    level: int = 0


def has_tags(text: str) -> bool:
    return _TAG.search(text) is not None


def as_read(html: str) -> str:
    """The words, in one line: two texts that are read the same are equal by it, however they are marked up."""
    found = _Words()
    found.feed(html)
    found.close()
    return _SPACE.sub(" ", "".join(found.said)).strip()


def as_plain(html: str) -> str:
    """Plain text: an empty line between paragraphs, an entry of a list on a line of its own."""
    return "\n\n".join("\n".join(_lines(text) for text in block.texts) for block in blocks(html))


def as_html(text: str) -> str:
    """Plain text as paragraphs; what has tags already is left as it is."""
    if has_tags(text):
        return text
    parts = [part.strip() for part in re.split(r"\n[^\S\n]*\n", text.replace("\r\n", "\n"))]
    inside = [escape(unescape(part), quote=False).replace("\n", "<br>") for part in parts if part]
    return "".join(f"<p>{part}</p>" for part in inside)


def blocks(html: str) -> list[Block]:
    """What a page would show of it, from top to bottom. Lists within lists are read as one; pictures are left out."""
    found = _Blocks()
    found.feed(as_html(html))
    found.close()
    found.end_part()
    found.end_list()
    return found.blocks


def _lines(text: str) -> str:
    return unescape(_TAG.sub("", text.replace("<br>", "\n")))


class _Words(HTMLParser):
    """All that is said, with a space wherever something new begins."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.said: list[str] = []
        self.unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNSEEN:
            self.unseen += 1
        if tag in _PARTS or tag == "br":
            self.said.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN:
            self.unseen = max(self.unseen - 1, 0)
        if tag in _PARTS:
            self.said.append(" ")

    def handle_data(self, data: str) -> None:
        if not self.unseen:
            self.said.append(data)


class _Blocks(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[Block] = []
        self._said: list[str] = []
        self._open: list[str] = []
        self._level = 0
        self._lists: list[Kind] = []
        self._entries: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNSEEN:
            self._unseen += 1
        elif tag == "br":
            self._said.append("<br>")
        elif tag in _INLINE:
            self._begin(_INLINE[tag], f"<{_INLINE[tag]}>")
        elif tag == "a":
            address = next((value.strip() for name, value in attrs if name == "href" and value), "")
            if _SAFE.match(address):
                self._begin("a", f'<a href="{escape(address)}">')
        elif tag in ("ul", "ol"):
            self.end_part()
            if not self._lists:
                self.end_list()
            self._lists.append("ordered" if tag == "ol" else "unordered")
        elif tag in ("td", "th"):
            self._said.append(" ")
        elif tag in _PARTS:
            self.end_part()
            self._level = int(tag[1]) if len(tag) == 2 and tag[1].isdigit() else self._level

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN:
            self._unseen = max(self._unseen - 1, 0)
        elif tag in _INLINE or tag == "a":
            self._finish(_INLINE.get(tag, tag))
        elif tag in ("ul", "ol"):
            self.end_part()
            if len(self._lists) == 1:
                self.end_list()
            self._lists = self._lists[:-1]
        elif tag in _PARTS and tag not in ("td", "th"):
            self.end_part()

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self._said.append(escape(_SPACE.sub(" ", data), quote=False))

    def _begin(self, name: str, written: str) -> None:
        self._open.append(name)
        self._said.append(written)

    def _finish(self, name: str) -> None:
        """Closes what was opened within it too; what was never opened is passed over."""
        if name not in self._open:
            return
        while self._open:
            inner = self._open.pop()
            self._said.append(f"</{inner}>")
            if inner == name:
                return

    def end_part(self) -> None:
        """What was said since the last part began is one: an entry within a list, else a paragraph or a heading."""
        while self._open:
            self._said.append(f"</{self._open.pop()}>")
        text = re.sub(r"\s*<br>\s*", "<br>", _SPACE.sub(" ", "".join(self._said))).strip()
        text = re.sub(r"^(?:<br>)+|(?:<br>)+$", "", text).strip()
        self._said.clear()
        level, self._level = self._level, 0
        if not _lines(text).strip():
            return
        if self._lists:
            self._entries.append(text)
        elif level:
            self.blocks.append(Block("header", (text,), level))
        else:
            self.blocks.append(Block("paragraph", (text,)))

    def end_list(self) -> None:
        if self._entries:
            kind = self._lists[0] if self._lists else "unordered"
            self.blocks.append(Block(kind, tuple(self._entries)))
        self._entries = []
