"""A message written to many: compiled once for each language, filled in for each reader.

Invariant: what goes out is the message as it was kept when it was scheduled, whatever became of it in the editor since.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sereno.engine.templates import TemplateFailed, readings
from sereno.modules.messages import documents, present, templates
from sereno.modules.messages.addressing import CHANNEL
from sereno.modules.messages.blocks import ABOUT
from sereno.modules.messages.compiling import Template, TemplateInvalid, compile_mail
from sereno.modules.messages.consent import refusal
from sereno.modules.messages.documents import Document, DocumentInvalid, plain_language, read
from sereno.modules.messages.posting import mail_of
from sereno.modules.messages.telling import customer_of
from sereno.modules.messages.tracking import Stamp, tracking_of
from sereno.modules.messages.writing import Content, write
from sereno.sdk.context import Context, ShopFacts
from sereno.sdk.newsletters import Press, Unwritable
from sereno.sdk.ports import Consents, Links, Mail

PURPOSE = "marketing"
OF_A_FLOW = frozenset({"event", "vars", "product", "shipment", "refund"})
"""What a message reads only where something happened: a newsletter has none of it, and would leave holes."""


def freeze(shop_id: int, name: str) -> dict[str, Any]:
    """The published message of this name as a document to keep. Raises ValueError for one a newsletter cannot be."""
    document = templates.published_document(name, shop_id)
    if document is None:
        raise ValueError(f"there is no published message {name!r}: publish it, or choose another")
    if document.kind != "email" or document.purpose != PURPOSE or document.about != "customer":
        raise ValueError(f"{name} is not a marketing mail about a customer: choose or write one that is")
    if (missing := of_a_flow(document)) is not None:
        raise ValueError(f"{name} speaks of what happened ({missing}), which a newsletter has not: choose another")
    return documents.write(document)


def of_a_flow(document: Document) -> str | None:
    """What the message tells that only a flow can fill in, as the template names it; None for one fit for anybody."""
    if any(block.kind == "products" and block.setting("by") == ABOUT for block in document.walk()):
        return "products"
    texts = [text for words in document.texts.values() for text in words.values()]
    texts += [value for block in document.walk() for value in block.settings.values() if isinstance(value, str)]
    for text in texts:
        try:
            read_here = [one.path for one in readings(text) if one.path[0] in OF_A_FLOW]
        except TemplateFailed:
            continue
        if read_here:
            return ".".join(map(str, read_here[0]))
    return None


def choices(shop_id: int) -> list[tuple[str, str, bool]]:
    """The messages a newsletter may be: name, title, and whether the title is the shop's own."""
    return [
        (one.name, one.title, one.is_own)
        for one in templates.template_names(shop_id)
        if (one.purpose, one.about) == (PURPOSE, "customer")
        and (document := templates.published_document(one.name, shop_id)) is not None
        and of_a_flow(document) is None
    ]


def refused(
    consents: Consents, address: str, customer: Mapping[str, Any] | None, topic: str | None = None
) -> str | None:
    """Why they may not be written to about this, as a code; None when they may."""
    return refusal(consents, address, PURPOSE, customer, None, topic=topic)


class ShopPresses:
    """The `Presses` port of one shop."""

    def __init__(self, shop: ShopFacts) -> None:
        self._shop = shop

    def press(self, document: Mapping[str, Any], subjects: Mapping[str, str]) -> Press:
        try:
            return _Press(read(document), dict(subjects), self._shop.locale)
        except (DocumentInvalid, TemplateInvalid, TemplateFailed) as error:
            raise Unwritable("newsletter.broken", str(error)) from error


class _Press:
    def __init__(self, document: Document, subjects: Mapping[str, str], fallback: str) -> None:
        self._document, self._fallback = document, fallback
        said = {name: subjects[name] for name in document.languages if subjects.get(name)}
        # Where they are in none of the message's languages, one is for all readers.
        other = subjects.get(fallback) or next(iter(subjects.values()), "")
        subjects = self._seconds = said or (dict.fromkeys(document.languages, other) if other else {})
        self._templates = {
            (language, variant): self._compiled(language, subjects if variant == "b" else {})
            for language in document.languages
            for variant in ("a", "b")
        }

    def write(self, ctx: Context, to: str, variant: str) -> Mail:
        links = ctx.port(Links)
        key = ctx.effect_key
        ways = {"unsubscribe": links.unsubscribe(to, CHANNEL, key), "preferences": links.preferences(to, CHANNEL, key)}
        content = self._followed(self.content(ctx, ways, variant), to, ctx, links)
        return mail_of(content, to, PURPOSE, ways, ctx)

    def content(self, ctx: Context, links: Mapping[str, str], variant: str) -> Content:
        """The words for this reader. Raises Unwritable."""
        wished, whose = present.language(ctx)
        language = self._document.language(wished, self._fallback)
        template = self._templates[language, "b" if variant == "b" else "a"]
        locale = wished if language == plain_language(wished) else language
        try:
            return write(template, ctx, locale, whose, links)
        except TemplateFailed as error:
            raise Unwritable("template.failed", str(error)) from error

    def _followed(self, content: Content, to: str, ctx: Context, links: Links) -> Content:
        tracking = tracking_of(ctx.shop.settings, PURPOSE, ctx.flow, ctx.flow)
        stamp = Stamp(ctx.shop.id, ctx.effect_key, to, int(ctx.now.timestamp()), customer_of(ctx), ctx.flow)
        html, plain = links.tracked(content.html, content.text, stamp, tracking)
        return replace(content, html=html, text=plain)

    def is_tried(self, ctx: Context) -> bool:
        wished, _whose = present.language(ctx)
        return self._document.language(wished, self._fallback) in self._seconds

    def refusal(
        self, consents: Consents, address: str, customer: Mapping[str, Any] | None, topic: str | None = None
    ) -> str | None:
        return refused(consents, address, customer, topic)

    def _compiled(self, language: str, subjects: Mapping[str, str]) -> Template:
        found = compile_mail(self._document, language, name="newsletter", fallback=self._fallback)
        subject = subjects.get(language, "")
        return replace(found, subject=subject) if subject else found
