"""What flows show on the shop's site, and take away again."""

from __future__ import annotations

import json
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
from sereno.sdk.site import LONGEST_TEXT, SHOWN, SiteInvalid, SiteStore, handle_of, read_fields, read_target
from sereno.sdk.storing import product_key
from sereno.sdk.writes import SetThemeFile, WritePage, WritePost

NO_PRODUCT = Fail("product.missing", "This run is about no product. Start the flow by an event that names one.")
SHOWN_RESULT = record(
    "content_shown",
    "What became of it.",
    (
        boolean("changed", "It was."),
        string("reason", "Why not: `by_hand_or_not_shown`, `shown_by_hand`."),
    ),
)


def is_length(value: str) -> str:
    if value.strip() and parse_duration(value) <= timedelta():
        raise ValueError("a length of time such as 12h or 7d is needed")
    return value.strip()


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

    _is_length = field_validator("lasting")(is_length)


def _needs(config: Mapping[str, Any]) -> frozenset[str]:
    about = config.get("about")
    return frozenset({about}) if about in ("customer", "product") else frozenset()


@action(
    "content.show", label=_("Show {campaign} on the site"), icon="eye", config=ShowContentConfig, needs=_needs,
    result=SHOWN_RESULT,
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
    result=SHOWN_RESULT,
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


# --- in the store's own site ------------------------------------------------------------------------

WRITTEN = record(
    "content_written",
    "What became of it in the store.",
    (
        boolean("changed", "It was written; false where it said so already."),
        string("id", "The store's own id."),
        string("url", "Where customers see it."),
    ),
)
HANDLE_HELP = _("The end of its address: small letters, digits and dashes. Empty: made of the title.")
STORE_HELP = _("The connection's name; empty: the first store.")
LASTING_HELP = _("Such as 7d: then it is as it was before. Empty until a step takes it back.")


class SiteConfig(Config):
    handle: str = text(_("Handle"), default="", template=True, max_length=100, help=HANDLE_HELP)
    store: str = text(_("Store"), default="", max_length=64, help=STORE_HELP)


class WriteConfig(SiteConfig):
    title: str = text(_("Title"), template=True, max_length=LONGEST_TEXT)
    body: str = text(_("Text"), template=True, html=True, multiline=True, help=_("HTML; values are escaped."))
    seo_title: str = text(_("Title for search engines"), default="", template=True, max_length=LONGEST_TEXT)
    seo_description: str = text(_("Description for search engines"), default="", template=True, max_length=LONGEST_TEXT)
    template: str = text(
        _("Template"), default="", max_length=100, help=_("The store's name for it, where it has them.")
    )
    lasting: str = text(_("For how long"), default="", max_length=40, help=LASTING_HELP)

    _is_length = field_validator("lasting")(is_length)


class PostConfig(WriteConfig):
    blog: str = text(_("Blog"), default="", max_length=100, help=_("Its handle; empty: the store's first blog."))
    summary: str = text(_("Summary"), default="", template=True, html=True, multiline=True)
    author: str = text(_("Author"), default="", template=True, max_length=LONGEST_TEXT)
    tags: str = text(_("Tags"), default="", template=True, max_length=LONGEST_TEXT, help=_("With commas."))


class HidePageConfig(SiteConfig):
    handle: str = text(_("Handle"), template=True, max_length=100, help=_("As the step that published it has it."))


class HidePostConfig(HidePageConfig):
    blog: str = text(_("Blog"), default="", max_length=100, help=_("Its handle; empty: the store's first blog."))


class RestoreConfig(Config):
    file: str = text(
        _("File of the theme"),
        default="",
        max_length=200,
        help=_("Such as config/settings_data.json; empty: which theme customers see."),
    )
    store: str = text(_("Store"), default="", max_length=64, help=STORE_HELP)


class ThemeConfig(RestoreConfig):
    place: str = text(
        _("Value in the file"),
        default="",
        max_length=200,
        help=_("Such as current.colors_accent in a JSON file; empty: the whole text of the file."),
    )
    value: str = text(
        _("What it says meanwhile"), template=True, multiline=True, help=_("A text, a number, true; or the theme's id.")
    )
    lasting: str = text(_("For how long"), default="", max_length=40, help=LASTING_HELP)

    _is_length = field_validator("lasting")(is_length)


def _on_store(config: Mapping[str, Any]) -> str:
    return "store"


@action("content.publish_post", label=_("Publish the post {title}"), icon="scroll-text", config=PostConfig,
        result=WRITTEN, connection=_on_store, ability=WritePost)  # fmt: skip
def publish_post(config: PostConfig, ctx: Context) -> Result:
    """Publish a post on the store's blog; one with this handle that is there is changed. Done twice it is one post.
    What somebody edited there since is left as it is, and told."""
    more = {"summary": config.summary, "author": config.author, "tags": config.tags}
    return _publish("post", config, ctx, config.blog, more)


@action("content.publish_page", label=_("Publish the page {title}"), icon="file-text", config=WriteConfig,
        result=WRITTEN, connection=_on_store, ability=WritePage)  # fmt: skip
def publish_page(config: WriteConfig, ctx: Context) -> Result:
    """Publish a page of the store; one with this handle that is there is changed, and was kept before. What somebody
    edited there since is left as it is, and told."""
    return _publish("page", config, ctx, "", {})


@action("content.unpublish_post", label=_("Take the post {handle} back"), icon="eye-off", config=HidePostConfig,
        result=WRITTEN, connection=_on_store, ability=WritePost)  # fmt: skip
def unpublish_post(config: HidePostConfig, ctx: Context) -> Result:
    """Take back what this flow published: a post it made is hidden, one that was there is as it was. What somebody
    edited since is left as it is, and told."""
    return _let_go("post", _key(config.blog, config.handle.strip()), config.store, ctx)


@action("content.unpublish_page", label=_("Take the page {handle} back"), icon="eye-off", config=HidePageConfig,
        result=WRITTEN, connection=_on_store, ability=WritePage)  # fmt: skip
def unpublish_page(config: HidePageConfig, ctx: Context) -> Result:
    """Take back what this flow published: a page it made is hidden, one that was there is as it was. What somebody
    edited since is left as it is, and told."""
    return _let_go("page", config.handle.strip(), config.store, ctx)


@action("content.change_theme", label=_("Change the theme: {file}"), icon="palette", config=ThemeConfig, result=WRITTEN,
        connection=_on_store, ability=SetThemeFile)  # fmt: skip
def change_theme(config: ThemeConfig, ctx: Context) -> Result:
    """Change a value in a JSON file of the theme, the whole text of a file, or which theme customers see. What was
    there is kept, and put back unless somebody changed it since; what they changed beside it stays in any case."""
    value: Any = config.value
    if config.file and config.place:
        try:
            value = json.loads(value)
        except ValueError:
            value = config.value
    kind = "theme_file" if config.file else "theme"
    return _want(kind, config.file, config.store, {config.place: value}, config.lasting, ctx)


@action("content.restore_theme", label=_("Put the theme back: {file}"), icon="undo", config=RestoreConfig,
        result=WRITTEN, connection=_on_store, ability=SetThemeFile)  # fmt: skip
def restore_theme(config: RestoreConfig, ctx: Context) -> Result:
    """Take back what this flow changed in a file of the theme, or which theme customers see."""
    return _let_go("theme_file" if config.file else "theme", config.file, config.store, ctx)


class SettleConfig(Config):
    pass


@action("content.settle", label=_("Have the store's site be as campaigns want it"), icon="rotate-ccw",
        config=SettleConfig, connection=_on_store)  # fmt: skip
def settle(config: SettleConfig, ctx: Context) -> Result:
    """Write what campaigns want of the store's own site by now, and put back what they want no more. Part of Sereno's
    own flow for campaigns."""
    port = _port(ctx)
    return port if isinstance(port, Fail) else port.settle(key=ctx.effect_key, attempt=ctx.attempt)


def _publish(kind: str, config: WriteConfig, ctx: Context, blog: str, more: Mapping[str, str]) -> Result:
    handle = config.handle.strip() or handle_of(config.title)
    given = {name: getattr(config, name) for name in ("title", "body", "seo_title", "seo_description", "template")}
    fields = {name: value for name, value in {**given, **more}.items() if value.strip()}
    return _want(kind, _key(blog, handle), config.store, {**fields, SHOWN: True}, config.lasting, ctx)


def _want(kind: str, key: str, store: str, fields: Mapping[str, Any], lasting: str, ctx: Context) -> Result:
    port = _port(ctx)
    if isinstance(port, Fail):
        return port
    try:
        target = read_target(kind, key, store)
        kept = read_fields(target, fields)
    except SiteInvalid as wrong:
        return Fail("content.invalid", f"This cannot be written ({wrong.at} {wrong.code}): see what its texts use.")
    until = (ctx.asked_at or ctx.now) + parse_duration(lasting) if lasting else None
    return port.want(target, kept, ctx.flow, until, key=ctx.effect_key, attempt=ctx.attempt)


def _let_go(kind: str, key: str, store: str, ctx: Context) -> Result:
    port = _port(ctx)
    if isinstance(port, Fail):
        return port
    try:
        target = read_target(kind, key, store)
    except SiteInvalid as wrong:
        return Fail("content.invalid", f"There is nothing of this name ({wrong.at} {wrong.code}).")
    return port.let_go(target, ctx.flow, key=ctx.effect_key, attempt=ctx.attempt)


def _port(ctx: Context) -> SiteStore | Fail:
    try:
        return ctx.port(SiteStore)
    except LookupError:
        return Fail("store.none", "No store of this shop may be written to: give one the permission under Connections.")


def _key(blog: str, handle: str) -> str:
    return f"{blog.strip()}/{handle}" if blog.strip() else handle


# --- by the snippet ---------------------------------------------------------------------------------


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
