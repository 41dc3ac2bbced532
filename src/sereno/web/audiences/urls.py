"""Addresses of these pages."""

from __future__ import annotations

from django.urls import URLPattern, path

from sereno.web.audiences import pages

urlpatterns: list[URLPattern] = [
    path("audiences", pages.audiences, name="audiences"),
    path("audiences/<int:id>/detach", pages.detach, name="audience-detach"),
    path("audiences/<int:id>/compare", pages.compare, name="audience-compare"),
    path("audiences/mirrors/<int:id>/stop", pages.unmirror, name="mirror-stop"),
    path("audiences/mirrors/<int:id>/read", pages.read_now, name="mirror-read"),
]
