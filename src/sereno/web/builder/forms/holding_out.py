"""A message kept from a share of people, as the builder offers it: only for marketing, since nobody may be kept from
what they need to know; what a file says already is shown in any case."""

from __future__ import annotations

from django.utils.translation import gettext as _

from sereno.engine.control import MOST_HELD_OUT
from sereno.engine.message_control import KEY
from sereno.sdk.plugin import registry
from sereno.web.builder.forms.controls import Control, Number, Part
from sereno.web.builder.forms.times import Length

HELD_OUT, HELD_WINDOW = "hold-out", "hold-out-window"


def holding_out(step: Part, name: str) -> list[Control]:
    """The controls; none for what is no marketing message."""
    definition = registry().actions.get(name)
    config = step.get(name)
    kind = None if definition is None else definition.message(config if isinstance(config, dict) else {})
    if KEY not in step and (kind is None or kind.purpose not in ("marketing", None)):
        return []
    return [
        Number(
            name=HELD_OUT,
            keys=(KEY, "share"),
            label=_("Keep this message from, in percent"),
            help=_("They go on without it, always the same ones, so that Results can say what this message brings."),
            whole=False,
            least=0,
            most=MOST_HELD_OUT,
        ),
        Length(
            name=HELD_WINDOW, keys=(KEY, "window"), label=_("Their orders count for"), help=_("14 days when empty.")
        ),
    ]


def settle(step: Part) -> None:
    """Without a share there is nothing to measure."""
    found = step.get(KEY)
    if isinstance(found, dict) and found.get("share") is None:
        step.pop(KEY)
