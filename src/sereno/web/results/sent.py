"""The head of the overview of results: all messages of all flows and newsletters, and each by itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.urls import reverse

from sereno.commerce.money import Money
from sereno.runtime.results import reading
from sereno.runtime.results.counting import FLOW
from sereno.web import formats
from sereno.web.access import StaffRequest
from sereno.web.documents import titled
from sereno.web.results import numbers, wording


def everything_sent(request: StaffRequest, lifts: Mapping[tuple[bool, str], tuple[str, str]]) -> dict[str, Any]:
    """What the template is given. `lifts` by (is a newsletter, name): orders and revenue brought, in words."""
    days, since, until = numbers.days_asked(request)
    found = reading.overview(request.shop.pk, since, until, terms=numbers.terms_of(request))
    currency = found.report.currency

    def money(amount: int) -> str:
        return formats.money(Money.from_minor(amount, currency).amount, currency)

    lines = [
        {
            "title": titled(line.source.name, line.source.title),
            "kind": line.source.kind,
            "href": f"{reverse('results-messages')}?{numbers.Asked(line.source, None, days, since, until).query()}",
            "figures": line.figures,
            "shares": {what: wording.rate(line.figures[what], line.figures["sent"]) for what in ("opened", "clicked")},
            "revenue": money(line.figures["revenue"]),
            "lift": lifts.get((line.source.kind != FLOW, line.source.name), ("", "")),
        }
        for line in found.lines
        if line.source.name
    ]
    return {
        "days": days,
        "spans": [(one, f"?days={one}") for one in numbers.SPANS],
        "sent": found.report,
        "figures": numbers.figures_of(found.report),
        "money": numbers.money_of(found.report),
        "plot": numbers.plot_of(found.report, "revenue") or numbers.plot_of(found.report, "sent"),
        "plot_label": numbers.label_of("revenue" if found.report.total["revenue"] else "sent"),
        "lines": lines,
    }
