"""What tagging is, whatever is tagged: the config of the step, and the change through the port."""

from __future__ import annotations

from typing import Literal

from pydantic import field_validator

from sereno.sdk.config import Config, text
from sereno.sdk.config import mark as _
from sereno.sdk.context import Context
from sereno.sdk.ports import TagKind, Tags
from sereno.sdk.result import Done, Fail, Result


class TagConfig(Config):
    tag: str = text(_("Tag"), template=True, max_length=64, suggest="tags")

    @field_validator("tag")
    @classmethod
    def _is_not_empty(cls, value: str) -> str:
        if not value.strip():
            raise ValueError("a tag needs at least one character")
        return value


def change_tag(config: TagConfig, ctx: Context, kind: TagKind, verb: Literal["add", "remove"]) -> Result:
    """Add or remove the tag on the run's record of this kind. Either, done twice, is a no-op."""
    key = ctx.refs.get(kind) or str((ctx.records.get(kind) or {}).get("id") or "")
    if not key:
        return Fail(f"{kind}.missing", f"This run is about no {kind}. Start the flow by an event that names one.")
    tag = " ".join(config.tag.split())[:64]
    if not tag:
        return Fail("tag.empty", "The tag came out empty: see which value its text uses.")
    try:
        tags = ctx.port(Tags)
    except LookupError:
        return Fail("tags.no_store", "This shop keeps no tags.")
    if verb == "add":
        tags.add(kind, key, tag)
    else:
        tags.remove(kind, key, tag)
    return Done({"tag": tag, kind: key})
