"""Addresses of these pages."""

from __future__ import annotations

from django.urls import path

from sereno.web.newsletters import archive, pages, writing

urlpatterns = [
    path("newsletters", pages.listing, name="newsletters"),
    path("newsletters/new", writing.new, name="newsletter-new"),
    path("newsletters/<int:newsletter>", pages.newsletter, name="newsletter"),
    path("newsletters/<int:newsletter>/change", writing.change, name="newsletter-change"),
    path("newsletters/<int:newsletter>/test", writing.test, name="newsletter-test"),
    path("newsletters/<int:newsletter>/audience", writing.audience, name="newsletter-audience"),
    path("newsletters/<int:newsletter>/preview", pages.preview, name="newsletter-preview"),
    path("newsletters/<int:newsletter>/do", writing.do, name="newsletter-do"),
    path("newsletters/<int:newsletter>/people", pages.people, name="newsletter-people"),
    path("news/<slug:shop>", archive.index, name="news"),
    path("news/<slug:shop>/<slug:slug>", archive.one, name="news-one"),
    path("news/<slug:shop>/<slug:slug>/mail", archive.mail, name="news-mail"),
]
