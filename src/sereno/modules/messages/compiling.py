"""From a document to a mail that Liquid fills in per reader: blocks become MJML, MJML becomes HTML, texts become plain
text beside it. Shipped mails and a shop's own pass through here alike.

Invariant: only what stands in the block files is markup; texts are escaped, and their Liquid is put back at the end.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from sereno.engine.templates import TemplateFailed, readings
from sereno.modules.messages.blocks import ABOUT
from sereno.modules.messages.documents import Block, Document, Purpose
from sereno.modules.messages.markup import (
    Tokens,
    anchor,
    escape,
    guarded,
    has_liquid,
    line_html,
    plain_line,
    rich_html,
    rich_plain,
)
from sereno.modules.messages.shelves import shelf_of

FOLDER = Path(__file__).parent / "templates"
PICTURE = "picture:"
"""How a picture that was uploaded is named in a document; where it is served is known when the mail is written."""
_PLACE = re.compile(r"\[\[([a-z_.]+)\]\]")
_NOT_A_NAME = re.compile(r"[^a-z0-9_-]")
_HEADINGS = {"large": (27, 34), "medium": (22, 29), "small": (18, 26)}
_TEXTS = {"ordinary": (16, 26), "small": (14, 22)}
_HEADING_COLOUR, _TEXT_COLOUR = "#1d1b18", "#403d38"
_AROUND = 36
"""Pixels between a block and the edge of the mail."""


class TemplateInvalid(ValueError):  # noqa: N818
    """A template that cannot be compiled; the message names it and what is wrong."""


@dataclass(frozen=True, slots=True)
class Template:
    """A mail in one language. `subject`, `html` and `text` are Liquid; `about` is the record it cannot do without.
    `shelves` are the products it shows, by block. `version` is None for what ships and for a draft. `wants` are Liquid
    that must give something for the mail to be worth sending, each with the reason where it does not."""

    name: str
    locale: str
    purpose: Purpose
    about: str
    subject: str
    html: str
    text: str
    shelves: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    version: int | None = None
    wants: tuple[tuple[str, str], ...] = ()


def compile_mail(
    document: Document,
    locale: str,
    *,
    name: str,
    fallback: str | None = None,
    version: int | None = None,
    is_draft: bool = False,
) -> Template:
    """The mail in one of the document's languages; a text that is missing there is taken from another. In a draft a
    text whose Liquid is broken is shown as it was typed; otherwise it raises TemplateFailed. `name` is for messages."""
    # Imported when first wanted: an idle process should be small.
    import mrml

    mail = _Mail(document, locale, fallback, name, is_draft)
    subject, preview = mail.said("subject"), mail.said("preview")
    sections, texts = mail.body()
    footer_html, footer_text = mail.footer()
    places = {
        "locale": locale,
        "subject": escape(mail.tokens.take(subject)),
        "preview": escape(mail.tokens.take(preview)),
        "sections": sections,
        "footer": footer_html,
    }
    layout = (FOLDER / "layout.mjml").read_text(encoding="utf-8")
    # No fonts: a mail loads nothing from elsewhere.
    try:
        html = mrml.to_html(fill(layout, places, name), render_options=mrml.RenderOptions(fonts={})).content
    except Exception as error:
        # mrml raises exceptions of no class of its own.
        raise TemplateInvalid(f"{name}: {error}") from error
    return Template(
        name=name,
        locale=locale,
        purpose=document.purpose,
        about=document.about,
        subject=subject,
        html=mail.tokens.put_back(html),
        text="\n\n".join([*(text for text in texts if text), f"-- \n{footer_text}"]),
        shelves=mail.shelves,
        version=version,
        wants=mail.wants(),
    )


class _Mail:
    """One compilation."""

    def __init__(self, document: Document, locale: str, fallback: str | None, name: str, is_draft: bool) -> None:
        self.tokens = Tokens()
        self.shelves: dict[str, tuple[str, ...]] = {}
        self._document = document
        self._locale = locale
        self._fallback = fallback
        self._name = name
        self._is_draft = is_draft
        self._words = words(locale)

    def wants(self) -> tuple[tuple[str, str], ...]:
        """Of the blocks without which the mail is not to go."""
        found = [
            one
            for one in self._document.walk()
            if (one.settings.get("is_needed") or one.settings.get("by") == ABOUT) and self._locale not in one.hidden
        ]
        return tuple(
            ("offer.none", self._sound(str(block.setting("code"))))
            if block.kind == "offer"
            else ("product.sold_out", f'{{% if shelves["{block.id}"].size > 0 %}}yes{{% endif %}}')
            if block.kind == "products"
            else ("reviews.none", "{% if reviews.size > 0 %}yes{% endif %}")
            for block in found
        )

    def said(self, key: str) -> str:
        """The text of a key. Its Liquid is sound."""
        text, _language = self._document.text(key, self._locale, self._fallback)
        return self._sound(text)

    def _sound(self, text: str) -> str:
        if not has_liquid(text):
            return text
        try:
            readings(text)
        except TemplateFailed:
            if not self._is_draft:
                raise
            return text.replace("{{", "{ {").replace("{%", "{ %")
        return text

    def body(self) -> tuple[str, list[str]]:
        """The sections as MJML, and the blocks' plain texts."""
        sections: list[str] = []
        column: list[str] = []
        texts: list[str] = []
        for block in self._document.blocks:
            if self._locale in block.hidden or block.kind == "footer":
                continue
            if block.kind != "columns":
                mjml, text = self.block(block, _AROUND)
                column.append(mjml)
                texts.append(text)
                continue
            if column:
                sections.append(_section([column]))
                column = []
            parts = [[self.block(one, 12) for one in held if self._locale not in one.hidden] for held in block.columns]
            texts += [text for part in parts for _mjml, text in part]
            sections.append(_section([[mjml for mjml, _text in part] for part in parts], padding="0 24px"))
        if column or not sections:
            sections.append(_section([column]))
        return "\n".join(sections), texts

    def block(self, block: Block, side: int) -> tuple[str, str]:
        """A block as MJML and as plain text, with its places filled."""
        places = {f"word.{key}": word for key, word in self._words.items()}
        html = {key: escape(self.tokens.take(word)) for key, word in places.items()} | {"side": f"{side}px"}
        for part in block.type.texts:
            text = self.said(f"{block.id}.{part.name}")
            html[part.name] = (rich_html if part.shape == "rich" else line_html)(text, self.tokens)
            places[part.name] = (rich_plain if part.shape == "rich" else plain_line)(text)
        for setting in block.type.settings:
            value = block.setting(setting.name)
            shown = ("true" if value else "false") if setting.shape == "toggle" else str(value)
            html[setting.name] = places[setting.name] = shown
        return self._render(block, html, places)

    def _render(self, block: Block, html: dict[str, str], places: dict[str, str]) -> tuple[str, str]:
        mjml, text = source(block.kind)
        match block.kind:
            case "heading":
                html["look"] = _type(_HEADINGS[html["size"]], html["colour"] or _HEADING_COLOUR)
            case "text":
                html["look"] = _type(_TEXTS[html["size"]], html["colour"] or _TEXT_COLOUR)
            case "button":
                html["look"], places["address"] = _button_look(block), self._sound(places["link"])
                return self._with_address(mjml, html, places["address"]), fill(text, places, self._name)
            case "image":
                return self._image(block, mjml, html), fill(text, places, self._name)
            case "offer":
                places["code"] = self._sound(places["code"])
                html["code"] = escape(self.tokens.take(places["code"]))
                html["label"] = html["label"] or html["word.your_code"]
                places["label"] = places["label"] or places["word.your_code"]
            case "products":
                self.shelves[block.id] = shelf_of(block.setting("by"), block.setting("most"), block.setting("products"))
                html["id"] = places["id"] = block.id
                html["label"] = html["label"] or html["word.look"]
            case "scale":
                for name in ("survey", "question"):
                    # It stands inside Liquid, as it is.
                    html[name] = places[name] = _NOT_A_NAME.sub("", places[name])
            case _:
                pass
        return fill(mjml, html, self._name), fill(text, places, self._name)

    def _image(self, block: Block, mjml: str, html: dict[str, str]) -> str:
        address = str(html["source"])
        if address.startswith(PICTURE):
            address = "{{ store.media_url }}/media/" + address.removeprefix(PICTURE)
            # The shop's own address is a page's, and the file's name is a hash.
            html["address"] = self.tokens.take(address)
            found = fill(mjml, {**html, "look": self._image_look(block, html)}, self._name)
        else:
            html["look"] = self._image_look(block, html)
            found = self._with_address(mjml, html, self._sound(address))
        if not found and self._is_draft:
            mjml, _text = source("missing")
            return fill(mjml, {**html, "text": html["alt"] or "&#8230;"}, self._name)
        return found

    def _image_look(self, block: Block, html: dict[str, str]) -> str:
        look = f'width="{html["width"]}px"' + (' border-radius="10px"' if block.setting("is_round") else "")
        link = guarded(self._sound(html["link"]), self.tokens)
        return f'{look} href="{link}"' if link else look

    def _with_address(self, mjml: str, html: Mapping[str, str], address: str) -> str:
        return anchor(
            address,
            self.tokens,
            lambda found: fill(mjml, {**html, "address": found}, self._name),
            around=lambda liquid: f"<mj-raw>{liquid}</mj-raw>",
        )

    def footer(self) -> tuple[str, str]:
        """The document's own footer, else why the reader gets this, who writes, and for marketing how to stop it."""
        for block in self._document.blocks:
            if block.kind == "footer" and self._locale not in block.hidden:
                text = self.said(f"{block.id}.text")
                return rich_html(text, self.tokens), rich_plain(text)
        purpose = self._document.purpose
        why = self._words[f"footer_{purpose}"]
        address = "{% if store.postal_address %}{{ store.name }} · {{ store.postal_address }}{% endif %}"
        html = f"{escape(self.tokens.take(why))}<br />{self.tokens.take(address)}"
        text = f"{why}\n{address}"
        if purpose == "marketing":
            ways = {"preferences": "{{ links.preferences }}", "unsubscribe": "{{ links.unsubscribe }}"}
            html += "<br />" + " · ".join(
                f'<a href="{self.tokens.take(way)}">{escape(self._words[key])}</a>' for key, way in ways.items()
            )
            text += "".join(f"\n{self._words[key]}: {way}" for key, way in ways.items())
        return html, text


def fill(source_text: str, places: Mapping[str, str], name: str) -> str:
    """Raises TemplateInvalid for a place that nothing fills."""

    def value(match: re.Match[str]) -> str:
        found = places.get(match.group(1))
        if found is None:
            raise TemplateInvalid(f"{name}: nothing fills [[{match.group(1)}]]")
        return found

    return _PLACE.sub(value, source_text)


@cache
def source(kind: str) -> tuple[str, str]:
    """A block's file: its MJML and its plain text."""
    path = FOLDER / "blocks" / f"{kind}.mjml"
    if not path.is_file():
        raise TemplateInvalid(f"there is no block {kind!r}")
    mjml, _mark, text = path.read_text(encoding="utf-8").partition("=== text\n")
    return mjml, text


@cache
def words(locale: str) -> dict[str, str]:
    """What the blocks say by themselves, in one of our languages."""
    return yaml.safe_load((FOLDER / "words" / f"{locale}.yaml").read_text(encoding="utf-8"))


def _section(columns: Iterable[Iterable[str]], padding: str = "0") -> str:
    held = "\n".join("<mj-column>\n{}\n</mj-column>".format("\n".join(blocks)) for blocks in columns)
    return f'<mj-section padding="{padding}">\n{held}\n</mj-section>'


def _type(size: tuple[int, int], colour: str) -> str:
    return f'font-size="{size[0]}px" line-height="{size[1]}px" color="{colour}"'


def _button_look(block: Block) -> str:
    background, colour = str(block.setting("background")), str(block.setting("colour"))
    if block.setting("style") == "outline":
        line = background or "{{ store.link_color }}"
        return f'background-color="transparent" border="2px solid {line}" color="{colour or line}"'
    if not background:
        return f'color="{colour}"' if colour else ""
    return f'background-color="{background}" color="{colour or readable_on(background)}"'


def readable_on(background: str) -> str:
    """Black or white: the one that is read more easily on this colour."""
    return "#ffffff" if contrast("#ffffff", background) >= contrast("#111111", background) else "#111111"


def contrast(one: str, other: str) -> float:
    """By WCAG 2: from 1 (none) to 21; text wants 4.5. Colours are `#rrggbb`."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear: list[Any] = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
