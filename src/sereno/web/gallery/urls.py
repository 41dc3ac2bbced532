"""Addresses of the gallery of ready-made flows."""

from __future__ import annotations

from django.urls import URLPattern, path

from sereno.web.gallery import pages

urlpatterns: list[URLPattern] = [
    path("templates", pages.gallery, name="templates"),
    path("templates/<slug:name>", pages.template, name="template"),
    path("templates/<slug:name>/install", pages.install, name="template-install"),
    path("templates/<slug:name>/update", pages.update, name="template-update"),
    path("templates/<slug:name>/settings", pages.settings, name="template-settings"),
    path("templates/<slug:name>/messages/<slug:message>", pages.message, name="template-message"),
    path("flows/<slug:name>/next", pages.next_steps, name="flow-next"),
]
