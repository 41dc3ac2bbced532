"""Addresses of the customers' pages."""

from __future__ import annotations

from django.urls import URLPattern, path

from sereno.web.customers import listing, one

urlpatterns: list[URLPattern] = [
    path("customers", listing.customers, name="customers"),
    path("customers/export", listing.export, name="customers-export"),
    path("customers/tag", listing.tag_many, name="customers-tag"),
    path("customers/untag", listing.untag, name="customers-untag"),
    path("customers/views", listing.save_view, name="customers-view-save"),
    path("customers/views/<int:id>/drop", listing.drop_view, name="customers-view-drop"),
    path("customers/proposals", one.proposals, name="customers-proposals"),
    path("customers/proposals/<int:id>", one.answer, name="customers-proposal"),
    path("customers/<int:id>", one.customer, name="customer"),
    path("customers/<int:id>/tag", one.tag_one, name="customer-tag"),
    path("customers/<int:id>/split", one.split_one, name="customer-split"),
    path("customers/<int:id>/join", one.join_one, name="customer-join"),
]
