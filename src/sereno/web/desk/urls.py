"""Addresses of what waits for a person."""

from __future__ import annotations

from django.urls import URLPattern, path

from sereno.web.desk import answering, approvals, attention

urlpatterns: list[URLPattern] = [
    path("attention", attention.attention, name="attention"),
    path("attention/cause", attention.cause, name="attention-cause"),
    path("attention/act", attention.act, name="attention-act"),
    path("attention/unskip", attention.unskip, name="attention-unskip"),
    path("attention/reread", attention.reread, name="attention-reread"),
    path("approvals", approvals.approvals, name="approvals"),
    path("approvals/decide", approvals.decide_many, name="decide-many"),
    path("approvals/<int:id>/decide", approvals.decide, name="decide"),
    path("answer/<str:token>", answering.answer, name="answer"),
]
