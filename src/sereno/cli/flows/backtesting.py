"""`sereno flow backtest`: what a flow would have done, on past events and a virtual clock, sending nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from sereno.cli import database
from sereno.cli.flows import documents
from sereno.cli.host import host
from sereno.cli.narrowing import Json, ShopName, instant_of, shop_named
from sereno.cli.output import Failed, WrongUse, cell, emit, progress, say, table


def backtest(
    *files: str,
    events: Path | None = None,
    from_: Annotated[str | None, Parameter(name="--from")] = None,
    to: str | None = None,
    until: str | None = None,
    seed: int = 0,
    shop: ShopName = None,
    timezone: str | None = None,
    currency: str | None = None,
    locale: str | None = None,
    with_live: bool = False,
    json: Json = False,
) -> None:
    """Replay past events through flow files, in a scratch database, with nothing sent.

    The same events and seed give the same output, byte for byte. `seconds` is how long the clock ran.

    Parameters
    ----------
    files
        Flow files.
    events
        Canonical events, one JSON object a line; without it the shop's own from --from to --to.
    from_
        Events from this instant on may start runs (2026-10-01, 30d); earlier ones only tell what was known by then.
    to
        Events before this instant.
    until
        Let the clock run on to this instant after the last event; without it until nothing is left to wait for.
    seed
        What decides where there is chance.
    shop
        Take name, currency, time zone, language and settings from this shop.
    timezone
        IANA name; UTC when there is no shop.
    currency
        ISO 4217; EUR when there is no shop.
    locale
        en, es, pt or ro; en when there is no shop.
    with_live
        Let the shop's other live flows run along, untold: what they tag and state is then there for these.
    """
    if with_live and events is not None and shop is None:
        raise WrongUse("--with-live needs a shop: name one with --shop")
    read = documents.read(files)
    plugins = host().prepare(needs_data=shop is not None or events is None)
    place = None
    if shop is not None or events is None:
        database.ready()
        place = shop_named(shop)
    names: list[str] = []
    for document in read:
        flow, problems = documents.check(document, plugins, place)
        if flow is None:
            raise Failed("\n".join(documents.problem_lines(document, problems)))
        names.append(flow.name)
    if events is not None and (from_ or to):
        raise WrongUse("--events brings its own period: leave --from and --to out, or leave --events out")
    # Events before --from only build what is known of records and consents by then.
    start = instant_of("--from", from_) if from_ else None
    end = instant_of("--to", to) if to else None
    source = _lines(events) if events is not None else _stored(place, end)
    facts = _facts(place, timezone, currency, locale)
    with progress("Events") as tell, documents.in_shop(place):
        report = _report(
            [document.text for document in read],
            source,
            shop=facts,
            start=start,
            until=instant_of("--until", until) if until else None,
            seed=seed,
            beside=_beside(place, names) if with_live else (),
            on_progress=lambda count, at: tell(count, None),
            is_sorted=True,
        )
    if json:
        emit(report)
        return
    _tell(report)


def _facts(place: Any, timezone: str | None, currency: str | None, locale: str | None) -> Any:
    from sereno.cli.shops import check_place
    from sereno.sdk.context import ShopFacts

    zone = timezone or (place.timezone if place else "UTC")
    money = (currency or (place.currency if place else "EUR")).upper()
    language = locale or (place.locale if place else "en")
    check_place(money, zone, language)
    return ShopFacts(
        id=1,
        name=place.name if place else "Back-test",
        currency=money,
        timezone=zone,
        locale=language,
        base_url=host().settings().base_url,
        settings=place.settings if place else {},
    )


def _report(texts: list[str], source: Iterator[Any], **options: Any) -> Mapping[str, Any]:
    from sereno.runtime.replays.history import BadLine

    try:
        return host().backtest(texts, source, **options)
    except BadLine as bad:
        raise Failed(str(bad)) from bad


def _lines(path: Path) -> Iterator[Any]:
    """The events of a file, in order of time."""
    from sereno.runtime.replays.history import lines_of

    if not path.is_file():
        raise WrongUse(f"--events: there is no file {path}")
    return lines_of(path)


def _stored(place: Any, end: datetime | None) -> Iterator[Any]:
    """The shop's own events, in order of time. What Sereno found or made by itself is found again by the back-test."""
    from sereno.runtime.replays.history import past_events

    return past_events(place.pk, before=end)


def _beside(place: Any, names: list[str]) -> list[str]:
    """The shop's other live flows."""
    from sereno.runtime.replays.history import live_beside

    return live_beside(place.pk, names)


def _tell(report: Mapping[str, Any]) -> None:
    say(
        f"{report['events']} events, {len(report['runs'])} runs, {len(report['effects'])} effects, "
        f"{len(report['skipped'])} not entered, over {report['seconds'] / 86400:.1f} days"
    )
    if report["effects"]:
        say()
        shown = report["effects"][:50]
        columns = ["AT", "FLOW", "SUBJECT", "ACTION", "CONFIG"]
        table(columns, [[e["at"], e["flow"], e["subject"], e["action"], cell(e["config"])] for e in shown], empty="")
        if len(report["effects"]) > len(shown):
            say(f"... and {len(report['effects']) - len(shown)} more; --json gives them all.")
    if report["skipped"]:
        reasons: dict[tuple[str, str], int] = {}
        for skip in report["skipped"]:
            reasons[skip["flow"], skip["reason"]] = reasons.get((skip["flow"], skip["reason"]), 0) + 1
        say()
        table(
            ["FLOW", "NOT ENTERED BECAUSE", "TIMES"],
            [[*key, count] for key, count in sorted(reasons.items())],
            empty="",
        )
