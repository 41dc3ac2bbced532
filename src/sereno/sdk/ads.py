"""What is asked of an advertiser's platform besides its audiences: that a campaign stops, and runs again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from sereno.sdk.tools import Act

AdKind = Literal["campaign", "group", "ad"]
"""`group`: an ad set of Meta's, an ad group of Google's."""


@dataclass(frozen=True, slots=True)
class SetAdRunning(Act):
    """Have the advertisement of this id run, or pause it. Written.value: `changed`, and `was` (`running`, `paused`,
    or another state, which nobody changes: one that was removed)."""

    id: str
    is_running: bool
    kind: AdKind = "campaign"
    ability: ClassVar[str] = "set_ad_running"
