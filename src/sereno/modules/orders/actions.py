"""The actions of the room: tags on orders, Sereno's own beside the platform's; and what the other files bring."""

from __future__ import annotations

from sereno.modules.orders import agreeing as agreeing
from sereno.modules.orders import asking as asking
from sereno.modules.orders import changing as changing
from sereno.modules.orders import deciding as deciding
from sereno.modules.orders import prepaying as prepaying
from sereno.sdk.config import mark as _
from sereno.sdk.context import Context
from sereno.sdk.plugin import action
from sereno.sdk.result import Result
from sereno.sdk.tagging import TagConfig, change_tag


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
    return change_tag(config, ctx, "order", "add")


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
    return change_tag(config, ctx, "order", "remove")
