"""`sereno content`: what the shop shows on its site for a time."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import App, Parameter

from sereno.cli import database
from sereno.cli.host import host
from sereno.cli.lists.rows import person
from sereno.cli.narrowing import Json, ShopName, shop_named
from sereno.cli.output import Failed, emit, say, table

content = App(name="content", help="What the shop shows on its site for a time.", help_format="plaintext")


def _prepare() -> None:
    host().prepare()
    database.ready()


@content.command(name="list")
def list_campaigns(*, shop: ShopName = None, json: Json = False) -> None:
    """List the campaigns, the highest priority first."""
    _prepare()
    from datetime import UTC, datetime

    from sereno.modules.content import services
    from sereno.sdk.content import write_campaign

    now, held = datetime.now(UTC), services.campaigns(shop_named(shop).pk)
    found: list[dict[str, Any]] = [
        {"name": one.name, "state": one.state(now), "version": one.version, **write_campaign(one.campaign)}
        for one in held
    ]
    if json:
        emit(found)
        return
    names = ("name", "title", "state", "priority", "starts_at", "ends_at", "segment")
    table(names, ([one[name] for name in names] for one in found), empty="Nothing is planned for the site.")


@content.command
def standing(
    *,
    at: Annotated[str | None, Parameter(help="ISO 8601 with its offset; left out, now.")] = None,
    customer: Annotated[str, Parameter(help="Their id.")] = "",
    product: Annotated[str, Parameter(help="On the page of this product.")] = "",
    shop: ShopName = None,
    json: Json = False,
) -> None:
    """Say what one visitor sees at an instant, by place."""
    _prepare()
    from datetime import UTC, datetime

    from sereno.engine.durations import parse_instant
    from sereno.runtime.content.showing import now_standing
    from sereno.sdk.languages import said

    try:
        moment = parse_instant(at) if at else datetime.now(UTC)
    except ValueError as error:
        raise Failed(f"{at}: {error}") from error
    held = shop_named(shop)
    found = [
        {"place": place, "campaign": one.name, "piece": piece.id, "text": said(piece.text, held.locale) or piece.value}
        for place, (one, piece) in now_standing(held.pk, customer, product, [], moment).items()
    ]
    if json:
        emit(found)
        return
    names = ("place", "campaign", "piece", "text")
    table(names, ([one[name] for name in names] for one in found), empty="Nothing stands anywhere.")


@content.command
def written(*, shop: ShopName = None, json: Json = False) -> None:
    """List what campaigns and flows have written into the stores' own sites, what waits for a decision first."""
    _prepare()
    from dataclasses import asdict

    from sereno.runtime.content import deciding

    found = deciding.standing(shop_named(shop).pk)
    if json:
        emit([asdict(one) for one in found])
        return
    names = ("id", "kind", "key", "store", "state", "since", "changed by somebody else")
    rows = (
        [one.id, one.target.kind, one.target.key, one.target.store, one.state, one.changed_at, ", ".join(one.edited)]
        for one in found
    )
    table(names, rows, empty="Nothing of ours stands in a store.")


@content.command
def decide(
    id: int,
    *,
    keep: Annotated[Literal["theirs", "ours"], Parameter(help="What stands: theirs stays whatever ends.")],
    shop: ShopName = None,
) -> None:
    """Say what stands where somebody else changed what was written into the store."""
    _prepare()
    from sereno.runtime.content import deciding

    try:
        deciding.decide(shop_named(shop).pk, id, keep, person())
    except LookupError as error:
        raise Failed(f"{error.args[0]} sereno content written") from None
    say(f"{id}: {keep}")


@content.command
def apply(file: Path, *, shop: ShopName = None) -> None:
    """Have the campaign of a YAML file; the file's name is the campaign's. A new one is off."""
    _prepare()
    import yaml

    from sereno.modules.content import services

    try:
        document = yaml.safe_load(file.read_text(encoding="utf-8"))
        kept = services.save(shop_named(shop).pk, file.stem, document, person())
    except (OSError, UnicodeDecodeError, yaml.YAMLError, ValueError) as error:
        raise Failed(f"{file}: {error}") from error
    say(f"{kept.name}: version {kept.version}, {'on' if kept.is_on else 'off'}")


@content.command
def export(name: str, *, shop: ShopName = None) -> None:
    """Print a campaign as YAML, to change it and apply it again."""
    _prepare()
    import yaml

    from sereno.modules.content import services
    from sereno.sdk.content import write_campaign

    kept = services.find(shop_named(shop).pk, name)
    if kept is None:
        raise Failed(f"there is no campaign {name}: sereno content list")
    say(yaml.safe_dump(write_campaign(kept.campaign), allow_unicode=True, sort_keys=False, width=120).rstrip())


@content.command
def switch(
    name: str, *, off: Annotated[bool, Parameter(help="Show it nowhere.")] = False, shop: ShopName = None
) -> None:
    """Show a campaign by its dates and flows; with --off, nowhere."""
    _prepare()
    from sereno.modules.content import services

    try:
        services.switch(shop_named(shop).pk, name, not off, person())
    except LookupError:
        raise Failed(f"there is no campaign {name}: sereno content list") from None
    say(f"{name} is {'off' if off else 'on'}")
