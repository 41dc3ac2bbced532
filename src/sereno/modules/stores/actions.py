"""Tags that flows put on or took off, carried over to the store.

Invariant: what is written is how the tag stands when it is written, so that tries in any order come to the same.
"""

from __future__ import annotations

from typing import Literal

from sereno.sdk.config import Config, option
from sereno.sdk.config import mark as _
from sereno.sdk.context import Context
from sereno.sdk.plugin import action
from sereno.sdk.ports import Tags
from sereno.sdk.result import Done, Fail, Result
from sereno.sdk.stores import write_to_store
from sereno.sdk.writes import TagCustomer, TagOrder

GONE = frozenset({"store.none", "store.cannot"})


class TagThereConfig(Config):
    kind: Literal["order", "customer"] = option(_("Kind"))
    key: str = option(_("Record"))
    tag: str = option(_("Tag"))


@action(
    "stores.tag",
    label=_("Carry the tag {tag} over to the store"),
    icon="tag",
    config=TagThereConfig,
    connection=lambda config: "store",
    is_internal=True,
)
def tag_there(config: TagThereConfig, ctx: Context) -> Result:
    """Put the tag on the record in the store, or take it off there, as it stands here now. Where the store may not be
    written to any more nothing is done."""
    change = (config.tag,)
    is_on = ctx.port(Tags).holds(config.kind, config.key, config.tag)
    add, remove = (change, ()) if is_on else ((), change)
    if config.kind == "order":
        done = write_to_store(ctx, TagOrder(order=config.key, add=add, remove=remove))
    else:
        done = write_to_store(ctx, TagCustomer(customer=config.key, add=add, remove=remove))
    if isinstance(done, Fail) and done.reason in GONE:
        return Done({"written": False, "reason": done.reason})
    return done
