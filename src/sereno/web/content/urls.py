"""Addresses of the messages, their editor and their pictures."""

from __future__ import annotations

from django.urls import URLPattern, path

from sereno.web.content import brand, editor, listing, media, publishing

urlpatterns: list[URLPattern] = [
    path("messages", listing.listing, name="messages"),
    path("messages/new", listing.new, name="message-new"),
    path("messages/begin", listing.begin, name="message-begin"),
    path("messages/restore", publishing.restore, name="message-restore"),
    path("messages/brand", brand.brand, name="message-brand"),
    path("messages/ready/<slug:name>/preview", listing.ready_preview, name="message-ready-preview"),
    path("messages/own/<slug:name>", editor.message, name="message"),
    path("messages/own/<slug:name>/preview", editor.preview, name="message-preview"),
    path("messages/own/<slug:name>/change", editor.change, name="message-change"),
    path("messages/own/<slug:name>/picture", media.upload, name="message-picture"),
    path("messages/own/<slug:name>/publish", publishing.publish, name="message-publish"),
    path("messages/own/<slug:name>/versions", publishing.versions, name="message-versions"),
    path("messages/own/<slug:name>/roll-back", publishing.roll_back, name="message-roll-back"),
    path("messages/own/<slug:name>/withdraw", publishing.withdraw, name="message-withdraw"),
    path("messages/own/<slug:name>/remove", publishing.remove, name="message-remove"),
    path("messages/own/<slug:name>/settings", publishing.settings, name="message-settings"),
    path("messages/own/<slug:name>/test", publishing.test, name="message-test"),
    path("media/<str:name>", media.serve, name="media"),
]
