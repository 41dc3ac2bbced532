"""Pages for a shop's customers, without a sign-in: leaving marketing mail, by link and in one click (RFC 8058)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from sereno.web.shell import render


@csrf_exempt
@require_http_methods(["GET", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """GET asks and changes nothing, for mail scanners follow links. POST unsubscribes; the token alone is the right to,
    as a mail program's one-click request carries no cookie."""
    from sereno.modules.messages import unsubscribe as rule

    try:
        who = rule.read(token)
    except ValueError:
        return render(request, "public/unsubscribe.html", {"state": "bad", "who": None}, status=404)
    if request.method == "GET":
        return render(request, "public/unsubscribe.html", {"state": "ask", "who": who})
    rule.apply(token)
    return render(request, "public/unsubscribe.html", {"state": "done", "who": who})
