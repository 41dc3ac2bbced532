"""The parts of the interface on one page, in every state: the place to look before making a new one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from sereno.store.models import RunTrace
from sereno.web import words
from sereno.web.access import StaffRequest, staff
from sereno.web.charts import spark
from sereno.web.flowtree import step_cards, trigger_cards
from sereno.web.highlight import yaml_lines
from sereno.web.paging import Page
from sereno.web.shell import render
from sereno.web.story import story

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
YAML = """\
# A comment
flow: greet
trigger: {event: order.paid, when: "order.total >= 200"}
steps:
  - wait: 4h
  - orders.add_tag: {tag: "big", count: 3, sure: true}
"""
TRACE = (
    ("", "run.started", {"event": "order.paid"}),
    ("0", "wait.started", {"until": "2026-11-22T10:00:00+00:00"}),
    ("1", "step.condition", {"condition": "order.total >= 200", "branch": "then", "values": {"order.total": 250}}),
    ("2", "approval.asked", {"by": "owner"}),
    ("3", "effect.failed", {"action": "orders.add_tag", "reason": "shop.refused"}),
    ("", "run.finished", {}),
)


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
        "page": Page([], "?before=1", "?"),
        "yaml": yaml_lines(YAML, {3}),
        "lines": story([RunTrace(entries=_entries())], request.shop.timezone),
        "trigger": trigger_cards(DOCUMENT),
        "steps": step_cards(DOCUMENT["steps"]),
    }
    return render(request, "design.html", context)


def _entries() -> list[dict[str, Any]]:
    at = datetime.now(UTC).isoformat()
    return [{"at": at, "step": step, "code": code, "details": details} for step, code, details in TRACE]
