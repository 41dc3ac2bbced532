"""Addresses of connections."""

from __future__ import annotations

from django.urls import URLPattern, path

from sereno.web.connecting import access, deliveries, granting, listing, lists, one

urlpatterns: list[URLPattern] = [
    path("connections", listing.connections, name="connections"),
    path("connections/new", listing.gallery, name="connection-gallery"),
    path("connections/new/<slug:kind>", listing.new, name="connection-new"),
    path("connections/<slug:name>", one.connection, name="connection"),
    path("connections/<slug:name>/set-up", one.set_up, name="connection-set-up"),
    path("connections/<slug:name>/live", one.live, name="connection-live"),
    path("connections/<slug:name>/secrets", one.add_secret, name="connection-secret"),
    path("connections/<slug:name>/secrets/end", one.end_secret, name="connection-secret-end"),
    path("connections/<slug:name>/access", access.give, name="connection-access"),
    path("connections/<slug:name>/access/check", access.check, name="connection-access-check"),
    path("connections/<slug:name>/access/take", access.take, name="connection-access-take"),
    path("connections/<slug:name>/lists", lists.lists, name="connection-lists"),
    path("connections/<slug:name>/lists/fill", lists.fill, name="connection-fill"),
    path("connections/<slug:name>/lists/mirror", lists.mirror, name="connection-mirror"),
    path("connections/<slug:name>/grant", granting.begin, name="connection-grant"),
    path("connections/<slug:name>/grant/back", granting.back, name="connection-grant-back"),
    path("grants/<slug:name>", granting.received, name="grant-inbox"),
    path("connections/<slug:name>/change", one.change, name="connection-change"),
    path("connections/<slug:name>/switch", one.switch, name="connection-switch"),
    path("deliveries/<int:id>", deliveries.delivery, name="delivery"),
]
