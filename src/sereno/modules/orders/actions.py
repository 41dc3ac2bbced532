"""Tags on orders: Sereno's own, beside the platform's."""

from __future__ import annotations

from pydantic import field_validator

from sereno.sdk.config import Config, text
from sereno.sdk.config import mark as _
from sereno.sdk.context import Context
from sereno.sdk.plugin import action
from sereno.sdk.ports import Tags
from sereno.sdk.result import Done, Fail, Result


class TagConfig(Config):
    tag: str = text(_("Tag"), template=True, max_length=64, suggest="tags")

    @field_validator("tag")
    @classmethod
    def _is_not_empty(cls, value: str) -> str:
        if not value.strip():
            raise ValueError("a tag needs at least one character")
        return value


@action(
    "orders.add_tag",
    label=_("Tag the order with {tag}"),
    icon="tag",
    config=TagConfig,
    needs=frozenset({"order"}),
    writes=frozenset({"order"}),
)
def add_tag(config: TagConfig, ctx: Context) -> Result:
    """Tag the order the run is about. Tagging twice is a no-op, so a replay is safe."""
    return _change(config, ctx, "add")


@action(
    "orders.remove_tag",
    label=_("Take the tag {tag} off the order"),
    icon="tag",
    config=TagConfig,
    needs=frozenset({"order"}),
    writes=frozenset({"order"}),
)
def remove_tag(config: TagConfig, ctx: Context) -> Result:
    """Take a tag that Sereno put on off the order the run is about. A tag that is not there is a no-op."""
    return _change(config, ctx, "remove")


def _change(config: TagConfig, ctx: Context, verb: str) -> Result:
    key = ctx.refs.get("order") or str((ctx.records.get("order") or {}).get("id") or "")
    if not key:
        return Fail("order.missing", "tag Start this flow by an event about This run is about no order..")
    tag = " ".join(config.tag.split())[:64]
    if not tag:
        return Fail("tag.empty", "The tag came out empty: see which value its text uses.")
    try:
        tags = ctx.port(Tags)
    except LookupError:
        return Fail("tags.no_store", "This shop keeps no tags.")
    if verb == "add":
        tags.add("order", key, tag)
    else:
        tags.remove("order", key, tag)
    return Done({"tag": tag, "order": key})
