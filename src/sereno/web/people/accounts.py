"""A person's own page: name and password, second factor, the devices they are signed in on."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from markupsafe import Markup

from sereno.store.access import drop_second_factor, end_all
from sereno.store.models import Identity, Membership, SignIn
from sereno.store.trail import note
from sereno.web.access import SECOND_FACTOR, signed_in
from sereno.web.people import second_factor, sessions, totp
from sereno.web.people.tries import BY_CODE, BY_DEVICE
from sereno.web.shell import render
from sereno.web.wiring import wiring


@require_GET
@signed_in
def account(request: HttpRequest) -> HttpResponse:
    return _page(request)


def _page(request: HttpRequest, errors: dict[str, str] | None = None) -> HttpResponse:
    user = _person(request)
    context = {
        "section": "account",
        "part_of": "account",
        "errors": errors or {},
        "has_password": user.has_usable_password(),
        "has_second_factor": second_factor.is_on(user),
        "identities": list(Identity.objects.filter(user=user)),
        "places": list(Membership.objects.filter(user=user).select_related("shop").order_by("shop__name")),
        "user": user,
    }
    return render(request, "people/account.html", context, status=422 if errors else 200)


@require_POST
@signed_in
def rename(request: HttpRequest) -> HttpResponse:
    user, name = _person(request), " ".join(request.POST.get("name", "").split())[:150]
    before = user.first_name
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(first_name=name)
        if name != before:
            note_everywhere(user, "person.renamed", before={"name": before}, after={"name": name})
    messages.success(request, _("Your name is kept."))
    return redirect("account")


@require_POST
@signed_in
def change_password(request: HttpRequest) -> HttpResponse:
    """The old one is asked for, tries at it are counted; every other device is signed out. Who has none gets one by
    mail: a session alone is not enough to make one."""
    user, new = _person(request), request.POST.get("new_password", "")
    if not user.has_usable_password():
        return redirect("forgotten")
    errors: dict[str, str] = {}
    if not confirmed(request, user, request.POST.get("password", "")):
        errors["password"] = _("This is not your password now.")
    if refused := password_refused(new, user):
        errors["new_password"] = refused
    if errors:
        return _page(request, errors)
    with transaction.atomic():
        set_password(user, new)
        note_everywhere(user, "person.password_changed")
    ended = keep_only_this(request, user)
    said = _("Your password is changed.")
    if ended:
        said += " " + ngettext(
            "%(num)s other device was signed out.", "%(num)s other devices were signed out.", ended
        ) % {"num": ended}
    messages.success(request, said)
    return redirect("account")


@require_http_methods(["GET", "POST"])
@signed_in
def two_factor(request: HttpRequest) -> HttpResponse:
    """Off: a QR code to scan and a code to prove it. On: new recovery codes, or off again."""
    user = _person(request)
    is_on = second_factor.is_on(user)
    context: dict[str, Any] = {
        "section": "account",
        "part_of": "two-factor",
        "is_on": is_on,
        "is_required": getattr(request, "role", None) in wiring().second_factor_roles,
        "error": "",
    }
    if is_on:
        context["left"] = second_factor.recovery_codes_left(user)
        return render(request, "people/two-factor.html", context)
    if request.method == "POST":
        codes = second_factor.confirm(user, request.POST.get("code", "")) if BY_CODE.take(f"new:{user.pk}") else None
        if codes is not None:
            BY_CODE.forget(f"new:{user.pk}")
            note_everywhere(user, "person.second_factor_on")
            end_all(user, but=request.session.session_key)
            request.session[SECOND_FACTOR] = True
            sessions.rotate(request)
            return render(request, "people/recovery-codes.html", {**context, "codes": codes})
        context["error"] = _("This code is not right. Check that your telephone's clock is, and take the newest code.")
    secret = second_factor.begin(user)
    context["secret"] = " ".join(secret[place : place + 4] for place in range(0, len(secret), 4))
    context["picture"] = _picture(totp.uri(secret, user.username))
    return render(request, "people/two-factor.html", context, status=422 if context["error"] else 200)


@require_POST
@signed_in
def recovery_codes(request: HttpRequest) -> HttpResponse:
    user = _person(request)
    if not second_factor.is_on(user) or not _proven(request, user):
        return redirect("two-factor")
    codes = second_factor.new_recovery_codes(user)
    note_everywhere(user, "person.recovery_codes_made")
    context = {"section": "account", "part_of": "two-factor", "codes": codes}
    return render(request, "people/recovery-codes.html", context)


@require_POST
@signed_in
def two_factor_off(request: HttpRequest) -> HttpResponse:
    user = _person(request)
    if not second_factor.is_on(user) or not _proven(request, user):
        return redirect("two-factor")
    with transaction.atomic():
        drop_second_factor(user)
        note_everywhere(user, "person.second_factor_off")
    end_all(user, but=request.session.session_key)
    request.session[SECOND_FACTOR] = False
    sessions.rotate(request)
    messages.success(request, _("The second factor is off. Your password alone lets you in."))
    return redirect("two-factor")


@require_GET
@signed_in
def sign_ins(request: HttpRequest) -> HttpResponse:
    rows = [
        {"row": row, "device": sessions.device_name(row.device), "is_here": row.session_key == _key(request)}
        for row in sessions.listed(_person(request))
    ]
    context = {"section": "account", "part_of": "sign-ins", "rows": rows}
    return render(request, "people/sign-ins.html", context)


@require_POST
@signed_in
def end_sign_in(request: HttpRequest) -> HttpResponse:
    """`id` ends one, without it all but this one."""
    user, wanted = _person(request), request.POST.get("id", "")
    if wanted.isascii() and wanted.isdigit() and len(wanted) < 19:
        is_here = SignIn.objects.filter(user=user, pk=int(wanted), session_key=_key(request)).exists()
        if not is_here and sessions.end(user, int(wanted)):
            note_everywhere(user, "person.sign_in_ended")
            messages.success(request, _("That device is signed out."))
    elif not wanted:
        ended = end_all(user, but=_key(request))
        if ended:
            note_everywhere(user, "person.sign_in_ended", after={"devices": ended})
        messages.success(request, _signed_out(ended))
    return redirect("sign-ins")


def _signed_out(ended: int) -> str:
    said = ngettext("%(num)s other device was signed out.", "%(num)s other devices were signed out.", ended)
    return said % {"num": ended}


def note_everywhere(user: User, action: str, **details: Any) -> None:
    """A line in the trail of every shop the person belongs to: each has a right to know."""
    shops = list(Membership.objects.filter(user=user).values_list("shop_id", flat=True))
    for shop_id in shops or [None]:
        note(shop_id, user.username, action, user.username, **details)


def password_refused(password: str, user: User | None = None) -> str:
    """Why the password will not do; "" when it will."""
    try:
        validate_password(password, user)
    except ValidationError as refused:
        return " ".join(refused.messages)
    return ""


def set_password(user: User, password: str) -> None:
    user.set_password(password)
    user.save(update_fields=["password"])


def keep_only_this(request: HttpRequest, user: User) -> int:
    """After a password changed: a new key for this session, and an end to all others. Gives how many."""
    former = _key(request)
    update_session_auth_hash(request, user)
    SignIn.objects.filter(session_key=former).update(session_key=_key(request))
    return end_all(user, but=_key(request))


def confirmed(request: HttpRequest, user: User, password: str) -> bool:
    """Whether it is the person's password; wrong ones are counted by person."""
    whose = f"own:{user.pk}"
    if not BY_DEVICE.take(whose) or not user.check_password(password):
        return False
    BY_DEVICE.forget(whose)
    return True


def _proven(request: HttpRequest, user: User) -> bool:
    """The person has given their password, or without one a code; says so when not."""
    given = request.POST.get("password", "")
    if user.has_usable_password():
        is_right = confirmed(request, user, given)
    else:
        is_right = BY_CODE.take(str(user.pk)) and second_factor.check(user, given) is not None
    if not is_right:
        messages.error(request, _("This is not right. Nothing was changed."))
    return is_right


def _picture(text: str) -> Markup:
    """The QR code as SVG, dark on light whatever the page looks like."""
    # Read where it is drawn: few ever ask for one, and it brings what fetches from the web along.
    import segno

    code = segno.make(text, error="m")
    return Markup(code.svg_inline(omitsize=True, border=3, dark="#000", light="#fff", svgclass="qr", lineclass=None))  # noqa: S704


def _person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


def _key(request: HttpRequest) -> str:
    return request.session.session_key or ""
