"""Addresses of these pages, and those the storefront asks."""

from __future__ import annotations

from django.urls import path

from sereno.web.recommendations import pages, storefront

urlpatterns = [
    path("recommendations", pages.overview, name="recommendations"),
    path("recommendations/learn", pages.learn, name="recommendations-learn"),
    path("recommendations/rules", pages.make, name="recommendation-rule-new"),
    path("recommendations/rules/<int:id>/drop", pages.drop, name="recommendation-rule-drop"),
    path("storefront/<slug:key>/recommend", storefront.recommend, name="storefront-recommend"),
    path("storefront/<slug:key>/seen", storefront.seen, name="storefront-seen"),
    path("storefront/<slug:key>/recommend.js", storefront.snippet, name="storefront-recommend-script"),
]
