"""Products made equal in all stores: one store, one field, as the difference stands when it is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from sereno.commerce.schema import Field, record
from sereno.sdk.config import Config
from sereno.sdk.config import mark as _
from sereno.sdk.context import Context
from sereno.sdk.plugin import action
from sereno.sdk.ports import Alignments
from sereno.sdk.result import Done, Fail, Result
from sereno.sdk.stores import write_to_store

ALIGNED = record(
    "aligned",
    "Whether the store was told.",
    [
        Field("written", "boolean", "False where nothing was to be written any more."),
        Field("reason", "string", "Why not: equal, held, left, waiting, target.changed."),
        Field("store", "string", "The connection that was written to."),
    ],
)


class AlignConfig(Config):
    pass


@action(
    "catalog.align",
    label=_("Make it equal in the store that differs"),
    icon="store",
    config=AlignConfig,
    needs=frozenset({"product"}),
    result=ALIGNED,
    connection=lambda config: "store",
)
def align(config: AlignConfig, ctx: Context) -> Result:
    """Write the value that is right into the store that differs; start the flow by `product.differs`. The difference is
    read as it stands now: one that is gone, put aside, left as it is or another by now is not written, and `reason`
    says so. A store is told each value once; one that says another in spite of it is put aside."""
    said = ctx.event.get("data")
    told = cast("Mapping[str, Any]", said) if isinstance(said, Mapping) else {}
    sku, field, connection = (str(told.get(name) or "") for name in ("sku", "field", "connection"))
    if not (sku and field and connection):
        return Fail("difference.missing", "This run is about no difference. Start the flow by product.differs.")
    alignments = ctx.port(Alignments)
    found = alignments.find(sku, field, connection, str(told.get("target") or ""))
    if isinstance(found, str):
        return Done({"written": False, "reason": found})
    if not alignments.begin(found):
        return Done({"written": False, "reason": "target.changed"})
    result = write_to_store(ctx, found.write)
    if not isinstance(result, Done):
        return result
    alignments.told(found)
    return Done({"written": True, "reason": "", "store": connection})
