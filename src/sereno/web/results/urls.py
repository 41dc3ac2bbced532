"""Addresses of these pages."""

from __future__ import annotations

from django.urls import URLPattern, path

from sereno.web.results import pages

urlpatterns: list[URLPattern] = [
    path("results", pages.results, name="results"),
    path("flows/<slug:name>/results", pages.flow_results, name="flow-results"),
    path("flows/<slug:name>/results/adopt", pages.adopt, name="flow-results-adopt"),
]
