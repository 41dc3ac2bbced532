"""A shop in a scratch file, ready for a replay: its facts, the flows Sereno brings along, and what is worth reading."""

from __future__ import annotations

from datetime import datetime

from sereno.runtime.publishing import install_derived
from sereno.runtime.replays.replayed import Sink
from sereno.runtime.replays.scratch import ReplayDatabase
from sereno.runtime.replays.stream import Stream
from sereno.runtime.replays.worth import Worth
from sereno.runtime.staff import Staff
from sereno.sdk.context import ShopFacts
from sereno.sdk.plugin import Plugins
from sereno.store.documents import encode
from sereno.store.fields import to_micros
from sereno.store.sqlite import SqliteDatabase


def open_stream(
    file: SqliteDatabase, plugins: Plugins, worth: Worth, shop: ShopFacts, begin: datetime, sink: Sink, seed: int
) -> Stream:
    """A replay that stands at its beginning, in an empty scratch file."""
    database = ReplayDatabase(file)
    with database.transaction() as tx:
        row = tx.one(
            "insert_shop",
            {
                "slug": f"backtest-{seed}",
                "name": shop.name,
                "currency": shop.currency,
                "timezone": shop.timezone,
                "locale": shop.locale,
                "settings": encode(dict(shop.settings)),
                "now": to_micros(begin),
            },
        )
        assert row is not None
    stream = Stream(database, plugins, worth, row[0], shop, begin, sink)
    with database.transaction() as tx:
        install_derived(tx, Staff(database, plugins, stream.world), stream.shop, worth.derived)
        stream.world.flows.invalidate()
        stream.world.flows.refresh(tx)
    stream.look_at_schedules()
    return stream
