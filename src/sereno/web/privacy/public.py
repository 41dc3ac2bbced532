"""Pages for a shop's customers, without a sign-in: confirming a subscription, fetching what is held about them. What
counts is the button, for mail scanners follow links."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from sereno.runtime.consenting import confirm as confirm_consent
from sereno.runtime.consenting import read_confirmation
from sereno.store.models import PrivacyRequest, Shop
from sereno.store.secrets import SecretsUnreadable, decrypt
from sereno.web.people.addresses import client_address
from sereno.web.privacy.asked import taken
from sereno.web.shell import render


@csrf_exempt
@require_http_methods(["GET", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """GET asks and changes nothing. POST says yes, and the words, time and place are kept as the proof."""
    page = "public/confirm.html"
    try:
        shop_id, address, *_rest = read_confirmation(token)
        sender = Shop.objects.filter(pk=shop_id).values_list("name", flat=True).first() or ""
        question = _("Yes, write me offers and news")
        if request.method == "POST":
            proof = {
                "said": question,
                "language": get_language() or "",
                "ip": client_address(request),
                "agent": request.headers.get("User-Agent", "")[:200],
            }
            confirm_consent(token, proof)
    except ValueError:
        return render(request, page, {"state": "bad"}, status=404)
    state = "done" if request.method == "POST" else "ask"
    return render(request, page, {"state": state, "address": address, "sender": sender, "question": question})


@csrf_exempt
@require_http_methods(["GET", "POST"])
def handover(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows the button. POST gives the file, once."""
    page = "public/handover.html"
    try:
        id_, _until, purpose = decrypt(token)
    except (SecretsUnreadable, ValueError):
        id_, purpose = "0", ""
    row = PrivacyRequest.objects.filter(pk=int(id_)).first() if purpose == "handover" and id_.isdecimal() else None
    if row is None or row.file is None:
        return render(request, page, {"state": "gone"}, status=404)
    if request.method == "POST":
        answer = taken(row, "handover")
        return answer if answer is not None else render(request, page, {"state": "gone"}, status=404)
    return render(request, page, {"state": "ask", "until": row.file_until})
