"""What flows show on the shop's site, and take away again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from pydantic import field_validator

from sereno.commerce.records.fields import boolean, string
from sereno.commerce.schema import record
from sereno.engine.durations import parse_duration
from sereno.sdk.config import Config, option, text
from sereno.sdk.config import mark as _
from sereno.sdk.content import NAME, About, SiteContent
from sereno.sdk.context import Context
from sereno.sdk.plugin import action
from sereno.sdk.result import Done, Fail, Result
from sereno.sdk.storing import product_key

NO_PRODUCT = Fail("product.missing", "This run is about no product. Start the flow by an event that names one.")
NO_CUSTOMER = Fail("customer.missing", "This run is about no customer. Start the flow by an event that names one.")
SHOWN = record(
    "content_shown",
    "What became of it.",
    (
        boolean("changed", "It was."),
        string("reason", "Why not: `by_hand_or_not_shown`, `shown_by_hand`."),
    ),
)


class ContentConfig(Config):
    campaign: str = text(_("Campaign"), max_length=40, suggest="campaigns")
    about: About = option(
        _("Where"), default="everyone", help=_("For everyone; for the run's customer alone; or on the run's product.")
    )

    @field_validator("campaign")
    @classmethod
    def _is_name(cls, value: str) -> str:
        if not NAME.fullmatch(value):
            raise ValueError("give the name of a campaign: small letters, digits and dashes")
        return value


class ShowContentConfig(ContentConfig):
    lasting: str = text(
        _("For how long"), default="", max_length=40, help=_("Such as 7d; empty until a step hides it again.")
    )

    @field_validator("lasting")
    @classmethod
    def _is_length(cls, value: str) -> str:
        if value.strip() and parse_duration(value) <= timedelta():
            raise ValueError("a length of time such as 12h or 7d is needed")
        return value.strip()


def _needs(config: Mapping[str, Any]) -> frozenset[str]:
    about = config.get("about")
    return frozenset({about}) if about in ("customer", "product") else frozenset()


@action(
    "content.show", label=_("Show {campaign} on the site"), icon="eye", config=ShowContentConfig, needs=_needs,
    result=SHOWN,
)  # fmt: skip
def show(config: ShowContentConfig, ctx: Context) -> Result:
    """Show a campaign of the site's content that stands only when it is asked for: to everyone, to the customer alone,
    or on the product. Shown twice it only lasts longer; what a person shows by hand stays as they want it."""
    found = _place(config, ctx)
    if isinstance(found, Fail):
        return found
    until = ctx.now + parse_duration(config.lasting) if config.lasting else None
    try:
        changed = ctx.port(SiteContent).show(config.campaign, *found, until, ctx.flow)
    except LookupError:
        return Fail("content.unknown", "There is no campaign of this name: make it under Site content.")
    return Done({"changed": changed, "reason": None if changed else "shown_by_hand"})


@action(
    "content.hide", label=_("Take {campaign} off the site"), icon="eye-off", config=ContentConfig, needs=_needs,
    result=SHOWN,
)  # fmt: skip
def hide(config: ContentConfig, ctx: Context) -> Result:
    """Take back what flows show of a campaign, at the same place. What a person shows by hand stays."""
    found = _place(config, ctx)
    if isinstance(found, Fail):
        return found
    try:
        changed = ctx.port(SiteContent).hide(config.campaign, *found)
    except LookupError:
        return Fail("content.unknown", "There is no campaign of this name: make it under Site content.")
    return Done({"changed": changed, "reason": None if changed else "by_hand_or_not_shown"})


def _place(config: ContentConfig, ctx: Context) -> tuple[str, str] | Fail:
    if config.about == "everyone":
        return "", ""
    if config.about == "product":
        key = product_key(ctx)
        return (
            ("", key)
            if key
            else Fail("product.missing", "This run is about no product. Start the flow by an event that names one.")
        )
    customer = ctx.refs.get("customer") or str((ctx.records.get("customer") or {}).get("id") or "")
    return (
        (customer, "")
        if customer
        else Fail("customer.missing", "This run is about no customer. Start the flow by an event that names one.")
    )
