"""The light markup of messages: `**bold**`, `*italic*`, `[words](address)`, lists of `- ` or `1. `; all else is text.

Invariant: nothing typed into a text becomes markup of its own. Liquid is kept as it is, but what it quotes is escaped
and its `safe` filter is taken out, so that neither the writer nor a customer's name can bring in HTML.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

LIQUID = re.compile(r"(\{\{.*?\}\}|\{%.*?%\})", re.DOTALL)
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_SAFE = re.compile(r"\|\s*safe\b(?!\s*:)")
_ESCAPED = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"}
_LINK = re.compile(r"\[([^\[\]\n]+)\]\(([^()\s]+)\)")
_BOLD = re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*", re.DOTALL)
_ITALIC = re.compile(r"(?<![\w*])\*(?=[^\s*])(.+?)(?<=[^\s*])\*(?![\w*])", re.DOTALL)
_BULLET = re.compile(r"\s{0,3}[-•] +(?=\S)")
_NUMBER = re.compile(r"\s{0,3}\d{1,3}[.)] +(?=\S)")
_HELD = re.compile("⸢(\\d+)⸣")
_SCHEMES = ("https://", "http://", "mailto:", "tel:")
_GUARD = (
    "{% assign go = go | strip %}{% assign way = go | slice: 0, 8 | downcase %}{% assign page = way | slice: 0, 7 %}"
    "{% assign call = way | slice: 0, 4 %}"
    "{% if way == 'https://' or page == 'http://' or page == 'mailto:' or call == 'tel:' %}"
)
LINK_STYLE = "color:{{ store.link_color }};text-decoration:underline"


class Tokens:
    """The Liquid of one mail, taken out while the rest is worked on and put back at the end: neither our escaping nor
    the mail's markup language then reads what stands in it."""

    def __init__(self) -> None:
        self._held: list[str] = []

    def take(self, text: str) -> str:
        """The text with a mark in place of each piece of Liquid. Marks that were typed are dropped."""
        clean = re.sub("[⸢⸣]", "", text)
        return LIQUID.sub(lambda found: self.keep(harmless(found.group())), clean)

    def keep(self, liquid: str) -> str:
        self._held.append(liquid)
        return f"⸢{len(self._held) - 1}⸣"

    def put_back(self, text: str) -> str:
        return _HELD.sub(lambda found: self._held[int(found.group(1))], text)


def harmless(liquid: str) -> str:
    """A piece of Liquid whose own words cannot be HTML: a text in quotes would be written as it stands."""
    return _SAFE.sub("", _QUOTED.sub(_quoted, liquid))


def escape(text: str) -> str:
    return re.sub("[&<>\"']", lambda found: _ESCAPED[found[0]], text)


def line_html(text: str, tokens: Tokens) -> str:
    """A text of one line (a heading, a button) as HTML: bold and italic, no links."""
    return _emphasis(escape(tokens.take(" ".join(text.split("\n")))))


def plain_line(text: str) -> str:
    """A text of one line without its marks."""
    return _spared(text, lambda part: _ITALIC.sub(r"\1", _BOLD.sub(r"\1", part)))


def rich_html(text: str, tokens: Tokens) -> str:
    """A text of paragraphs and lists as HTML that stands inside one block."""
    parts = [_paragraph_html(lines, tokens) for lines in _paragraphs(tokens.take(text))]
    return "<br /><br />".join(part for part in parts if part)


def rich_plain(text: str) -> str:
    """The same as plain text: lists keep their marks, links show their address."""
    linked = _spared(text, lambda part: _LINK.sub(_link_plain, part))
    return plain_line(linked).strip()


def links(text: str) -> list[tuple[str, str, int]]:
    """The links of a text: words, address, and the line (from 1) each stands on."""
    tokens = Tokens()
    held = tokens.take(text)
    return [
        (tokens.put_back(found.group(1)), tokens.put_back(found.group(2)), held.count("\n", 0, found.start()) + 1)
        for found in _LINK.finditer(held)
    ]


def is_web(address: str) -> bool:
    """Whether a link may lead there: a page, a mail or a telephone number."""
    return address.strip().lower().startswith(_SCHEMES)


def has_liquid(text: str) -> bool:
    return "{{" in text or "{%" in text


def anchor(
    address: str,
    tokens: Tokens,
    inside: Callable[[str], str],
    without: str = "",
    around: Callable[[str], str] = lambda liquid: liquid,
) -> str:
    """What `inside` makes of the address, when that is one a link may lead to, else `without`. An address that is only
    known when the mail is written is looked at then, by Liquid that `around` may wrap."""
    if not has_liquid(address):
        return inside(escape(address.strip())) if is_web(address) else without
    held = tokens.take(address.strip())
    start = held.partition("⸢")[0]
    if is_web(start):
        return inside(escape(held))
    if start:
        return without
    guard = f"{{% capture go %}}{tokens.put_back(escape(held))}{{% endcapture %}}{_GUARD}"
    parts = (guard, "{% else %}", "{% endif %}")
    begin, otherwise, end = (around(tokens.keep(part)) for part in parts)
    return f"{begin}{inside(tokens.keep('{{ go }}'))}{otherwise}{without}{end}"


def guarded(address: str, tokens: Tokens) -> str:
    """The address for an attribute: empty, at the latest when the mail is written, if no link may lead there."""
    return anchor(address, tokens, lambda found: found)


# --- inside -------------------------------------------------------------------------------------


def _quoted(found: re.Match[str]) -> str:
    mark, inside = found.group()[0], found.group()[1:-1]
    return f"{mark}{escape(inside)}{mark}" if re.search("[<>\"']", inside) else found.group()


def _paragraphs(text: str) -> list[list[str]]:
    """Lines, in paragraphs set apart by empty lines."""
    found: list[list[str]] = [[]]
    for line in text.replace("\r\n", "\n").split("\n"):
        if line.strip():
            found[-1].append(line)
        elif found[-1]:
            found.append([])
    return [lines for lines in found if lines]


def _paragraph_html(lines: Sequence[str], tokens: Tokens) -> str:
    out: list[str] = []
    listed: list[str] = []
    kind = ""
    is_begun = False

    def end_list() -> None:
        nonlocal kind
        if listed:
            items = "".join(f'<li style="margin:0 0 6px">{item}</li>' for item in listed)
            out.append(f'<{kind} style="margin:0;padding:0 0 0 22px">{items}</{kind}>')
            listed.clear()
        kind = ""

    for line in lines:
        if not _HELD.sub("", line).strip() and _is_tag(line, tokens):
            # Liquid by itself on a line (`{% for %}`) makes no line.
            end_list()
            out.append(line.strip())
            continue
        mark = "ul" if _BULLET.match(line) else "ol" if _NUMBER.match(line) else ""
        if mark:
            if kind != mark:
                end_list()
            kind, is_begun = mark, False
            listed.append(_inline((_BULLET if mark == "ul" else _NUMBER).sub("", line, count=1), tokens))
        else:
            end_list()
            out.append(("<br />" if is_begun else "") + _inline(line.strip(), tokens))
            is_begun = True
    end_list()
    return "".join(out)


def _is_tag(line: str, tokens: Tokens) -> bool:
    return all(tokens.put_back(held.group()).startswith("{%") for held in _HELD.finditer(line))


def _inline(text: str, tokens: Tokens) -> str:
    """`text` has its Liquid taken out already."""
    out: list[str] = []
    at = 0
    for found in _LINK.finditer(text):
        out.append(_emphasis(escape(text[at : found.start()])))
        words = _emphasis(escape(found.group(1)))
        style = tokens.keep(LINK_STYLE)

        def link(address: str, words: str = words, style: str = style) -> str:
            return f'<a class="link" href="{address}" style="{style}">{words}</a>'

        out.append(anchor(tokens.put_back(found.group(2)), tokens, link, words))
        at = found.end()
    out.append(_emphasis(escape(text[at:])))
    return "".join(out)


def _emphasis(escaped: str) -> str:
    return _ITALIC.sub(r"<em>\1</em>", _BOLD.sub(r"<strong>\1</strong>", escaped))


def _link_plain(found: re.Match[str]) -> str:
    words, address = found.group(1), found.group(2)
    shown = address.removeprefix("mailto:").removeprefix("tel:")
    return words if words.strip() == shown.strip() else f"{words} ({shown})"


def _spared(text: str, change: Callable[[str], str]) -> str:
    """The text changed, but for the Liquid in it."""
    held: list[str] = []

    def keep(found: re.Match[str]) -> str:
        held.append(found.group())
        return f"⸢{len(held) - 1}⸣"

    changed = change(LIQUID.sub(keep, re.sub("[⸢⸣]", "", text)))
    return _HELD.sub(lambda found: held[int(found.group(1))], changed)
