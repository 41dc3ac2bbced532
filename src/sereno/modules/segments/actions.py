"""What flows do with segments: keep who is in one, so that two moments can be compared."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from sereno.commerce.records.fields import integer, string
from sereno.commerce.schema import record
from sereno.sdk.config import Config, text
from sereno.sdk.config import mark as _
from sereno.sdk.context import Context
from sereno.sdk.plugin import action
from sereno.sdk.ports import Snapshots
from sereno.sdk.result import Done, Fail, Result

LONGEST = 120
"""Of a snapshot's name."""


class SnapshotConfig(Config):
    segment: str = text(_("Segment"), max_length=64, suggest="segments", help=_("By its name, such as vip."))
    title: str = text(
        _("Name of the snapshot"),
        default="",
        template=True,
        max_length=200,
        help=_("Such as {{ now | date: '%Y-%m' }} for the month; empty: the day."),
    )


KEPT = record(
    "kept_snapshot",
    "The snapshot that was kept.",
    (
        string("title", "Its name."),
        integer("number", "Its number."),
        integer("size", "How many are in it."),
    ),
)


@action("segments.snapshot", label=_("Keep who is in {segment} now"), icon="copy", config=SnapshotConfig, result=KEPT)
def snapshot(config: SnapshotConfig, ctx: Context) -> Result:
    """Keep who is in a segment at this moment, as *Keep it* on the segment's page does, for comparing it with another
    moment: from a scheduled flow one each month, say. One step keeps one snapshot, however often it is tried."""
    day = (ctx.asked_at or ctx.now).astimezone(ZoneInfo(ctx.shop.timezone)).date().isoformat()
    title = " ".join(config.title.split())[:LONGEST].strip() or day
    try:
        number, kept, size = ctx.port(Snapshots).keep(config.segment.strip(), title, by=ctx.flow, key=ctx.effect_key)
    except LookupError:
        return Fail("segment.unknown", f"There is no segment {config.segment.strip()!r}: see Segments for its name.")
    return Done({"number": number, "title": kept, "size": size})
