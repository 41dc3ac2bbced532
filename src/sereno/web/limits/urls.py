"""Addresses of these pages."""

from __future__ import annotations

from django.urls import path

from sereno.web.limits import answering, deputies, pages

urlpatterns = [
    path("limits", pages.page, name="limits"),
    path("limits/switch", pages.switch, name="limits-switch"),
    path("limits/usual", pages.usual, name="limits-usual"),
    path("limits/questions/<int:id>/answer", pages.answer, name="limits-question"),
    path("limits/answer/<str:token>", answering.answer, name="limits-answer"),
    path("account/deputy", deputies.deputy, name="deputy"),
]
