"""`sereno survey`: what customers are asked, and what they answer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from sereno.cli import database
from sereno.cli.host import host
from sereno.cli.narrowing import Json, ShopName, shop_named
from sereno.cli.output import Failed, emit, say, table

survey = App(name="survey", help="What customers are asked, and what they answer.", help_format="plaintext")


def _prepare() -> None:
    host().prepare()
    database.ready()


@survey.command(name="list")
def list_surveys(*, shop: ShopName = None, json: Json = False) -> None:
    """List the shop's surveys and those that ship, with how many answers each has."""
    _prepare()
    from sereno.modules.surveys import services

    held = shop_named(shop)
    found = services.surveys(held.pk)
    numbers = services.numbers(held.pk, [one.name for one in found])
    lines: list[dict[str, Any]] = [
        {
            "name": one.name,
            "is_open": one.is_open,
            "is_own": one.is_own,
            "questions": len(one.survey.questions),
            "answers": numbers.get(one.name, 0),
        }
        for one in found
    ]
    if json:
        emit(lines)
        return
    table(tuple(lines[0]), (list(line.values()) for line in lines), empty="")


@survey.command
def report(
    name: str,
    *,
    days: Annotated[int | None, Parameter(help="Only answers of so many days.")] = None,
    shop: ShopName = None,
    json: Json = False,
) -> None:
    """Count what was answered, by question, with the interval that so few answers allow."""
    _prepare()
    from datetime import timedelta

    from sereno.modules.surveys import services
    from sereno.modules.surveys.reading import said

    held = shop_named(shop)
    kept = services.find(held.pk, name)
    if kept is None:
        raise Failed(f"there is no survey {name}: sereno survey list")
    found = services.report(held.pk, kept.survey, None if days is None else timedelta(days=days))
    lines: list[dict[str, Any]] = [
        {
            "question": one.question.id,
            "kind": one.question.kind,
            "answered": one.answered,
            "mean": None if one.mean is None else round(one.mean.value, 2),
            "low": None if one.mean is None or one.mean.low is None else round(one.mean.low, 2),
            "high": None if one.mean is None or one.mean.high is None else round(one.mean.high, 2),
            "promoters": None if one.promoters is None else round(one.promoters.value, 1),
            "shares": [{"value": value, "answers": number} for value, number in one.shares],
        }
        for one in found.questions
    ]
    if json:
        emit({"survey": name, "answers": found.answers, "whole": found.whole, "questions": lines})
        return
    say(f"{said(kept.survey.title, held.locale)}: {found.answers} answers, {found.whole} of the whole page")
    names = ("question", "kind", "answered", "mean", "low", "high", "promoters")
    table(names, ([line[key] for key in names] for line in lines), empty="")


@survey.command
def export(name: str, *, shop: ShopName = None) -> None:
    """Print the survey as YAML, to change it and apply it again."""
    _prepare()
    import yaml

    from sereno.modules.surveys import reading, services

    kept = services.find(shop_named(shop).pk, name)
    if kept is None:
        raise Failed(f"there is no survey {name}: sereno survey list")
    say(yaml.safe_dump(reading.write(kept.survey), allow_unicode=True, sort_keys=False, width=120).rstrip())


@survey.command
def apply(file: Path, *, shop: ShopName = None) -> None:
    """Have the survey of a YAML file; the file's name is the survey's."""
    _prepare()
    import yaml

    from sereno.modules.surveys import services
    from sereno.modules.surveys.reading import SurveyInvalid

    try:
        document = yaml.safe_load(file.read_text(encoding="utf-8"))
        kept = services.save(shop_named(shop).pk, file.stem, document, "cli")
    except (OSError, UnicodeDecodeError, yaml.YAMLError, SurveyInvalid) as error:
        raise Failed(f"{file}: {error}") from error
    say(f"{kept.name}: version {kept.version}, {len(kept.survey.questions)} questions")
