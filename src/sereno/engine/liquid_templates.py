"""Liquid itself: what parses and fills a template, its filters and its limits. It is read when the first template is
(`templates` knows plain texts without it): 8 MB with the tables of dates it brings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, Literal, cast
from zoneinfo import ZoneInfo

from babel.core import UnknownLocaleError
from babel.dates import format_date, format_datetime, format_time
from babel.numbers import format_currency, format_decimal
from liquid import Environment, RenderContext
from liquid.exceptions import LiquidError
from liquid.filter import with_context
from liquid.template import BoundTemplate

from sereno.engine.durations import parse_date, parse_instant
from sereno.engine.names import nearest
from sereno.engine.template_limits import bound_ranges, bounded
from sereno.engine.templates import Escape, Reading, TemplateFailed, Variables

DEFAULT_LOCALE = "en"
_STYLES = ("short", "medium", "long", "full")


class _Limited(Environment):
    context_depth_limit = 12
    loop_iteration_limit = 10_000
    output_stream_limit = 1_000_000
    local_namespace_limit = 1_000_000


def read(template: str) -> tuple[Reading, ...]:
    """What it reads from outside. Raises TemplateFailed."""
    found: list[Reading] = []
    parsed = parse(template, "text")
    try:
        analysis = parsed.analyze()
    except LiquidError as error:
        raise _failed(error) from None
    known = _environment("text").filters
    for name, spans in analysis.filters.items():
        if name not in known:
            guess = nearest(name, known)
            more = f"; did you mean {guess}?" if guess else ""
            line = template.count("\n", 0, max(spans[0].index, 0)) + 1
            raise TemplateFailed(f"there is no filter {name!r}{more}", line)
    for variables in analysis.globals.values():
        for variable in variables:
            line = template.count("\n", 0, max(variable.span.index, 0)) + 1
            path = tuple(part if isinstance(part, str | int) else "*" for part in variable.segments)
            found.append(Reading(path, line))
    return tuple(found)


def parse(template: str, escape: Escape) -> BoundTemplate:
    """Raises TemplateFailed."""
    try:
        return _environment(escape).from_string(template)
    except LiquidError as error:
        raise _failed(error) from None
    except RecursionError:
        raise TemplateFailed("it is nested too deeply") from None


def fill(parsed: BoundTemplate, variables: Variables) -> str:
    """Raises TemplateFailed."""
    try:
        return parsed.render(**variables)
    except LiquidError as error:
        raise _failed(error) from None
    except (TypeError, ValueError, ArithmeticError, RecursionError, MemoryError) as error:
        raise TemplateFailed(str(error) or type(error).__name__) from None


def _failed(error: LiquidError) -> TemplateFailed:
    line = 1
    context = error.context() if error.token is not None else None
    if context is not None:
        line = context[0]
    return TemplateFailed(str(error.message), line)


@lru_cache(maxsize=2)
def _environment(escape: Escape) -> Environment:
    environment = _Limited(autoescape=escape == "html")
    environment.add_filter("money", money)
    environment.add_filter("date", date)
    environment.add_filter("time", time)
    environment.add_filter("number", number)
    for name, filter in list(environment.filters.items()):
        environment.add_filter(name, bounded(name, filter))
    bound_ranges()
    return environment


# --- filters ---------------------------------------------------------------------------------------


@with_context
def money(value: Any, currency: Any = None, *, context: RenderContext) -> str:
    """An amount in the reader's language: `{{ order.total | money }}`, `{{ order.total | money: order.currency }}`.
    Without a currency it is the order's, the cart's or the store's."""
    amount = _decimal(value)
    if amount is None:
        return ""
    code = str(currency or _first(context, _CURRENCIES) or "")
    locale = _locale(context)
    if not code:
        return _in_locale(lambda name: format_decimal(amount, format="#,##0.00", locale=name), locale)
    return _in_locale(lambda name: format_currency(amount, code, locale=name), locale)


@with_context
def number(value: Any, *, context: RenderContext) -> str:
    """A number in the reader's language."""
    amount = _decimal(value)
    return "" if amount is None else _in_locale(lambda name: format_decimal(amount, locale=name), _locale(context))


@with_context
def date(value: Any, style: Any = "medium", *, context: RenderContext) -> str:
    """A day in the reader's language and the store's zone: `{{ order.created_at | date }}`, `| date: "long"`, or a
    pattern of strftime: `| date: "%Y-%m-%d"`. "now" is this moment."""
    at = _instant(value, context)
    if at is None:
        return _bare_date(value, str(style), _locale(context))
    if "%" in str(style):
        return at.strftime(str(style))
    chosen = _style(style)
    return _in_locale(lambda name: format_date(at, format=chosen, locale=name), _locale(context))


@with_context
def time(value: Any, style: Any = "short", *, context: RenderContext) -> str:
    """A time of day in the reader's language and the store's zone; `| time: "full"` adds the day."""
    at = _instant(value, context)
    if at is None:
        return ""
    if str(style) == "full":
        return _in_locale(lambda name: format_datetime(at, format="medium", locale=name), _locale(context))
    chosen = _style(style)
    return _in_locale(lambda name: format_time(at, format=chosen, locale=name), _locale(context))


_CURRENCIES = (("order", "currency"), ("cart", "currency"), ("store", "currency"))
_LOCALES = (("locale",), ("customer", "locale"), ("order", "locale"), ("cart", "locale"), ("store", "locale"))


def _first(context: RenderContext, paths: Iterable[tuple[str, ...]]) -> Any:
    for path in paths:
        value: Any = context.globals.get(path[0])
        for name in path[1:]:
            value = cast("Mapping[str, Any]", value).get(name) if isinstance(value, Mapping) else None
        if value:
            return value
    return None


def _locale(context: RenderContext) -> str:
    return str(_first(context, _LOCALES) or DEFAULT_LOCALE).replace("-", "_")


def _in_locale(write: Callable[[str], str], locale: str) -> str:
    for name in (locale, locale.partition("_")[0], DEFAULT_LOCALE):
        try:
            return write(name)
        except (UnknownLocaleError, ValueError):
            continue
    return ""


def _decimal(value: Any) -> Decimal | None:
    if value is None or value == "":
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    # An exponent makes a short text a number of a million digits.
    return found if found.is_finite() and -30 < found.adjusted() < 30 else None


def _style(style: Any) -> Literal["short", "medium", "long", "full"]:
    name = str(style)
    return name if name in _STYLES else "medium"


def _instant(value: Any, context: RenderContext) -> datetime | None:
    if isinstance(value, datetime):
        at = value if value.tzinfo else value.replace(tzinfo=UTC)
    elif value in ("now", "today"):
        now = context.globals.get("now")
        return None if now is None else _instant(str(now), context)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        at = datetime.fromtimestamp(value, UTC)
    else:
        text = str(value or "")
        if len(text) <= 10:
            return None
        try:
            at = parse_instant(text)
        except ValueError:
            return None
    zone = _first(context, (("timezone",), ("store", "timezone")))
    try:
        return at.astimezone(ZoneInfo(str(zone))) if zone else at
    except (KeyError, ValueError, OSError):
        return at


def _bare_date(value: Any, style: str, locale: str) -> str:
    try:
        year, month, day = parse_date(str(value or ""))
    except ValueError:
        return ""
    at = datetime(year or 2000, month, day, tzinfo=UTC)
    if "%" in style:
        return at.strftime(style)
    if year is None:
        return _in_locale(lambda name: format_date(at, format="d MMMM", locale=name), locale)
    chosen = _style(style)
    return _in_locale(lambda name: format_date(at, format=chosen, locale=name), locale)
