"""Addresses of these pages."""

from __future__ import annotations

from django.urls import path

from sereno.web.risk import lists, queue, rules

urlpatterns = [
    path("risk", queue.waiting, name="risk"),
    path("risk/decide", queue.decide, name="risk-decide"),
    path("risk/undo", queue.undo, name="risk-undo"),
    path("risk/block", queue.block, name="risk-block"),
    path("risk/judged", queue.judged, name="risk-judged"),
    path("risk/buying-out", queue.buying_out, name="risk-buying-out"),
    path("risk/lists", lists.lists, name="risk-lists"),
    path("risk/lists/add", lists.add, name="risk-list-add"),
    path("risk/lists/remove", lists.remove, name="risk-list-remove"),
    path("risk/rules", rules.rules, name="risk-rules"),
    path("risk/learned", rules.learned, name="risk-learned"),
    path("risk/learn", rules.learn, name="risk-learn"),
    path("orders/<int:id>/assess", queue.assess, name="order-assess"),
]
