"""What happens to stock."""

from __future__ import annotations

from sereno.commerce.records import STOCK_LEVEL
from sereno.commerce.schema import Field, record
from sereno.sdk.plugin import event

event(
    "stock.changed",
    description="The stock of a variant changed. `event.available` is the figure of the place that sent it; "
    "`product.available` the sum over the known places.",
    data=STOCK_LEVEL,
    supplies=frozenset({"product"}),
    projects="stock_level",
)
event(
    "stock.item_updated",
    description="What is counted changed (its SKU, its cost, whether it is counted), not how many there are.",
    data=STOCK_LEVEL,
    supplies=frozenset({"product"}),
    projects="stock_level",
)
event(
    "stock.available_changed",
    description="Sereno's own book changed how many of an item can be promised: something was reserved, given back, "
    "counted, received, sold or moved. What the store itself says is `stock.changed`.",
    data=STOCK_LEVEL,
    supplies=frozenset({"product"}),
)

LOW_COVER = record(
    "low_cover",
    "How long the stock of an item lasts.",
    [
        Field("sku", "string", "Stock keeping unit."),
        Field("title", "string", "What it is."),
        Field("available", "integer", "How many can be sold."),
        Field("weekly_demand", "number", "How many are expected to be sold in a week."),
        Field("days", "number", "For how many days that is enough."),
    ],
)
event(
    "stock.cover_low",
    description="The stock of an item lasts for fewer days than it should, by its forecast. Said once each time it "
    "gets there, by flows with `stock.watch_cover`.",
    data=LOW_COVER,
    supplies=frozenset({"product"}),
)

TRANSFER = record(
    "stock_transfer",
    "Goods that move from one place of the shop to another.",
    [
        Field("id", "string", "Its number."),
        Field("status", "string", "Where it stands.", values=("proposed", "sent", "received", "cancelled")),
        Field("origin", "string", "The place it leaves."),
        Field("destination", "string", "The place it goes to."),
        Field("lines", "list", "What moves: `sku` and `quantity`.", of="any"),
        Field("units", "integer", "How many pieces in all."),
        Field("updated_at", "timestamp", "When."),
    ],
)
for _status, _what in (
    ("proposed", "A transfer between two places of the shop is proposed."),
    ("sent", "A transfer has left its origin."),
    ("received", "A transfer has arrived."),
    ("cancelled", "A transfer was called off; what had left is back."),
):
    event(f"stock.transfer_{_status}", description=_what, data=TRANSFER, supplies=frozenset())
