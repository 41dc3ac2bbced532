"""Signing in and out, the reader's language, and the first run of a new installation."""

from __future__ import annotations

import re
from zoneinfo import available_timezones

from babel.numbers import list_currencies
from django.conf import settings
from django.contrib.auth import authenticate, get_user_model, login, logout
from django.contrib.auth.password_validation import validate_password
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_http_methods, require_POST

from sereno.runtime import services
from sereno.store.models import Membership, Shop
from sereno.web.shell import LANGUAGES, render

TRIES = 6
LOCKED_FOR = 300
_TRIES_PER_ADDRESS = 30


@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    if not get_user_model().objects.exists():
        return redirect("setup")
    following = request.POST.get("next") or request.GET.get("next") or "/"
    if not url_has_allowed_host_and_scheme(following, allowed_hosts={request.get_host()}):
        following = "/"
    email = request.POST.get("email", "").strip().lower()
    values = {"email": email, "next": following, "error": ""}
    if request.method == "GET":
        return redirect(following) if request.user.is_authenticated else render(request, "sign-in.html", values)
    keys = (f"tries:{email}", f"tries-from:{request.META.get('REMOTE_ADDR')}")
    if cache.get(keys[0], 0) >= TRIES or cache.get(keys[1], 0) >= _TRIES_PER_ADDRESS:
        values["error"] = _("Too many wrong tries. Wait five minutes, then try again.")
        return render(request, "sign-in.html", values, status=429)
    user = authenticate(request, username=email, password=request.POST.get("password", ""))
    if user is None:
        for key in keys:
            cache.add(key, 0, LOCKED_FOR)
            cache.incr(key)
        values["error"] = _("This e-mail and password do not belong together. Check both and try again.")
        return render(request, "sign-in.html", values, status=401)
    cache.delete(keys[0])
    login(request, user)
    return redirect(following)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return redirect("sign-in")


@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """The reader's choice, kept in a cookie; without one the browser's own preference holds."""
    from sereno.web.actions import back

    response = back(request, "/")
    chosen = request.POST.get("language", "")
    if chosen in dict(LANGUAGES):
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, chosen, max_age=31_536_000, samesite="Lax", httponly=True)
    return response


@require_http_methods(["GET", "POST"])
def setup(request: HttpRequest) -> HttpResponse:
    """The first owner and the first shop. It closes for ever once there is a user."""
    if get_user_model().objects.exists():
        return redirect("home")
    values = {
        name: request.POST.get(name, "").strip() for name in ("email", "shop_name", "currency", "timezone", "locale")
    }
    password = request.POST.get("password", "")
    errors: dict[str, str] = {}
    if request.method == "POST":
        errors = _setup_errors(values, password)
        if not errors:
            return _finish_setup(request, values, password)
    else:
        values.update(currency="EUR", timezone="Europe/Madrid", locale=(request.LANGUAGE_CODE or "en")[:2])  # type: ignore[attr-defined]
    context = {
        "values": values,
        "errors": errors,
        "zones": sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/")),
    }
    return render(request, "setup.html", context, status=422 if errors else 200)


def _setup_errors(values: dict[str, str], password: str) -> dict[str, str]:
    errors: dict[str, str] = {}
    try:
        validate_email(values["email"])
    except ValidationError:
        errors["email"] = _("Write a whole e-mail address, such as ana@example.com.")
    try:
        validate_password(password)
    except ValidationError as refused:
        errors["password"] = " ".join(refused.messages)
    if not values["shop_name"]:
        errors["shop_name"] = _("Give the shop a name; it stands in the messages.")
    if values["currency"].upper() not in list_currencies():
        errors["currency"] = _("Write a currency code of three letters, such as EUR.")
    if values["timezone"] not in available_timezones():
        errors["timezone"] = _("Choose a time zone from the list.")
    if values["locale"] not in dict(LANGUAGES):
        errors["locale"] = _("Choose one of the languages.")
    return errors


def _finish_setup(request: HttpRequest, values: dict[str, str], password: str) -> HttpResponse:
    email = values["email"].lower()
    shop_id = services.create_shop(
        slug=_free_slug(values["shop_name"]),
        name=values["shop_name"],
        currency=values["currency"].upper(),
        timezone=values["timezone"],
        locale=values["locale"],
    )
    with transaction.atomic():
        user = get_user_model().objects.create_user(username=email, email=email, password=password)
        Membership.objects.create(user=user, shop_id=shop_id, role="owner")
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    with override(values["locale"]):
        response = redirect("home")
    response.set_cookie(settings.LANGUAGE_COOKIE_NAME, values["locale"], max_age=31_536_000, samesite="Lax")
    return response


def _free_slug(name: str) -> str:
    """The shop's name as it stands in commands; numbered when another shop has it."""
    stem = re.sub(r"-+", "-", slugify(name))[:56] or "shop"
    taken = set(Shop.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
    return next(slug for slug in (stem, *(f"{stem}-{n}" for n in range(2, 1000))) if slug not in taken)
