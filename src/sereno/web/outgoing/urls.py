"""Addresses of what leaves."""

from __future__ import annotations

from django.urls import URLPattern, path

from sereno.web.outgoing import suppressions

urlpatterns: list[URLPattern] = [
    path("suppressions", suppressions.suppressions, name="suppressions"),
    path("suppressions/<int:id>", suppressions.lift, name="suppression-lift"),
]
