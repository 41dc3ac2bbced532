"""`If-Match`: a change says which version of a thing it was made to, so that two people do not undo each other."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated

from ninja import Header

from sereno.api.problems import Problem

IfMatch = Annotated[
    str | None, Header(None, alias="If-Match", description='The `ETag` of the draft you changed, such as `"7"`.')
]
_TAG = re.compile(r'(?:W/)?"?(0|[1-9][0-9]{0,8})"?')


def version_in(if_match: str) -> int:
    """The number in an `ETag` of ours; -1, which nothing has, for what never was one."""
    found = _TAG.fullmatch(if_match.strip())
    return int(found[1]) if found else -1


def tag_needed(if_match: str | None, thing: str) -> str:
    """The `ETag` without its quotes; 428 where none was sent. `thing`: what was changed, such as "topics"."""
    if if_match is None:
        raise Problem("precondition.missing", f"Send `If-Match` with the `ETag` of the {thing} you changed.")
    return if_match.strip().strip('"')


def version_needed(if_match: str | None, thing: str) -> int:
    """As `version_in`; 428 where none was sent."""
    return version_in(tag_needed(if_match, thing))


def version_unless_new(if_match: str | None, thing: str, is_there: Callable[[], bool]) -> int | None:
    """The version a change was made to; None where it makes the thing; 428 where that is there and none was sent."""
    return None if if_match is None and not is_there() else version_needed(if_match, thing)
