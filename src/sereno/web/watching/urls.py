"""Addresses of the watch: what is expected, alerts, closing days, who hears of what."""

from __future__ import annotations

from django.urls import URLPattern, path

from sereno.web.watching import acting, pages

urlpatterns: list[URLPattern] = [
    path("watch", pages.watch, name="watch"),
    path("watch/settings", pages.watch_settings, name="watch-settings"),
    path("watch/alerts/<int:alert>", acting.act, name="watch-alert"),
    path("watch/pauses", acting.pause, name="watch-pause"),
    path("watch/hears", acting.hears, name="watch-hears"),
    path("watch/<int:series>", pages.one, name="watch-series"),
    path("watch/<int:series>/change", acting.change, name="watch-change"),
]
