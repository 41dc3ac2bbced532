"""Messages by name: those that ship, one YAML file each, and a shop's own, which come before a shipped one of the same
name. Compiled once per language; what comes out is Liquid.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import yaml

from sereno.modules.messages import own
from sereno.modules.messages.blocks import KINDS
from sereno.modules.messages.compiling import FOLDER, Template, TemplateInvalid, compile_mail, words
from sereno.modules.messages.documents import LOCALES, Block, Document, Kind, Purpose
from sereno.sdk.config import mark as _
from sereno.store import scope
from sereno.store.database import Database

DEFAULT_LOCALE = "en"
TITLES = {
    "order-confirmation": _("Order confirmation"),
    "order-paid": _("Payment received"),
    "order-shipped": _("On its way"),
    "order-out-for-delivery": _("Out for delivery"),
    "order-delivered": _("Delivered"),
    "order-cancelled": _("Order cancelled"),
    "order-refunded": _("Money returned"),
    "order-changed": _("Order changed"),
    "order-change-refused": _("Order could not be changed"),
    "order-payment-due": _("The rest to pay"),
    "order-pay-now": _("Pay now, and not at the door"),
    "survey-thanks": _("Thanks after the purchase"),
    "survey-request": _("Survey after the purchase"),
    "survey-reminder": _("Survey: a reminder"),
    "survey-answered": _("Survey: thanks for the answer"),
    "welcome-thanks": _("Welcome"),
    "welcome-code": _("Welcome: a code"),
    "welcome-guide": _("Welcome: how to choose"),
    "lead-thanks": _("Lead: thanks and a code"),
    "lead-question": _("Lead: a person who answers"),
    "welcome-reviews": _("Welcome: what others say"),
    "welcome-invitation": _("Welcome: the first order"),
    "inactive-question": _("Silence: is everything all right?"),
    "inactive-incentive": _("Silence: an incentive"),
    "inactive-news": _("Silence: what is new"),
    "inactive-survey": _("Silence: what keeps you away?"),
    "inactive-last-offer": _("Silence: the last offer"),
    "birthday-soon": _("Birthday: some days before"),
    "birthday-wishes": _("Birthday: best wishes"),
    "birthday-reminder": _("Birthday: the present is still here"),
    "birthday-thanks": _("Birthday: thanks for the order"),
    "farewell-question": _("Farewell: shall we keep writing?"),
    "farewell-thanks": _("Farewell: good that you stay"),
    "farewell-last-chance": _("Farewell: the last question"),
    "farewell-goodbye": _("Farewell: goodbye"),
    "waiting-confirm": _("In line: confirm the address"),
    "restock-asked": _("Back in stock, as asked"),
    "restock-notice": _("Back in stock"),
    "restock-incentive": _("Back in stock: an incentive"),
    "restock-reminder": _("Back in stock: a reminder"),
    "restock-last-units": _("Back in stock: the last pieces"),
    "picks-together": _("Goes with what you bought"),
    "picks-related": _("Like what you bought"),
    "picks-interest": _("Chosen for you"),
    "picks-incentive": _("Chosen for you: an incentive"),
    "browse-reminder": _("What you looked at"),
    "browse-help": _("What you looked at: can we help?"),
    "price-drop": _("Costs less now"),
    "wish-low-stock": _("Wish list: few left"),
    "replenish-reminder": _("Time to buy again"),
    "replenish-nudge": _("Time to buy again: a second word"),
    "new-arrivals": _("New of a kind you like"),
    "tier-reached": _("A tier is reached"),
    "points-expiring": _("Points end soon"),
    "vip-thanks": _("Thanks to those who come back"),
    "cart-reminder": _("Cart reminder"),
    "cart-help": _("Cart: can we help?"),
    "cart-reviews": _("Cart: what others say"),
    "cart-incentive": _("Cart: an incentive"),
    "cart-last-chance": _("Cart: last call"),
}

__all__ = [
    "DEFAULT_LOCALE",
    "LOCALES",
    "Template",
    "TemplateInvalid",
    "TemplateName",
    "find",
    "names",
    "template_names",
]


@dataclass(frozen=True, slots=True)
class TemplateName:
    """A message to choose from. `title` is the shop's own; that of a shipped one is to be translated."""

    name: str
    title: str
    kind: Kind
    purpose: Purpose
    about: str
    is_own: bool


@cache
def names() -> tuple[str, ...]:
    """All mails that ship."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))


def template_names(shop: int | None = None, *, database: Database | None = None) -> list[TemplateName]:
    """The mails a step may name: the shop's own as published, by title, then those that ship. Without `shop`: of the
    shop a person is working in."""
    library, shop_id = _library(shop, database)
    held = library.of_shop(shop_id) if library is not None and shop_id is not None else {}
    mine = [
        TemplateName(name, one.title, "email", one.document.purpose, one.document.about, is_own=True)
        for name, one in sorted(held.items(), key=lambda item: item[1].title.lower())
        if one.document.kind == "email"
    ]
    shipped = [
        TemplateName(name, TITLES.get(name, name), "email", found.purpose, found.about, is_own=False)
        for name in names()
        if name not in held
        for found in (shipped_document(name),)
    ]
    return mine + shipped


def title_of(name: str, shop: int | None = None, *, database: Database | None = None) -> tuple[str, bool] | None:
    """What people call the message, and whether that is to be translated; None when there is no such template."""
    library, shop_id = _library(shop, database)
    held = library.find(shop_id, name) if library is not None and shop_id is not None else None
    if held is not None:
        return held.title, False
    return (TITLES.get(name, name), True) if name in names() else None


def purpose_of(name: str, shop: int | None = None, *, database: Database | None = None) -> Purpose | None:
    """Whether a mail needs consent (`marketing`) or not; None when there is no such template."""
    document = published_document(name, shop, database)
    return document.purpose if document is not None else None


def about(name: str, shop: int | None = None, *, database: Database | None = None) -> str | None:
    """The record a template cannot do without: `order`, `cart` or `customer`; None when there is no such template."""
    document = published_document(name, shop, database)
    return document.about if document is not None else None


def find(
    name: str,
    locale: str,
    *,
    shop: int | None = None,
    fallback: str | None = None,
    database: Database | None = None,
) -> Template | None:
    """The shop's own published mail of this name, else the shipped one; in this language, else in `fallback` (the
    shop's), else in English. `locale` of what comes back says which. None when there is no such mail. `pt-BR` is
    Portuguese."""
    library, shop_id = _library(shop, database)
    if library is not None and shop_id is not None:
        found = library.find(shop_id, name)
        if found is not None and found.document.kind == "email":
            return found.compiled(locale, fallback)
    if name not in names():
        return None
    return _compiled(name, shipped_document(name).language(locale, fallback))


@cache
def shipped_document(name: str) -> Document:
    """A shipped mail as a document, as if it had been made in the editor: the way to begin one's own with it. Raises
    LookupError."""
    if name not in names():
        raise LookupError(f"there is no mail {name!r} that ships")
    held: dict[str, Any] = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    missing = [locale for locale in LOCALES if locale not in held["texts"]]
    if missing:
        raise TemplateInvalid(f"{name}: no texts in {', '.join(missing)}")
    texts = {locale: {key: said[key] for key in ("subject", "preview")} for locale, said in held["texts"].items()}
    blocks = tuple(
        _shipped_block(f"b{number}", entry, held["texts"], texts)
        for number, entry in enumerate(held["blocks"], start=1)
    )
    return Document("email", held["purpose"], held["about"], LOCALES, blocks, texts)


def _shipped_block(
    id_: str,
    entry: str | Mapping[str, Mapping[str, str]],
    said: Mapping[str, Mapping[str, str]],
    texts: Mapping[str, dict[str, str]],
) -> Block:
    """A block of a file; its texts go into `texts`. `text: word.x` is one of the words all mails share."""
    kind, given = (entry, {}) if isinstance(entry, str) else next(iter(entry.items()))
    parts = {part.name for part in KINDS[kind].texts} | {"text"}
    settings = {name: value for name, value in given.items() if name not in parts | {"url"}}
    if "url" in given:
        settings["link"] = f"{{{{ {given['url']} }}}}"
    for name in parts & given.keys():
        part, key = "label" if kind == "button" else name, given[name]
        for locale, found in said.items():
            word = words(locale).get(key.removeprefix("word.")) if key.startswith("word.") else found.get(key)
            if word is None:
                raise TemplateInvalid(f"nothing says {key!r} in {locale}")
            texts[locale][f"{id_}.{part}"] = word
    usual = {setting.name: setting.default for setting in KINDS[kind].settings}
    return Block(id_, kind, {name: value for name, value in settings.items() if value != usual[name]})


@lru_cache(maxsize=512)
def _compiled(name: str, locale: str) -> Template:
    return compile_mail(shipped_document(name), locale, name=name)


def published_document(name: str, shop: int | None, database: Database | None = None) -> Document | None:
    """The shop's own published message of this name, else the shipped one; None when there is neither."""
    library, shop_id = _library(shop, database)
    if library is not None and shop_id is not None:
        found = library.find(shop_id, name)
        if found is not None:
            return found.document
    return shipped_document(name) if name in names() else None


def _library(shop: int | None, database: Database | None) -> tuple[own.Library | None, int | None]:
    """Where the shop's own are: of the shop asked for, else of that a person is working in, else nowhere."""
    if shop is not None:
        return own.library(database), shop
    current = scope.current()
    if current is None or current.shop_id is None:
        return None, None
    return own.library(database or current.database), current.shop_id


def known_names() -> Sequence[str]:
    """What a step may name where the code now runs, for saying so."""
    return [one.name for one in template_names()]
