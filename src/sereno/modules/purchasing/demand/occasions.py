"""What known days bring: gift and sales days of the shop's country, its public holidays, and what the shop itself has
in its calendar. An assumption to begin with, then what the shop showed; for a thing of its own where it showed that.

Invariant: an effect is tried on each time it came, by what was known before; where that did worse than knowing nothing,
it is not used. Needs numpy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from sereno.modules.purchasing.demand import feasts
from sereno.modules.purchasing.demand.methods import CLIPPED, Floats

NEAR = 6
"""Periods on either side that tell what is ordinary."""
FEWEST_NEAR = 3
SURE, UNSURE = 0.10, 0.5
"""How far off (a standard deviation) what is assumed of a feast, and of the shop's own events, may be."""
LEAST_NOISE = 0.05
OWN = 0.5
"""How far (a standard deviation, of logarithms) one thing differs from the shop on such a day."""
OWN_EVENT = "own:"
"""How the code of an event of the shop's own calendar begins."""
LEAST, MOST = -0.8, 4.0
FELT = 0.25
"""From such a share of its days in a period on it is not an ordinary one."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """One time of something that comes again: `code` is what the times of it share. `lift` is what is assumed of a
    period full of it; `share` is that of the shop's orders which go to where it is kept."""

    code: str
    day: date
    first: date
    last: date
    lift: float
    sure: float
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class Effect:
    """What a day brings the shop. `basis`: `learned`, `assumed` (it never came yet), `unused` (it did no better than
    nothing). `seen`: how often it came."""

    code: str
    lift: float
    seen: int
    basis: str


@dataclass(frozen=True, slots=True)
class Known:
    """`before` and `ahead` are what the days did and will do to periods (1: nothing); the doses are occasions by
    period."""

    before: Floats
    ahead: Floats
    effects: tuple[Effect, ...]
    dose_before: Floats
    dose_ahead: Floats


def of_country(country: str, begin: date, end: date) -> list[Occasion]:
    """The feasts of which a part lies between two days."""
    found: list[Occasion] = []
    for year in range(begin.year - 1, end.year + 2):
        for code, day in feasts.of_year(country, year):
            feast = feasts.BY_CODE[code]
            first, last = day + timedelta(days=feast.first), day + timedelta(days=feast.last)
            if last >= begin and first <= end:
                found.append(Occasion(code, day, first, last, feast.lift, SURE))
    return sorted(found, key=lambda one: (one.day, one.code))


def of_countries(shares: Mapping[str, float], begin: date, end: date) -> list[Occasion]:
    """The feasts of all countries a shop sells to, each by the share of its orders; a day that several keep is one."""
    found: dict[tuple[str, date], Occasion] = {}
    for country, share in shares.items():
        for one in of_country(country, begin, end):
            held = found.get((one.code, one.day))
            found[one.code, one.day] = replace(one, share=min(1.0, (held.share if held else 0.0) + share))
    return sorted(found.values(), key=lambda one: (one.day, one.code))


def own_event(name: str, first: date, last: date, lift: float | None) -> Occasion:
    """Of the shop's calendar; with what it expects of it, if it says so."""
    return Occasion(f"{OWN_EVENT}{name}", first, first, last, lift or 0.0, UNSURE if lift is None else UNSURE / 2)


def kind_of_day(code: str) -> str:
    return "own" if code.startswith(OWN_EVENT) else "holiday" if code == "public_holiday" else "feast"


def known_days(
    index: Floats, occasions: Sequence[Occasion], first_day: date | None, days: float, horizon: int
) -> Known | None:
    """Of the shop's swing without its seasons: what the days did to it, and will do. None where no day is known."""
    periods = len(index)
    if first_day is None or not occasions:
        return None
    codes = list(dict.fromkeys(one.code for one in occasions))
    dose = np.zeros((len(codes), periods + horizon))
    for one in occasions:
        _add_dose(dose[codes.index(one.code)], one, first_day, days)
    given = {one.code: one for one in occasions}
    assumed = np.array([given[code].lift for code in codes])
    ordinary = (dose[:, :periods] < FELT).all(0) & np.isfinite(index)
    effects: list[Effect] = []
    usual, moves = _usual(index, ordinary)
    noise = max(LEAST_NOISE, moves)
    for at, code in enumerate(codes):
        others = np.delete(assumed, at) @ np.delete(dose[:, :periods], at, axis=0)
        shown = index / np.maximum(usual, 1e-9) - 1 - others
        effects.append(_effect(given[code], dose[at, :periods], shown, usual > 0, noise))
    lifts = np.array([one.lift for one in effects])
    whole = np.maximum(0.1, 1 + lifts @ dose)
    return Known(whole[:periods], whole[periods:], tuple(effects), dose[:, :periods], dose[:, periods:])


def _add_dose(row: Floats, one: Occasion, first_day: date, days: float) -> None:
    """How much of each period is of it: 1 is a period (or the whole of it, where it is shorter)."""
    begin, end = (one.first - first_day).days, (one.last - first_day).days + 1
    whole = min(days, end - begin)
    for at in range(max(0, int(begin // days)), min(len(row), int((end - 1) // days) + 1)):
        shared = min(end, (at + 1) * days) - max(begin, at * days)
        row[at] = min(1.0, row[at] + one.share * max(0.0, shared) / whole)


def _usual(index: Floats, ordinary: NDArray[np.bool_]) -> tuple[Floats, float]:
    """What is ordinary about each period (0: not known), and how far ordinary ones are from it."""
    usual = np.zeros(len(index))
    for at in range(len(index)):
        near = slice(max(0, at - NEAR), at + NEAR + 1)
        own = index[near][ordinary[near]]
        if len(own) >= FEWEST_NEAR:
            usual[at] = np.median(own)
    told = ordinary & (usual > 0)
    away = np.abs(index[told] / usual[told] - 1) if told.any() else np.zeros(1)
    return usual, 1.4826 * float(np.median(away))


def _effect(one: Occasion, dose: Floats, shown: Floats, is_told: NDArray[np.bool_], noise: float) -> Effect:
    """From time to time: what was expected is tried against nothing, then what came is learned."""
    mean, weight = one.lift, 1 / one.sure**2
    with_it = without = 0.0
    seen = 0
    for times in _times(dose):
        times = [at for at in times if is_told[at]]
        if not times or dose[times].max() < FELT:
            continue
        seen += 1
        with_it += float(np.sum((shown[times] - mean * dose[times]) ** 2))
        without += float(np.sum(shown[times] ** 2))
        more = float(np.sum(dose[times] ** 2)) / noise**2
        came = float(np.sum(shown[times] * dose[times]) / np.sum(dose[times] ** 2))
        mean, weight = (weight * mean + more * came) / (weight + more), weight + more
    lift = float(np.clip(mean, LEAST, MOST))
    if not seen:
        return Effect(one.code, lift, 0, "assumed")
    if with_it > without:
        return Effect(one.code, 0.0, seen, "unused")
    return Effect(one.code, lift, seen, "learned")


def _times(dose: Floats) -> list[list[int]]:
    """Periods that belong to one time of it."""
    found: list[list[int]] = []
    for at in np.flatnonzero(dose > 0):
        if found and at - found[-1][-1] <= 1:
            found[-1].append(int(at))
        else:
            found.append([int(at)])
    return found


def own_lifts(y: Floats, swing: Floats, known: Known) -> list[Floats]:
    """By occasion: the logarithm of what it does to each thing beside the shop, for a full period of it; 0 where
    nothing tells. Tried on the last time it came by the times before, where there are two."""
    even = y / np.maximum(swing, 1e-9)
    ordinary: NDArray[np.bool_] = np.all(known.dose_before < FELT, axis=0)
    found: list[Floats] = []
    for at, effect in enumerate(known.effects):
        dose = known.dose_before[at]
        times = [one for one in _times(dose) if dose[one].max() >= FELT]
        if effect.basis == "unused" or not times or not (known.dose_ahead[at] > 0).any():
            found.append(np.zeros(len(y)))
            continue
        logs = _logs(even, swing, y, times, dose, ordinary)
        if len(times) > 1:
            before = _logs(even, swing, y, times[:-1], dose, ordinary)
            came, usual, _noise = _came(even, swing, y, times[-1:], ordinary)
            least = usual + 1
            with_it = np.abs(came - usual * np.exp(before * dose[times[-1]].mean())) / least
            if with_it.sum() > (np.abs(came - usual) / least).sum():
                logs = np.zeros(len(y))
        found.append(logs)
    return found


def _logs(
    even: Floats, swing: Floats, y: Floats, times: list[list[int]], dose: Floats, ordinary: NDArray[np.bool_]
) -> Floats:
    came, usual, noise = _came(even, swing, y, times, ordinary)
    full = float(np.mean([dose[one].mean() for one in times]))
    believed = OWN**2 / (OWN**2 + noise)
    return np.clip(believed * np.log((came + 0.5) / (usual + 0.5)) / max(full, FELT), -CLIPPED, CLIPPED)


def _came(
    even: Floats, swing: Floats, y: Floats, times: list[list[int]], ordinary: NDArray[np.bool_]
) -> tuple[Floats, Floats, Floats]:
    """By thing: what was asked for in these periods, what was to be expected of it, and how much of their ratio may be
    chance (a variance, of logarithms)."""
    came, usual = np.zeros(len(y)), np.zeros(len(y))
    spread = np.ones(len(y))
    for periods in times:
        near = np.arange(max(0, periods[0] - NEAR), min(y.shape[1], periods[-1] + NEAR + 1))
        own = even[:, near[ordinary[near]]]
        count = (~np.isnan(own)).sum(1)
        level = np.where(count >= FEWEST_NEAR, np.nansum(own, 1) / np.maximum(count, 1), np.nan)
        moves = np.sqrt(np.nansum((own - level[:, None]) ** 2, 1) / np.maximum(count - 1, 1))
        spread = np.nan_to_num((moves / np.maximum(level, 1e-9)) ** 2, nan=1.0)
        part = level[:, None] * swing[periods][None, :]
        told = ~np.isnan(part) & ~np.isnan(y[:, periods])
        came += np.where(told, y[:, periods], 0.0).sum(1)
        usual += np.where(told, part, 0.0).sum(1)
    weeks = sum(len(one) for one in times)
    return came, usual, np.where(usual > 0, spread / weeks + 1 / (usual + 0.5), np.inf)
