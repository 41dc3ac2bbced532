"""Addresses of these pages."""

from __future__ import annotations

from django.urls import path

from sereno.web.surveys import answering, pages

urlpatterns = [
    path("survey/<str:token>", answering.answer, name="survey-answer"),
    path("surveys", pages.listing, name="surveys"),
    path("surveys/new", pages.make, name="survey-new"),
    path("surveys/<str:name>", pages.report, name="survey"),
    path("surveys/<str:name>/edit", pages.edit, name="survey-edit"),
    path("surveys/<str:name>/switch", pages.switch, name="survey-switch"),
]
