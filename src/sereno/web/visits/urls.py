"""Addresses that the storefront asks."""

from __future__ import annotations

from django.urls import path

from sereno.web.visits import storefront

urlpatterns = [
    path("storefront/<slug:key>/visit", storefront.visit, name="storefront-visit"),
    path("storefront/<slug:key>/visits.js", storefront.snippet, name="storefront-visits-script"),
]
