"""A text a flow wrote and the store tells back is known again; one that somebody else changed meanwhile is not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sereno.commerce.event import Event
from sereno.runtime.stores.echoes import Echo, is_explained, is_near
from sereno.sdk.writes import SetTexts

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
BEFORE = {
    "id": "p1",
    "title": "Cup",
    "description": "<p>Blue</p>",
    "status": "active",
    "updated_at": "2026-11-22T11:00:00Z",
}


def is_own(write: SetTexts, type: str = "product.updated", **changes: Any) -> bool:
    at = NOW + timedelta(seconds=1)
    data = {**BEFORE, "updated_at": at.isoformat(), **changes}
    event = Event("e", "s", "store", type, "product:p1", at, at, data, {"product": "p1"}, BEFORE)
    echo = Echo("7/1", write.ability, write.echoes, write.marks(), NOW - timedelta(hours=1), NOW, NOW, at)
    assert is_near(echo, event, at)
    return is_explained(echo.marks, event, [echo])


@pytest.mark.parametrize(
    ("write", "changes", "expected"),
    [
        (SetTexts("p1", "Mug", "<p>Red</p>"), {"title": "Mug", "description": "<p>Red</p>"}, True),
        # The store cleans the mark-up, or keeps the title in its variants too.
        (SetTexts("p1", description="<p style=''>Red</p>"), {"description": "<p>Red</p>\n"}, True),
        (SetTexts("p1", "Mug"), {"title": "Mug", "variants": [{"variant_id": "v", "variant_title": "Mug"}]}, True),
        (SetTexts("p1", "Mug"), {"title": "Mug", "description": "<p>By hand</p>"}, False),
        (SetTexts("p1", description="x"), {"title": "By hand", "description": "x"}, False),
        (SetTexts("p1", "Mug"), {"title": "Mug", "status": "draft"}, False),
        (SetTexts("p1", "Mug"), {"title": "Mug", "price": "9.00"}, False),
    ],
)
def test_what_is_an_echo(write: SetTexts, changes: dict[str, Any], expected: bool) -> None:
    assert is_own(write, **changes) is expected
    assert not is_own(write, "product.unpublished", **changes), "a fact of its own is nobody's echo"


def test_what_is_not_said_is_not_marked() -> None:
    assert SetTexts("p1").marks() == {}
    assert set(SetTexts("p1", description="").marks()) == {"description"}
    assert set(SetTexts("p1", "Mug").marks()) == {"title", "variant_title", "variants"}
