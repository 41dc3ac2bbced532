"""`sereno segment`: who is in which, and how many a definition would hold."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from sereno.cli import database
from sereno.cli.host import host
from sereno.cli.lists.rows import person
from sereno.cli.narrowing import Json, ShopName, shop_named
from sereno.cli.output import Failed, WrongUse, emit, say, table

segment = App(name="segment", help="Segments of customers.", help_format="plaintext")

COMPARED = 100
"""How many of each side are named."""


def _prepare() -> None:
    host().prepare()
    database.ready()


@contextmanager
def _refused() -> Iterator[None]:
    from sereno.engine.segments.definition import SegmentInvalid

    try:
        yield
    except SegmentInvalid as refusal:
        raise WrongUse(str(refusal)) from None
    except LookupError as missing:
        raise Failed(f"There is no segment {missing.args[0]}.") from None


def _document(file: Path) -> Any:
    import yaml

    try:
        text = file.read_text()
        return text if file.suffix == ".cel" else yaml.safe_load(text)
    except (OSError, ValueError, yaml.YAMLError) as fault:
        raise WrongUse(f"{file} cannot be read: {fault}") from None


@segment.command(name="list")
def list_segments(*, shop: ShopName = None, json: Json = False) -> None:
    """List the segments with how many are in each."""
    _prepare()
    from sereno.modules.segments.models import Segment
    from sereno.runtime.segments import reading
    from sereno.runtime.staff import open_staff

    found = list(Segment.objects.filter(shop=shop_named(shop)).order_by("name"))
    with open_staff(None).database.read() as tx:
        sizes = reading.sizes(tx, [one.pk for one in found])
    names = ("name", "title", "status", "tag", "definition")
    lines = [{**{name: getattr(one, name) for name in names}, "size": sizes.get(one.pk, 0)} for one in found]
    if json:
        emit(lines)
        return
    shown = ("name", "title", "status", "size")
    table(shown, ([line[name] for name in shown] for line in lines), empty="No segments: sereno segment make.")


@segment.command
def make(
    title: str,
    file: Annotated[Path, Parameter(help="The definition, as YAML or JSON, or as text of conditions (.cel).")],
    *,
    tag: Annotated[str, Parameter(help="Kept on its members.")] = "",
    shop: ShopName = None,
    json: Json = False,
) -> None:
    """Make a segment; a running worker finds its people."""
    _prepare()
    from sereno.runtime.segments import services

    with _refused():
        name = services.create(shop_named(shop).pk, title, _document(file), person(), tag=tag)
    if json:
        emit({"name": name})
        return
    say(f"Made {name}. A worker finds its people in the background.")


@segment.command
def preview(
    file: Annotated[Path, Parameter(help="The definition, as YAML or JSON, or as text of conditions (.cel).")],
    *,
    shop: ShopName = None,
    json: Json = False,
) -> None:
    """Say how many a definition would hold now; nothing is kept."""
    _prepare()
    from sereno.runtime.segments import services

    with _refused():
        found = services.preview(shop_named(shop).pk, _document(file))
    if json:
        emit({"size": found.size, "people": found.people, "is_sampled": found.is_sampled})
        return
    say(f"{'About ' if found.is_sampled else ''}{found.size} of {found.people}.")


@segment.command
def members(name: str, *, limit: int | None = None, shop: ShopName = None, json: Json = False) -> None:
    """List the customers who are in a segment now."""
    _prepare()
    from sereno.runtime.segments import reading
    from sereno.runtime.staff import open_staff

    shop_id, found, after = shop_named(shop).pk, list[str](), ""
    with open_staff(None).database.read() as tx:
        if reading.segment_id(tx, shop_id, name) is None:
            raise Failed(f"There is no segment {name}.")
        while limit is None or len(found) < limit:
            page = reading.members(tx, shop_id, name, after, min(1000, limit - len(found) if limit else 1000))
            if not page:
                break
            found += page
            after = page[-1]
    if json:
        emit(found)
        return
    table(("customer",), ([key] for key in found), empty="Nobody is in it.")


@segment.command
def remove(name: str, *, shop: ShopName = None, json: Json = False) -> None:
    """Remove a segment; its tag is taken off its members."""
    _prepare()
    from sereno.runtime.segments import services

    with _refused():
        made_of = services.remove(shop_named(shop).pk, name, person())
    if json:
        emit(made_of)
        return
    say("Removed.")


@segment.command
def snapshot(
    name: str,
    *,
    title: Annotated[str, Parameter(help="What it is called; the segment's title where nothing is said.")] = "",
    shop: ShopName = None,
    json: Json = False,
) -> None:
    """Keep who is in a segment now."""
    _prepare()
    from sereno.modules.segments.models import Segment
    from sereno.runtime.segments import services

    shop_id = shop_named(shop).pk
    one = Segment.objects.filter(shop=shop_id, name=name).first()
    if one is None:
        raise Failed(f"There is no segment {name}.")
    with _refused():
        number = services.snapshot(shop_id, name, title or one.title, person())
    if json:
        emit({"id": number})
        return
    say(f"Kept as number {number}.")


@segment.command
def snapshots(name: str, *, shop: ShopName = None, json: Json = False) -> None:
    """List the snapshots of a segment, the newest first."""
    from sereno.store.fields import instant_text

    _prepare()
    lines = [
        {"id": row.pk, "title": row.title, "size": row.size, "by": row.by, "taken_at": instant_text(row.taken_at)}
        for row in _snapshots(name, shop)
    ]
    if json:
        emit(lines)
        return
    shown = ("id", "title", "size", "taken_at")
    table(shown, ([line[name] for name in shown] for line in lines), empty="No snapshots: sereno segment snapshot.")


@segment.command
def compare(
    name: str,
    first: Annotated[int, Parameter(help="Number of the earlier snapshot.")],
    second: Annotated[int, Parameter(help="Number of the later snapshot.")],
    *,
    shop: ShopName = None,
    json: Json = False,
) -> None:
    """Say who was added between two snapshots of a segment, who is gone, and how many are in both."""
    _prepare()
    from sereno.runtime.segments import reading

    if not {first, second} <= {row.pk for row in _snapshots(name, shop)}:
        raise Failed(f"There is no such snapshot of {name}: sereno segment snapshots {name}.")
    found = reading.compared(first, second, COMPARED)
    if json:
        emit({name: getattr(found, name) for name in found.__slots__})
        return
    say(f"{found.added_count} added, {found.removed_count} gone, {found.both_count} in both.")
    table(
        ("customer", "since then"),
        [*((key, "added") for key in found.added), *((key, "gone") for key in found.removed)],
        empty="Nobody came or went.",
    )


@segment.command
def forget(name: str, number: int, *, shop: ShopName = None, json: Json = False) -> None:
    """Drop one snapshot of a segment."""
    _prepare()
    from sereno.runtime.segments import services

    try:
        services.forget_snapshot(shop_named(shop).pk, name, number, person())
    except LookupError:
        raise Failed(f"There is no such snapshot of {name}: sereno segment snapshots {name}.") from None
    if json:
        emit({"removed": number})
        return
    say("Removed.")


def _snapshots(name: str, shop: str | None) -> list[Any]:
    from sereno.modules.segments.models import Segment, Snapshot

    shop_id = shop_named(shop).pk
    one = Segment.objects.filter(shop=shop_id, name=name).first()
    if one is None:
        raise Failed(f"There is no segment {name}.")
    return list(Snapshot.objects.filter(shop=shop_id, segment_id=one.pk).order_by("-id"))
