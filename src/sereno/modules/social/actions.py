"""What flows do on social networks: post; and the steps by which a planned post goes out."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import field_validator

from sereno.commerce.records.fields import integer, items, string, timestamp
from sereno.commerce.schema import record
from sereno.engine.durations import format_instant
from sereno.sdk.channels import ChannelError, ChannelLimited
from sereno.sdk.config import Config, option
from sereno.sdk.config import mark as _
from sereno.sdk.config import text as words
from sereno.sdk.context import Context
from sereno.sdk.plugin import BULK, action
from sereno.sdk.result import Done, Fail, Result, Retry
from sereno.sdk.social import NETWORKS, Social

DUE = record(
    "social_due",
    "What of a post is due.",
    (
        items(
            "copies",
            record(
                "social_due_copy",
                "A post for one account.",
                (integer("copy", "Its number."), integer("account", "The account's number.")),
            ),
            "One for each account.",
        ),
    ),
)
MADE = record(
    "social_made",
    "The post that was made.",
    (
        integer("post", "Its number."),
        timestamp("at", "When it goes."),
        integer("accounts", "To how many accounts."),
    ),
)
PUBLISHED = record(
    "social_published",
    "What became of it.",
    (string("id", "The network's name for it."), string("url", "Where people see it.")),
)


class PostConfig(Config):
    text: str = words(_("Text"), template=True, multiline=True, help=_("Put {link} where the link belongs."))
    link: str = words(_("Link"), default="", template=True, max_length=1000)
    networks: list[str] = option(_("Networks"), default=[], help=_("Left out: every account that is connected."))
    when: Literal["now", "slot", "best"] = option(
        _("When"), default="now", help=_("At once, at your next regular time, or at the next best hour.")
    )
    texts: dict[str, str] = option(
        _("Other texts"), default={}, template=True, help=_("By language or network, such as es or mastodon.")
    )
    picture: str = words(
        _("Picture"), default="", template=True, max_length=200, help=_("As kept under Messages: its name.")
    )
    picture_text: str = words(_("What the picture shows"), default="", template=True, max_length=1500)
    campaign: str = words(_("Campaign"), default="", template=True, max_length=100)
    is_optional: bool = option(
        _("Only where an account is connected"), default=False, help=_("Otherwise a shop without one is told of it.")
    )

    @field_validator("networks")
    @classmethod
    def _are_known(cls, given: list[str]) -> list[str]:
        known = sorted(NETWORKS.names())
        if strange := next((one for one in given if one not in known), None):
            raise ValueError(f"there is no network {strange}: there are {', '.join(known)}")
        return given


class NumberConfig(Config):
    post: str = words(_("Post"), template=True, max_length=100)


class SettleConfig(NumberConfig):
    revision: str = words(_("Revision"), template=True, max_length=100)
    answer: Literal["approved", "refused"] = option(_("Answer"))


class OpenConfig(NumberConfig):
    revision: str = words(_("Revision"), template=True, max_length=100)


class PublishConfig(Config):
    number: str = words(_("Number"), template=True, max_length=100)
    account: str = words(_("Account"), template=True, max_length=100)
    revision: str = words(_("Revision"), template=True, max_length=100)


@action(
    "social.post",
    label=_("Post on social networks: {text}"),
    icon="radio",
    config=PostConfig,
    connection=lambda config: "social",
    result=MADE,
)
def post(config: PostConfig, ctx: Context) -> Result:
    """Post on the shop's social accounts, at once, at the next regular time or at the next best hour. Each network gets
    what it takes: text that is too long is cut at a word, the link stays whole. Where the shop's rules ask somebody to
    agree, it waits for that. A post that was taken back goes nowhere; the same step posts once."""
    given: dict[str, Any] = {
        "texts": {**config.texts, "": config.text},
        "link": config.link,
        "campaign": config.campaign or ctx.flow,
        "networks": config.networks,
        "plan": {"kind": config.when},
    }
    if config.picture:
        given["pictures"] = [{"name": config.picture, "alt": config.picture_text}]
    if not config.text.strip():
        return Fail("post.empty", "The text came out empty: see which value it uses.")
    try:
        made = ctx.port(Social).write(ctx.effect_key, given)
    except LookupError:
        return Fail("social.unavailable", "This shop posts nowhere.")
    except ValueError as error:
        code = str(getattr(error, "code", "post.invalid"))
        if config.is_optional and code == "post.nowhere":
            return Done({"post": None, "at": None, "accounts": 0})
        return Fail(code, f"{error}. See Social posts.")
    return Done({**made, "at": format_instant(made["at"]) if made["at"] is not None else None})


@action("social.settle", label=_("Note what was decided about a post"), icon="radio", config=SettleConfig,
        connection=lambda config: "social")  # fmt: skip
def settle(config: SettleConfig, ctx: Context) -> Result:
    """Note that somebody agreed to a post of this revision, or did not. Part of Sereno's own flow for posts."""
    ctx.port(Social).refuse(int(config.post), int(config.revision), config.answer)
    return Done({"answer": config.answer})


@action("social.open", label=_("See what of a post is due"), icon="radio", config=OpenConfig,
        connection=lambda config: "social", result=DUE)  # fmt: skip
def open_post(config: OpenConfig, ctx: Context) -> Result:
    """Tell which accounts a planned post goes to now, and plan the next where it repeats. Nothing, where it was taken
    back or changed since. Part of Sereno's own flow for posts."""
    return Done({"copies": [dict(one) for one in ctx.port(Social).open(int(config.post), int(config.revision))]})


@action(
    "social.publish",
    label=_("Publish a post on one account"),
    icon="radio",
    config=PublishConfig,
    connection=lambda config: f"social:{config.get('account')}",
    result=PUBLISHED,
)
def publish(config: PublishConfig, ctx: Context) -> Result:
    """Hand a post to one network, at most once. Part of Sereno's own flow for posts."""
    return ctx.port(Social).publish(int(config.number), int(config.revision))


@action("social.count", label=_("Count what came of a post"), icon="radio", config=NumberConfig,
        connection=lambda config: "social", priority=BULK)  # fmt: skip
def count(config: NumberConfig, ctx: Context) -> Result:
    """Read back likes, reposts, replies and clicks from the networks that tell them. Part of Sereno's own flow for
    posts."""
    try:
        return Done({"counted": ctx.port(Social).measure(int(config.post))})
    except ChannelLimited as error:
        return Retry("social.rate_limited", str(error), after=error.after)
    except ChannelError as error:
        # Figures are worth no person's time: they are read again tomorrow.
        return Done({"counted": 0, "reason": str(error)[:300]})
