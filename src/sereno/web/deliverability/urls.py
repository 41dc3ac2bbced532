"""Addresses of these pages."""

from __future__ import annotations

from django.urls import URLPattern, path

from sereno.web.deliverability import pages

urlpatterns: list[URLPattern] = [
    path("deliverability", pages.overview, name="deliverability"),
    path("deliverability/choices", pages.choices, name="deliverability-choices"),
    path("deliverability/warmup", pages.warm_up, name="deliverability-warmup"),
    path("deliverability/domains", pages.add, name="deliverability-add"),
    path("deliverability/domains/<str:domain>", pages.change, name="deliverability-domain"),
]
