"""Addresses of these pages."""

from __future__ import annotations

from django.urls import URLPattern, path

from sereno.web.guardrails import pages

urlpatterns: list[URLPattern] = [
    path("guardrails", pages.guardrails, name="guardrails"),
    path("guardrails/change", pages.change, name="guardrails-change"),
    path("guardrails/person", pages.person, name="guardrails-person"),
]
