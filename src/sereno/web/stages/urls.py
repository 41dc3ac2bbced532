"""Addresses of these pages."""

from __future__ import annotations

from django.urls import URLPattern, path

from sereno.web.stages import pages

urlpatterns: list[URLPattern] = [
    path("flows/<slug:name>/roll-out", pages.roll_out, name="flow-stage"),
    path("flows/<slug:name>/roll-out/side-by-side", pages.compared, name="flow-stage-compared"),
    path("flows/<slug:name>/roll-out/start", pages.start, name="flow-stage-start"),
    path("flows/<slug:name>/roll-out/step", pages.step, name="flow-stage-step"),
    path("flows/<slug:name>/roll-out/back", pages.back, name="flow-stage-back"),
    path("flows/<slug:name>/roll-out/terms", pages.terms, name="flow-stage-terms"),
]
