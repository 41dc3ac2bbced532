"""A forgotten password: a link by mail, good once and for an hour.

Invariants: the page answers alike, and as fast, whether the address is known or not; the link itself is no longer good
once the password has changed.
"""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.models import User
from django.contrib.auth.tokens import default_token_generator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from sereno.store.access import end_all
from sereno.web.people import accounts, mailing, signin
from sereno.web.people.addresses import client_address, place_of
from sereno.web.people.mailing import Letter
from sereno.web.people.tries import BY_ACCOUNT, RESETS, RESETS_BY_PLACE
from sereno.web.shell import render
from sereno.web.wiring import wiring


@require_http_methods(["GET", "POST"])
def forgotten(request: HttpRequest) -> HttpResponse:
    state = "ask" if mailing.has_mail_server() else "no-mail"
    email = request.POST.get("email", "").strip().lower()[:254]
    if request.method == "POST" and state == "ask":
        state = "sent"
        if email and RESETS_BY_PLACE.take(place_of(client_address(request))):
            # Who it is, whether there have been too many, and the mail: all of it after the answer.
            mailing.in_background(lambda: _send(email))
    return render(request, "people/forgotten.html", {"state": state, "email": email})


def _send(email: str) -> None:
    user = User.objects.filter(username=email, is_active=True).first()
    if user is not None and RESETS.take(email):
        mailing.send_soon(_letter(user), None)


def reset_link(user: User) -> str:
    """An address that sets the person's password once, within an hour."""
    key = urlsafe_base64_encode(force_bytes(user.pk))
    return f"{wiring().base_url}{reverse('password-reset', args=[key, default_token_generator.make_token(user)])}"


def _letter(user: User) -> Letter:
    return Letter(
        to=user.username,
        subject=_("Set a new password"),
        paragraphs=(
            _("Somebody, most likely you, asked for a new password for %(email)s.") % {"email": user.username},
            _("The link is good for an hour, and once. If it was not you, do nothing: your password stays as it is."),
        ),
        button=_("Set a new password"),
        href=reset_link(user),
    )


@require_http_methods(["GET", "POST"])
def reset(request: HttpRequest, key: str, token: str) -> HttpResponse:
    """GET changes nothing, for mail scanners follow links. Signing in is a step of its own: the second factor is asked
    for there as always."""
    user = _person(key)
    if user is None or not default_token_generator.check_token(user, token):
        return render(request, "people/reset.html", {"state": "bad", "error": ""}, status=404)
    if request.method == "GET":
        return render(request, "people/reset.html", {"state": "ask", "error": "", "email": user.username})
    password = request.POST.get("password", "")
    if refused := accounts.password_refused(password, user):
        return render(request, "people/reset.html", {"state": "ask", "error": refused, "email": user.username}, 422)
    with transaction.atomic():
        accounts.set_password(user, password)
        accounts.note_everywhere(user, "person.password_reset")
        end_all(user)
    BY_ACCOUNT.forget(user.username)
    messages.success(request, _("Your new password is set, and every device was signed out."))
    return signin.enter(request, user, "link", "/")


def _person(key: str) -> User | None:
    try:
        number = int(urlsafe_base64_decode(key).decode("ascii"))
    except (ValueError, UnicodeDecodeError):
        return None
    return User.objects.filter(pk=number, is_active=True).first() if number < 2**63 else None
