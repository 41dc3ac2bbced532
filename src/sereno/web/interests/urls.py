"""Addresses of these pages, those the storefront asks, and the link in the mail that asks to confirm."""

from __future__ import annotations

from django.urls import path

from sereno.web.interests import pages, public, storefront

urlpatterns = [
    path("interests", pages.overview, name="interests"),
    path("interests/rules", pages.rules, name="interests-rules"),
    path("waiting/<str:token>", public.waiting, name="waiting"),
    path("storefront/<slug:key>/interest", storefront.interest, name="storefront-interest"),
    path("storefront/<slug:key>/wishes.js", storefront.snippet, name="storefront-wishes-script"),
]
