"""Addresses of these pages."""

from __future__ import annotations

from django.urls import path

from sereno.web.stock import counting, listing, one, transfers

urlpatterns = [
    path("stock", listing.stock, name="stock"),
    path("stock/count", counting.page, name="stock-count"),
    path("stock/count/keep", counting.keep, name="stock-count-keep"),
    path("stock/count/undo", counting.undo, name="stock-count-undo"),
    path("stock/transfers", transfers.transfers, name="stock-transfers"),
    path("stock/transfers/propose", transfers.propose, name="stock-transfer-propose"),
    path("stock/transfers/<int:id>/step", transfers.step, name="stock-transfer-step"),
    path("stock/items/<int:id>", one.item, name="stock-item"),
    path("stock/items/<int:id>/keep-back", one.keep_back, name="stock-keep-back"),
    path("stock/locations", one.location, name="stock-location"),
]
