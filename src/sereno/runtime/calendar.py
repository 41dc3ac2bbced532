"""What stands on the calendar, whoever puts it there: posts, newsletters, launches, sales, content of the site.

Invariant: each kind is read by one function `between(tx, shop_id, since, until)`, by an index; none asks row by row.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happens `at` (UTC), up to `until` where it lasts. `kind` is `post`, `newsletter`, `launch`,
    `sale` or `content`; `state` one of `planned running done failed waiting`; `url` its page, below the host."""

    at: datetime
    until: datetime | None
    kind: str
    title: str
    state: str
    url: str
