"""From a template and today's records to the words of one mail: what the action sends, what a preview shows and what a
test mail says are written here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sereno.engine.templates import TemplateFailed, render
from sereno.modules.messages import present, templates
from sereno.modules.messages.compiling import Template
from sereno.modules.messages.documents import plain_language
from sereno.modules.messages.pointless import check_cart, check_order, check_wants
from sereno.modules.messages.shelves import filled as filled_shelves
from sereno.sdk.context import Context
from sereno.sdk.ports import Messages, Products


@dataclass(frozen=True, slots=True)
class Content:
    """A mail's words, rendered."""

    subject: str
    text: str
    html: str | None
    locale: str | None
    locale_from: str | None


def choose(name: str, ctx: Context) -> tuple[Template, str, str]:
    """The shop's own mail of this name, else the shipped one, in the reader's language if it has that, else the shop's;
    with the locale that amounts are written in, and whose it is. Raises TemplateFailed when there is none."""
    wished, locale_from = present.language(ctx)
    template = _own(name, wished, ctx) or templates.find(name, wished, fallback=ctx.shop.locale)
    if template is None:
        raise TemplateFailed(f"there is no template {name!r} in this shop; publish it, or choose another in the flow")
    if template.locale != plain_language(wished):
        # The reader's language is not one of the mail's.
        wished, locale_from = template.locale, "shop" if template.locale == ctx.shop.locale[:2] else "default"
    return template, wished, locale_from


def write(template: Template, ctx: Context, wished: str, locale_from: str | None, links: Mapping[str, Any]) -> Content:
    """The mail for the reader of this effect. Raises TemplateFailed, or Pointless for a cart that is gone and an order
    cancelled meanwhile."""
    variables = variables_of(template.about, template.shelves, ctx, wished, links)
    if template.about == "cart":
        check_cart(ctx.records.get("cart") or {}, variables)
    elif template.about == "order":
        check_order(ctx)
    check_wants(template.wants, variables)
    return Content(
        subject=" ".join(render(template.subject, variables).split()),
        text=tidy(render(template.text, variables)),
        html=render(template.html, variables, "html"),
        locale=template.locale,
        locale_from=locale_from,
    )


def variables_of(
    about: str, shelves: Mapping[str, Sequence[str]], ctx: Context, wished: str, links: Mapping[str, Any]
) -> dict[str, Any]:
    """Everything a template about this record may name, read just now."""
    filled, recommended = filled_shelves(shelves, about, ctx)
    today = {**_today(ctx, about, filled), **recommended}
    return present.variables(ctx, about, wished, today, links, filled)


def tidy(plain: str) -> str:
    """At most one empty line in a row, and none at the ends."""
    lines: list[str] = []
    for line in plain.splitlines():
        kept = line if line == "-- " else line.rstrip()
        if kept or (lines and lines[-1]):
            lines.append(kept)
    return "\n".join(lines).strip("\n") + "\n"


def _own(name: str, wished: str, ctx: Context) -> Template | None:
    try:
        return ctx.port(Messages).find(name, wished)
    except LookupError:
        return None


def _today(ctx: Context, about: str, shelves: Mapping[str, Sequence[str]]) -> Mapping[str, Mapping[str, Any]]:
    items = [item for item in (ctx.records.get(about) or {}).get("lines") or () if isinstance(item, Mapping)]
    keys = {str(item[name]) for item in items for name in ("variant_id", "sku") if item.get(name)}
    keys |= {key for shelf in shelves.values() for key in shelf if not key.startswith("recommended:")}
    try:
        return ctx.port(Products).today(sorted(keys)) if keys else {}
    except LookupError:
        return {}
