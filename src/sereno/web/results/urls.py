"""Addresses of these pages."""

from __future__ import annotations

from django.urls import URLPattern, path

from sereno.web.results import numbers, pages

urlpatterns: list[URLPattern] = [
    path("results", pages.results, name="results"),
    path("results/messages", numbers.numbers, name="results-messages"),
    path("results/rows", numbers.rows, name="results-rows"),
    path("results/table.csv", numbers.table, name="results-table"),
    path("flows/<slug:name>/results", pages.flow_results, name="flow-results"),
    path("flows/<slug:name>/results/adopt", pages.adopt, name="flow-results-adopt"),
]
