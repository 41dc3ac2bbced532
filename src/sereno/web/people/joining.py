"""The page an invitation's link leads to.

Invariant: the seat is for the address it was offered to: a new account gets that address, an old one must have it.
"""

from __future__ import annotations

from datetime import UTC, datetime

from django.contrib import messages
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from sereno.store.invitations import digest_of
from sereno.store.models import Invitation
from sereno.web.people import accounts, sessions, signin
from sereno.web.people.members import join_shop
from sereno.web.people.roles import EXPLAINED
from sereno.web.shell import render
from sereno.web.wiring import wiring


@require_http_methods(["GET", "POST"])
def join(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows and changes nothing, for mail scanners follow links."""
    row = Invitation.objects.select_related("shop").filter(digest=digest_of(token)).first()
    if row is None or row.accepted_at or row.revoked_at or row.expires_at <= datetime.now(UTC):
        return render(request, "people/join.html", {"state": "bad"}, status=404)
    user = User.objects.filter(username=row.email).first()
    is_here = request.user.is_authenticated
    state = "other" if is_here and request.user != user else "ready" if is_here else "sign-in" if user else "new"
    context = {
        "state": state,
        "invitation": row,
        "place": row.shop.name,
        "explained": EXPLAINED[row.role],
        "errors": {},
        "name": request.POST.get("name", ""),
        "company": wiring().company,
    }
    if request.method == "GET":
        return render(request, "people/join.html", context)
    if state == "ready" and isinstance(request.user, User):
        with transaction.atomic():
            is_in = join_shop(request.user, row)
        return _welcome(request, row, is_in)
    if state == "new":
        return _make_account(request, row, context)
    return render(request, "people/join.html", context, status=409)


def _make_account(request: HttpRequest, row: Invitation, context: dict[str, object]) -> HttpResponse:
    name, password = " ".join(request.POST.get("name", "").split())[:150], request.POST.get("password", "")
    if refused := accounts.password_refused(password, User(username=row.email, email=row.email)):
        return render(request, "people/join.html", {**context, "errors": {"password": refused}}, status=422)
    try:
        with transaction.atomic():
            user = User.objects.create_user(username=row.email, email=row.email, password=password, first_name=name)
            is_in = join_shop(user, row)
    except IntegrityError:
        return redirect(request.path)  # the same form sent twice: the account is there now
    signin.admit(request, user, "link", "/", is_strong=False)
    return _welcome(request, row, is_in)


def _welcome(request: HttpRequest, row: Invitation, is_in: bool) -> HttpResponse:
    request.session["shop"] = row.shop_id
    sessions.rotate(request)
    if is_in:
        messages.success(request, _("Welcome to %(shop)s.") % {"shop": row.shop.name})
    return redirect("home")
