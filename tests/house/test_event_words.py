"""No page names an event by its code: every event that ships has words, and belongs to an area."""

from __future__ import annotations

from sereno.sdk.plugin import registry
from sereno.site.plugins import load_plugins
from sereno.web.builder.forms.event_words import EVENTS, area_of


def test_every_event_that_ships_has_words() -> None:
    load_plugins()
    names = registry().events.names()
    assert len(names) > 80
    assert [name for name in names if name not in EVENTS and not name.startswith(("custom.", "tests."))] == []
    assert [name for name in EVENTS if area_of(name) == "custom"] == []
