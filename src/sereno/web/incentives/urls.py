"""Addresses of these pages."""

from __future__ import annotations

from django.urls import path

from sereno.web.incentives import codes, loyalty, own

urlpatterns = [
    path("codes", codes.listing, name="codes"),
    path("codes/upload", codes.upload, name="codes-upload"),
    path("codes/empty", codes.empty, name="codes-empty"),
    path("loyalty", loyalty.members, name="loyalty"),
    path("loyalty/program", loyalty.program, name="loyalty-program"),
    path("loyalty/member", loyalty.member, name="loyalty-member"),
    path("loyalty/give", loyalty.give, name="loyalty-give"),
    path("points/<str:token>", own.own, name="points"),
]
