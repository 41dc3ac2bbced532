"""Addresses of these pages."""

from __future__ import annotations

from django.urls import path

from sereno.web.segments import changing, pages

urlpatterns = [
    path("segments", pages.listing, name="segments"),
    path("segments/new", changing.new, name="segment-new"),
    path("segments/restore", changing.restore, name="segment-restore"),
    path("segments/take", changing.take, name="segment-take"),
    path("segments/<slug:name>", pages.segment, name="segment"),
    path("segments/<slug:name>/edit", changing.edit, name="segment-edit"),
    path("segments/<slug:name>/remove", changing.remove, name="segment-remove"),
    path("segments/<slug:name>/snapshots", changing.snapshot, name="segment-snapshot"),
    path("segments/<slug:name>/snapshots/<int:number>/remove", changing.forget, name="segment-snapshot-remove"),
    path("segments/<slug:name>/compare", pages.compare, name="segment-compare"),
]
