"""The list of customers, one row for each person: found, narrowed, sorted, and tagged many at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpResponse, QueryDict, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from sereno.commerce.telephones import e164
from sereno.modules.customers.models import Customer, Identity, Join, SavedView
from sereno.modules.scores.models import CustomerScore
from sereno.runtime.persons import table, tagging, views
from sereno.runtime.persons.grouping import PROPOSED
from sereno.runtime.persons.workbook import CONTENT_TYPE
from sereno.sdk.discretion import hides
from sereno.store.models import Shop, Tag
from sereno.store.scans import FEW
from sereno.web.access import StaffRequest, staff
from sereno.web.actions import back, carry_out, chosen_ids
from sereno.web.builder.forms.field_words import field_word as word_of_field
from sereno.web.counts import look
from sereno.web.customers.spending import bought_by, shown, spent_of
from sereno.web.customers.words import CONSENTS
from sereno.web.orders.paging import page_by_placed
from sereno.web.paging import SIZE, Page, page_to
from sereno.web.scores.words import GROUPS
from sereno.web.search import links_for
from sereno.web.shell import render

FILTERS = ("consent", "group", "tag", "by")
COUNTED = 1000


@require_GET
@staff()
def customers(request: StaffRequest) -> HttpResponse:
    shop, asked = request.shop, request.GET
    search = asked.get("q", "").strip()
    chosen = {name: asked.get(name, "")[:64] for name in FILTERS}
    rows = _narrowed(shop, Customer.objects.filter(shop=shop, merged_into="").defer("data"), chosen)
    if search:
        rows = rows.filter(key__in=keys_matching(shop, search))
    page = _by_name(request, rows) if chosen["by"] == "name" else page_by_placed(request, rows, column="last_order_at")
    query = urlencode({name: value for name, value in chosen.items() if value})
    tags = [row[0] for row in look("tags_known", shop=shop.pk)]
    context = {
        "section": "customers",
        "page": page,
        "rows": _told(shop, page.rows),
        "search": search,
        "selects": [
            ("consent", _("Any consent"), [(name, word.label) for name, word in CONSENTS.items()], chosen["consent"]),
            ("group", _("Every group"), [(name, word.label) for name, word in GROUPS.items()], chosen["group"]),
            (
                "tag",
                _("Every tag"),
                [(one, one) for one in dict.fromkeys((*tags, chosen["tag"])) if one],
                chosen["tag"],
            ),
            ("by", _("Last order first"), [("name", _("By name"))], chosen["by"]),
        ],
        "is_filtered": bool(search or query),
        "views": list(SavedView.objects.filter(shop=shop).order_by("name")[:30]),
        "query": query,
        "tags": tags,
        "proposed": Join.objects.filter(shop=shop, status=PROPOSED).order_by("id")[:COUNTED].count(),
        "undo": request.session.get("customers_tagged"),
    }
    return render(request, "customers/list.html", context)


def keys_matching(shop: Shop, text: str) -> list[str]:
    """Keys of the people that a name, an address, a telephone or an id may mean: main ones; each asked of an index."""
    keys: list[str] = []
    addresses: list[str] = []
    for link in links_for(shop, text):
        kind, _colon, key = link.partition(":")
        if kind == "customer":
            keys.append(key)
        elif kind == "email":
            addresses.append(key.lower())
    if number := e164(text, shop.settings.get("country")):
        found = Identity.objects.filter(shop=shop, kind="phone", value=number)
        keys += found.values_list("key", flat=True)[:COUNTED]
    held = Customer.objects.filter(shop=shop).order_by()
    by_key = held.filter(key__in=keys).values_list("key", "merged_into")
    by_mail = held.filter(email__in=addresses).values_list("key", "merged_into")
    by_phone = held.filter(phone=text).values_list("key", "merged_into")
    return list(dict.fromkeys(into or key for key, into in by_key.union(by_mail, by_phone, all=True)[:COUNTED]))


def _narrowed(shop: Shop, rows: QuerySet[Customer], chosen: dict[str, str]) -> QuerySet[Customer]:
    """What few have is taken by their keys; what many have is looked for along the list."""
    if chosen["consent"] in CONSENTS:
        rows = rows.filter(accepts_email={"yes": True, "no": False}.get(chosen["consent"]))
    ways: list[tuple[QuerySet[Any], QuerySet[Any]]] = []
    if chosen["tag"]:
        bearing = Tag.objects.filter(shop=shop, kind="customer", tag=chosen["tag"])
        ways.append((bearing, bearing.filter(key=OuterRef("key"))))
    if chosen["group"] in GROUPS:
        scored = CustomerScore.objects.filter(shop=shop, group=chosen["group"])
        ways.append((scored, CustomerScore.objects.filter(shop=shop, key=OuterRef("key"), group=chosen["group"])))
    for some, mine in ways:
        few: list[str] = list(some.order_by().values_list("key", flat=True)[:FEW])
        if len(few) < FEW:
            held = Customer.objects.filter(shop=shop, key__in=few).values_list("key", "merged_into")
            rows = rows.filter(key__in={into or key for key, into in held})
        else:
            rows = rows.filter(Exists(mine))
    return rows


def _by_name(request: StaffRequest, rows: QuerySet[Customer]) -> Page:
    """Along the index of names; those without one are left out. `before` is a row's id: the list goes on after it."""
    after = request.GET.get("before", "")
    found = rows.filter(name__gt="").order_by("name", "id")
    last = Customer.objects.filter(shop=request.shop, pk=int(after[:18])).first() if after.isdecimal() else None
    if last is not None and last.name:
        found = found.filter(name__gte=last.name).exclude(name=last.name, id__lte=last.pk)
    taken = list(found[: SIZE + 1])
    return page_to(request, taken[:SIZE], taken[SIZE - 1].pk if len(taken) > SIZE else None)


def _told(shop: Shop, found: Sequence[Customer]) -> list[dict[str, Any]]:
    """With group, tags, and what they spent where their platform does not say, in one query each."""
    keys = [row.key for row in found]
    groups = dict(CustomerScore.objects.filter(shop=shop, key__in=keys).values_list("key", "group"))
    tags: dict[str, list[str]] = {}
    for key, tag in Tag.objects.filter(shop=shop, kind="customer", key__in=keys).values_list("key", "tag"):
        tags.setdefault(key, []).append(tag)
    consents = {True: "yes", False: "no", None: "unknown"}
    unsaid = [row.key for row in found if not row.total_spent or not row.total_spent.strip("0.")]
    spent = spent_of(bought_by(shop, unsaid))
    return [
        {
            "row": row,
            "spent": shown(row.total_spent, row.currency, spent.get(row.key, {})),
            "name": "" if hides("customer.name") else row.name or "",
            "group": GROUPS.get(groups.get(row.key, "")),
            "tags": sorted(tags.get(row.key, ())),
            "consent": CONSENTS[consents[row.accepts_email]],
        }
        for row in found
    ]


@require_POST
@staff("work")
def tag_many(request: StaffRequest) -> HttpResponse:
    """Put a tag on those that are ticked, or take it off."""
    rows = Customer.objects.filter(shop=request.shop, pk__in=chosen_ids(request))
    keys = list(rows.values_list("key", flat=True))
    name, add = request.POST.get("tag", ""), request.POST.get("do") != "remove"
    if not keys:
        messages.error(request, _("Nothing was ticked. Tick some customers, then press the button."))
        return back(request, "/customers")
    done = carry_out(request, lambda: tagging.tag(request.shop.pk, keys, name, request.user.username, add=add), "")
    if isinstance(done, list):
        request.session["customers_tagged"] = {"keys": done, "tag": name, "add": add} if done else None
        _say(request, len(done), name, add)
    return back(request, "/customers")


@require_POST
@staff("work")
def untag(request: StaffRequest) -> HttpResponse:
    """Take back what was tagged last."""
    last = request.session.pop("customers_tagged", None)
    if last:
        who, add = request.user.username, not last["add"]
        done = carry_out(request, lambda: tagging.tag(request.shop.pk, last["keys"], last["tag"], who, add=add), "")
        if isinstance(done, list):
            _say(request, len(done), last["tag"], add)
    return back(request, "/customers")


def _say(request: StaffRequest, count: int, name: str, add: bool) -> None:
    values = {"num": count, "tag": name}
    if add:
        said = ngettext(
            "%(num)s customer has the tag %(tag)s now.", "%(num)s customers have the tag %(tag)s now.", count
        )
    else:
        said = ngettext("%(num)s customer lost the tag %(tag)s.", "%(num)s customers lost the tag %(tag)s.", count)
    messages.success(request, said % values)


@require_POST
@staff("work")
def save_view(request: StaffRequest) -> HttpResponse:
    """Keep the filters under a name; the same name is replaced. What was searched for is not kept: it names people."""
    name = " ".join(request.POST.get("name", "").split())[:60]
    given = QueryDict(request.POST.get("query", "")[:300])
    query = urlencode({one: given[one][:64] for one in FILTERS if given.get(one)})
    if not name or not query:
        messages.error(request, _("Choose some filters and give them a name."))
        return back(request, "/customers")
    views.save(request.shop.pk, name, query, request.user.username)
    messages.success(request, _("Saved as %(name)s.") % {"name": name})
    return redirect(f"{reverse('customers')}?{query}")


@require_POST
@staff("work")
def drop_view(request: StaffRequest, id: int) -> HttpResponse:
    row = get_object_or_404(SavedView, shop=request.shop, pk=id)
    views.drop(request.shop.pk, row.pk, row.name, request.user.username)
    messages.success(request, _("%(name)s is gone.") % {"name": row.name})
    return redirect("customers")


@require_GET
@staff("work")
def export(request: StaffRequest) -> HttpResponseBase:
    """Choose the fields, then the whole shop's people as a table, streamed."""
    fields = [name for name in table.FIELDS if name in request.GET.getlist("field")]
    if not fields:
        context = {"section": "customers", "fields": [(name, word_of_field(name)) for name in table.FIELDS]}
        return render(request, "customers/export.html", context)
    shop, by = request.shop, request.user.username
    form = "xlsx" if request.GET.get("form") == "xlsx" else "csv"
    if form == "xlsx":
        answer = StreamingHttpResponse(table.sheet(shop.pk, fields, by, _("Customers")), content_type=CONTENT_TYPE)
    else:
        answer = StreamingHttpResponse(table.lines(shop.pk, fields, by), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="customers-{shop.slug}.{form}"'
    answer["Cache-Control"] = "private, no-store"
    return answer
