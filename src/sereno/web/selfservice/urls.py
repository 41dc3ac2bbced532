"""Addresses of these pages."""

from __future__ import annotations

from django.urls import path

from sereno.web.selfservice import customers, rules

urlpatterns = [
    path("o/<str:token>", customers.order, name="own-order"),
    path("o/<str:token>/pay", customers.pay, name="own-pay"),
    path("self-service", rules.rules, name="self-service"),
]
