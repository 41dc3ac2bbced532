"""Addresses of these pages."""

from __future__ import annotations

from django.urls import path

from sereno.web.channels import desk, hearing, pages

urlpatterns = [
    path("channels", pages.channels, name="channels"),
    path("channels/messages", pages.sent, name="channel-messages"),
    path("channels/people", desk.people, name="desk-people"),
    path("channels/<slug:kind>", pages.account, name="channel"),
    path("channels/<slug:kind>/end", pages.end, name="channel-end"),
    path("channels/<slug:kind>/choose", pages.choose, name="channel-choose"),
    path("channels/<slug:kind>/test", pages.test, name="channel-test"),
    path("hear/worker.js", hearing.worker, name="push-worker"),
    path("hear/<str:token>", hearing.hear, name="hear"),
]
