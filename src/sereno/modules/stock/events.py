"""What happens to stock."""

from __future__ import annotations

from sereno.commerce.records import STOCK_LEVEL
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
