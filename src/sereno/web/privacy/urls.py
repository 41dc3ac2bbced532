"""Addresses of these pages."""

from __future__ import annotations

from django.urls import URLPattern, path

from sereno.web.privacy import asked, keeping, pages, public

urlpatterns: list[URLPattern] = [
    path("privacy", pages.overview, name="privacy"),
    path("privacy/person", pages.person, name="privacy-person"),
    path("privacy/ask", asked.ask, name="privacy-ask"),
    path("privacy/consents", pages.consents, name="privacy-consents"),
    path("privacy/keeping", keeping.keeping, name="privacy-keeping"),
    path("privacy/requests/<int:id>", asked.request_page, name="privacy-request"),
    path("privacy/requests/<int:id>/act", asked.act, name="privacy-act"),
    path("privacy/requests/<int:id>/file", asked.file, name="privacy-file"),
    path("confirm/<str:token>", public.confirm, name="confirm"),
    path("handover/<str:token>", public.handover, name="handover"),
]
