"""Addresses of try-it, versions, live counts and the map of flows."""

from __future__ import annotations

from django.urls import URLPattern, path

from sereno.web.live import trials
from sereno.web.pages import flows

urlpatterns: list[URLPattern] = [
    path("flows/<slug:name>/try", trials.try_it, name="flow-try"),
    path("flows/<slug:name>/try/mail", trials.mail, name="flow-try-mail"),
    path("flows/<slug:name>/versions", flows.flow_versions, name="flow-versions"),
]
