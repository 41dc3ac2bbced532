"""Tags on customers: Sereno's own, beside the platform's."""

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
    "customers.add_tag",
    label=_("Tag the customer with {tag}"),
    icon="tag",
    config=TagConfig,
    needs=frozenset({"customer"}),
    writes=frozenset({"customer"}),
)
def add_tag(config: TagConfig, ctx: Context) -> Result:
    """Tag the customer the run is about. Tagging twice is a no-op, so a replay is safe."""
    return _change(config, ctx, "add")


@action(
    "customers.remove_tag",
    label=_("Take the tag {tag} off the customer"),
    icon="tag",
    config=TagConfig,
    needs=frozenset({"customer"}),
    writes=frozenset({"customer"}),
)
def remove_tag(config: TagConfig, ctx: Context) -> Result:
    """Take a tag that Sereno put on off the customer the run is about. A tag that is not there is a no-op."""
    return _change(config, ctx, "remove")


def _change(config: TagConfig, ctx: Context, verb: str) -> Result:
    key = ctx.refs.get("customer") or str((ctx.records.get("customer") or {}).get("id") or "")
    if not key:
        return Fail("customer.missing", "tag Start this flow by an event about Nobody knows yet whose this is..")
    tag = " ".join(config.tag.split())[:64]
    if not tag:
        return Fail("tag.empty", "The tag came out empty: see which value its text uses.")
    try:
        tags = ctx.port(Tags)
    except LookupError:
        return Fail("tags.no_store", "This shop keeps no tags.")
    if verb == "add":
        tags.add("customer", key, tag)
    else:
        tags.remove("customer", key, tag)
    return Done({"tag": tag, "customer": key})
