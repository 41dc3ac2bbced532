"""A message kept from a stable share of the people it would go to, so that what this one message brings is measured.

Invariant: who is kept out depends on the message, the person and the share alone, never on the attempt or the clock; a
message with other words, or another share or window, is another experiment (its `design`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from hashlib import blake2b
from typing import Any

import msgspec

from sereno.engine.catalog import ActionType
from sereno.engine.chance import SHARES, share_of
from sereno.engine.control import CONTROL, LONGEST_WINDOW, TREATED, USUAL_WINDOW, Experiment, read_share
from sereno.engine.documents import Where
from sereno.engine.durations import format_duration, parse_duration
from sereno.engine.reading import Reader
from sereno.engine.steps import HoldOut

KEY = "hold_out"
"""Stands in an effect's config beside what the action knows, as `{experiment, design}`."""
MESSAGE = "message:"
"""Begins the names of these experiments; the step's path, or which newsletter it is, follows."""
NEWSLETTERS = -2
"""Stands in an experiment for the flow, where it is a newsletter that is measured."""
REASON = "control.message_holdout"
SHORTEST = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Kept:
    """Which experiment a message is in: what its effect, or its newsletter, carries."""

    experiment: str
    design: str

    @property
    def share(self) -> int:
        """In basis points."""
        return read_design(self.design)[0]

    @property
    def window(self) -> timedelta:
        return read_design(self.design)[1]

    def keeps_out(self, flow: str, unit: str) -> bool:
        """The same for ever for the same message, person and share; a larger share keeps out the same people and
        more. `flow` is empty for a newsletter."""
        return share_of(KEY, flow, self.experiment, unit) < self.share

    def arm(self, flow: str, unit: str) -> str:
        return CONTROL if self.keeps_out(flow, unit) else TREATED

    def document(self) -> dict[str, str]:
        return {"experiment": self.experiment, "design": self.design}


def read_hold_out(
    reader: Reader, value: Any, where: Where, action: ActionType, config: Mapping[str, Any]
) -> HoldOut | None:
    """`hold_out: {share: 10, window: 14d}` beside a message. Nobody may be kept from what they need to know."""
    found = reader.mapping(value, where, KEY)
    if found is None:
        return None
    reader.keys(found, ("share", "window"), where, KEY)
    purpose = action.purpose(config)
    if purpose is None:
        reader.problem("flow.wrong_hold_out", "only a message can be kept from a share of people", where)
    elif purpose != "marketing":
        why = "is transactional" if purpose else "does not say what it is for (write purpose: marketing if it is)"
        message = f"this message {why}, and nobody may be kept from such a message: take hold_out away"
        reader.problem("control.transactional", message, where)
    share = read_share(reader, reader.need(found, "share", where, KEY), (*where, "share"))
    window: timedelta | None = USUAL_WINDOW
    if "window" in found:
        window = reader.duration(found["window"], (*where, "window"))
        if window is not None and not SHORTEST <= window <= LONGEST_WINDOW:
            reader.problem("control.wrong_window", "window is from 1h to 365d", (*where, "window"))
    return HoldOut(share, window) if share and window is not None else None


def kept(place: str, hold_out: HoldOut, body: Any) -> Kept:
    """`place` is a step's path, or a newsletter's name; `body` what makes the message what it is."""
    return Kept(f"{MESSAGE}{place}"[:200], design_of(hold_out, body))


def design_of(hold_out: HoldOut, body: Any) -> str:
    text = msgspec.json.encode(body, order="sorted")
    digest = blake2b(text, digest_size=6).hexdigest()
    return f"{hold_out.share}/{format_duration(hold_out.window)}/{digest}"


def read_design(design: str) -> tuple[int, timedelta]:
    """The share, in basis points, and the window of a control group's design. Raises ValueError for another's."""
    share, _, rest = design.partition("/")
    return int(share), parse_duration(rest.partition("/")[0])


def read_kept(given: Any) -> Kept | None:
    """What an effect's config holds under `KEY`; None where that is none of ours."""
    if not isinstance(given, Mapping):
        return None
    experiment, design = given.get("experiment"), given.get("design")  # pyright: ignore[reportUnknownMemberType,reportUnknownVariableType]
    if not isinstance(experiment, str) or not isinstance(design, str):
        return None
    try:
        read_design(design)
    except ValueError:
        return None
    return Kept(experiment, design)


def experiment_of(found: Kept) -> Experiment:
    weights = {CONTROL: found.share, TREATED: SHARES - found.share}
    return Experiment(found.experiment, found.design, weights, found.window)


def experiments_of_messages(notes: Iterable[Mapping[str, str] | None]) -> dict[str, Experiment]:
    """By name, of what the effects of a flow's messages carry."""
    found = [one for one in map(read_kept, notes) if one is not None]
    return {one.experiment: experiment_of(one) for one in found}


def kept_newsletter(id_: int, hold_out: HoldOut | None) -> Kept | None:
    """A newsletter is one message for good: neither its share nor its words change once it is on its way."""
    return None if hold_out is None else kept(newsletter_place(id_), hold_out, id_)


def newsletter_place(id_: int | str) -> str:
    return f"newsletter-{id_}"


def place_of(experiment: str) -> str | None:
    """The step's path, or the newsletter; None where the experiment is not about one message."""
    return experiment.removeprefix(MESSAGE) if experiment.startswith(MESSAGE) else None
