"""A form as a browser would send it: the successful controls of its HTML, in order."""

from __future__ import annotations

from html.parser import HTMLParser

from django.http import QueryDict


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.sent: list[tuple[str, str]] = []
        self.buttons: list[tuple[str, str]] = []
        self._select: tuple[str, list[tuple[str, bool]]] | None = None
        self._text: tuple[str, list[str]] | None = None
        self._noscript = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name, kind = given.get("name", ""), given.get("type", "text")
        if tag == "button" and name:
            self.buttons.append((name, given.get("value", "")))
        elif tag == "input" and name and (kind not in ("checkbox", "radio") or "checked" in given):
            self.sent.append((name, given.get("value", "on" if kind in ("checkbox", "radio") else "")))
        elif tag == "select":
            self._select = (name, [])
        elif tag == "option" and self._select is not None:
            self._select[1].append((given.get("value", ""), "selected" in given))
        elif tag == "textarea":
            self._text = (name, [])

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text[1].append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "select" and self._select is not None:
            name, options = self._select
            chosen = [value for value, is_chosen in options if is_chosen] or [value for value, _ in options[:1]]
            if name:
                self.sent += [(name, value) for value in chosen[-1:]]
            self._select = None
        elif tag == "textarea" and self._text is not None:
            name, parts = self._text
            # A line end right after the tag is not part of the text; the others are sent as two characters.
            text = "".join(parts).removeprefix("\n")
            self.sent.append((name, text.replace("\n", "\r\n")))
            self._text = None


def sent(html: str, changes: dict[str, str | list[str] | None] | None = None) -> QueryDict:
    """What the browser sends, with `changes` made by hand (None: the input is gone)."""
    reader = _Reader()
    reader.feed(html)
    post = QueryDict(mutable=True)
    for name, value in reader.sent:
        post.appendlist(name, value)
    for name, value in (changes or {}).items():
        if value is None:
            post.pop(name, None)
        else:
            post.setlist(name, value if isinstance(value, list) else [value])
    return post


def buttons(html: str) -> list[tuple[str, str]]:
    reader = _Reader()
    reader.feed(html)
    return reader.buttons
