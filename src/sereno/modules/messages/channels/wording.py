"""What a message says: the words of the step, or a text of the shop's own from the editor, in the reader's language.

Invariant: a text is read and filled just before it goes, on today's records.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sereno.engine.templates import render
from sereno.modules.messages import present, texting
from sereno.modules.messages.channels.reaching import Way
from sereno.modules.messages.channels.stopping import STOP_LINE
from sereno.modules.messages.documents import Document, plain_language
from sereno.modules.messages.pointless import check_cart, check_order, check_written
from sereno.modules.messages.writing import tidy, variables_of
from sereno.sdk.channels import Approved, Button, Outgoing
from sereno.sdk.context import Context
from sereno.sdk.ports import Links, Messages

META_LANGUAGES = {"pt": "pt_PT"}
"""How WhatsApp names what we call by two letters, where that differs."""


def own_text(name: str, ctx: Context) -> Document | None:
    """The shop's published text message or WhatsApp message of this name."""
    try:
        return ctx.port(Messages).text(name)
    except LookupError:
        return None


def written(config: Mapping[str, Any], way: Way, purpose: str, ctx: Context) -> Outgoing:
    """Of words that stand in the step. Raises Pointless."""
    check_written(ctx, purpose)
    message = Outgoing(
        to=way.address,
        text=str(config.get("text") or ""),
        title=str(config.get("title") or ""),
        url=str(config.get("url") or ""),
        footer=str(config.get("footer") or ""),
        country=way.country,
        buttons=tuple(button(one, number) for number, one in enumerate(config.get("buttons") or (), start=1)),
        listed=tuple(button(one, number) for number, one in enumerate(config.get("rows") or (), start=1)),
        list_label=str(config.get("list_label") or ""),
        topic=str(config.get("merge") or ""),
    )
    return finished(message, way, purpose, present.language(ctx)[0], ctx)


def templated(document: Document, way: Way, ctx: Context) -> tuple[Outgoing, str]:
    """Of a text of the shop's own, and its language. Raises TemplateFailed, and Pointless."""
    wished, _whose = present.language(ctx)
    locale = document.language(wished, ctx.shop.locale)
    variables = variables_of(document.about, {}, ctx, wished, links_to(way, document.purpose, ctx))
    if document.about == "cart":
        check_cart(ctx.records.get("cart") or {}, variables)
    elif document.about == "order":
        check_order(ctx)

    def said(key: str) -> str:
        return tidy(render(document.text(key, locale, ctx.shop.locale)[0], variables)).strip()

    message = Outgoing(to=way.address, text=said("text"), country=way.country)
    if document.kind == "whatsapp":
        replies = [said(f"button{number}") for number in (1, 2, 3)]
        buttons = tuple(Button(one, id=one) for one in replies if one)
        message = replace(message, title=said("header"), footer=said("footer"), buttons=buttons)
        name = str(document.settings.get("approved_name") or "")
        if name:
            message = replace(message, approved=_approved(name, document, locale, ctx, variables))
    return finished(message, way, document.purpose, wished, ctx), locale


def _approved(name: str, document: Document, locale: str, ctx: Context, variables: Mapping[str, Any]) -> Approved:
    """The values of its places, in their order; no line breaks in them, which WhatsApp refuses."""
    _body, places = texting.placeholders(document.text("text", locale, ctx.shop.locale)[0])
    values = tuple(" ".join(render(place, variables).split()) for place in places)
    return Approved(name, META_LANGUAGES.get(locale, locale), values)


def finished(message: Outgoing, way: Way, purpose: str, wished: str, ctx: Context) -> Outgoing:
    """A text message of marketing says how to get no more of them; where it goes out simpler and cheaper without curly
    quotes and dashes, it does."""
    if way.channel != "sms":
        return message
    text = "\n".join(part for part in (message.text.rstrip(), message.url) if part)
    line = STOP_LINE.get(plain_language(wished), STOP_LINE["en"])
    if purpose == "marketing" and line.rpartition(" ")[2] not in text.upper() and "/unsubscribe/" not in text:
        text = f"{text}\n{line}"
    simpler = text.translate(_TYPOGRAPHY)
    return replace(message, text=simpler if not texting.measure(simpler).odd else text, title="", url="")


def button(said: Any, number: int) -> Button:
    """`Yes, please`, or `yes: Yes, please` with an id of its own, or a label and an address."""
    text = str(said).strip()
    label, _bar, address = text.partition(" | ")
    if address.startswith(("http://", "https://")):
        return Button(label.strip(), url=address.strip())
    own, colon, rest = label.partition(": ")
    if colon and own.isidentifier():
        label, _dash, more = rest.partition(" - ")
        return Button(label.strip(), id=own, description=more.strip())
    label, _dash, more = label.partition(" - ")
    return Button(label.strip(), id=f"choice{number}", description=more.strip())


def links_to(way: Way, purpose: str, ctx: Context) -> dict[str, str]:
    """Where marketing is stopped. Empty where the shop has no pages."""
    if purpose != "marketing":
        return {}
    try:
        links = ctx.port(Links)
    except LookupError:
        return {}
    key = ctx.effect_key
    return {
        "unsubscribe": links.unsubscribe(way.address, way.channel, key),
        "preferences": links.preferences(way.address, way.channel, key),
    }


_TYPOGRAPHY = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "...", "\u00a0": " "})
