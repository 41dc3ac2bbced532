"""Addresses of the builder."""

from __future__ import annotations

from django.urls import URLPattern, path

from sereno.web.builder import pages, source, starting
from sereno.web.builder.forms import asking

urlpatterns: list[URLPattern] = [
    path("flows/new", starting.new_flow, name="flow-new"),
    path("flows/new/yaml", source.new_source, name="flow-new-yaml"),
    path("flows/builder/values", asking.values, name="builder-values"),
    path("flows/builder/check", asking.check, name="builder-check"),
    path("flows/builder/preview", asking.preview, name="builder-preview"),
    path("flows/builder/variables", asking.variables, name="builder-variables"),
    path("flows/<slug:name>/builder", pages.builder, name="builder"),
    path("flows/<slug:name>/builder/edit", pages.edit, name="builder-edit"),
    path("flows/<slug:name>/builder/panel", pages.panel, name="builder-panel"),
    path("flows/<slug:name>/builder/news", pages.news, name="builder-news"),
    path("flows/<slug:name>/builder/publish", pages.publish, name="builder-publish"),
    path("flows/<slug:name>/edit", source.source, name="flow-edit"),
]
