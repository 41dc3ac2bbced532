"""Addresses of files and feeds."""

from __future__ import annotations

from django.urls import URLPattern, path

from sereno.web.feeds import files, outgoing, sources

urlpatterns: list[URLPattern] = [
    path("feeds", sources.listing, name="feeds"),
    path("feeds/new", sources.new, name="feed-new"),
    path("feeds/out/new", outgoing.new, name="feed-out-new"),
    path("feeds/out/<slug:feed>", outgoing.page, name="feed-out"),
    path("feeds/out/<slug:feed>/change", outgoing.change, name="feed-out-change"),
    path("feeds/out/<slug:feed>/key", outgoing.key, name="feed-out-key"),
    path("feeds/<slug:name>", sources.source, name="feed"),
    path("feeds/<slug:name>/change", sources.change, name="feed-change"),
    path("feeds/<slug:name>/upload", sources.upload, name="feed-upload"),
    path("feeds/<slug:name>/files/<int:id>", files.page, name="feed-file"),
    path("feeds/<slug:name>/files/<int:id>/columns", files.columns, name="feed-columns"),
    path("feeds/<slug:name>/files/<int:id>/settle", files.settle, name="feed-settle"),
    path("feeds/<slug:name>/files/<int:id>/report", files.report, name="feed-report"),
    path("feeds/<slug:name>/files/<int:id>/drop", files.drop_all, name="feed-drop-all"),
    path("feeds/<slug:name>/held/<int:id>", files.record, name="feed-record"),
    path("feed/<str:file>", outgoing.fetch, name="feed-fetch"),
]
