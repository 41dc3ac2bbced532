"""Addresses of people, sign-in and shops."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
