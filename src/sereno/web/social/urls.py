"""Addresses of these pages."""

from __future__ import annotations

from django.urls import path

from sereno.web.social import accounts, calendar, pages

urlpatterns = [
    path("calendar", calendar.calendar, name="calendar"),
    path("social", pages.listing, name="social"),
    path("social/new", pages.new, name="social-new"),
    path("social/preview", pages.preview, name="social-preview"),
    path("social/accounts", accounts.accounts, name="social-accounts"),
    path("social/accounts/times", accounts.habits, name="social-times"),
    path("social/accounts/<int:account>/end", accounts.end, name="social-account-end"),
    path("social/accounts/<slug:network>", accounts.account, name="social-account"),
    path("social/<int:post>", pages.post, name="social-post"),
    path("social/<int:post>/change", pages.change, name="social-change"),
    path("social/<int:post>/do", pages.do, name="social-do"),
]
