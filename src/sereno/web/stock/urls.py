"""Addresses of these pages."""

from __future__ import annotations

from django.urls import path

from sereno.web.stock import counting, listing, one, places, transfers

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
    path("stock/places", places.listing, name="stock-places"),
    path("stock/places/add", places.add, name="stock-place-add"),
    path("stock/places/remove", places.remove, name="stock-place-remove"),
    path("stock/count/barcode", counting.barcode, name="stock-count-barcode"),
    path("stock/items/<int:id>/barcode", one.barcode, name="stock-barcode"),
    path("stock/locations", places.change, name="stock-location"),
]
