"""Whether a try of a write has changed anything over there by the time the platform wants less.

Invariant: a try that is put off after half of it was done counts as one, so that the next looks first.
"""

from __future__ import annotations

from sereno.sdk.ports import Http, HttpAnswer, HttpRequest
from sereno.sdk.result import Retry
from sereno.sdk.stores import StoreLimited

_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_GRAPH = b'{"query":'


class WatchedHttp:
    """The way there, for one try. `has_changed`: a request before the last one may have changed something; of the last
    one, the platform's answer tells."""

    def __init__(self, http: Http) -> None:
        self._http = http
        self._last = False
        self.has_changed = False

    def send(self, request: HttpRequest) -> HttpAnswer:
        self.has_changed = self.has_changed or self._last
        # Where no answer comes, nobody knows.
        self._last = _changes(request)
        answer = self._http.send(request)
        self._last = self._last and not 400 <= answer.status < 500
        return answer

    def put_off(self, reason: str, said: str, error: StoreLimited) -> Retry:
        """What becomes of an effect that the platform takes less of. Nothing done: the whole connection waits, and it
        was no try. Something done: it alone waits, and it was one."""
        kind = "transient" if self.has_changed else "limited"
        return Retry(reason, said, kind, error.after)


def _changes(request: HttpRequest) -> bool:
    if request.method.upper() in _READS:
        return False
    body = request.body or b""
    return b"mutation" in body if body.startswith(_GRAPH) else True
