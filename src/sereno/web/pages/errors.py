"""Pages for what went wrong; each says what to do next."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from sereno.web.shell import render


def missing(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    if request.path.startswith("/api/"):
        from django.http import JsonResponse

        return JsonResponse({"code": "not_found", "message": "There is nothing at this address."}, status=404)
    return render(request, "missing.html", status=404)


def broken(request: HttpRequest) -> HttpResponse:
    return render(request, "broken.html", status=500)


def refused(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "refused.html", {"reason": "role"}, status=403)


def csrf(request: HttpRequest, reason: str = "", **kwargs: Any) -> HttpResponse:
    return render(request, "refused.html", {"reason": "csrf"}, status=403)
