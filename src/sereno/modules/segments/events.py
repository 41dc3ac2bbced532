"""Somebody came into a segment, or left it."""

from __future__ import annotations

from sereno.commerce.records.fields import string
from sereno.commerce.schema import record
from sereno.sdk.plugin import event

SEGMENT_CROSSED = record(
    "segment_crossed",
    "A segment that a customer came into or left.",
    (
        string("segment", "The segment's name, as flows call it."),
        string("name", "The segment's title, as people read it."),
    ),
)

for _name, _description in (
    (
        "segment.entered",
        "A customer came into a segment: once for every time. Those who were in it when it was made are not told of.",
    ),
    ("segment.left", "A customer is no longer in a segment: once for every time."),
):
    event(_name, description=_description, data=SEGMENT_CROSSED, supplies=frozenset({"customer"}))
