"""A shop in a scratch file, ready for a replay: its facts, the flows Sereno brings along, and what is worth reading."""

from __future__ import annotations

from datetime import datetime

from sereno.runtime.publishing import install_derived
from sereno.runtime.replays.people import PastPeople
from sereno.runtime.replays.replayed import Sink
from sereno.runtime.replays.replaying import insert_scratch_shop
from sereno.runtime.replays.scratch import ReplayDatabase
from sereno.runtime.replays.stream import Stream
from sereno.runtime.replays.worth import Worth
from sereno.runtime.staff import Staff
from sereno.sdk.context import ShopFacts
from sereno.sdk.plugin import Plugins
from sereno.store.sqlite import SqliteDatabase


def open_stream(
    file: SqliteDatabase,
    plugins: Plugins,
    worth: Worth,
    shop: ShopFacts,
    begin: datetime,
    sink: Sink,
    seed: int,
    people: PastPeople | None = None,
) -> Stream:
    """A replay that stands at its beginning, in an empty scratch file."""
    database = ReplayDatabase(file)
    with database.transaction() as tx:
        id_ = insert_scratch_shop(tx, shop, begin, seed)
    stream = Stream(database, plugins, worth, id_, shop, begin, sink, people)
    with database.transaction() as tx:
        install_derived(tx, Staff(database, plugins, stream.world), stream.shop, worth.derived)
        stream.world.flows.invalidate()
        stream.world.flows.refresh(tx)
    stream.look_at_schedules()
    return stream
