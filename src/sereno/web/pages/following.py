"""Where a mail's links and its picture lead: the click or opening is noted, and the reader goes on.

Invariant: nobody is kept from where they were going because it could not be noted, and nobody is sent anywhere that a
mail of ours did not name.
"""

from __future__ import annotations

import logging
from base64 import b64decode
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_safe

from sereno.modules.messages.tracking import Stamp, TokenInvalid, is_machine, read_click, read_open
from sereno.runtime.replying import What, tell
from sereno.store import secrets
from sereno.store.models import Shop
from sereno.web.shell import render

log = logging.getLogger("sereno.web")
_PICTURE = b64decode(b"R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")


@require_safe
def click(request: HttpRequest, token: str) -> HttpResponse:
    try:
        stamp, url = read_click(secrets.newest(), token)
    except TokenInvalid:
        return render(request, "public/gone.html", status=404)
    _note(request, stamp, "clicked", "track_clicks", url=url)
    answer = HttpResponseRedirect(url)
    answer["Referrer-Policy"] = "no-referrer"
    return _kept_private(answer)


@require_safe
def picture(request: HttpRequest, token: str) -> HttpResponse:
    """The picture is always there: a broken one in a mail says more than none."""
    try:
        stamp = read_open(secrets.newest(), token)
    except TokenInvalid:
        pass
    else:
        _note(request, stamp, "opened", "track_opens")
    return _kept_private(HttpResponse(_PICTURE, content_type="image/gif"))


def _note(request: HttpRequest, stamp: Stamp, what: What, setting: str, **more: Any) -> None:
    """A shop that has switched following off since is told nothing of old mails either."""
    shop = Shop.objects.filter(pk=stamp.shop_id).values_list("settings", flat=True).first()
    if shop is None or shop.get(setting) == "off":
        return
    agent = request.headers.get("User-Agent", "")
    method = str(request.META.get("REQUEST_METHOD") or "GET")
    is_program = is_machine(stamp, datetime.now(UTC), agent, is_click=what == "clicked", method=method)
    try:
        tell(
            stamp.shop_id,
            what,
            effect=stamp.effect,
            address=stamp.address,
            customer=stamp.customer,
            channel=stamp.channel,
            message=stamp.message,
            is_machine=is_program,
            **more,
        )
    except Exception:
        log.exception("an answer to a message could not be noted")


def _kept_private(answer: HttpResponse) -> HttpResponse:
    answer["Cache-Control"] = "no-store, private"
    answer["X-Robots-Tag"] = "noindex"
    return answer
