"""Who is kept out of a flow so that its worth can be measured, and what of a flow is an experiment.

Invariant: an experiment's `design` is made from the document alone and changes whenever its arms or its window do, so
what was measured of one design is never added to another's; going back to an older version goes on with its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from hashlib import blake2b
from typing import Any, cast

import msgspec

from sereno.engine.catalog import Catalog
from sereno.engine.chance import SHARES, share_of
from sereno.engine.documents import Where
from sereno.engine.durations import format_duration
from sereno.engine.places import kind_of, walk
from sereno.engine.reading import Reader

USUAL_WINDOW = timedelta(days=14)
LONGEST_WINDOW = timedelta(days=365)
MOST_HELD_OUT = 50
"""Per cent. Whoever holds out more has the arms the wrong way round."""
CONTROL, TREATED = "control", "treated"
"""The arms of a control group; also the name of that experiment."""
CHECKOUT = -1
"""Stands in an experiment for the flow, where it is the checkout's variants that are compared; 0 is the whole shop."""
USUAL_WEIGHT = 50
"""Of a message's wording that says none."""
HOLDOUT = "holdout"
"""The experiment of the whole shop: a share of people that gets no marketing at all."""


@dataclass(frozen=True, slots=True)
class Control:
    """`share` in basis points of the people that the flow passes by; `window` is how long after they came to it their
    orders count."""

    share: int
    window: timedelta


@dataclass(frozen=True, slots=True)
class Experiment:
    """`name` is `control` or the path of a split or of a tried message. `weights` by arm, in the order written."""

    name: str
    design: str
    weights: Mapping[str, int]
    window: timedelta


def read_control(reader: Reader, value: Any, where: Where, document: Mapping[str, Any]) -> Control | None:
    """`control: {share: 10, window: 14d}`. A flow that has to reach everybody cannot have one."""
    if value is None:
        return None
    found = reader.mapping(value, where, "control")
    if found is None:
        return None
    reader.keys(found, ("share", "window"), where, "control")
    share = read_share(reader, reader.need(found, "share", where, "control"), (*where, "share"))
    window = USUAL_WINDOW
    if "window" in found:
        window = reader.duration(found["window"], (*where, "window")) or timedelta()
        if not timedelta(hours=1) <= window <= LONGEST_WINDOW:
            reader.problem("control.wrong_window", "window is from 1h to 365d", (*where, "window"))
    if share:
        _refuse_transactional(reader, document, where)
    return Control(share, window)


def read_share(reader: Reader, value: Any, where: Where) -> int:
    """Basis points of a percentage; 0 after a problem, too."""
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= MOST_HELD_OUT:
        points = Decimal(str(value)) * (SHARES // 100)
        if points == points.to_integral_value():
            return int(points)
    if value is not None:
        message = f"share is the percentage held out, from 0 to {MOST_HELD_OUT}, with two decimals at most, such as 10"
        reader.problem("control.wrong_share", message, where)
    return 0


def _refuse_transactional(reader: Reader, document: Mapping[str, Any], where: Where) -> None:
    """Nobody may be kept from what they need to know: an order confirmation, a parcel's number."""
    for path, purpose in purposes(document, reader.catalog):
        if purpose == "marketing":
            continue
        why = "is transactional" if purpose else "does not say what it is for (write purpose: marketing if it is)"
        message = (
            f"step {path} sends a message that {why}, and nobody may be kept from such a message: "
            "take control away, or move that step into a flow of its own"
        )
        reader.problem("control.transactional", message, where)


def purposes(document: Mapping[str, Any], catalog: Catalog) -> list[tuple[str, str]]:
    """What the flow's messages are for, by the paths of their steps: `marketing`, `transactional`, or empty where the
    document does not say."""
    found: list[tuple[str, str]] = []
    for path, step in walk(document):
        name = kind_of(step)
        action = catalog.action(name)
        config = cast("Mapping[str, Any]", step).get(name) if isinstance(step, Mapping) else None
        if action is None or not isinstance(config, Mapping):
            continue
        purpose = action.purpose(cast("Mapping[str, Any]", config))
        if purpose is not None:
            found.append((path, purpose))
    return found


def experiments_of(document: Mapping[str, Any], control: Control | None) -> dict[str, Experiment]:
    """What of a sound flow is measured, by name: its control group, each split with at least two arms, and each message
    that is tried in several wordings."""
    window = control.window if control is not None else USUAL_WINDOW
    found: dict[str, Experiment] = {}
    if control is not None and control.share:
        design = f"{control.share}/{format_duration(window)}"
        found[CONTROL] = Experiment(CONTROL, design, {CONTROL: control.share, TREATED: SHARES - control.share}, window)
    for path, step in walk(document):
        body = _arms(step)
        if body is not None and sum(1 for weight in body[0].values() if weight) > 1:
            found[path] = Experiment(path, _digest(body[1], format_duration(window)), body[0], window)
    return found


def _arms(step: Any) -> tuple[dict[str, int], Mapping[str, Any]] | None:
    """The weights of a split's branches or of a message's wordings, and what makes them what they are."""
    if not isinstance(step, Mapping):
        return None
    found = cast("Mapping[str, Any]", step)
    if kind_of(found) == "split":
        body = cast("Mapping[str, Any]", found["split"])
        return {str(name): int(weight) for name, weight in body["weights"].items()}, body
    if "test" not in found:
        return None
    wordings = cast("Mapping[str, Mapping[str, Any] | None]", found["test"])
    weights = {str(name): int((item or {}).get("weight", USUAL_WEIGHT)) for name, item in wordings.items()}
    return weights, {"step": found.get(kind_of(found)), "test": wordings}


def _digest(body: Mapping[str, Any], window: str) -> str:
    text = msgspec.json.encode([body, window], order="sorted")
    return blake2b(text, digest_size=8).hexdigest()


def is_held_out(control: Control, flow: str, unit: str) -> bool:
    """The same for ever for the same flow, person and share; a larger share holds out the same people and more."""
    return share_of(CONTROL, flow, unit) < control.share


def is_in_holdout(share: int, unit: str) -> bool:
    """Whether a person gets no marketing at all from the shop; `share` in basis points."""
    return share > 0 and share_of(HOLDOUT, unit) < share


def as_share(percent: object) -> int:
    """The shop's setting `holdout_share`, a percentage as number or text, as basis points; 0 for what is none."""
    if isinstance(percent, bool) or not isinstance(percent, int | float | str):
        return 0
    try:
        found = Decimal(str(percent).strip())
    except InvalidOperation:
        return 0
    return int(found * (SHARES // 100)) if found.is_finite() and 0 < found <= MOST_HELD_OUT else 0


def holdout_experiment(share: int) -> Experiment | None:
    """What a holdout of the whole shop measures; None without one."""
    if not share:
        return None
    weights = {CONTROL: share, TREATED: SHARES - share}
    return Experiment(HOLDOUT, f"{share}/{format_duration(USUAL_WINDOW)}", weights, USUAL_WINDOW)
