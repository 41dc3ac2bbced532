"""The people of a shop: who belongs to it, as what; invitations; giving other roles and taking them away."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.validators import validate_email
from django.db.models import Max
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_GET, require_POST

from sereno.store.access import LastOwner, set_role, take_out
from sereno.store.fields import from_micros
from sereno.store.invitations import offer, withdraw
from sereno.store.models import Invitation, Membership, SecondFactor, SignIn
from sereno.store.trail import note
from sereno.web.access import StaffRequest, staff
from sereno.web.people import mailing
from sereno.web.people.roles import EXPLAINED, may_give
from sereno.web.people.tries import INVITATIONS
from sereno.web.shell import render
from sereno.web.wiring import wiring
from sereno.web.words import ROLES as NAMED

_SHOWN_ONCE = "invitation-link"


@require_GET
@staff("settings")
def people(request: StaffRequest) -> HttpResponse:
    return _page(request)


def _page(request: StaffRequest, errors: dict[str, str] | None = None, values: dict[str, str] | None = None) -> Any:
    members = list(Membership.objects.filter(shop=request.shop).select_related("user").order_by("user__username"))
    ids = [one.user_id for one in members]
    seen = {
        user: from_micros(at) if isinstance(at, int) else at
        for user, at in SignIn.objects.filter(user__in=ids).order_by().values_list("user").annotate(Max("seen_at"))
    }
    with_factor = set(
        SecondFactor.objects.filter(user__in=ids, confirmed_at__isnull=False).values_list("user_id", flat=True)
    )
    now = datetime.now(UTC)
    context = {
        "section": "people",
        "rows": members,
        "seen": seen,
        "with_factor": with_factor,
        "required": wiring().second_factor_roles,
        "invitations": list(
            Invitation.objects.filter(shop=request.shop, accepted_at=None, revoked_at=None).order_by("-id")
        ),
        "now": now,
        "owners": sum(one.role == "owner" for one in members),
        "explained": EXPLAINED,
        "offered": [(role, NAMED[role]) for role in EXPLAINED if may_give(request.role, role)],
        "may_give": may_give,
        "errors": errors or {},
        "values": values or {"email": "", "role": "viewer"},
        "has_mail": mailing.has_mail_server(),
        "made": request.session.pop(_SHOWN_ONCE, None),
    }
    return render(request, "people/list.html", context, status=422 if errors else 200)


@require_POST
@staff("settings")
def invite(request: StaffRequest) -> HttpResponse:
    email, role = request.POST.get("email", "").strip().lower()[:254], request.POST.get("role", "viewer")
    errors: dict[str, str] = {}
    try:
        validate_email(email)
    except ValidationError:
        errors["email"] = _("Write a whole e-mail address, such as ana@example.com.")
    if not errors and Membership.objects.filter(shop=request.shop, user__username=email).exists():
        errors["email"] = _("%(email)s belongs to this shop already; change the role in the list.") % {"email": email}
    if not may_give(request.role, role):
        errors["role"] = _("Choose one of the roles you may give.")
    if not errors and not INVITATIONS.take(str(request.shop.pk)):
        errors["email"] = _("That is a lot of invitations for one hour. Go on a little later.")
    if errors:
        return _page(request, errors, {"email": email, "role": role})
    _offer(request, email, role)
    return redirect("people")


def _offer(request: StaffRequest, email: str, role: str) -> None:
    """Make an invitation, mail its link and show it once."""
    _row, token = offer(request.shop.pk, email, role, request.user.username)
    link = f"{wiring().base_url}{reverse('join', args=[token])}"
    request.session[_SHOWN_ONCE] = {"email": email, "link": link}
    _mail(request, email, role, link)


def _mail(request: StaffRequest, email: str, role: str, link: str) -> None:
    """In the shop's own language: the reader's is not known yet."""
    with override(request.shop.locale):
        who = request.user.first_name or request.user.username
        letter = mailing.Letter(
            to=email,
            subject=_("%(who)s invites you to %(shop)s on Sereno") % {"who": who, "shop": request.shop.name},
            paragraphs=(
                _("%(who)s would like you to work in %(shop)s as: %(role)s.")
                % {"who": who, "shop": request.shop.name, "role": NAMED[role]},
                str(EXPLAINED[role]),
                _("The link is good for seven days, and once."),
            ),
            button=_("Accept the invitation"),
            href=link,
        )
        mailing.send_soon(letter, request.shop)


@require_POST
@staff("settings")
def renew_invitation(request: StaffRequest, id: int) -> HttpResponse:
    """A new link; the former is no longer good."""
    row = _invitation(request, id)
    if INVITATIONS.take(str(request.shop.pk)):
        _offer(request, row.email, row.role)
    else:
        messages.error(request, _("That is a lot of invitations for one hour. Go on a little later."))
    return redirect("people")


@require_POST
@staff("settings")
def withdraw_invitation(request: StaffRequest, id: int) -> HttpResponse:
    row = _invitation(request, id)
    withdraw(row, request.user.username)
    messages.success(request, _("The invitation of %(email)s is withdrawn.") % {"email": row.email})
    return redirect("people")


def _invitation(request: StaffRequest, id: int) -> Invitation:
    row = get_object_or_404(Invitation, shop=request.shop, pk=id, accepted_at=None, revoked_at=None)
    if not may_give(request.role, row.role):
        raise PermissionDenied
    return row


@require_POST
@staff("settings")
def change_role(request: StaffRequest, id: int) -> HttpResponse:
    row, role = _member(request, id), request.POST.get("role", "")
    if not may_give(request.role, role):
        raise PermissionDenied
    said = _("%(email)s is now: %(role)s.") % {"email": row.user.username, "role": NAMED[role]}
    try:
        set_role(row, role, request.user.username)
        messages.success(request, said)
    except LastOwner:
        messages.error(request, _("This is the last owner. Make somebody else an owner first."))
    return redirect("people")


@require_POST
@staff("settings")
def remove(request: StaffRequest, id: int) -> HttpResponse:
    """Out of this shop. The account stays: it may belong to other shops, and can be invited again."""
    row = _member(request, id)
    try:
        take_out(row, request.user.username)
        messages.success(request, _("%(email)s no longer belongs to this shop.") % {"email": row.user.username})
    except LastOwner:
        messages.error(request, _("This is the last owner. Make somebody else an owner first."))
        return redirect("people")
    return redirect("home" if row.user_id == request.user.pk else "people")


def _member(request: StaffRequest, id: int) -> Membership:
    row = get_object_or_404(Membership.objects.select_related("user"), shop=request.shop, pk=id)
    if not may_give(request.role, row.role):
        raise PermissionDenied
    return row


def join_shop(user: User, invitation: Invitation) -> bool:
    """Take the seat; False when somebody took it first, or the person sits there already. In a transaction."""
    open_ones = Invitation.objects.filter(pk=invitation.pk, accepted_at=None, revoked_at=None)
    if not open_ones.update(accepted_at=datetime.now(UTC)):
        return False
    _row, is_new = Membership.objects.get_or_create(
        user=user, shop_id=invitation.shop_id, defaults={"role": invitation.role}
    )
    if is_new:
        note(invitation.shop_id, user.username, "person.joined", user.username, after={"role": invitation.role},
             invited_by=invitation.invited_by)  # fmt: skip
    return is_new
