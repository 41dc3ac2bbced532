"""The mails that ship: one YAML file each, holding its purpose, its blocks and its texts in every language.

Compiled once per (name, language): blocks and texts become one MJML document and one plain text, MJML becomes HTML, and
the result is Liquid that is filled in per recipient. Texts are written by us; what they quote is escaped by Liquid.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Literal

import yaml

Purpose = Literal["transactional", "marketing"]

LOCALES = ("en", "es", "pt", "ro")
DEFAULT_LOCALE = "en"
_FOLDER = Path(__file__).parent / "templates"
_PLACE = re.compile(r"\[\[([a-z_.]+)\]\]")
_LIQUID = re.compile(r"(\{\{.*?\}\}|\{%.*?%\})", re.DOTALL)
_ESCAPED = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


class TemplateInvalid(ValueError):  # noqa: N818
    """A template file that cannot be compiled; the message names the file and what is wrong."""


@dataclass(frozen=True, slots=True)
class Template:
    """A mail in one language. `subject`, `html` and `text` are Liquid; `about` is the record it cannot do without."""

    name: str
    locale: str
    purpose: Purpose
    about: str
    subject: str
    html: str
    text: str


@cache
def names() -> tuple[str, ...]:
    """All templates that ship."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.yaml")))


def purpose_of(name: str) -> Purpose | None:
    """Whether a mail needs consent (`marketing`) or not; None when there is no such template."""
    return _document(name)["purpose"] if name in names() else None


def about(name: str) -> str:
    """The record a template cannot do without: `order` or `cart`."""
    return _document(name)["about"]


def find(name: str, locale: str) -> Template | None:
    """The template in this language, else in English; `locale` of what comes back says which. None when there is no
    such template. `pt-BR` is Portuguese."""
    if name not in names():
        return None
    language = locale.replace("_", "-").partition("-")[0].lower()
    return _compiled(name, language if language in _document(name)["texts"] else DEFAULT_LOCALE)


@lru_cache(maxsize=512)
def _compiled(name: str, locale: str) -> Template:
    # Imported when first wanted: an idle process should be small.
    import mrml

    document = _document(name)
    texts: Mapping[str, str] = document["texts"][locale]
    parts = [_block(entry, texts, locale, name) for entry in document["blocks"]]
    footer_html, footer_text = _footer(document["purpose"], locale)
    layout = (_FOLDER / "layout.mjml").read_text(encoding="utf-8")
    places = {
        "locale": locale,
        "subject": _markup(texts["subject"]),
        "preview": _markup(texts["preview"]),
        "blocks": "\n".join(mjml for mjml, _text in parts),
        "footer": footer_html,
    }
    # No fonts: a mail loads nothing from elsewhere.
    html = mrml.to_html(_fill(layout, places, name), render_options=mrml.RenderOptions(fonts={})).content
    body = [text.strip() for _mjml, text in parts]
    return Template(
        name=name,
        locale=locale,
        purpose=document["purpose"],
        about=document["about"],
        subject=texts["subject"],
        html=html,
        text="\n\n".join([*(text for text in body if text), f"-- \n{footer_text}"]),
    )


def _block(
    entry: str | Mapping[str, Mapping[str, str]], texts: Mapping[str, str], locale: str, name: str
) -> tuple[str, str]:
    """A block as MJML and as plain text, with its places filled."""
    kind, given = (entry, {}) if isinstance(entry, str) else next(iter(entry.items()))
    mjml, text = _source(kind)
    words = _words(locale)
    places = {f"word.{key}": word for key, word in words.items()}
    for key, value in given.items():
        places[key] = places[value] if value in places else texts.get(value, value)
    marked = {key: value if key == "url" else _markup(value) for key, value in places.items()}
    return _fill(mjml, marked, name), _fill(text, places, name)


def _footer(purpose: str, locale: str) -> tuple[str, str]:
    """Why the reader gets this, who writes, and for marketing how to make it stop."""
    words = _words(locale)
    why = words[f"footer_{purpose}"]
    address = "{% if store.postal_address %}{{ store.name }} · {{ store.postal_address }}{% endif %}"
    html = f"{_markup(why)}<br />{address}"
    text = f"{why}\n{address}"
    if purpose == "marketing":
        ways = ("preferences", "unsubscribe")
        html += "<br />" + " · ".join(f'<a href="{{{{ links.{way} }}}}">{_markup(words[way])}</a>' for way in ways)
        text += "".join(f"\n{words[way]}: {{{{ links.{way} }}}}" for way in ways)
    return html, text


def _fill(source: str, places: Mapping[str, str], name: str) -> str:
    def value(match: re.Match[str]) -> str:
        found = places.get(match.group(1))
        if found is None:
            raise TemplateInvalid(f"{name}: nothing fills [[{match.group(1)}]]")
        return found

    return _PLACE.sub(value, source)


def _markup(text: str) -> str:
    """Our own text as markup: what is Liquid stays, the rest is escaped; an empty line is a new paragraph."""
    parts = _LIQUID.split(text)
    parts[::2] = [re.sub("[&<>]", lambda found: _ESCAPED[found[0]], part) for part in parts[::2]]
    return "".join(parts).replace("\n\n", "<br /><br />")


@cache
def _document(name: str) -> dict[str, Any]:
    document = yaml.safe_load((_FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    missing = [locale for locale in LOCALES if locale not in document["texts"]]
    if missing:
        raise TemplateInvalid(f"{name}: no texts in {', '.join(missing)}")
    return document


@cache
def _source(kind: str) -> tuple[str, str]:
    path = _FOLDER / "blocks" / f"{kind}.mjml"
    if not path.is_file():
        raise TemplateInvalid(f"there is no block {kind!r}")
    mjml, _mark, text = path.read_text(encoding="utf-8").partition("=== text\n")
    return mjml, text


@cache
def _words(locale: str) -> dict[str, str]:
    return yaml.safe_load((_FOLDER / "words" / f"{locale}.yaml").read_text(encoding="utf-8"))
