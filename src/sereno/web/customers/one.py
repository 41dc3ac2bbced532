"""One person: who they are, what they allow, what is expected of them, their records and their story."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.db.models import Exists
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from sereno.modules.customers.models import Customer, Join
from sereno.modules.orders.tickets import address_lines
from sereno.modules.scores.models import CustomerScore, LeadScore
from sereno.runtime.persons import tagging
from sereno.runtime.persons.grouping import APART, JOINED, PROPOSED
from sereno.runtime.persons.joining import decide, ended_by_joining, join, split
from sereno.runtime.persons.reading import Person, person_of
from sereno.sdk.discretion import discreet, hides
from sereno.store.models import Shop, Suppression, Tag
from sereno.web.access import StaffRequest, staff
from sereno.web.actions import back, carry_out
from sereno.web.customers import visiting
from sereno.web.customers.listing import keys_matching
from sereno.web.customers.spending import Bought, bought_by, shown, spent_of
from sereno.web.customers.story import Whose, as_parameter, moment_in, story_of
from sereno.web.customers.words import CHANNELS, KINDS, RULES, SAID, STOPPED
from sereno.web.paging import page_of
from sereno.web.scores.moments import goes_by_own, hours_said, own_hours
from sereno.web.scores.words import GROUPS
from sereno.web.shell import render
from sereno.web.words import Word

SHOWN_ORDERS = 5
NEVER = datetime.min.replace(tzinfo=UTC)
MOST_PAIRS = 200
SHOWN_CONSENTS = ("email", "sms")


@require_GET
@staff()
def customer(request: StaffRequest, id: int) -> HttpResponse:
    shop = request.shop
    row = get_object_or_404(Customer.objects.defer("data"), shop=shop, pk=id)
    if row.merged_into:
        main = get_object_or_404(Customer.objects.defer("data"), shop=shop, key=row.merged_into)
        return redirect("customer", main.pk)
    person = person_of(shop.pk, row.key)
    assert person is not None
    kind, before = request.GET.get("show", ""), moment_in(request.GET.get("before", ""))
    joins = Join.objects.filter(shop=shop).order_by()
    pairs = list(joins.filter(one__in=person.keys).union(joins.filter(other__in=person.keys))[:MOST_PAIRS])
    tags = list(Tag.objects.filter(shop=shop, kind="customer", key__in=person.keys))
    whose = Whose(shop.pk, person.keys, person.addresses, tags, [one for one in pairs if one.status == JOINED])
    moments, older = story_of(whose, kind, before)
    query = request.GET.copy()
    query["before"] = as_parameter(older) if older else ""
    records = _records(shop, person, pairs)
    own = records[row.key]
    score = CustomerScore.objects.filter(shop=shop, key__in=person.keys).order_by("-value").first()
    orders = bought_by(shop, person.keys)
    newest = sorted(orders, key=lambda one: (one.placed_at or NEVER, one.id), reverse=True)[:SHOWN_ORDERS]
    is_lead = score is None and not newest
    data: dict[str, Any] = discreet(person.record)
    context = {
        "section": "customers",
        "customer": row,
        "name": data.get("name") or data.get("email") or row.key,
        "data": data,
        "consents": _consents(person, own),
        "records": [records[key] for key in person.keys if key in records],
        "reasons": _reasons(row.key, whose.joins),
        "score": score,
        "lead": LeadScore.objects.filter(shop=shop, key=row.key).first() if is_lead else None,
        **visiting.shown(shop.pk, person.keys),
        "group": GROUPS.get(score.group) if score is not None else None,
        "answers": hours_said(own.own_hours, own.own_days) if own.goes_by_own else "",
        "currency": shop.currency,
        "spent": _spent(orders, data),
        "orders": newest,
        "address": address_lines({"shipping_address": data.get("default_address")}),
        "tags": sorted({one.tag for one in tags}),
        "theirs": [one for one in data.get("tags") or () if one not in {one.tag for one in tags}],
        "moments": moments,
        "older": f"?{query.urlencode()}" if older else None,
        "kinds": [
            ("", _("Everything")),
            *((name, said) for name, (said, _types) in KINDS.items()),
            ("flows", _("Flows")),
        ],
        "kind": kind,
        "is_first": before is None,
        "proposed": _proposed_with(person, records, [one for one in pairs if one.status == PROPOSED]),
        "rules": RULES,
        "hidden": hides("customer.name"),
    }
    return render(request, "customers/one.html", context)


def _records(shop: Shop, person: Person, pairs: Sequence[Join]) -> dict[str, Any]:
    """By key the person's records, and those they may be one person with. Each says besides what is the same for all
    of the person: by channel whether nothing may go to them, and at which hours they answer. One query."""
    asked = [key for one in pairs if one.status == PROPOSED for key in (one.one, one.other)]
    stops = Suppression.objects.filter(shop=shop, address__in=person.addresses)
    rows = Customer.objects.filter(shop=shop, key__in={*person.keys, *asked}).defer("data").order_by()
    found = rows.annotate(
        goes_by_own=goes_by_own(shop),
        **own_hours(shop, person.keys),
        **{f"stops_{channel}": Exists(stops.filter(channel=channel)) for channel in SHOWN_CONSENTS},
    )
    return {one.key: one for one in found}


def _spent(orders: Sequence[Bought], data: dict[str, Any]) -> tuple[str, str] | None:
    sums: dict[str, Decimal] = {}
    for held in spent_of(orders).values():
        sums |= {currency: sums.get(currency, Decimal(0)) + amount for currency, amount in held.items()}
    return shown(data.get("total_spent"), data.get("currency"), sums)


def _consents(person: Person, own: Any) -> list[tuple[str, Word]]:
    """By channel what holds for the person, as everything that is sent asks it."""
    found: list[tuple[str, Word]] = []
    for channel in SHOWN_CONSENTS:
        said = person.record.get(f"accepts_{channel}")
        found.append((str(CHANNELS[channel]), STOPPED if getattr(own, f"stops_{channel}") else SAID[said]))
    return found


def _reasons(main: str, joins: Sequence[Join]) -> dict[str, str]:
    """By record, why it is the same person as another."""
    return {key: str(RULES.get(one.rule, one.rule)) for one in joins for key in (one.one, one.other) if key != main}


def _proposed_with(person: Person, held: Mapping[str, Customer], asked: Sequence[Join]) -> list[tuple[Join, Customer]]:
    """Open questions whether somebody else is the same person."""
    found = ((one, held.get(one.other if one.one in person.keys else one.one)) for one in asked[:SHOWN_ORDERS])
    return [(one, other) for one, other in found if other is not None]


@require_POST
@staff("work")
def tag_one(request: StaffRequest, id: int) -> HttpResponse:
    row = get_object_or_404(Customer.objects.defer("data"), shop=request.shop, pk=id)
    name, add = request.POST.get("tag", ""), request.POST.get("do") != "remove"
    done = _("Tagged.") if add else _("The tag is off.")
    carry_out(request, lambda: tagging.tag(request.shop.pk, [row.key], name, request.user.username, add=add), done)
    return redirect("customer", row.pk)


@require_POST
@staff("work")
def split_one(request: StaffRequest, id: int) -> HttpResponse:
    """Take a record out of its person."""
    row = get_object_or_404(Customer.objects.defer("data"), shop=request.shop, pk=id)
    done = carry_out(request, lambda: split(request.shop.pk, row.key, request.user.username), "")
    if isinstance(done, list) and done:
        messages.success(request, _("These are two customers again. What came for each is each one's own."))
        if ended_by_joining(request.shop.pk, [row.key, *done]):
            messages.info(
                request, _("What a flow ended when they were joined stays ended, so that nothing is said twice.")
            )
    return redirect("customer", row.pk)


@require_POST
@staff("work")
def join_one(request: StaffRequest, id: int) -> HttpResponse:
    """Join with whom a person names: an address, a telephone, an id. It must mean one customer."""
    shop = request.shop
    row = get_object_or_404(Customer.objects.defer("data"), shop=shop, pk=id)
    keys = [key for key in keys_matching(shop, request.POST.get("other", "").strip()) if key != row.key]
    if len(keys) != 1:
        found = ngettext("That means %(num)s customer.", "That means %(num)s customers.", len(keys)) % {
            "num": len(keys)
        }
        messages.error(request, f"{found} {_('Give the e-mail address, telephone or id of exactly one.')}")
        return redirect("customer", row.pk)
    done = carry_out(request, lambda: join(shop.pk, row.key, keys[0], request.user.username), "")
    if done is not None:
        messages.success(request, _("They are one customer now. Splitting them again is on this page."))
        if ended_by_joining(shop.pk, [row.key, keys[0]]):
            messages.info(request, _("Where both were in one flow, one run went on and the other ended."))
    return redirect("customer", row.pk)


@require_GET
@staff()
def proposals(request: StaffRequest) -> HttpResponse:
    """Records that may be one person, oldest question first; and what was answered last."""
    shop = request.shop
    page = page_of(request, Join.objects.filter(shop=shop, status=PROPOSED))
    answered = Join.objects.filter(shop=shop, status__in=(JOINED, APART)).exclude(by="").order_by("-at")[:10]
    shown = [*page.rows, *answered]
    keys = {key for one in shown for key in (one.one, one.other)}
    held = {one.key: one for one in Customer.objects.filter(shop=shop, key__in=keys).defer("data")}
    context = {
        "section": "customers",
        "page": page,
        "rows": [(one, held.get(one.one), held.get(one.other)) for one in page.rows],
        "answered": [(one, held.get(one.one), held.get(one.other)) for one in answered],
        "rules": RULES,
        "hidden": hides("customer.name"),
    }
    return render(request, "customers/proposals.html", context)


@require_POST
@staff("work")
def answer(request: StaffRequest, id: int) -> HttpResponse:
    """Say that two records are one person, or are not; saying the other takes it back."""
    row = get_object_or_404(Join, shop=request.shop, pk=id)
    decision = JOINED if request.POST.get("decision") == JOINED else APART
    done = _("They are one customer now.") if decision == JOINED else _("They stay two customers.")
    carry_out(request, lambda: decide(request.shop.pk, row.pk, decision, request.user.username), done)
    return back(request, "/customers/proposals")
