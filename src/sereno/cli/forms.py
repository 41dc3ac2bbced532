"""`sereno form` and `sereno lead`: what visitors are asked, what they leave, and how ready they are."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import App, Parameter

from sereno.cli import database
from sereno.cli.host import host
from sereno.cli.narrowing import Json, ShopName, shop_named
from sereno.cli.output import Failed, emit, say, table

form = App(name="form", help="What visitors are asked, and how many answer.", help_format="plaintext")
lead = App(name="lead", help="Who came by a form, and how ready they are to buy.", help_format="plaintext")


def _prepare() -> None:
    host().prepare()
    database.ready()


@form.command(name="list")
def list_forms(*, shop: ShopName = None, json: Json = False) -> None:
    """List the shop's forms, with how each did in the last 90 days."""
    _prepare()
    from datetime import timedelta

    from sereno.modules.forms import services
    from sereno.modules.forms.counting import Rate

    held = shop_named(shop)
    rates = services.rates(held.pk, timedelta(days=90))
    found = [(one, rates.get(one.name, Rate(0, 0))) for one in services.forms(held.pk)]
    lines: list[dict[str, Any]] = [
        {
            "name": one.name,
            "shape": one.form.look.shape,
            "is_open": one.is_open,
            "views": rate.views,
            "submits": rate.submits,
            "rate": None if rate.value is None else round(rate.value, 4),
            "low": None if rate.interval is None else round(rate.interval[0], 4),
            "high": None if rate.interval is None else round(rate.interval[1], 4),
        }
        for one, rate in found
    ]
    if json:
        emit(lines)
        return
    names = ("name", "shape", "is_open", "views", "submits", "rate", "low", "high")
    table(names, (list(line.values()) for line in lines), empty="no forms yet: sereno form apply FILE")


@form.command
def export(name: str, *, shop: ShopName = None) -> None:
    """Print the form as YAML, to change it and apply it again. One that ships is printed where the shop has none of
    this name."""
    _prepare()
    import yaml

    from sereno.modules.forms import reading, services

    kept = services.find(shop_named(shop).pk, name)
    found = kept.form if kept is not None else reading.shipped().get(name)
    if found is None:
        raise Failed(f"there is no form {name}: sereno form list")
    say(yaml.safe_dump(reading.write(found), allow_unicode=True, sort_keys=False, width=120).rstrip())


@form.command
def apply(file: Path, *, shop: ShopName = None) -> None:
    """Have the form of a YAML file; the file's name is the form's. A new one is not shown yet."""
    _prepare()
    import yaml

    from sereno.modules.forms import services
    from sereno.modules.forms.reading import FormInvalid

    try:
        document = yaml.safe_load(file.read_text(encoding="utf-8"))
        kept = services.save(shop_named(shop).pk, file.stem, document, "cli")
    except (OSError, UnicodeDecodeError, yaml.YAMLError, FormInvalid) as error:
        raise Failed(f"{file}: {error}") from error
    say(f"{kept.name}: version {kept.version}, {len(kept.form.fields)} fields")


@form.command(name="switch")
def switch_form(name: str, state: Literal["on", "off"], *, shop: ShopName = None) -> None:
    """Show it in storefronts, or no more."""
    _prepare()
    from sereno.modules.forms import services

    try:
        services.set_open(shop_named(shop).pk, name, state == "on", "cli")
    except LookupError as error:
        raise Failed(f"{error}: sereno form list") from error
    say(f"{name}: {'shown' if state == 'on' else 'not shown'}")


@lead.command(name="list")
def list_leads(
    *,
    stage: Literal["new", "engaged", "qualified", "customer"] = "qualified",
    limit: Annotated[int, Parameter(help="At most so many, those with most points first.")] = 100,
    shop: ShopName = None,
    json: Json = False,
) -> None:
    """List who is that far."""
    _prepare()
    from sereno.modules.forms import services
    from sereno.store.fields import instant_text

    lines: list[dict[str, Any]] = [
        {
            "customer": one.person,
            "email": one.email,
            "form": one.form,
            "points": one.points,
            "stage": one.stage,
            "since": instant_text(one.since),
        }
        for one in services.leads(shop_named(shop).pk, stage)[:limit]
    ]
    if json:
        emit(lines)
        return
    names = ("customer", "email", "form", "points", "stage", "since")
    table(names, (list(line.values()) for line in lines), empty=f"nobody is {stage}")
