"""Pausing advertisements, and having those run again that Sereno paused.

Invariant: what somebody else paused stays paused; that it was Sereno is written down before the platform is asked.
"""

from __future__ import annotations

from hashlib import blake2b

from sereno.commerce.records.fields import boolean, string
from sereno.commerce.schema import record
from sereno.sdk.ads import AdKind, SetAdRunning
from sereno.sdk.config import Config, option, text
from sereno.sdk.config import mark as _
from sereno.sdk.context import Context
from sereno.sdk.plugin import action
from sereno.sdk.ports import Marks
from sereno.sdk.result import Done, Fail, Result
from sereno.sdk.storing import product_key
from sereno.sdk.tools import use_tool

OF_PRODUCT = frozenset({"product"})
NO_PRODUCT = Fail("product.missing", "This run is about no product. Start the flow by an event that names one.")
PAUSED = record(
    "ad_changed",
    "What became of the advertisement.",
    (
        boolean("changed", "It was paused, or runs again."),
        string("was", "How it stood before: `running`, `paused`, or as the platform calls it."),
        string("reason", "Why nothing was done: `no_ad`, `was_so`, `not_ours`."),
        string("tool", "The connection it went by."),
    ),
)


class AdConfig(Config):
    id: str = text(
        _("Advertisement"), template=True, max_length=500, help=_("Its id over there; empty: nothing is done.")
    )
    kind: AdKind = option(_("Which it is"), default="campaign", help=_("A campaign, an ad group (ad set), or one ad."))
    tool: str = text(
        _("By"),
        default="",
        max_length=64,
        suggest="tools",
        help=_("The name of a connection; empty: the one that can do it."),
    )


@action(
    "ads.pause",
    label=_("Pause the advertisement {id}"),
    icon="pause",
    config=AdConfig,
    needs=OF_PRODUCT,
    result=PAUSED,
    connection=lambda config: f"tool:{config.get('tool') or 'any'}"[:64],
    ability=SetAdRunning,
)
def pause(config: AdConfig, ctx: Context) -> Result:
    """Pause an advertisement of the product, and remember that it was Sereno who did: only then *Have the advertisement
    run again* does so. One that is paused already is left alone."""
    product, id = product_key(ctx), config.id.strip()
    if not product:
        return NO_PRODUCT
    if not id:
        return Done({"changed": False, "reason": "no_ad"})
    marks, name = ctx.port(Marks), _mark(config)
    is_ours = marks.get(product, name) is not None
    marks.put(product, name, _told_of(config, ctx.run))
    result = use_tool(ctx, SetAdRunning(id, False, config.kind), config.tool)
    is_theirs = isinstance(result, Done) and not result.value.get("changed")
    if not is_ours and (is_theirs or isinstance(result, Fail)):
        marks.remove(product, name)
    return _told(result, "was_so")


@action(
    "ads.resume",
    label=_("Have the advertisement {id} run again"),
    icon="play",
    config=AdConfig,
    needs=OF_PRODUCT,
    result=PAUSED,
    connection=lambda config: f"tool:{config.get('tool') or 'any'}"[:64],
    ability=SetAdRunning,
)
def resume(config: AdConfig, ctx: Context) -> Result:
    """Have an advertisement run again that Sereno paused for this product. One that somebody else paused stays paused,
    and the platform is not asked."""
    product, id = product_key(ctx), config.id.strip()
    if not product:
        return NO_PRODUCT
    if not id:
        return Done({"changed": False, "reason": "no_ad"})
    marks, name = ctx.port(Marks), _mark(config)
    if marks.get(product, name) is None:
        return Done({"changed": False, "reason": "not_ours"})
    result = use_tool(ctx, SetAdRunning(id, True, config.kind), config.tool)
    if isinstance(result, Done):
        marks.remove(product, name)
    return _told(result, "was_so")


def _mark(config: AdConfig) -> str:
    """Of the advertisement, short enough for the book of marks."""
    named = f"{config.tool}|{config.kind}|{config.id.strip()}"
    return f"ad:{blake2b(named.encode(), digest_size=12).hexdigest()}"


def _told_of(config: AdConfig, run: str) -> str:
    """Which it is and who paused it, for people who look: the page of audiences reads it."""
    return f"{run}|{config.kind}|{config.tool}|{config.id.strip()}"


def _told(result: Result, reason: str) -> Result:
    if not isinstance(result, Done):
        return result
    changed = bool(result.value.get("changed"))
    return Done({**result.value, "changed": changed, "reason": None if changed else reason})
