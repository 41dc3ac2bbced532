"""Addresses of what leaves."""

from __future__ import annotations

from django.urls import URLPattern, path

from sereno.web.outgoing import suppressions, webhooks

urlpatterns: list[URLPattern] = [
    path("suppressions", suppressions.suppressions, name="suppressions"),
    path("suppressions/<int:id>", suppressions.lift, name="suppression-lift"),
    path("webhooks", webhooks.hooks, name="webhooks"),
    path("webhooks/<int:id>", webhooks.hook, name="webhook"),
    path("webhooks/<int:id>/act", webhooks.act, name="webhook-act"),
    path("webhooks/<int:id>/messages/<int:number>", webhooks.message, name="webhook-message"),
]
