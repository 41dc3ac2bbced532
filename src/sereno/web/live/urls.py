"""Addresses of try-it, versions, live counts and the map of flows."""

from __future__ import annotations

from django.urls import URLPattern, path

from sereno.web.live import asking, mapping, trials, versions

urlpatterns: list[URLPattern] = [
    path("flows/map", mapping.flow_map, name="flow-map"),
    path("why", asking.why, name="why"),
    path("flows/<slug:name>/try", trials.try_it, name="flow-try"),
    path("flows/<slug:name>/try/mail", trials.mail, name="flow-try-mail"),
    path("flows/<slug:name>/versions", versions.versions, name="flow-versions"),
    path("flows/<slug:name>/versions/<int:number>/roll-back", versions.roll_back, name="flow-roll-back"),
    path("flows/<slug:name>/compare", versions.compared, name="flow-compare"),
]
