"""Addresses of try-it, versions, live counts and the map of flows."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
