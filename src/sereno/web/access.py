"""Who may see which shop, and do what in it. Every staff page goes through `staff`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any, cast

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from sereno.runtime import asking
from sereno.sdk import discretion
from sereno.store import scope
from sereno.store.database import default_database
from sereno.store.fields import to_micros
from sereno.store.models import Membership, Shop
from sereno.web.wiring import wiring

View = Callable[..., HttpResponse]

ABILITIES: dict[str, frozenset[str]] = {
    "owner": frozenset({"flows", "work", "settings"}),
    "operator": frozenset({"flows", "work", "settings"}),
    "marketer": frozenset({"flows", "work"}),
    "support": frozenset({"work"}),
    "viewer": frozenset(),
}
"""`flows`: write, publish, pause. `work`: replay, approve, end and start runs. `settings`: connections, API keys."""


class StaffRequest(HttpRequest):
    """A request of somebody who belongs to `shop`, as `role`, and may do `can`."""

    user: User
    shop: Shop
    role: str
    can: frozenset[str]
    memberships: list[Membership]


SECOND_FACTOR = "second_factor"
"""In a session: a second factor was shown when it began, here or at the company's provider."""


def staff(ability: str | None = None) -> Callable[[Callable[..., HttpResponse]], View]:
    """The view is for members of a shop; with `ability`, for those whose role has it (others get a 403 page that says
    whom to ask). Without any user at all the first-run page is shown. Who must have a second factor and has none is
    sent to set it up."""

    def decorate(view: Callable[..., HttpResponse]) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return _to_sign_in(request)
            if not place(request):
                return _refused(request, reason="no-shop")
            asker = cast(StaffRequest, request)
            if lacks_second_factor(asker):
                return redirect("two-factor")
            if ability is not None and ability not in asker.can:
                return _refused(request, reason="role")
            with scope.in_shop(asker.shop.pk, is_given=True), discretion.shown_to(asker.role) as level:
                return _discreet(asker, view(asker, *args, **kwargs), level)

        return guarded

    return decorate


def _discreet(request: StaffRequest, answer: HttpResponse, level: discretion.Level) -> HttpResponse:
    """The answer without whom its reader need not see; their own address stays."""
    if not level or answer.streaming or not answer.get("Content-Type", "").startswith(("text/", "application/json")):
        return answer
    own = frozenset({request.user.username.lower(), request.user.email.lower()})
    answer.content = discretion.blurred(answer.content.decode(answer.charset), level, own)
    return answer


def signed_in(view: Callable[..., HttpResponse]) -> View:
    """The view is for everybody with an account, of a shop or of none: `request.shop` may be missing."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return _to_sign_in(request)
        place(request)
        return view(request, *args, **kwargs)

    return guarded


def place(request: HttpRequest) -> bool:
    """Put the shop and what the person may do in it on the request: the session's shop, else the person's first. False
    for somebody who belongs to none."""
    mine = list(Membership.objects.select_related("shop").filter(user=request.user).order_by("id"))
    if not mine:
        return False
    chosen = request.session.get("shop")
    found = next((one for one in mine if one.shop_id == chosen), mine[0])
    asker = cast(StaffRequest, request)
    asker.shop, asker.role, asker.memberships = found.shop, found.role, mine
    asker.can = ABILITIES.get(found.role, frozenset())
    return True


def lacks_second_factor(request: StaffRequest) -> bool:
    """Whether the installation asks people of this role for a second factor that was not shown at sign-in."""
    return request.role in wiring().second_factor_roles and not request.session.get(SECOND_FACTOR)


def may_answer(request: StaffRequest, by: str, not_by: str = "") -> bool:
    """Whether this person may answer an approval that asks `by`, a role or an address, themselves or in somebody's
    place. An owner always may; a word that is neither leaves it to everybody who may `work`; whom `not_by` names may
    not."""
    name = request.user.username
    return "work" in request.can and asking.may_answer(by, request.role, name, standing(request), not_by)


def instead_of(request: StaffRequest, by: str) -> str:
    """In whose place this person would answer; empty for their own."""
    return asking.stands_for(by, request.role, request.user.username, standing(request))


def standing(request: StaffRequest) -> list[asking.Standing]:
    """Those in whose place this person answers today, read once for a request."""
    found: list[asking.Standing] | None = getattr(request, "standing", None)
    if found is None:
        now = to_micros(datetime.now(UTC))
        with default_database().read() as tx:
            found = asking.standing_for(tx, request.shop.pk, request.user.username, now)
        request.standing = found  # type: ignore[attr-defined]
    return found


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    if not get_user_model().objects.exists():
        return redirect("setup")
    return redirect_to_login(request.get_full_path(), reverse("sign-in"))


def _refused(request: HttpRequest, reason: str) -> HttpResponse:
    from sereno.web.shell import render

    return render(request, "refused.html", {"reason": reason}, status=403)
