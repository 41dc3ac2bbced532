"""Addresses of these pages, and those the storefront asks."""

from __future__ import annotations

from django.urls import path

from sereno.web.decisions import forms, keys, pages, storefront, trying

urlpatterns = [
    path("decisions", pages.decisions, name="decisions"),
    path("decisions/publish", pages.publish, name="decisions-publish"),
    path("decisions/roll-back", pages.roll_back, name="decisions-roll-back"),
    path("decisions/undo", pages.undo, name="decisions-undo"),
    path("decisions/options", pages.options, name="decisions-options"),
    path("decisions/try", trying.trying, name="decisions-try"),
    path("decisions/keys", keys.keys, name="storefront-keys"),
    path("decisions/keys/<int:id>/revoke", keys.revoke, name="storefront-key-revoke"),
    path("decisions/rules/new", forms.rule, name="decision-rule-new"),
    path("decisions/rules/<slug:id>", forms.rule, name="decision-rule"),
    path("decisions/variants/new", forms.variants, name="decision-variants-new"),
    path("decisions/variants/<slug:id>", forms.variants, name="decision-variants"),
    path("decisions/<slug:what>/<slug:id>/move", pages.move, name="decision-move"),
    path("storefront/<slug:key>/decide", storefront.decide, name="storefront-decide"),
    path("storefront/<slug:key>/sereno.js", storefront.snippet, name="storefront-script"),
]
