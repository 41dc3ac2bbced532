"""Goes over every address there is, whoever added it: fills the places of URL patterns, reads forms off the pages and
fills them in as a person would."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

EMAIL = "somebody.new@example.com"


@dataclass
class Form:
    """A form with `method="post"`. `buttons` are the (name, value) pairs of its submit buttons, by address."""

    action: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    buttons: list[tuple[str, str, str]] = field(default_factory=list)

    def submissions(self) -> Iterator[tuple[str, dict[str, list[str]]]]:
        """(address, fields) for each way of sending it."""
        for action, name, value in self.buttons or [(self.action, "", "")]:
            data: dict[str, list[str]] = {}
            for key, given in [*self.fields, *([(name, value)] if name else [])]:
                if key != "csrfmiddlewaretoken":
                    data.setdefault(key, []).append(given)
            yield action, data


class FormReader(HTMLParser):
    """The post forms of one page, with what they hold and something sensible where they hold nothing."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.page = page.split("?")[0]
        self.forms: list[Form] = []
        self._form: Form | None = None
        self._select: str | None = None
        self._options: list[tuple[str, bool]] = []
        self._area: str | None = None
        self._text = ""
        self._by_id: dict[str, Form] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            is_post = found.get("method", "get").lower() == "post" or "hx-post" in found
            self._form = Form(found.get("action") or found.get("hx-post") or self.page) if is_post else None
            if self._form is not None:
                self.forms.append(self._form)
                self._by_id[found.get("id", "")] = self._form
        form = self._by_id.get(found["form"]) if found.get("form") else self._form
        if form is None:
            return
        name = found.get("name", "")
        if tag == "input" and name and "disabled" not in found:
            kind = found.get("type", "text")
            if kind in ("checkbox", "radio"):
                if "checked" in found or name == "id":
                    form.fields.append((name, found.get("value", "on")))
            elif kind not in ("file", "submit"):
                form.fields.append((name, found.get("value") or _filled(found)))
        elif tag == "select" and name:
            self._select, self._options = name, []
        elif tag == "option" and self._select:
            self._options.append((found.get("value", ""), "selected" in found))
        elif tag == "textarea" and name:
            self._area, self._text = name, ""
        elif tag == "button" and found.get("type", "submit") == "submit":
            form.buttons.append((found.get("formaction") or form.action, name, found.get("value", "")))

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        if tag == "select" and self._select and self._form:
            chosen = next((value for value, is_chosen in self._options if is_chosen), None)
            if chosen is None and self._options:
                chosen = self._options[0][0]
            self._form.fields.append((self._select, chosen or next((v for v, _ in self._options if v), "")))
        if tag == "select":
            self._select = None
        if tag == "textarea" and self._area is not None:
            if self._form:
                self._form.fields.append((self._area, self._text.removeprefix("\n") or "Some text."))
            self._area = None


def _filled(found: Mapping[str, str]) -> str:
    """What somebody might type into an empty field."""
    kind = found.get("type", "text")
    if kind == "hidden":
        return ""
    if kind == "password":
        return "a long enough password" if found.get("autocomplete") == "current-password" else "lantern light at night"
    if kind == "email" or "email" in found.get("name", ""):
        return EMAIL
    by_kind = {"number": "5", "url": "https://shop.example.com", "tel": "+34 910 000 000", "date": "2026-11-22"}
    return by_kind.get(kind) or found.get("placeholder") or "Something"


def forms_of(page: str, html: str) -> list[Form]:
    reader = FormReader(page)
    reader.feed(html)
    return reader.forms


@dataclass(frozen=True)
class Address:
    """A URL pattern: `route` as written, `places` its (converter, name) pairs."""

    route: str
    name: str
    places: tuple[tuple[str, str], ...]

    def filled(self, values: Mapping[str, list[Any]], most: int = 40) -> list[str]:
        """Its paths with every combination of values; `values` by converter."""
        choices = [values.get(converter, values["str"]) for converter, _name in self.places]
        if len(choices) > 1:  # beside a name a number may be that of a version
            choices = [
                [1, *those] if kind == "int" else those for those, (kind, _) in zip(choices, self.places, strict=True)
            ]
        found: list[str] = []
        for combination in itertools.islice(itertools.product(*choices), most):
            path = self.route
            for value in combination:
                path = re.sub(r"<[^>]+>", str(value), path, count=1)
            found.append(f"/{path}")
        return found


def addresses() -> list[Address]:
    """Every page's pattern but the API's, which its own description lists."""
    return list(_walk(get_resolver().url_patterns, ""))


def _walk(patterns: Any, before: str) -> Iterator[Address]:
    for one in patterns:
        route = before + str(one.pattern).lstrip("^")
        if isinstance(one, URLResolver):
            if not route.startswith("api/"):
                yield from _walk(one.url_patterns, route)
        elif isinstance(one, URLPattern) and not route.startswith("api/"):
            places = tuple((converter or "str", name) for converter, name in re.findall(r"<(?:(\w+):)?(\w+)>", route))
            yield Address(route, one.name or route, places)
