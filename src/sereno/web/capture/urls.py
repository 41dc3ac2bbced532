"""Addresses of these pages, of a form on a page of its own, and those the storefront asks."""

from __future__ import annotations

from django.urls import path

from sereno.web.capture import hosted, pages, storefront

urlpatterns = [
    path("forms", pages.listing, name="forms"),
    path("forms/new", pages.make, name="form-new"),
    path("forms/<str:name>", pages.report, name="form"),
    path("forms/<str:name>/edit", pages.edit, name="form-edit"),
    path("forms/<str:name>/preview", pages.preview, name="form-preview"),
    path("forms/<str:name>/switch", pages.switch, name="form-switch"),
    path("forms/<str:name>/settle", pages.settle, name="form-settle"),
    path("leads", pages.leads, name="leads"),
    path("leads/rules", pages.lead_rules, name="leads-rules"),
    path("f/<slug:shop>/<str:name>", hosted.hosted, name="form-hosted"),
    path("storefront/<slug:key>/form", storefront.form, name="storefront-form"),
    path("storefront/<slug:key>/forms.json", storefront.listing, name="storefront-forms"),
    path("storefront/<slug:key>/forms.js", storefront.snippet, name="storefront-forms-script"),
]
