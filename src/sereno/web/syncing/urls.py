"""Addresses of these pages."""

from __future__ import annotations

from django.urls import path

from sereno.web.syncing import pages

urlpatterns = [
    path("stock/sync", pages.page, name="product-sync"),
    path("stock/sync/decide", pages.decide, name="sync-decide"),
    path("stock/sync/rules/<slug:field>", pages.rule, name="sync-rule"),
]
