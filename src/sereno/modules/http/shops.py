"""The way out of a shop. What speaks to the outside is imported when something is first said: it is a third of the
memory of an idle process."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sereno.modules.http.client import GuardedHttp


def shop_http(settings: Mapping[str, Any] | None, *, takes_pages: bool = False) -> GuardedHttp:
    """Of the shop with these settings. `takes_pages`: its answers may be as large as a page of a platform's records."""
    from sereno.modules.http.client import MAX_ANSWER, MAX_PAGE, GuardedHttp
    from sereno.modules.http.guard import hosts_of

    return GuardedHttp(hosts_of(settings), largest=MAX_PAGE if takes_pages else MAX_ANSWER)
