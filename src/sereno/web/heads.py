"""A page that can be got answers HEAD as well: filters that look at the links of a mail, and programs that watch
whether a page is there, begin with it, and take "not allowed" for a link that is dead.

Invariant: what a HEAD does is what its GET does, and no more; whoever tells programs from people still reads the method
that was sent in `request.META`.
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse


class HeadsAsGets:
    """The view sees a GET. Whatever serves the answer leaves its body out."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method != "HEAD":
            return self.get_response(request)
        request.method = "GET"
        try:
            return self.get_response(request)
        finally:
            request.method = "HEAD"
