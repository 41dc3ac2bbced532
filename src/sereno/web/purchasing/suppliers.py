"""Suppliers: who they are, what they ask, and what they keep of what they promise."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sereno.modules.purchasing.finding import matching
from sereno.modules.purchasing.models import PurchaseOrder, Supplier, SupplierPrice
from sereno.modules.purchasing.performing import learned, performances
from sereno.runtime.purchasing import suppliers
from sereno.web.access import StaffRequest, staff
from sereno.web.actions import carry_out
from sereno.web.paging import page_of
from sereno.web.purchasing.ordering import OPEN, on_order_by_supplier
from sereno.web.purchasing.words import SEND_BY, STATES
from sereno.web.shell import LANGUAGES, render

FIELDS = (
    "code",
    "name",
    "currency",
    "email",
    "contact",
    "locale",
    "lead_days",
    "confirm_days",
    "minimum",
    "send_by",
    "url",
    "secret",
    "note",
)


@require_GET
@staff()
def listing(request: StaffRequest) -> HttpResponse:
    shop, search = request.shop, request.GET.get("q", "").strip()[:200]
    rows = list(
        matching(shop.pk, search)
        .annotate(
            lines=Count("prices", distinct=True),
            open=Count("orders", filter=Q(orders__status__in=OPEN), distinct=True),
        )
        .order_by("-is_active", "name", "id")[:500]
    )
    found = performances(shop.pk, [row.pk for row in rows])
    coming = on_order_by_supplier(shop.pk)
    context = {
        "section": "suppliers",
        "rows": [(row, found.get(row.pk), coming.get(row.pk, 0)) for row in rows],
        "search": search,
    }
    return render(request, "purchasing/suppliers.html", context)


@require_GET
@staff()
def supplier(request: StaffRequest, code: str) -> HttpResponse:
    shop = request.shop
    row = get_object_or_404(Supplier, shop=shop, code=code)
    search = request.GET.get("q", "").strip()
    prices_ = SupplierPrice.objects.filter(supplier=row)
    if search:
        prices_ = prices_.filter(Q(sku__istartswith=search) | Q(supplier_sku__istartswith=search))
    found = performances(shop.pk, [row.pk]).get(row.pk)
    context = {
        "section": "suppliers",
        "supplier": row,
        "performance": found,
        "lead": learned(row),
        "page": page_of(request, prices_),
        "search": search,
        "orders": list(PurchaseOrder.objects.filter(supplier=row).order_by("-id")[:10]),
        "states": STATES,
        "send_by": dict(SEND_BY)[row.send_by],
        "columns": ", ".join(suppliers.COLUMNS),
    }
    return render(request, "purchasing/supplier.html", context)


@require_http_methods(["GET", "POST"])
@staff("settings")
def supplier_form(request: StaffRequest, code: str = "") -> HttpResponse:
    shop = request.shop
    row = get_object_or_404(Supplier, shop=shop, code=code) if code else None
    error = ""
    if request.method == "POST":
        values: dict[str, Any] = {name: request.POST.get(name, "").strip() for name in FIELDS}
        values["is_active"] = request.POST.get("is_active") == "yes" or row is None
        try:
            given = suppliers.Supplier(
                code=code or values["code"],
                name=values["name"],
                currency=values["currency"],
                email=values["email"],
                contact=values["contact"],
                locale=values["locale"],
                lead_days=_days(values["lead_days"]),
                confirm_days=_days(values["confirm_days"]),
                minimum=values["minimum"].replace(",", "."),
                send_by=values["send_by"],
                url=values["url"],
                secret=values["secret"],
                note=values["note"],
                is_active=values["is_active"],
            )
            suppliers.put_supplier(shop.pk, given, request.user.username)
        except ValueError as refusal:
            error = str(refusal)
        else:
            messages.success(request, _("Kept."))
            return redirect("supplier", code=suppliers.checked(given).code)
    else:
        values = {name: getattr(row, name) for name in FIELDS} if row else dict.fromkeys(FIELDS, "")
        values["secret"] = ""
        values["is_active"] = row is None or row.is_active
        if row is None:
            values |= {"currency": shop.currency, "lead_days": 14, "confirm_days": 2, "locale": shop.locale[:2]}
            values |= {"send_by": "email"}
    context = {
        "section": "suppliers",
        "supplier": row,
        "values": values,
        "error": error,
        "send_by": SEND_BY,
        "locales": LANGUAGES,
        "has_secret": bool(row and row.secret),
    }
    return render(request, "purchasing/supplier_form.html", context, status=422 if error else 200)


@require_POST
@staff("settings")
def prices(request: StaffRequest, code: str) -> HttpResponse:
    """A price list as a file or pasted, or lines taken off it."""
    row = get_object_or_404(Supplier, shop=request.shop, code=code)
    by = request.user.username
    if request.POST.get("do") == "remove":
        skus = [one for one in request.POST.getlist("sku") if one][:1000]
        carry_out(request, lambda: suppliers.remove_prices(row.shop_id, code, skus, by), _("Taken off the price list."))
        return redirect("supplier", code=code)
    upload = request.FILES.get("file")

    def kept() -> int:
        if upload is not None and (upload.size or 0) > 20_000_000:
            raise ValueError(_("The file is larger than 20 MB."))
        body: str | bytes = upload.read() if upload is not None else request.POST.get("text", "")
        try:
            offers = suppliers.read_price_list(body)
        except UnicodeDecodeError:
            raise ValueError(_("The file is no text in UTF-8. Save it as CSV UTF-8 and try again.")) from None
        return suppliers.put_prices(row.shop_id, code, offers, by)

    count = carry_out(request, kept, "", form=f"prices:{code}")
    if count is not None:
        messages.success(request, _("%(num)s lines of the price list are kept.") % {"num": int(count)})
    return redirect("supplier", code=code)


def _days(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 4:
        raise ValueError(_("Give days as a whole number, such as 14."))
    return int(text)
