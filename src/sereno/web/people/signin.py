"""Signing in and out: by password, by the company's provider, and the second factor after either."""

from __future__ import annotations

import logging
import time
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate, get_user_model, login, logout
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sereno.store.models import SignIn
from sereno.web.access import SECOND_FACTOR
from sereno.web.actions import back
from sereno.web.people import company, devices, linking, second_factor, sessions
from sereno.web.people.addresses import client_address, place_of
from sereno.web.people.tries import BY_ACCOUNT, BY_CODE, BY_DEVICE, BY_PLACE, Limit
from sereno.web.shell import LANGUAGES, render
from sereno.web.wiring import wiring

log = logging.getLogger("sereno.web")

PENDING = "pending"
"""In a session: who has given a right password and is asked for the second factor. Good for ten minutes."""
_PENDING_SECONDS = 600
_BACKEND = "django.contrib.auth.backends.ModelBackend"


@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    if not get_user_model().objects.exists():
        return redirect("setup")
    email = request.POST.get("email", request.GET.get("email", "")).strip().lower()[:254]
    following = wanted_next(request)
    values = {"email": email, "next": following, "error": "", "company": wiring().company}
    if request.method == "GET":
        return redirect(following) if request.user.is_authenticated else render(request, "sign-in.html", values)
    counted = _counted(request, email)
    if not all(limit.take(whose) for limit, whose in counted):
        values["error"] = _("Too many wrong tries. Wait five minutes, then try again, or set a new password by mail.")
        return render(request, "sign-in.html", values, status=429)
    user = authenticate(request, username=email, password=request.POST.get("password", ""))
    if not isinstance(user, User):
        values["error"] = _("This e-mail and password do not belong together. Check both and try again.")
        return render(request, "sign-in.html", values, status=401)
    for limit, whose in counted:
        limit.give_back(whose) if limit is BY_PLACE else limit.forget(whose)
    return enter(request, user, "password", following)


def wanted_next(request: HttpRequest) -> str:
    """The page the form or the address names in `next`, when it is one of ours; else the overview."""
    wanted = request.POST.get("next") or request.GET.get("next") or "/"
    return wanted if url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}) else "/"


def _counted(request: HttpRequest, email: str) -> list[tuple[Limit, str]]:
    """What a wrong try counts against. On a device the account was signed in on before it is that device alone: so a
    stranger who tries and tries cannot keep out whoever works there every day."""
    device = devices.known_device(request, email)
    if device is not None:
        return [(BY_DEVICE, device)]
    return [(BY_PLACE, place_of(client_address(request))), (BY_ACCOUNT, email)]


def enter(request: HttpRequest, user: User, how: str, following: str, *, is_strong: bool = False) -> HttpResponse:
    """The first factor is right: ask for the second where there is one, else sign in."""
    if not is_strong and second_factor.is_on(user):
        request.session.cycle_key()
        request.session[PENDING] = {
            "user": user.pk, "seal": user.get_session_auth_hash(), "how": how, "next": following, "at": time.time(),
        }  # fmt: skip
        return redirect("sign-in-code")
    return admit(request, user, how, following, is_strong=is_strong)


def admit(request: HttpRequest, user: User, how: str, following: str, *, is_strong: bool) -> HttpResponse:
    """Sign in. The session gets a new key, so that one planted in the browser before is worth nothing."""
    former = request.session.session_key
    shop = request.session.get("shop")
    login(request, user, backend=_BACKEND)
    SignIn.objects.filter(session_key=former or "").delete()
    request.session[SECOND_FACTOR] = is_strong
    request.session.pop(PENDING, None)
    if shop is not None:
        request.session["shop"] = shop
    sessions.begin(request, how)
    response = redirect(following)
    devices.remember(request, response, user.username)
    return response


@require_http_methods(["GET", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """The second step: a code of the app, or one of the recovery codes."""
    pending: dict[str, Any] | None = request.session.get(PENDING)
    user = User.objects.filter(pk=pending["user"], is_active=True).first() if pending else None
    if pending is None or user is None or not _holds(pending, user):
        request.session.pop(PENDING, None)
        messages.warning(request, _("That took too long. Sign in once more."))
        return redirect("sign-in")
    values = {"error": "", "email": user.username}
    if request.method == "GET":
        return render(request, "people/code.html", values)
    device = devices.known_device(request, user.username)
    limit, whose = (BY_DEVICE, device) if device else (BY_CODE, str(user.pk))
    if not limit.take(whose):
        values["error"] = _("Too many wrong tries. Wait five minutes, then try again.")
        return render(request, "people/code.html", values, status=429)
    how = second_factor.check(user, request.POST.get("code", ""))
    if how is None:
        values["error"] = _("This code is not right, or it was used already. Wait for the next one in your app.")
        return render(request, "people/code.html", values, status=401)
    limit.forget(whose)
    if pending.get("claims"):
        linking.link(user, pending["claims"], proven=True)
    if how == "recovery":
        left = second_factor.recovery_codes_left(user)
        messages.warning(request, _("That recovery code is used up. %(num)s are left.") % {"num": left})
    return admit(request, user, how, pending["next"], is_strong=True)


def _holds(pending: dict[str, Any], user: User) -> bool:
    return time.time() - pending["at"] < _PENDING_SECONDS and pending["seal"] == user.get_session_auth_hash()


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    SignIn.objects.filter(session_key=request.session.session_key or "").delete()
    logout(request)
    return redirect("sign-in")


@require_GET
def company_start(request: HttpRequest) -> HttpResponse:
    """Off to the provider. A link and not a form: the page's policy lets forms go nowhere else."""
    if wiring().company is None:
        raise Http404
    try:
        return redirect(company.begin(request, wanted_next(request)))
    except company.CompanyTrouble as trouble:
        return _trouble(request, trouble)


@require_GET
def company_back(request: HttpRequest) -> HttpResponse:
    if wiring().company is None:
        raise Http404
    try:
        claims = company.finish(request)
    except company.CompanyTrouble as trouble:
        return _trouble(request, trouble)
    try:
        found = linking.person_of(claims)
    except linking.NotLetIn as refusal:
        log.info("not let in through %s: %s", claims.issuer, refusal)
        return _refused(request, str(refusal))
    if found.is_linked:
        return enter(request, found.user, "company", claims.following, is_strong=claims.is_strong)
    if second_factor.is_on(found.user):
        answer = enter(request, found.user, "company", claims.following)
        pending = request.session[PENDING]
        pending["claims"] = {"issuer": claims.issuer, "subject": claims.subject, "email": claims.email}
        request.session[PENDING] = pending
        return answer
    linking.link(
        found.user, {"issuer": claims.issuer, "subject": claims.subject, "email": claims.email}, proven=found.is_new
    )
    found.user.refresh_from_db()
    return enter(request, found.user, "company", claims.following, is_strong=claims.is_strong)


def _trouble(request: HttpRequest, trouble: company.CompanyTrouble) -> HttpResponse:
    log.warning("signing in through the provider failed: %s", trouble)
    return _refused(request, _("Signing in with %(name)s did not work. Try again.") % {"name": company.company().name})


def _refused(request: HttpRequest, error: str) -> HttpResponse:
    values = {"email": "", "next": "/", "error": error, "company": wiring().company}
    return render(request, "sign-in.html", values, status=403)


@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """The reader's choice, kept in a cookie; without one the browser's own preference holds."""
    response = back(request, "/")
    chosen = request.POST.get("language", "")
    if chosen in dict(LANGUAGES):
        keep_language(response, chosen)
    return response


def keep_language(response: HttpResponse, language: str) -> None:
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=31_536_000,
        samesite="Lax",
        httponly=True,
        secure=bool(settings.SESSION_COOKIE_SECURE),
    )
