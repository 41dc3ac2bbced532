"""Addresses of these pages."""

from __future__ import annotations

from django.urls import path

from sereno.web.scores import moments, pages

urlpatterns = [
    path("scores", pages.listing, name="scores"),
    path("scores/leads", pages.leads, name="scores-leads"),
    path("scores/moments", moments.moments, name="scores-moments"),
    path("scores/anew", pages.anew, name="scores-anew"),
]
