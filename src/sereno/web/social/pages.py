"""The list of posts, one of them, and writing one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sereno.modules.http.shops import shop_http
from sereno.modules.messages.compiling import PICTURE
from sereno.modules.messages.pictures import PictureInvalid
from sereno.modules.social.models import SocialCopy, SocialPost
from sereno.runtime.social import accounts as keeping
from sereno.runtime.social import undoing, writing
from sereno.runtime.social.plan import LANGUAGES, PostInvalid, Written, read_plan, read_written
from sereno.sdk.social import NETWORKS
from sereno.web import formats
from sereno.web.access import StaffRequest, staff
from sereno.web.content import words as picture_words
from sereno.web.content.media import take
from sereno.web.paging import page_of_ends
from sereno.web.shell import LANGUAGES as LANGUAGE_NAMES
from sereno.web.shell import render
from sereno.web.social import forms
from sereno.web.social.words import COPIES, POSTS, REPEATS, WHENS, reason, regular_time

OWN = ("draft", "refused")
PLANNED = ("waiting", "scheduled")
FIGURES = ("likes", "reposts", "replies", "clicks")


@require_GET
@staff()
def listing(request: StaffRequest) -> HttpResponse:
    status = request.GET.get("status", "")
    wanted = [status] if status in POSTS else list(POSTS)
    rows = SocialPost.objects.defer("pictures", "campaign", "link")
    page = page_of_ends(request, rows, [{"shop_id": request.shop.pk, "status": one} for one in wanted])
    sums = _sums([row.pk for row in page.rows])
    accounts = {one.id: one for one in keeping.listed(request.shop.pk)}
    context = {
        "section": "social",
        "page": page,
        "rows": [(row, POSTS[row.status], _places(row, accounts), sums.get(row.pk)) for row in page.rows],
        "selects": [("status", _("Every status"), [(key, str(word.label)) for key, word in POSTS.items()], status)],
        "is_filtered": bool(status),
        "has_accounts": any(one.is_active for one in accounts.values()),
        "ending": [one for one in accounts.values() if _needs_care(one)],
        "can_write": "flows" in request.can,
    }
    return render(request, "social/list.html", context)


@require_GET
@staff()
def post(request: StaffRequest, post: int) -> HttpResponse:
    row = get_object_or_404(SocialPost, shop=request.shop, pk=post)
    if row.status in OWN:
        return _form(request, row, _written(row))
    accounts = {one.id: one for one in keeping.listed(request.shop.pk)}
    copies = list(SocialCopy.objects.filter(shop=request.shop, post=row.pk).order_by("id"))
    context = {
        "section": "social",
        "row": row,
        "word": POSTS[row.status],
        "copies": [
            {"row": one, "word": COPIES[one.status], "account": accounts.get(one.account),
             "why": reason(one.reason, one.said) if one.reason else "", "said": one.said,
             "can_go": one.status == "published" and _can_remove(one.network),
             "figures": [(name, getattr(one, name)) for name in FIGURES if getattr(one, name) is not None]}
            for one in copies
        ],
        "pictures": row.pictures,
        "repeats": next((label for key, label in REPEATS if key == str(row.plan.get("every") or 0)), ""),
        "is_planned": row.status in PLANNED,
        "can_write": "flows" in request.can,
    }  # fmt: skip
    return render(request, "social/post.html", context)


@require_http_methods(["GET", "POST"])
@staff("flows")
def new(request: StaffRequest) -> HttpResponse:
    """GET may bring `text`, `link` and `at` (a day) along."""
    if request.method == "GET":
        return _form(request, None, None)
    written, said = _read(request)
    if written is None:
        return _form(request, None, None, said, status=422)
    id_ = writing.create(request.shop.pk, written, request.user.username)
    return _after(request, id_)


@require_POST
@staff("flows")
def change(request: StaffRequest, post: int) -> HttpResponse:
    """Keep the draft; with `send` also plan it as it stands."""
    row = get_object_or_404(SocialPost, shop=request.shop, pk=post)
    written, said = _read(request)
    if written is None:
        return _form(request, row, None, said, status=422)
    if _do(request, lambda: writing.change(request.shop.pk, post, written, request.user.username), ""):
        return _after(request, post)
    return _form(request, row, written, status=422) if row.status in OWN else redirect("social-post", post)


@require_POST
@staff("flows")
def do(request: StaffRequest, post: int) -> HttpResponse:
    """What the buttons of its page do."""
    get_object_or_404(SocialPost.objects.only("pk"), shop=request.shop, pk=post)
    shop, by, what = request.shop.pk, request.user.username, request.POST.get("do", "")
    copy = int(number) if (number := request.POST.get("copy", "")).isdecimal() and len(number) < 19 else 0
    http = shop_http(request.shop.settings)
    doings: dict[str, tuple[Callable[[], Any], str]] = {
        "take_back": (lambda: writing.take_back(shop, post, by), _("It is a draft again: nothing goes out.")),
        "discard": (lambda: writing.discard(shop, post, by), _("The draft is thrown away.")),
        "withdraw": (
            lambda: undoing.withdraw(shop, copy, by=by, http=http), _("It is taken back from the network."),
        ),
    }  # fmt: skip
    if what in doings:
        _do(request, *doings[what])
    return redirect("social") if what == "discard" else redirect("social-post", post)


@require_POST
@staff("flows")
def preview(request: StaffRequest) -> HttpResponse:
    """What each account would say, by the form as it stands."""
    context: dict[str, Any] = {"previews": [], "wrong": ""}
    try:
        written = read_written(forms.given(request.POST, request.shop))
        context |= _previews(request, written, 0)
    except PostInvalid as unfit:
        context["wrong"] = reason(unfit.code, str(unfit), unfit.values)
    return render(request, "social/previews.html", context)


def _after(request: StaffRequest, id: int) -> HttpResponse:
    if "send" not in request.POST:
        messages.success(request, _("The draft is kept."))
    elif at := _do(request, lambda: writing.schedule(request.shop.pk, id, request.user.username), ""):
        when = formats.full(at, request.shop.timezone)
        messages.success(request, _("It is planned for %(when)s.") % {"when": when})
    return redirect("social-post", id)


def _do(request: StaffRequest, what: Callable[[], Any], done: str) -> Any:
    """Do it and say so; a refusal becomes a notice with its own words, and None is given."""
    try:
        result = what()
    except PostInvalid as unfit:
        messages.error(request, reason(unfit.code, str(unfit), unfit.values))
        return None
    if done:
        messages.success(request, done)
    return True if result is None else result


def _read(request: StaffRequest) -> tuple[Written | None, QueryDict]:
    """The post, None where something is wrong with it; and what the form is to say again, with a new picture kept."""
    said = request.POST.copy()
    try:
        if request.FILES.get("file"):
            name = take(request, request.shop).removeprefix(PICTURE)
            said.appendlist("picture", name)
            said[f"alt-{name}"] = said.pop("alt", [""])[-1]
        return read_written(forms.given(said, request.shop)), said
    except PictureInvalid as refused:
        messages.error(request, picture_words.refusal(refused))
    except PostInvalid as unfit:
        messages.error(request, reason(unfit.code, str(unfit), unfit.values))
    return None, said


def _form(
    request: StaffRequest,
    row: SocialPost | None,
    written: Written | None,
    said: QueryDict | None = None,
    status: int = 200,
) -> HttpResponse:
    """`said` is what somebody typed and what was refused."""
    accounts = [one for one in keeping.listed(request.shop.pk) if one.is_active]
    values = forms.shown(written, request.shop)
    if said is not None:
        values |= forms.typed(said)
    elif written is None:
        values |= {"texts": {"": request.GET.get("text", "")}}
        values |= {name: request.GET.get(name, "") for name in ("title", "link")}
        values["accounts"] = [one.id for one in accounts]
        day = request.GET.get("at", "")
        values["hour"] = f"{day}T09:00" if len(day) == 10 else ""
    habits = writing.habits_of(request.shop.pk)
    best, learned = writing.best_hour(request.shop.pk, [one.id for one in accounts])
    context = {
        "section": "social",
        "row": row,
        "values": values,
        "accounts": accounts,
        "networks": [(name, network.label) for name in NETWORKS.names() if (network := NETWORKS.get(name))],
        "language_names": [(code, name) for code, name in LANGUAGE_NAMES if code in LANGUAGES],
        "whens": WHENS,
        "repeats": REPEATS,
        "best": best,
        "learned": learned,
        "times": habits,
        "regular": ", ".join(regular_time(one) for one in habits.times),
        "can_write": "flows" in request.can,
        **(_previews(request, written, row.pk if row else 0) if written is not None else {"previews": [], "wrong": ""}),
    }
    return render(request, "social/draft.html", context, status=status)


def _previews(request: StaffRequest, written: Written, post: int) -> dict[str, Any]:
    accounts = keeping.listed(request.shop.pk)
    try:
        troubles, wrong = writing.look(request.shop.pk, written), ""
    except PostInvalid as unfit:
        troubles, wrong = [], reason(unfit.code, str(unfit), unfit.values)
    return {"previews": forms.previews(written, accounts, troubles, request.shop, post), "wrong": wrong}


def _written(row: SocialPost) -> Written:
    pictures = tuple((one["name"], one["alt"]) for one in row.pictures)
    return Written(
        row.title, row.texts, pictures, row.link, row.campaign, tuple(row.accounts), read_plan(row.plan)
    )  # fmt: skip


def _places(row: SocialPost, accounts: dict[int, keeping.Account]) -> list[str]:
    return [accounts[one].title for one in row.accounts if one in accounts]


def _needs_care(one: keeping.Account) -> bool:
    from datetime import UTC, datetime

    return one.is_active and (bool(one.trouble) or not one.is_readable or one.ends_soon(datetime.now(UTC)))


def _can_remove(network: str) -> bool:
    found = NETWORKS.get(network)
    return found is not None and found.remove is not None


def _sums(posts: list[int]) -> dict[int, int]:
    """What people did with each of these posts, on all networks; those not counted yet are left out."""
    found: dict[int, int] = {}
    for one in SocialCopy.objects.filter(post__in=posts, measured_at__isnull=False).only("post", *FIGURES):
        found[one.post] = found.get(one.post, 0) + sum(getattr(one, name) or 0 for name in FIGURES)
    return found
