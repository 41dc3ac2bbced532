"""What became of the messages of a flow, of one of its steps, or of a newsletter: figures, days, the rows behind."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from sereno.commerce.money import Money
from sereno.engine.message_control import place_of
from sereno.engine.places import find
from sereno.modules.insights.documents import BROUGHT, brought_document, figures_document
from sereno.modules.insights.models import OrderCredit, SentMessage
from sereno.modules.insights.results import Result, results
from sereno.modules.orders.models import Order
from sereno.runtime.experiments.measuring import Measured, measured, measured_messages
from sereno.runtime.feeds.outgoing import harmless
from sereno.runtime.results import reading
from sereno.runtime.results.counting import FLOW
from sereno.runtime.results.crediting import WITHIN
from sereno.runtime.results.reading import By, Figures, Report, Source
from sereno.web import flowtree, formats
from sereno.web.access import StaffRequest, staff
from sereno.web.channels.words import CHANNELS
from sereno.web.content.words import LANGUAGES
from sereno.web.documents import titled
from sereno.web.paging import SIZE, Page, page_to
from sereno.web.results import wording
from sereno.web.results.plots import Plot, plot
from sereno.web.results.showing import Row, shown_of
from sereno.web.shell import render

SPANS = (7, 30, 90, 365)
USUAL = 30
MOST_STEPS = 8
LONG = 120
"""Days past which a picture shows weeks."""
ROWS = ("sent", "opened", "clicked", "trouble", "orders")
"""What a list of rows can be of."""
SHOWN = ("sent", "opened", "clicked", "orders", "revenue")
"""What a plot can show."""
_FIELDS = {"opened": "opened_at", "clicked": "clicked_at", "trouble": "trouble"}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a page is about; `step` None: all of them."""

    source: Source
    step: str | None
    days: int
    since: date
    until: date

    def query(self, **more: Any) -> str:
        kind = {"flow": self.source.name} if self.source.kind == FLOW else {"newsletter": self.source.id}
        step = {} if self.step is None else {"step": self.step}
        return urlencode({**kind, **step, "days": self.days, **more})

    def whole(self) -> str:
        """The same of all steps."""
        return Asked(self.source, None, self.days, self.since, self.until).query()


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure. `query` leads to its rows, where it has any; `before` is the same of the stretch before."""

    what: str
    label: str
    value: str
    note: str
    before: str
    query: str
    is_zero: bool


@require_GET
@staff()
def numbers(request: StaffRequest) -> HttpResponse:
    asked = _asked(request)
    if asked is None:
        return redirect("results")
    found = _report(request, asked)
    show = request.GET.get("show", "")
    show = show if show in SHOWN else "sent"
    measured_here, current = _measured_alone(request, asked)
    titles = _titles(measured_here.document, _steps(found, asked))
    alone = [shown_of(measured_here, one) for one in current]
    brought = {place_of(one.result.name): one.rows for one in alone}
    cuts = [(cut, _cut_rows(found, cut, titles, asked, brought)) for cut in reading.CUTS[:-1]]
    context = {
        "section": "results",
        "asked": asked,
        "found": found,
        "title": _title(asked, titles),
        "figures": figures_of(found, asked),
        "money": money_of(found),
        "plot": plot_of(found, show),
        "show": show,
        "shows": [(name, label_of(name)) for name in SHOWN],
        "cuts": [(cut, label_of(cut), rows) for cut, rows in cuts if len(rows) > 1 or (rows and cut == "step")],
        "spans": [(days, asked_for(asked, days)) for days in SPANS],
        "within": WITHIN.days,
        "alone": alone if asked.step is not None or asked.source.kind != FLOW else [],
        "is_any_alone": bool(alone),
        "price": _price(request, found),
    }
    return render(request, "results/numbers.html", context)


@require_GET
@staff()
def rows(request: StaffRequest) -> HttpResponse:
    """The messages, or the orders, that a figure counts; the newest first."""
    asked, what = _asked(request), request.GET.get("what", "")
    if asked is None:
        return redirect("results")
    what = what if what in ROWS else "sent"
    steps = _steps(_report(request, asked), asked)
    document = measured(request.shop.pk, asked.source.name).document if asked.source.kind == FLOW else None
    titles = _titles(document, steps)
    first = reading.first_since(request.shop.pk, asked.since)
    end = {"source": asked.source.kind, "source_id": asked.source.id}
    context = {
        "section": "results",
        "asked": asked,
        "title": _title(asked, titles),
        "titles": titles,
        "what": what,
        "label": _("Bounced, complained or unsubscribed") if what == "trouble" else label_of(what),
        "selects": [("what", _("Sent"), [(one, label_of(one)) for one in ROWS[1:]], what)],
        "channels": {name: str(said) for name, (said, _icon) in CHANNELS.items()},
    }
    if what == "orders":
        held = OrderCredit.objects.filter(shop=request.shop, counted=1, **end).order_by("-id")
        if asked.step is not None:
            held = held.filter(step=asked.step)
        found = list(held.filter(day__gte=(asked.since - reading.EPOCH).days)[:200])
        orders = {
            order.key: order
            for order in Order.objects.filter(shop=request.shop, key__in=[one.order_key for one in found])
        }
        lines = [(one, orders.get(one.order_key), _minor(one.amount, one.currency)) for one in found]
        return render(request, "results/orders.html", {**context, "lines": lines})
    narrowed = SentMessage.objects.filter(shop=request.shop, id__gte=first)
    if what in _FIELDS:
        narrowed = narrowed.filter(**{f"{_FIELDS[what]}__isnull": False})
    context["page"] = page_of_steps(request, narrowed, [{**end, "step": step} for step in steps])
    return render(request, "results/rows.html", context)


@require_GET
@staff()
def table(request: StaffRequest) -> HttpResponse:
    """The figures as a file, a line for each day (or step, language and so on, by `by`)."""
    asked, by = _asked(request), request.GET.get("by", "day")
    if asked is None:
        return redirect("results")
    found = _report(request, asked)
    tables: Mapping[str, Sequence[tuple[Any, Figures]]] = {"day": found.days, **found.cuts}
    by = by if by in tables else "day"
    text = StringIO()
    names = list(figures_document(Figures(), found.currency))
    writer = csv.writer(text)
    brought = brought_document(_measured_alone(request, asked)[1], found.currency) if by == "step" else {}
    more = [f"brought_{name}" for name in BROUGHT] if brought else []
    writer.writerow([by, *names, *more])
    for name, one in tables[by]:
        values = {**figures_document(one, found.currency), **dict.fromkeys(more), **brought.get(name, {})}
        writer.writerow([harmless(name), *("" if values[key] is None else values[key] for key in (*names, *more))])
    answer = HttpResponse(text.getvalue(), content_type="text/csv; charset=utf-8")
    name = asked.source.name if asked.source.kind == FLOW else f"newsletter-{asked.source.id}"
    answer["Content-Disposition"] = f'attachment; filename="results-{name}.csv"'
    return answer


def page_of_steps(request: HttpRequest, narrowed: QuerySet[SentMessage], ends: Sequence[Mapping[str, Any]]) -> Page:
    """A page read at the end of each step's own index, so that a flow with a million messages costs no more."""
    before = request.GET.get("before", "")
    if before.isascii() and before.isdigit() and len(before) < 19:
        narrowed = narrowed.filter(id__lt=int(before))
    found: list[SentMessage] = []
    for end in ends:
        found += narrowed.filter(**end).order_by("-id")[: SIZE + 1]
    found.sort(key=lambda one: -one.pk)
    return page_to(request, found[:SIZE], found[SIZE - 1].pk if len(found) > SIZE else None)


def days_asked(request: HttpRequest) -> tuple[int, date, date]:
    """How many days, and which: the last of them is today in UTC."""
    given = request.GET.get("days", "")
    days = int(given) if given in map(str, SPANS) else USUAL
    today = datetime.now(UTC).date()
    return days, today - timedelta(days=days - 1), today


def asked_for(asked: Asked, days: int) -> str:
    return f"{reverse('results-messages')}?{Asked(asked.source, asked.step, days, asked.since, asked.until).query()}"


def figures_of(found: Report, asked: Asked | None = None) -> list[Figure]:
    """The figures that are counts; what has rows leads to them."""
    shown: list[Figure] = []
    leads = {"delivered": "sent", "bounced": "trouble", "complained": "trouble", "unsubscribed": "trouble"}
    names = ("sent", "delivered", "opened", "clicked", "orders", "unsubscribed", "complained", "bounced", "failed")
    for what in (*names, "withheld"):
        total, before = found.total[what], found.before[what]
        if what in ("failed", "withheld") and not total and not before:
            continue
        query = ""
        if asked is not None and what not in ("failed", "withheld"):
            query = f"{reverse('results-rows')}?{asked.query(what=leads.get(what, what))}"
        elif asked is not None and what == "failed" and asked.source.kind == FLOW:
            query = f"{reverse('effects')}?{urlencode({'flow': asked.source.name, 'status': 'failed'})}"
        share = "" if what in ("sent", "failed", "withheld") or not total else wording.rate(total, found.total["sent"])
        if what == "opened" and found.total["machine"]:
            machines = _("%(num)s by machines alone") % {"num": formats.number(found.total["machine"])}
            share = f"{share} · {machines}" if share else machines
        value = formats.number(total)
        if what == "delivered" and not (total or found.total["bounced"]):
            value, share = "–", _("your mail server does not tell")
        earlier = formats.number(before) if found.before["sent"] else ""
        shown.append(Figure(what, label_of(what), value, share, earlier, query, total == 0))
    return shown


def money_of(found: Report) -> list[tuple[str, str, str]]:
    """(label, amount, what is to be known of it)."""
    currency, total = found.currency, found.total
    in_other = ", ".join(_minor(amount, name) for name, amount in sorted(total.other.items()) if amount)
    lines = [(_("Revenue of those orders"), _minor(total["revenue"], currency), in_other and f"+ {in_other}")]
    if total.cost is not None:
        cost = _minor(Money(total.cost, currency).to_minor(), currency)
        lines.append((_("The messages cost"), cost, ""))
    else:
        lines.append((_("The messages cost"), "–", _("No price is set for a channel that was used.")))
    if total["codes"]:
        taken = _("Taken off orders already by codes this flow gave.")
        lines.append((_("Codes cost"), _minor(total["codes"], currency), taken))
    profit = total.profit(currency)
    if profit is not None:
        lines.append((_("Profit"), _minor(profit, currency), _("After the cost of goods, and of the messages.")))
    elif total["orders"]:
        known = _("The cost of goods is known for %(known)s of %(all)s orders.") % {
            "known": formats.number(total["known"]), "all": formats.number(total["orders"]),
        }  # fmt: skip
        lines.append((_("Profit"), "–", known))
    return lines


def plot_of(found: Report, show: str) -> Plot | None:
    size = 7 if len(found.days) > LONG else 1

    def points(days: Sequence[tuple[date, Figures]]) -> list[tuple[date, int]]:
        """Of a long stretch whole weeks, the last day's among them."""
        days = days[len(days) % size :]
        weeks = (days[at : at + size] for at in range(0, len(days), size))
        return [(week[0][0], sum(one[show] for _, one in week)) for week in weeks]

    said = (lambda value: _minor(round(value), found.currency)) if show == "revenue" else formats.number
    return plot(points(found.days), points(found.days_before), said)


def label_of(what: str) -> str:
    return {
        "sent": _("Sent"), "delivered": _("Delivered"), "opened": _("Opened by people"), "clicked": _("Clicked"),
        "orders": _("Orders"), "revenue": _("Revenue"), "unsubscribed": _("Unsubscribed"),
        "complained": _("Marked as spam"), "bounced": _("Bounced"), "failed": _("Failed"),
        "withheld": _("Held back"), "trouble": _("Bounced, complained or unsubscribed"), "step": _("Each message"),
        "variant": _("Each wording"), "channel": _("Each channel"), "locale": _("Each language"),
    }.get(what, what)  # fmt: skip


def _measured_alone(request: StaffRequest, asked: Asked) -> tuple[Measured, list[Result]]:
    """What each message brought by itself, where it is kept from a share of people: the current measurements."""
    flow, newsletter = (asked.source.name, 0) if asked.source.kind == FLOW else ("", asked.source.id)
    found = measured_messages(request.shop.pk, flow=flow, step=asked.step, newsletter=newsletter)
    today = (datetime.now(UTC).date() - reading.EPOCH).days
    return found, [one for one in results(found.experiments, found.sums, found.currency, today) if one.is_current]


def _cut_rows(
    found: Report, cut: By, titles: Mapping[str, Any], asked: Asked, brought: Mapping[str | None, Sequence[Row]]
) -> list[dict[str, Any]]:
    return [
        {
            "name": _cut_name(cut, name, titles),
            "href": f"?{_with_step(asked, name)}" if cut == "step" and asked.step is None and name else "",
            "figures": one,
            "revenue": _minor(one["revenue"], found.currency),
            "shares": {what: wording.rate(one[what], one["sent"]) for what in ("opened", "clicked", "orders")},
            "brought": brought.get(name, ())[-1:] if cut == "step" else (),
        }
        for name, one in found.cuts.get(cut, ())
    ]


def _with_step(asked: Asked, step: str) -> str:
    return Asked(asked.source, step, asked.days, asked.since, asked.until).query()


def _cut_name(cut: By, name: str, titles: Mapping[str, Any]) -> Any:
    if cut == "step":
        return titles.get(name) or (_("Step %(path)s, no longer in the flow") % {"path": name} if name else "–")
    if cut == "channel":
        return CHANNELS[name][0] if name in CHANNELS else name or "–"
    if cut == "locale":
        return LANGUAGES.get(name, name) or _("not noted")
    return name.upper() if len(name) == 1 else name or _("without a test")


def _titles(document: Mapping[str, Any] | None, steps: Iterable[str]) -> dict[str, Any]:
    """What each of these steps says, by its path, as far as today's version of the flow (`document`) has it."""
    found: dict[str, Any] = {}
    for path in steps if document is not None else ():
        with suppress(LookupError, ValueError):
            found[path] = flowtree.sentence_of(find(document, path))
    return found


def _steps(found: Report, asked: Asked) -> list[str]:
    """The steps a page is about: the busiest of them, so that no flow is too long to be looked at."""
    if asked.step is not None:
        return [asked.step]
    return [name for name, _ in sorted(found.cuts["step"], key=lambda one: -one[1]["sent"])[:MOST_STEPS]]


def _title(asked: Asked, titles: Mapping[str, Any]) -> Any:
    if asked.step is None:
        return titled(asked.source.name, asked.source.title)
    return titles.get(asked.step) or _("Step %(path)s") % {"path": asked.step}


def _asked(request: StaffRequest) -> Asked | None:
    """None where neither a flow nor a newsletter is named: the overview is of all of them."""
    flow, newsletter = request.GET.get("flow", "")[:100], request.GET.get("newsletter", "")
    number = int(newsletter) if newsletter.isascii() and newsletter.isdigit() and len(newsletter) < 19 else 0
    if not flow and not newsletter:
        return None
    source = reading.source_named(request.shop.pk, flow=flow, newsletter=number) if flow or number else None
    if source is None:
        raise Http404
    step = request.GET.get("step")
    return Asked(source, step[:200] if step else None, *days_asked(request))


def _report(request: StaffRequest, asked: Asked) -> Report:
    return reading.report(
        request.shop.pk, asked.source, asked.since, asked.until, step=asked.step, terms=terms_of(request)
    )


def terms_of(request: StaffRequest) -> reading.Terms:
    return reading.terms_of(request.shop.currency, request.shop.settings)


def _price(request: StaffRequest, found: Report) -> bool:
    """Whether somebody could set a price that is missing."""
    return found.total.cost is None and "settings" in request.can


def _minor(amount: int, currency: str) -> str:
    return formats.money(Money.from_minor(amount, currency).amount, currency)
