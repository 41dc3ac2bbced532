"""What is wrong with a message before anybody gets it: each finding names the block, the language and what to do.

Pure: it reads the document, and the mail as it came out for a real record. Nothing is asked over the network.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

from sereno.engine.templates import TemplateFailed, readings
from sereno.modules.messages import intimacy, liquid, texting, variables
from sereno.modules.messages.blocks import CHOSEN, TextPart
from sereno.modules.messages.branding import Brand
from sereno.modules.messages.compiling import PICTURE, contrast
from sereno.modules.messages.documents import Block, Document
from sereno.modules.messages.markup import LIQUID, has_liquid, links
from sereno.modules.messages.writing import Content

Level = Literal["error", "warning"]

SUBJECT = 60
"""Characters of a subject that a telephone shows."""
PREVIEW = 110
CLIPPED = 102 * 1024
"""Bytes of HTML past which Gmail cuts a mail off."""
HEAVY = 300 * 1024
HEAVY_IN_ALL = 1024 * 1024
READABLE = 4.5
"""Contrast that WCAG asks of text (AA)."""
CARD = "#ffffff"
_LOCAL = re.compile(r"localhost|127\.|0\.0\.0\.0|10\.|192\.168\.|169\.254\.|172\.(1[6-9]|2\d|3[01])\.|\[?::1")
_HOST = re.compile(r"[^\s/?#]+\.[^\s/?#.]{2,}")
ERRORS = frozenset(
    {
        "subject.empty", "liquid.open", "liquid.unended", "liquid.stray", "liquid.tag", "liquid.broken",
        "liquid.unsafe", "variable.unknown", "link.invalid", "link.empty", "link.local", "image.missing",
        "image.gone", "unsubscribe.missing", "mail.broken", "text.empty", "blocks.none", "whatsapp.long",
        "whatsapp.logic", "whatsapp.adjacent", "whatsapp.edge", "whatsapp.part_long", "whatsapp.value_here",
        "whatsapp.name",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """`block` is the id of the block it is in ("" for the message itself), `part` the text or setting, `locale` the
    language it is in ("" for all). `values` are for the sentence. `excerpt` are a line of the text and its carets."""

    code: str
    block: str = ""
    part: str = ""
    locale: str = ""
    values: Mapping[str, Any] = field(default_factory=dict[str, Any])
    line: int = 0
    column: int = 0
    excerpt: tuple[str, str] | None = None

    @property
    def level(self) -> Level:
        return "error" if self.code in ERRORS else "warning"


@dataclass(frozen=True, slots=True)
class Picture:
    """An uploaded picture that is still there."""

    size: int


def check(
    document: Document,
    brand: Brand,
    *,
    shop_locale: str,
    written: Mapping[str, Content | TemplateFailed],
    pictures: Mapping[str, Picture],
) -> list[Finding]:
    """Everything there is to say, errors first, each in the order of the message. `written` is the mail by language on
    a real record, or why it could not be written; `pictures` the shop's uploaded ones by `DIGEST.KIND`."""
    found = [*_texts(document, shop_locale)]
    if document.kind == "email":
        found += _mail(document, brand, shop_locale, written, pictures)
    elif document.kind == "whatsapp":
        found += _whatsapp(document)
    return sorted(found, key=lambda finding: finding.level != "error")


# --- texts --------------------------------------------------------------------------------------


def _texts(document: Document, shop_locale: str) -> Iterator[Finding]:
    for locale in document.languages:
        for key, part, block in document.parts():
            if block is not None and locale in block.hidden:
                continue
            place = {"block": block.id if block is not None else "", "part": part.name, "locale": locale}
            text = document.own_text(key, locale)
            if text:
                yield from _liquid(text, place)
                yield from _too_close(text, document.about, place)
                yield from (_links_of(text, place) if part.shape == "rich" else ())
            elif part.is_needed and not document.text(key, locale, shop_locale)[0]:
                yield from _empty(document, part, block, place)
        missing = document.untranslated(locale)
        if missing:
            other = document.text(missing[0], locale, shop_locale)[1]
            yield Finding("text.untranslated", locale=locale, values={"number": len(missing), "language": other})


def _empty(document: Document, part: TextPart, block: Block | None, place: Mapping[str, str]) -> Iterator[Finding]:
    """A text that is written in no language at all is said once."""
    if place["locale"] != document.languages[0]:
        return
    if block is None:
        code = {"subject": "subject.empty", "preview": "preview.empty"}.get(part.name, "text.empty")
    elif part.name == "alt":
        code = "image.alt"
    else:
        code = "block.empty"
    yield Finding(code, **{**place, "locale": ""})


def _liquid(text: str, place: Mapping[str, str]) -> Iterator[Finding]:
    fault = liquid.fault(text)
    if fault is not None:
        excerpt = liquid.excerpt(text, fault)
        detail = {"detail": fault.detail}
        yield Finding(fault.code, **place, values=detail, line=fault.line, column=fault.column, excerpt=excerpt)
        return
    for reading in readings(text):
        unknown = variables.unknown(reading.path)
        if unknown is None:
            continue
        line = text.split("\n")[reading.line - 1]
        column = line.find(unknown.name) + 1
        shown = liquid.Fault("", reading.line, max(column, 1), len(unknown.name))
        yield Finding(
            "variable.unknown" if unknown.is_root else "variable.unknown_field",
            **place,
            values={"name": unknown.name, "nearest": unknown.nearest or ""},
            line=reading.line,
            column=shown.column,
            excerpt=liquid.excerpt(text, shown),
        )


def _too_close(text: str, about: str, place: Mapping[str, str]) -> Iterator[Finding]:
    if liquid.fault(text) is not None:
        return
    for reading, name, kind in intimacy.values_too_close(readings(text), about):
        yield Finding(f"personal.{kind}", **place, values={"name": name}, line=reading.line)
    for words, kind in intimacy.phrases_too_close(text):
        yield Finding(f"personal.said_{kind}", **place, values={"name": words})


def _links_of(text: str, place: Mapping[str, str]) -> Iterator[Finding]:
    for words, address, line in links(text):
        for code in link_problems(address):
            yield Finding(code, **place, values={"address": address, "words": words}, line=line)


def link_problems(address: str) -> list[str]:
    """Codes of what is wrong with a link, by its words alone. What Liquid makes is not known before."""
    address = address.strip()
    if not address:
        return ["link.empty"]
    start = address.partition("{")[0].lower()
    if has_liquid(address) and (not start or start in ("http://", "https://")):
        return []
    if start.startswith("mailto:"):
        return [] if has_liquid(address) or re.fullmatch(r"mailto:[^@\s]+@[^@\s]+", start) else ["link.invalid"]
    if start.startswith("tel:"):
        return [] if has_liquid(address) or re.fullmatch(r"tel:\+?[\d().-]{3,30}", start) else ["link.invalid"]
    try:
        parts = urlsplit(start)
        host = parts.hostname or ""
    except ValueError:
        return ["link.invalid"]
    if parts.scheme not in ("http", "https") or re.search(r"\s", LIQUID.sub("", address)):
        return ["link.invalid"]
    if _LOCAL.match(host) or host.endswith((".localhost", ".local", ".internal")):
        return ["link.local"]
    if not _HOST.fullmatch(host):
        return ["link.invalid"]
    return ["link.insecure"] if parts.scheme == "http" else []


# --- mails --------------------------------------------------------------------------------------


def _mail(
    document: Document,
    brand: Brand,
    shop_locale: str,
    written: Mapping[str, Content | TemplateFailed],
    pictures: Mapping[str, Picture],
) -> Iterator[Finding]:
    if not document.blocks:
        yield Finding("blocks.none")
    for block in document.walk():
        yield from _block(block, brand, pictures)
    yield from _weight(document, pictures)
    yield from _unsubscribe(document, shop_locale)
    for locale, mail in written.items():
        if isinstance(mail, TemplateFailed):
            yield Finding("mail.broken", locale=locale, values={"detail": str(mail)})
            continue
        if document.own_text("subject", locale) and len(mail.subject) > SUBJECT:
            yield Finding("subject.long", part="subject", locale=locale, values={"number": len(mail.subject)})
        preview = document.own_text("preview", locale)
        if not has_liquid(preview) and len(preview) > PREVIEW:
            yield Finding("preview.long", part="preview", locale=locale, values={"number": len(preview)})
        size = len((mail.html or "").encode())
        if size > CLIPPED:
            yield Finding("mail.clipped", locale=locale, values={"number": round(size / 1024)})


def _block(block: Block, brand: Brand, pictures: Mapping[str, Picture]) -> Iterator[Finding]:
    match block.kind:
        case "button":
            for code in link_problems(str(block.setting("link"))):
                yield Finding(code, block.id, "link", values={"address": block.setting("link"), "words": ""})
            yield from _liquid(str(block.setting("link")), {"block": block.id, "part": "link", "locale": ""})
            yield from _contrast(block, *_button_colours(block, brand))
        case "image":
            yield from _image(block, pictures)
        case "heading" | "text" if block.setting("colour"):
            yield from _contrast(block, str(block.setting("colour")), CARD)
        case "offer":
            yield from _liquid(str(block.setting("code")), {"block": block.id, "part": "code", "locale": ""})
        case "products" if not block.setting("products") and block.setting("by") == CHOSEN:
            yield Finding("products.none", block.id, "products")
        case "columns" if not any(block.columns):
            yield Finding("columns.empty", block.id)
        case _:
            pass


def _image(block: Block, pictures: Mapping[str, Picture]) -> Iterator[Finding]:
    source, link = str(block.setting("source")), str(block.setting("link"))
    if not source:
        yield Finding("image.missing", block.id, "source")
    elif source.startswith(PICTURE):
        held = pictures.get(source.removeprefix(PICTURE))
        if held is None:
            yield Finding("image.gone", block.id, "source")
        elif held.size > HEAVY:
            yield Finding("image.heavy", block.id, "source", values={"number": round(held.size / 1024)})
    else:
        for code in link_problems(source):
            yield Finding(code, block.id, "source", values={"address": source, "words": ""})
    if link:
        for code in link_problems(link):
            yield Finding(code, block.id, "link", values={"address": link, "words": ""})


def _weight(document: Document, pictures: Mapping[str, Picture]) -> Iterator[Finding]:
    sources = {str(block.setting("source")).removeprefix(PICTURE) for block in document.walk() if block.kind == "image"}
    total = sum(held.size for key, held in pictures.items() if key in sources)
    if total > HEAVY_IN_ALL:
        yield Finding("images.heavy", values={"number": round(total / 1024)})


def _button_colours(block: Block, brand: Brand) -> tuple[str, str]:
    background, colour = str(block.setting("background")), str(block.setting("colour"))
    if block.setting("style") == "outline":
        return colour or background or brand.link_colour, CARD
    return colour, background or brand.colour


def _contrast(block: Block, colour: str, background: str) -> Iterator[Finding]:
    if not colour:
        # The one that reads best is chosen by the compiler.
        return
    found = contrast(colour, background)
    if found < READABLE:
        values = {"contrast": f"{found:.1f}", "colour": colour, "background": background}
        yield Finding("contrast.low", block.id, "colour", values=values)


def _unsubscribe(document: Document, shop_locale: str) -> Iterator[Finding]:
    """Marketing must say how to make it stop; an own footer may have forgotten it, in some language."""
    if document.purpose != "marketing":
        return
    for locale in document.languages:
        footers = [block for block in document.blocks if block.kind == "footer" and locale not in block.hidden]
        if not footers:
            continue
        texts = [document.text(key, locale, shop_locale)[0] for key, _part, block in document.parts() if block]
        settings = [str(block.settings.get("link", "")) for block in document.walk()]
        if not _reads(texts + settings, ("links", "unsubscribe")):
            yield Finding("unsubscribe.missing", footers[0].id, "text", locale)


def _reads(texts: Iterable[str], path: Sequence[str]) -> bool:
    for text in texts:
        try:
            if any(tuple(found.path) == tuple(path) for found in readings(text)):
                return True
        except TemplateFailed:
            continue
    return False


# --- WhatsApp -----------------------------------------------------------------------------------


def _whatsapp(document: Document) -> Iterator[Finding]:
    name = str(document.settings.get("approved_name") or "")
    for locale in document.languages:
        for part, code in texting.whatsapp_problems(document.texts.get(locale, {}), name):
            if part != "approved_name":
                yield Finding(code, part=part, locale=locale)
    for part, code in texting.whatsapp_problems({}, name):
        if part == "approved_name":
            yield Finding(code, part=part)
