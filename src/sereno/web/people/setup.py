"""The first run of a new installation, and the page that says what comes next."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sereno.sdk.result import Done
from sereno.store.models import Delivery, Flow
from sereno.store.trail import note
from sereno.web.access import StaffRequest, staff
from sereno.web.people import accounts, mailing, places, signin
from sereno.web.people.shops import make_shop
from sereno.web.shell import render


@require_http_methods(["GET", "POST"])
def setup(request: HttpRequest) -> HttpResponse:
    """The first owner and the first shop. It closes for ever once there is a user."""
    if get_user_model().objects.exists():
        return redirect("home")
    fields = ("person", "email", "name", "currency", "timezone", "locale")
    values = {name: " ".join(request.POST.get(name, "").split()) for name in fields}
    password = request.POST.get("password", "")
    errors: dict[str, str] = {}
    if request.method == "POST":
        errors = _errors(values, password)
        if not errors:
            return _finish(request, values, password)
    else:
        values.update(currency="EUR", timezone="Europe/Madrid", locale=(request.LANGUAGE_CODE or "en")[:2])  # type: ignore[attr-defined]
    context = {"values": values, "errors": errors, "zones": places.zones()}
    return render(request, "setup.html", context, status=422 if errors else 200)


def _errors(values: dict[str, str], password: str) -> dict[str, str]:
    errors = places.basics_errors(values)
    try:
        validate_email(values["email"])
    except ValidationError:
        errors["email"] = _("Write a whole e-mail address, such as ana@example.com.")
    if refused := accounts.password_refused(password):
        errors["password"] = refused
    return errors


def _finish(request: HttpRequest, values: dict[str, str], password: str) -> HttpResponse:
    email = values["email"].lower()
    user_model = get_user_model()
    with transaction.atomic():
        # Two first runs at once: whoever is second finds a user.
        if user_model.objects.select_for_update().exists():
            return redirect("home")
        user = user_model.objects.create_user(
            username=email, email=email, password=password, first_name=values["person"][:150]
        )
    shop_id = make_shop(values, user)
    request.session["shop"] = shop_id
    response = signin.admit(request, user, "password", "/welcome", is_strong=False)
    with override(values["locale"]):
        signin.keep_language(response, values["locale"])
    return response


@require_GET
@staff("settings")
def welcome(request: StaffRequest) -> HttpResponse:
    """What comes next, and what of it is done."""
    shop = request.shop
    connection = shop.connection_set.order_by("id").first()
    context = {
        "section": "welcome",
        "connection": connection,
        "has_delivery": Delivery.objects.filter(connection__in=shop.connection_set.all()).exists(),
        "has_flow": Flow.objects.filter(shop=shop, is_derived=False).exists(),
        "has_mail": mailing.has_mail_server(),
        "has_tested": request.session.get("mail-tested") == shop.pk,
        "address": request.user.username,
    }
    return render(request, "people/welcome.html", context)


@require_POST
@staff("settings")
def test_mail(request: StaffRequest) -> HttpResponse:
    """To oneself and nobody else; the server's own words when it did not go."""
    letter = mailing.Letter(
        to=request.user.username,
        subject=_("A test from Sereno"),
        paragraphs=(_("If you read this, mails from %(shop)s go out.") % {"shop": request.shop.name},),
    )
    result = mailing.send_now(letter, request.shop)
    if isinstance(result, Done):
        request.session["mail-tested"] = request.shop.pk
        with transaction.atomic():
            note(request.shop.pk, request.user.username, "mail.tested", request.user.username)
        messages.success(request, _("The mail server took the test mail for %(email)s.") % {"email": letter.to})
    elif not mailing.has_mail_server():
        messages.error(request, _("No mail server is set. Set SERENO_SMTP_URL and start Sereno again."))
    else:
        said = getattr(result, "message", "")
        messages.error(request, _("The test mail did not go: %(reason)s") % {"reason": said})
    return redirect("welcome")
