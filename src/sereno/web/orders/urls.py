"""Addresses of these pages."""

from __future__ import annotations

from django.urls import path

from sereno.web.orders import listing

urlpatterns = [
    path("orders", listing.orders, name="orders"),
]
