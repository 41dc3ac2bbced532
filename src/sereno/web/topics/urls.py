"""Addresses of these pages."""

from __future__ import annotations

from django.urls import path

from sereno.web.topics import pages

urlpatterns = [
    path("topics", pages.topics, name="topics"),
    path("topics/change", pages.change, name="topics-change"),
]
