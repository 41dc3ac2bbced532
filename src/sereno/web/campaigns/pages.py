"""Content of the site: what stands there, what is planned, and the form of one campaign."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sereno.engine.durations import parse_duration
from sereno.modules.content import services
from sereno.modules.content.services import Kept
from sereno.modules.segments.models import Segment
from sereno.runtime.content.showing import now_standing
from sereno.sdk.content import KINDS, NAME, CampaignInvalid, Piece, read_campaign, write_campaign
from sereno.sdk.languages import LOCALES, said, with_words
from sereno.sdk.site import SHOWN, handle_of
from sereno.store.models import Shop, StorefrontKey
from sereno.web.access import StaffRequest, staff
from sereno.web.actions import carry_out
from sereno.web.campaigns import words, writings
from sereno.web.formats import zone_of
from sereno.web.naming import customer_named, is_customer, is_product, products_named
from sereno.web.shell import render
from sereno.web.unsaved import Editing
from sereno.web.wiring import wiring

TEXTS = ("text", "button", "alt")
PLAIN = ("place", "url", "image", "tag", "value", "tone")
DATES = ("starts_at", "ends_at")


@require_GET
@staff()
def overview(request: StaffRequest) -> HttpResponse:
    shop, now = request.shop, datetime.now(UTC)
    held = services.campaigns(shop.pk)
    at = _local(request.GET.get("at", ""), shop) or now
    who = {name: request.GET.get(name, "").strip()[:200] for name in ("customer", "product", "tags")}
    tags = [one.strip() for one in who["tags"].split(",") if one.strip()]
    product = next(iter(products_named(shop, [who["product"]])), "")
    found = now_standing(shop.pk, customer_named(shop, who["customer"]), product, tags, at)
    key = StorefrontKey.objects.filter(shop=shop, revoked_at=None).order_by("-id").first()
    language = get_language() or shop.locale
    context: dict[str, Any] = {
        "section": "site-content",
        "found": [(one, words.STATES[one.state(now)], _pieces(one)) for one in held],
        "standing": [(place, one, _shown(piece, language, shop.locale)) for place, (one, piece) in found.items()],
        "shown": services.counts(shop.pk, [one.name for one in held if one.campaign.is_asked]),
        "most": services.SHOWN,
        "asked": {**who, "at": request.GET.get("at", "") if at is not now else ""},
        "written": writings.standing(request),
        "script": f"{wiring().base_url}/storefront/{key.token}/site-content.js" if key else "",
    }
    return render(request, "campaigns/list.html", context)


@require_POST
@staff("flows")
def make(request: StaffRequest) -> HttpResponse:
    """A new campaign with one piece, off, to be edited."""
    title = request.POST.get("title", "").strip()[:120]
    if not title:
        messages.error(request, _("Give it a name."))
        return redirect("site-content")
    name = _free_name(request.shop, title)
    document: dict[str, Any] = {"title": title}
    if is_store := request.POST.get("where") == "store":
        document["writings"] = [{"kind": "page", "key": name, "fields": {"title": title, SHOWN: True}}]
    else:
        document["pieces"] = [{"id": "p1", "kind": "bar", "text": {_own(request.shop): title}}]
    made = carry_out(
        request,
        lambda: services.save(request.shop.pk, name, document, request.user.username),
        _("It is off. Say what it shows, then switch it on."),
    )
    return redirect("campaign-store" if is_store else "campaign", name) if made else redirect("site-content")


@require_http_methods(["GET", "POST"])
@staff()
def edit(request: StaffRequest, name: str) -> HttpResponse:
    """One language's texts at a time. `do` is `save`, `add`, what is to happen to one piece (`up:2`, `drop:2`), or
    another language's texts (`in:es`); only `save` keeps anything."""
    kept = _kept(request, name)
    editing = Editing(request, "campaign", name, write_campaign(kept.campaign), kept.version)
    dates = {one: _typed(editing.document[one], request.shop) for one in DATES}
    if request.method == "POST":
        if "flows" not in request.can:
            return redirect("campaign", name)
        dates = {one: request.POST.get(one, "").strip() for one in DATES}
        done = editing.take(
            lambda document, language: _edited(document, request.POST, language, request.shop),
            lambda document, version: _keep(request, name, document, version),
            words.REFUSALS,
            done=_("Saved. The site shows it within a minute."),
            here=reverse("campaign", args=[name]),
        )
        if done is not None:
            return done
    now = datetime.now(UTC)
    segments = Segment.objects.filter(shop=request.shop, status="live").order_by("title").values_list("name", "title")
    context: dict[str, Any] = {
        "section": "site-content",
        "kept": kept,
        "state": words.STATES[kept.state(now)],
        "dates": dates,
        "segments": [("", _("Everyone")), *segments],
        "kinds": words.CHOICES,
        "tones": words.TONE_CHOICES,
        "shown": services.shown(request.shop.pk, name, now) if kept.campaign.is_asked else [],
        "samples": _samples(name, editing.document, editing.language, request.shop),
    }
    return editing.page("campaigns/edit.html", context)


def _keep(request: StaffRequest, name: str, document: dict[str, Any], version: int | None) -> None:
    given = document["priority"]
    for one in DATES:
        if document[one] is None and request.POST.get(one, "").strip():
            raise CampaignInvalid("dates.wrong", one)
    _known_segment(request.shop, document["segment"])
    whole = int(given) if given.isascii() and given.isdigit() and len(given) < 4 else given
    services.save(request.shop.pk, name, {**document, "priority": whole}, request.user.username, version=version)


@require_POST
@staff("flows")
def switch(request: StaffRequest, name: str) -> HttpResponse:
    _kept(request, name)
    is_on = request.POST.get("on") == "yes"
    done = _("It is on, by its dates.") if is_on else _("It is off: the site shows what stands there without it.")
    carry_out(request, lambda: services.switch(request.shop.pk, name, is_on, request.user.username), done)
    return redirect("campaign", name)


@require_POST
@staff("flows")
def remove(request: StaffRequest, name: str) -> HttpResponse:
    """Undone by `restore`, from the session of who removed it."""
    _kept(request, name)
    document = services.remove(request.shop.pk, name, request.user.username)
    request.session["campaign_removed"] = [request.shop.pk, name, document]
    messages.success(request, _("Removed."), extra_tags="campaign-removed")
    return redirect(f"{reverse('site-content')}?removed={name}")


@require_POST
@staff("flows")
def restore(request: StaffRequest) -> HttpResponse:
    shop_id, name, document = request.session.pop("campaign_removed", [0, "", {}])
    if shop_id != request.shop.pk or services.find(shop_id, name) is not None:
        messages.error(request, _("That is not possible now."))
        return redirect("site-content")
    services.save(shop_id, name, document, request.user.username)
    messages.success(request, _("It is back, and off."))
    return redirect("campaign", name)


@require_POST
@staff("flows")
def show(request: StaffRequest, name: str) -> HttpResponse:
    """By hand: to everyone, to one customer, or on one product."""
    _kept(request, name)

    def keep() -> None:
        given = {one: request.POST.get(one, "").strip()[:200] for one in ("product", "customer")}
        lasting = request.POST.get("lasting", "").strip()
        try:
            length = parse_duration(lasting) if lasting else None
        except ValueError:
            raise ValueError(_("Write a length of time such as 12h or 7d.")) from None
        product = next(iter(products_named(request.shop, [given["product"]])), "")
        customer = customer_named(request.shop, given["customer"])
        if customer and not is_customer(request.shop, customer):
            raise ValueError(_("No customer of that address or id is known."))
        if product and not is_product(request.shop, product):
            raise ValueError(_("No product of that title, SKU or id is known."))
        by = request.user.username
        services.show(request.shop.pk, name, by, lasting=length, product=product, customer=customer)

    carry_out(request, keep, _("It is shown."), form=f"campaign-show:{name}")
    return redirect("campaign", name)


@require_POST
@staff("flows")
def hide(request: StaffRequest, name: str) -> HttpResponse:
    _kept(request, name)
    given = request.POST.get("id", "")
    id = int(given) if given.isascii() and given.isdigit() and len(given) < 19 else 0
    services.hide(request.shop.pk, name, id, request.user.username)
    messages.success(request, _("It is shown there no more."))
    return redirect("campaign", name)


def _kept(request: StaffRequest, name: str) -> Kept:
    found = services.find(request.shop.pk, name)
    if found is None:
        raise Http404
    return found


def _free_name(shop: Shop, title: str) -> str:
    """For addresses and files: what the title says in plain letters, and a number where that is taken."""
    plain = handle_of(title)[:36].strip("-")
    base = plain if NAME.fullmatch(plain) else f"campaign-{plain}".strip("-")
    names = (base, *(f"{base}-{number}" for number in range(2, 1000)))
    return next(name for name in names if services.find(shop.pk, name) is None)


def _own(shop: Shop) -> str:
    return shop.locale[:2] if shop.locale[:2] in LOCALES else "en"


def _pieces(kept: Kept) -> list[str]:
    shown = [words.KINDS[kind] for kind in dict.fromkeys(one.kind for one in kept.campaign.pieces)]
    written = [words.THINGS[kind] for kind in dict.fromkeys(one.target.kind for one in kept.campaign.writings)]
    return [str(one) for one in (*shown, *written)]


def _shown(piece: Piece, language: str, fallback: str) -> str:
    return said(piece.text, language, fallback) or piece.value or said(piece.alt, language, fallback) or piece.image


def _samples(name: str, document: dict[str, Any], language: str, shop: Shop) -> list[tuple[Piece, str, str]]:
    try:
        pieces = read_campaign(name, {**document, "priority": 0, "title": name}).pieces
    except CampaignInvalid:
        return []
    return [(one, _shown(one, language, shop.locale), said(one.button, language, shop.locale)) for one in pieces]


# --- the form ---------------------------------------------------------------------------------------


def _known_segment(shop: Shop, name: str) -> None:
    if name and not Segment.objects.filter(shop=shop, name=name, status="live").exists():
        raise CampaignInvalid("segment.invalid", "segment")


def _edited(document: dict[str, Any], form: QueryDict, language: str, shop: Shop) -> dict[str, Any]:
    """The document with what the form says, right or wrong."""
    found: dict[str, Any] = {
        "title": form.get("title", "").strip(),
        "priority": form.get("priority", "").strip(),
        "is_asked": form.get("is_asked") == "yes",
        "segment": form.get("segment", ""),
    }
    for one in DATES:
        given = _local(form.get(one, ""), shop)
        found[one] = given.isoformat() if given else None
    held = [_piece(one, form, f"p{at}", language) for at, one in enumerate(document["pieces"])]
    for piece in held:
        piece["products"] = products_named(shop, piece["products"])
    has_other = bool(document["writings"])
    pieces = _moved(held, form.get("do", "save"), language, least=0 if has_other else 1)
    return {**found, "pieces": pieces, "writings": document["writings"]}


def _moved(held: list[dict[str, Any]], do: str, language: str, *, least: int) -> list[dict[str, Any]]:
    verb, _mark, which = do.partition(":")
    place = int(which) if which.isascii() and which.isdigit() and int(which) < len(held) else -1
    if verb == "add":
        taken = {one["id"] for one in held}
        id = next(f"p{number}" for number in range(1, len(taken) + 2) if f"p{number}" not in taken)
        held.append({"id": id, "kind": "banner", "place": "hero", "text": {language: _("What it says")}})
    elif verb == "drop" and place >= 0 and len(held) > least:
        held.pop(place)
    elif verb == "up" and place > 0:
        held.insert(place - 1, held.pop(place))
    return held


def _piece(held: dict[str, Any], form: QueryDict, mark: str, language: str) -> dict[str, Any]:
    found: dict[str, Any] = {"id": held["id"], "kind": form.get(f"{mark}-kind", held["kind"])}
    for name in TEXTS:
        found[name] = with_words(held.get(name, {}), language, form.get(f"{mark}-{name}", ""))
    for name in PLAIN:
        found[name] = form.get(f"{mark}-{name}", str(held.get(name, ""))).strip()
    found["tone"] = found["tone"] or "calm"
    if found["kind"] in ("banner", "button") and found["place"] in KINDS:
        found["place"] = "hero"
    found["products"] = [one.strip() for one in form.get(f"{mark}-products", "").replace(",", "\n").splitlines()]
    return found


def _local(text: str, shop: Shop) -> datetime | None:
    """What a `datetime-local` field says, by the shop's clock."""
    try:
        return datetime.fromisoformat(text.strip()).replace(tzinfo=zone_of(shop.timezone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _typed(text: str | None, shop: Shop) -> str:
    if not text:
        return ""
    return datetime.fromisoformat(text).astimezone(zone_of(shop.timezone)).strftime("%Y-%m-%dT%H:%M")
