"""Messages as they would really look: the shop's own records, the real compiler, the real Liquid. Nothing leaves."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal

from django.core.cache import cache
from django.utils.translation import gettext as _

from sereno.engine.templates import TemplateFailed, compiled
from sereno.modules.catalog.models import Variant
from sereno.modules.customers.models import Customer
from sereno.modules.messages import branding, writing
from sereno.modules.messages.checks import Finding, Picture, check
from sereno.modules.messages.compiling import TemplateInvalid, compile_mail
from sereno.modules.messages.documents import Document, write
from sereno.modules.messages.sample import sample_event, sample_records, sample_results
from sereno.modules.messages.unsubscribe import SignedLinks, SurveyLinks
from sereno.modules.messages.writing import Content
from sereno.modules.orders.models import Cart, Order
from sereno.modules.recommendations.port import LiveRecommendations
from sereno.runtime.products import ProductLookup
from sereno.runtime.records import Records
from sereno.sdk.context import Context, ShopFacts
from sereno.sdk.plugin import registry
from sereno.sdk.ports import Products, Recommendations
from sereno.store import secrets
from sereno.store.database import default_database
from sereno.store.documents import encode
from sereno.store.models import MessagePicture, Shop
from sereno.web.formats import money
from sereno.web.wiring import wiring

Look = Literal["desktop", "phone", "text", "dark"]
LOOKS: tuple[Look, ...] = ("desktop", "phone", "text", "dark")
OFFERED = 12
"""How many of the newest records can be chosen to look at a message with."""
KEPT_FOR = 60
"""Seconds for which a mail that nobody changed is not written anew for the checks; the preview always is."""
ROOTS = ("customer", "order", "cart", "product")
_DARK = re.compile(r"@media\s*\(prefers-color-scheme:\s*dark\)")


@dataclass(frozen=True, slots=True)
class Stage:
    """What a message is looked at with: a record of the shop, or an invented one (`key` is empty)."""

    shop: Shop
    facts: ShopFacts
    about: str
    key: str
    records: Mapping[str, Mapping[str, Any] | None]
    is_flow: bool = True
    """Whether it is shown with samples of what only a flow could tell it; else those places are empty, as they would be
    in a newsletter."""
    _known: dict[Any, Any] = field(default_factory=dict[Any, Any])
    """What was worked out already: one page writes a message in many pieces and languages."""

    def variables(self, shelves: Mapping[str, Sequence[str]], locale: str, about: str, to: str) -> dict[str, Any]:
        key = (about, locale, to, *((block, tuple(keys)) for block, keys in shelves.items()))
        if key not in self._known:
            context = self.context(locale)
            self._known[key] = writing.variables_of(about, shelves, context, locale, _links(self.shop, to))
        found: dict[str, Any] = self._known[key]
        return found

    def context(self, locale: str) -> Context:
        """As an effect about this record would have it now, for a reader of this language."""
        now = datetime.now(UTC)
        lookup = _Shelves(self)

        def find(kind: type[Any]) -> Any:
            if kind is Products:
                return lookup
            if kind is Recommendations:
                return LiveRecommendations(default_database(), self.shop.pk)
            raise LookupError(kind)

        subject = f"{self.about}:{self.key}"
        refs = {self.about: self.key} if self.key else {}
        records, data, found = self.records, dict[str, Any](), dict[str, Any]()
        if self.is_flow:
            product, title = self._product()
            data = sample_event(product, title, now)
            found = sample_results(self.facts.currency, now, with_code=not self.facts.settings.get("recovery_code"))
            if product and not records.get("product"):
                records = {**records, "product": lookup.today((product,)).get(product)}
        event = {"type": f"{self.about}.updated", "subject": subject, "occurred_at": now.isoformat(), "data": data}
        return Context("preview", 1, "preview", "preview", subject, self.facts, refs, records, event, found, now, find)

    def _product(self) -> tuple[str, str]:
        """Of the shop's products the one that messages about any product are looked at with; empty without one."""
        if "product" not in self._known:
            rows = Variant.objects.filter(shop=self.shop).order_by("key").values_list("key", "title")
            self._known["product"] = rows.first() or ("", "")
        key, title = self._known["product"]
        return key, title or ""


class _Shelves:
    """The shop's products, each read once for a page."""

    def __init__(self, where: Stage) -> None:
        self._where = where

    def today(self, variants: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
        key = ("products", *variants)
        if key not in self._where._known:
            lookup = ProductLookup(default_database(), registry(), self._where.shop.pk)
            self._where._known[key] = lookup.today(variants)
        found: Mapping[str, Mapping[str, Any]] = self._where._known[key]
        return found


def facts_of(shop: Shop) -> ShopFacts:
    return ShopFacts(
        shop.pk, shop.name, shop.currency, shop.timezone, shop.locale, wiring().base_url, shop.settings or {}
    )


def brand_of(shop: Shop) -> branding.Brand:
    return branding.read(shop.settings or {}, wiring().base_url)


def choices(shop: Shop, about: str) -> list[tuple[str, str]]:
    """The newest records of this kind, with what to call them."""
    if about == "order":
        orders = Order.objects.filter(shop=shop, placed_at__gt=0).defer("data").order_by("-placed_at")[:OFFERED]
        return [
            (row.key, _named(row.number or row.key, row.email, row.total, _currency(row.currency, shop)))
            for row in orders
        ]
    if about == "cart":
        carts = Cart.objects.filter(shop=shop, changed_at__gt=0, completed_at=None).defer("data")
        newest = sorted(carts.order_by("-changed_at")[:OFFERED], key=lambda row: not row.email)
        return [(row.key, _named(_("Cart"), row.email, row.total, _currency(row.currency, shop))) for row in newest]
    people = Customer.objects.filter(shop=shop, last_order_at__gt=0).defer("data").order_by("-last_order_at")
    return [(row.key, str(row.name or row.email or row.key)) for row in people[:OFFERED]]


def stage(
    shop: Shop, about: str, key: str, *, is_offered: Sequence[tuple[str, str]] = (), is_flow: bool = True
) -> Stage:
    """With the record of this key; without a key the newest of those offered; without any an invented one."""
    facts = facts_of(shop)
    if not key and is_offered:
        key = is_offered[0][0]
    if key:
        found = _read(shop, about, key)
        if found is not None:
            return Stage(shop, facts, about, key, found, is_flow)
    return Stage(shop, facts, about, "", sample_records(shop.currency, datetime.now(UTC)), is_flow)


def render(document: Document, where: Stage, locale: str, *, to: str = "") -> Content:
    """The draft in one language. Raises TemplateFailed."""
    try:
        template = compile_mail(document, locale, name="draft", fallback=where.facts.locale, is_draft=True)
    except TemplateInvalid as error:
        raise TemplateFailed(str(error)) from error
    variables = where.variables(template.shelves, locale, document.about, to)
    # Past the cache of templates: every state of a draft would fill it with what is never sent.
    subject = compiled.__wrapped__(template.subject, "text")(variables)
    text = compiled.__wrapped__(template.text, "text")(variables)
    html = compiled.__wrapped__(template.html, "html")(variables)
    return Content(" ".join(subject.split()), writing.tidy(text), html, locale, None)


def render_line(text: str, where: Stage, locale: str, about: str) -> str:
    """A text of a message that is not a mail. Raises TemplateFailed."""
    return compiled.__wrapped__(text, "text")(where.variables({}, locale, about, ""))


def findings(document: Document, where: Stage) -> tuple[list[Finding], dict[str, Content | TemplateFailed]]:
    """What the checks say, and the mail in each language as they saw it."""
    written: dict[str, Content | TemplateFailed] = {}
    if document.kind == "email":
        for locale in document.languages:
            written[locale] = _written(document, where, locale)
    held = MessagePicture.objects.filter(shop=where.shop).values_list("digest", "kind", "size")
    pictures = {f"{digest}.{kind}": Picture(size) for digest, kind, size in held}
    brand = brand_of(where.shop)
    found = check(document, brand, shop_locale=where.facts.locale, written=written, pictures=pictures)
    return found, written


def _written(document: Document, where: Stage, locale: str) -> Content | TemplateFailed:
    """The mail in one language, or why not; kept for a moment, for typing in one language changes no other."""
    said = {key: document.text(key, locale, where.facts.locale) for key, _part, _block in document.parts()}
    made_of = [write(replace(document, texts={})), said, locale, where.shop.pk, where.key, where.facts.settings]
    key = f"message:{hashlib.sha256(encode(made_of).encode()).hexdigest()}"
    held: Content | str | None = cache.get(key)
    if held is None:
        try:
            held = render(document, where, locale)
        except TemplateFailed as error:
            held = str(error)
        cache.set(key, held, KEPT_FOR)
    return TemplateFailed(held) if isinstance(held, str) else held


def for_frame(html: str, look: Look) -> str:
    """A mail's HTML as one look of it: light or dark whatever this browser prefers."""
    return _DARK.sub("@media all" if look == "dark" else "@media not all", html)


def _links(shop: Shop, to: str) -> dict[str, Any]:
    if not to:
        return {name: f"https://example.com/{name}" for name in ("unsubscribe", "preferences", "keep")}
    links = SignedLinks(secrets.newest(), wiring().base_url, shop.pk)
    return {
        "unsubscribe": links.unsubscribe(to, "email"),
        "preferences": links.preferences(to, "email"),
        "keep": links.keep(to, "email"),
        "surveys": SurveyLinks(links, to),
    }


def _read(shop: Shop, about: str, key: str) -> dict[str, Mapping[str, Any] | None] | None:
    """The record and the customer it belongs to; None when there is no such record in this shop."""
    database = default_database()
    with database.read() as tx:
        records = Records(registry(), tx, database.dialect)
        refs = {about: key}
        records.want(shop.pk, refs, [about])
        records.fetch()
        found = records.root(shop.pk, refs, about)
        if found is None:
            return None
        customer, email = found.get("customer_id"), found.get("email")
        if about != "customer" and customer:
            refs["customer"] = str(customer)
        if isinstance(email, str) and email:
            refs["email"] = email.lower()
        records.want(shop.pk, refs, ROOTS)
        records.fetch()
        return {name: records.root(shop.pk, refs, name) for name in ROOTS}


def _currency(code: Any, shop: Shop) -> str:
    """Platforms say XXX for none."""
    return str(code) if code and code != "XXX" else shop.currency


def _named(what: str, email: Any, total: Any, currency: Any) -> str:
    amount = money(total, currency) if total else ""
    return " · ".join(part for part in (what, str(email or ""), str(amount)) if part)
