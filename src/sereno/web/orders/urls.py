"""Addresses of these pages."""

from __future__ import annotations

from django.urls import path

from sereno.web.orders import acting, holds, listing, one

urlpatterns = [
    path("orders", listing.orders, name="orders"),
    path("orders/<int:id>", one.order, name="order"),
    path("orders/<int:id>/hold", acting.hold, name="order-hold"),
    path("orders/<int:id>/release", acting.release, name="order-release"),
    path("orders/<int:id>/ask", acting.ask, name="order-ask"),
    path("orders/tickets/<slug:ticket>.pdf", one.ticket, name="order-ticket"),
    path("holds", holds.holds, name="holds"),
    path("holds/release", holds.release, name="holds-release"),
    path("holds/undo", holds.undo, name="holds-undo"),
]
