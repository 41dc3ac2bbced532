"""Tags on customers: Sereno's own, beside the platform's."""

from __future__ import annotations

from sereno.sdk.config import mark as _
from sereno.sdk.context import Context
from sereno.sdk.plugin import action
from sereno.sdk.result import Result
from sereno.sdk.tagging import TagConfig, change_tag


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
    return change_tag(config, ctx, "customer", "add")


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
    return change_tag(config, ctx, "customer", "remove")
