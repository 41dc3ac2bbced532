"""The parts of the interface on one page, in every state: the place to look before making a new one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from sereno.web import words
from sereno.web.access import StaffRequest, staff
from sereno.web.charts import spark
from sereno.web.flowtree import step_cards, trigger_cards
from sereno.web.shell import render

SWATCHES = ("lamp", "lamp-wash", "night", "canvas", "surface", "sunken", "line", "text", "ok", "bad", "info", "shade")
DOCUMENT = {
    "trigger": {"event": "checkout.abandoned", "when": "cart.total >= 30"},
    "key": "cart.id",
    "reentry": {"after": "7d"},
    "exit": [{"event": "order.created"}],
    "steps": [
        {"wait": "4h"},
        {
            "if": "cart.total >= 100",
            "then": [{"messages.send_email": {"template": "cart-incentive"}}],
            "else": [{"stop": None}],
        },
        {"split": {"weights": {"a": 50, "b": 50}, "a": [{"log": {"text": "a"}}], "b": [{"wait": "1d"}]}},
    ],
}


@require_GET
@staff()
def design(request: StaffRequest) -> HttpResponse:
    today = datetime.now(UTC).date()
    values = (0, 2, 1, 4, 3, 6, 9, 5, 7, 8, 12, 9, 11, 14)
    context = {
        "section": "design",
        "swatches": SWATCHES,
        "kinds": words.KINDS,
        "spark": spark([(today - timedelta(days=13 - index), value) for index, value in enumerate(values)]),
        "now": datetime.now(UTC),
        "trigger": trigger_cards(DOCUMENT),
        "steps": step_cards(DOCUMENT["steps"]),
    }
    return render(request, "design.html", context)
