"""Addresses of reading back."""

from __future__ import annotations

from django.urls import URLPattern, path

from sereno.web.reading import pages

urlpatterns: list[URLPattern] = [
    path("connections/<slug:name>/reading", pages.reading, name="reading"),
    path("connections/<slug:name>/reading/now", pages.read_now, name="reading-now"),
    path("connections/<slug:name>/reading/change", pages.change, name="reading-change"),
    path("connections/<slug:name>/reading/history", pages.begin, name="backfill-begin"),
    path("connections/<slug:name>/reading/history/<int:id>", pages.steer, name="backfill-steer"),
]
