"""Addresses of these pages."""

from __future__ import annotations

from django.urls import path

from sereno.web.purchasing import calendar, demand, ordering, scanning, suppliers, supply

urlpatterns = [
    path("purchases", ordering.purchases, name="purchases"),
    path("purchases/reorder", ordering.reorder_now, name="purchases-reorder"),
    path("purchases/new", ordering.draft, name="purchase-new"),
    path("purchases/<int:number>", ordering.purchase, name="purchase"),
    path("purchases/<int:number>/scan", scanning.page, name="purchase-scan"),
    path("purchases/<int:number>/step", ordering.step, name="purchase-step"),
    path("purchases/<int:number>/receive", ordering.receive, name="purchase-receive"),
    path("suppliers", suppliers.listing, name="suppliers"),
    path("suppliers/new", suppliers.supplier_form, name="supplier-new"),
    path("suppliers/<slug:code>", suppliers.supplier, name="supplier"),
    path("suppliers/<slug:code>/edit", suppliers.supplier_form, name="supplier-edit"),
    path("suppliers/<slug:code>/prices", suppliers.prices, name="supplier-prices"),
    path("demand", demand.listing, name="demand"),
    path("demand/forecast", demand.forecast, name="demand-forecast"),
    path("demand/calendar", calendar.calendar, name="demand-calendar"),
    path("demand/calendar/drop", calendar.drop, name="demand-event-drop"),
    path("demand/item", demand.item, name="demand-item"),
    path("demand/rule", demand.rule, name="demand-rule"),
    path("supply/<str:token>", supply.supply, name="supply"),
]
