"""Putting a flow that ships with Sereno into a shop: as a draft, or in shadow, where it decides and sends nothing.

A flow installed in shadow is in shadow from its first moment: publishing and status are one transaction.
"""

from __future__ import annotations

from typing import Literal

from sereno.runtime.flows import compiled
from sereno.runtime.publishing import FlowRow, flow_row, keep_draft, make_live
from sereno.runtime.staff import audit, open_staff
from sereno.sdk.templates import ShippedFlow
from sereno.store.database import Database
from sereno.store.fields import to_micros

Mode = Literal["shadow", "draft"]


def install(
    shop_id: int, shipped: ShippedFlow, locale: str, mode: Mode, by: str, *, database: Database | None = None
) -> FlowRow:
    """Put the flow into the shop with its title in this language. In `shadow` it is published as its first version and
    records from now on what it would do. Raises ValueError when the shop has a flow of that name."""
    staff = open_staff(database)
    text = shipped.text_in(locale)
    flow = compiled(text, staff.plugins)
    with staff.database.transaction() as tx:
        if tx.one("flow_by_name", {"shop": shop_id, "name": shipped.name}) is not None:
            raise ValueError(f"{shipped.name} is in this shop already")
        row = keep_draft(tx, shop_id, text, flow, is_derived=False)
        now = to_micros(staff.world.clock.now())
        origin = {"template": shipped.name, "digest": shipped.digest, "document": text, "now": now}
        tx.run("keep_origin", {"flow": row.id, **origin})
        if mode == "shadow":
            tx.run("set_status", {"id": row.id, "status": "shadow", "reason": None, "now": now})
            make_live(staff, tx, shop_id, flow_row(tx, shop_id, row.name), by, "")
        audit(tx, shop_id, now, by, "flow.installed", row.name, {"mode": mode, "locale": locale})
        return flow_row(tx, shop_id, row.name)


def update(shop_id: int, shipped: ShippedFlow, locale: str, by: str, *, database: Database | None = None) -> FlowRow:
    """Make the newest text of the shipped flow the draft of the shop's flow. Nothing that runs changes until somebody
    publishes it. Raises LookupError when the shop does not have it."""
    staff = open_staff(database)
    text = shipped.text_in(locale)
    flow = compiled(text, staff.plugins)
    with staff.database.transaction() as tx:
        flow_row(tx, shop_id, shipped.name)
        row = keep_draft(tx, shop_id, text, flow, is_derived=False)
        now = to_micros(staff.world.clock.now())
        origin = {"template": shipped.name, "digest": shipped.digest, "document": text, "now": now}
        tx.run("keep_origin", {"flow": row.id, **origin})
        audit(tx, shop_id, now, by, "flow.update_taken", row.name, {"locale": locale})
        return row
