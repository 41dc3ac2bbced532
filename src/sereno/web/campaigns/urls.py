"""Addresses of these pages, and those the storefront asks."""

from __future__ import annotations

from django.urls import path

from sereno.web.campaigns import pages, storefront, writings

urlpatterns = [
    path("site-content", pages.overview, name="site-content"),
    path("site-content/new", pages.make, name="campaign-new"),
    path("site-content/restore", pages.restore, name="campaign-restore"),
    path("site-content/written/<int:id>/decide", writings.decide, name="campaign-written-decide"),
    path("site-content/<slug:name>", pages.edit, name="campaign"),
    path("site-content/<slug:name>/store", writings.edit, name="campaign-store"),
    path("site-content/<slug:name>/store/<int:number>", writings.preview, name="campaign-store-preview"),
    path("site-content/<slug:name>/switch", pages.switch, name="campaign-switch"),
    path("site-content/<slug:name>/remove", pages.remove, name="campaign-remove"),
    path("site-content/<slug:name>/show", pages.show, name="campaign-show"),
    path("site-content/<slug:name>/hide", pages.hide, name="campaign-hide"),
    path("storefront/<slug:key>/content", storefront.theirs, name="storefront-content"),
    path("storefront/<slug:key>/content/<slug:locale>.json", storefront.everybody, name="storefront-content-all"),
    path("storefront/<slug:key>/site-content.js", storefront.snippet, name="storefront-content-script"),
]
