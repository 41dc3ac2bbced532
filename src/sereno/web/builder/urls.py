"""Addresses of the visual builder."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
