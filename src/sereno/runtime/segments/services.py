"""What staff do with segments: make, change and remove them, ask how many a definition would hold, keep who is in one.

Invariant: every change leaves a line in the audit; what is kept is well formed, names nothing that is not there, and
never asks for itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Any

from sereno.engine.segments.definition import Part, SegmentInvalid, events_of, ordered, read, segments_of, written
from sereno.engine.segments.text import from_text
from sereno.runtime.segments import keeping, reading
from sereno.runtime.segments.compiling import Among, query
from sereno.runtime.segments.localities import resolved
from sereno.runtime.segments.people import Shop, shop_of
from sereno.runtime.staff import Staff, audit, open_staff
from sereno.sdk.site import handle_of
from sereno.store.database import Database, Transaction
from sereno.store.documents import decode, encode
from sereno.store.fields import to_micros

MOST_SEGMENTS = 200
SAMPLE = 20_000
"""People a preview looks at; it says so when there are more."""
LONGEST_NAME, LONGEST_TITLE, LONGEST_TAG = 64, 120, 64


@dataclass(frozen=True, slots=True)
class Preview:
    """`size` of `people`; when only some were looked at, `size` is what that part makes of all, and `is_sampled`."""

    size: int
    people: int
    is_sampled: bool
    seconds: float
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Snapped:
    """A snapshot that was kept, and how many are in it."""

    number: int
    title: str
    size: int


def create(
    shop_id: int,
    title: str,
    definition: object,
    by: str,
    *,
    name: str = "",
    tag: str = "",
    database: Database | None = None,
) -> str:
    """Gives the new segment's name, made from the title where none is given. Its people are found in the background.
    Raises SegmentInvalid."""
    staff = open_staff(database)
    now = staff.world.clock.now()
    title, name = _title(title), name.strip() or name_of(title)
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,63}", name):
        raise SegmentInvalid("segment.name_unusable", "name", name)
    with staff.database.transaction() as tx:
        tx.all("hold_segments", {"shop": shop_id})
        part = _checked(tx, staff, shop_id, name, definition, tag)
        if len(tx.all("segments_of_shop", {"shop": shop_id})) >= MOST_SEGMENTS:
            raise SegmentInvalid("segment.too_many", "", MOST_SEGMENTS)
        tx.run("begin_segments", {"shop": shop_id, "now": to_micros(now)})
        given = {"shop": shop_id, "name": name, "title": title, "definition": encode(written(part)), "tag": tag.strip()}
        row = tx.one("put_segment", {**given, "by": by[:200], "now": to_micros(now)})
        if row is None:
            raise SegmentInvalid("segment.name_taken", "name", name)
        audit(tx, shop_id, to_micros(now), by, "segment.made", name, {"title": title})
    return name


def begin(shop_id: int, *, database: Database | None = None) -> None:
    """Have what is known of the shop's people gathered, in the background; once is enough."""
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        tx.run("begin_segments", {"shop": shop_id, "now": to_micros(staff.world.clock.now())})


def change(
    shop_id: int,
    name: str,
    by: str,
    *,
    title: str | None = None,
    definition: object = None,
    tag: str | None = None,
    database: Database | None = None,
) -> None:
    """What is None stays. A change of the definition or the tag looks at everybody anew, and tells nobody of who comes
    in or goes by it. Raises LookupError, SegmentInvalid."""
    staff = open_staff(database)
    now = to_micros(staff.world.clock.now())
    with staff.database.transaction() as tx:
        tx.all("hold_segments", {"shop": shop_id})
        row = _row(tx, shop_id, name)
        id_, _, old_title, old_definition, old_tag, status, _, cursor, _attached = row
        new_title = old_title if title is None else _title(title)
        new_tag = old_tag if tag is None else tag.strip()
        asked = decode(old_definition) if definition is None else definition
        text = encode(written(_checked(tx, staff, shop_id, name, asked, new_tag)))
        is_new = text != old_definition or new_tag != old_tag
        if not is_new and new_title == old_title:
            return
        if is_new:
            _empty(tx, shop_id, id_, old_tag)
            status, cursor = "counting", 0
        given = {"id": id_, "title": new_title, "definition": text, "tag": new_tag, "status": status}
        tx.run("change_segment", {**given, "cursor": cursor, "now": now})
        audit(tx, shop_id, now, by, "segment.changed", name, {"title": new_title})


def remove(shop_id: int, name: str, by: str, *, database: Database | None = None) -> dict[str, Any]:
    """Gives what `create` takes to make it again. Raises LookupError, and SegmentInvalid (`segment.in_use`) while
    another segment asks for it."""
    staff = open_staff(database)
    now = to_micros(staff.world.clock.now())
    with staff.database.transaction() as tx:
        tx.all("hold_segments", {"shop": shop_id})
        id_, _, title, definition, tag, *_ = _row(tx, shop_id, name)
        users = [one.title for one in keeping.segments_of(tx, shop_id) if name in segments_of(one.part)]
        if lists := tx.all("lists_of_segment", {"segment": id_}):
            raise SegmentInvalid("segment.attached", "", ", ".join(str(title) for (title,) in lists))
        if users:
            raise SegmentInvalid("segment.in_use", "", ", ".join(users))
        _empty(tx, shop_id, id_, tag)
        tx.run("drop_snapshot_members", {"id": id_})
        tx.run("drop_snapshots", {"id": id_})
        tx.run("drop_segment", {"id": id_})
        audit(tx, shop_id, now, by, "segment.removed", name, {"title": title})
    return {"name": name, "title": title, "definition": decode(definition), "tag": tag}


def preview(shop_id: int, definition: object, *, database: Database | None = None) -> Preview:
    """How many people a definition would hold now, without keeping anything. Raises SegmentInvalid."""
    staff = open_staff(database)
    began = monotonic()
    with staff.database.read() as tx:
        part = _checked(tx, staff, shop_id, "", definition, "")
        shop = _shop(tx, shop_id, staff.world.clock.now())
        people, among = _sample(tx, shop_id)
        names = {row[1]: row[0] for row in tx.all("segments_of_shop", {"shop": shop_id})}
        found = query(part, staff.database.dialect, shop_id, shop.today, shop.exponent, names, among)
        rows = tx.text(found.sql, found.parameters)
    keys = [row[1] for row in rows if row[2]]
    is_sampled = len(rows) < people
    size = round(len(keys) * people / max(len(rows), 1)) if is_sampled else len(keys)
    return Preview(size, people, is_sampled, monotonic() - began, tuple(sorted(keys)[:5]))


def snapshot(shop_id: int, name: str, title: str, by: str, *, database: Database | None = None) -> int:
    """Keep who is in the segment now; gives the snapshot's number. Raises LookupError, SegmentInvalid."""
    staff = open_staff(database)
    now = to_micros(staff.world.clock.now())
    with staff.database.transaction() as tx:
        return keep_snapshot(tx, shop_id, name, title, by, now).number


def keep_snapshot(
    tx: Transaction, shop_id: int, name: str, title: str, by: str, now: int, effect: str | None = None
) -> Snapped:
    """As `snapshot`, in this transaction; one for each `effect`: asked again it gives the first. Raises LookupError,
    SegmentInvalid."""
    id_ = _row(tx, shop_id, name)[0]
    title = _title(title)
    given = {"shop": shop_id, "segment": id_, "title": title, "by": by[:200], "now": now, "effect": effect}
    row = tx.one("put_snapshot", given)
    if row is None:
        held = tx.one("snapshot_of_effect", {"shop": shop_id, "effect": effect})
        assert held is not None
        return Snapped(*held)
    size = tx.run("fill_snapshot", {"snapshot": row[0], "segment": id_})
    tx.run("size_snapshot", {"snapshot": row[0], "size": size})
    audit(tx, shop_id, now, by, "segment.snapshot", name, {"title": title, "size": size})
    return Snapped(row[0], title, size)


def forget_snapshot(shop_id: int, name: str, number: int, by: str, *, database: Database | None = None) -> None:
    """Drop one. Raises LookupError where the segment has none of this number."""
    staff = open_staff(database)
    now = to_micros(staff.world.clock.now())
    with staff.database.transaction() as tx:
        row = tx.one("forget_snapshot", {"shop": shop_id, "segment": _row(tx, shop_id, name)[0], "id": number})
        if row is None:
            raise LookupError(number)
        tx.run("empty_snapshot", {"id": number})
        audit(tx, shop_id, now, by, "segment.snapshot_removed", name, {"title": row[0]})


def name_of(title: str) -> str:
    """A name made of a title: `Clientes VIP` is `clientes-vip`."""
    return handle_of(title)[:LONGEST_NAME].strip("-") or "segment"


def _title(title: str) -> str:
    found = " ".join(title.replace("\0", "").split())
    if not found or len(found) > LONGEST_TITLE:
        raise SegmentInvalid("segment.title_unusable", "title", title)
    return found


def _checked(tx: Transaction, staff: Staff, shop_id: int, name: str, definition: object, tag: str) -> Part:
    """The definition (or its text), once it is sure that all it names is there and it does not ask for itself."""
    part = read(resolved(tx, shop_id, definition)) if not isinstance(definition, str) else from_text(definition)
    if len(tag) > LONGEST_TAG or "\n" in tag or "\0" in tag:
        raise SegmentInvalid("segment.tag_unusable", "tag", tag)
    known = staff.plugins.events
    for event in sorted(events_of(part)):
        if known.get(event) is None and not event.startswith("custom."):
            raise SegmentInvalid("segment.event_unknown", "", event)
    held = keeping.segments_of(tx, shop_id)
    names = {one.name for one in held}
    if missing := sorted(segments_of(part) - names - {name}):
        raise SegmentInvalid("segment.unknown", "", missing[0])
    parts: Mapping[str, Part] = {**{one.name: one.part for one in held}, name: part}
    ordered(parts, {**{one.name: one.tag for one in held}, name: tag.strip()})
    return part


def _row(tx: Transaction, shop_id: int, name: str) -> tuple[Any, ...]:
    for row in tx.all("segments_of_shop", {"shop": shop_id}):
        if row[1] == name:
            return row
    raise LookupError(name)


def _empty(tx: Transaction, shop_id: int, id_: int, tag: str) -> None:
    if tag:
        tx.run("touch_members", {"shop": shop_id, "segment": id_})
        tx.run("untag_members", {"shop": shop_id, "segment": id_, "tag": tag})
    tx.run("drop_segment_members", {"id": id_})
    tx.run("drop_tallies", {"id": id_})


def _shop(tx: Transaction, shop_id: int, now: datetime) -> Shop:
    row = tx.one("money_and_zone", {"shop": shop_id})
    assert row is not None
    return shop_of(shop_id, row[1], row[0], now)


def _sample(tx: Transaction, shop_id: int) -> tuple[int, Among]:
    """How many people there are, and those a preview looks at: all, or some spread evenly over all."""
    row = tx.one("span_of_segment_people", {"shop": shop_id})
    assert row is not None
    people, first, last = row
    if people <= SAMPLE:
        return people, Among(None, first or 0, (last or 0) + 1)
    return people, Among(range(first, last + 1, max(1, (last - first) // SAMPLE)))


def size(shop_id: int, name: str, *, database: Database | None = None) -> int:
    """How many are in it now."""
    staff = open_staff(database)
    with staff.database.read() as tx:
        return reading.size(tx, shop_id, name)
