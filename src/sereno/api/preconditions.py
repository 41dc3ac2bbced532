"""`If-Match`: a change says which version of a thing it was made to, so that two people do not undo each other."""

from __future__ import annotations

import re
from typing import Annotated

from ninja import Header

IfMatch = Annotated[
    str | None, Header(None, alias="If-Match", description='The `ETag` of the draft you changed, such as `"7"`.')
]
_TAG = re.compile(r'(?:W/)?"?(0|[1-9][0-9]{0,8})"?')


def version_in(if_match: str) -> int:
    """The number in an `ETag` of ours; -1, which nothing has, for what never was one."""
    found = _TAG.fullmatch(if_match.strip())
    return int(found[1]) if found else -1
