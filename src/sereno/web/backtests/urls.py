"""Addresses of back-tests."""

from __future__ import annotations

from django.urls import URLPattern, path

from sereno.web.backtests import pages, results

urlpatterns: list[URLPattern] = [
    path("flows/<slug:name>/backtests", pages.backtests, name="backtests"),
    path("flows/<slug:name>/backtests/<int:backtest>", pages.backtest, name="backtest"),
    path("flows/<slug:name>/backtests/<int:backtest>/cancel", pages.cancelled, name="backtest-cancel"),
    path("flows/<slug:name>/backtests/<int:backtest>/forget", pages.forgotten, name="backtest-forget"),
    path("flows/<slug:name>/backtests/<int:backtest>/runs", results.runs, name="backtest-runs"),
    path("flows/<slug:name>/backtests/<int:backtest>/runs/<int:run>", results.run, name="backtest-run"),
    path("flows/<slug:name>/backtests/<int:backtest>/runs/<int:run>/mail", results.mail, name="backtest-mail"),
    path("flows/<slug:name>/backtests/<int:backtest>/not-started", results.skipped, name="backtest-skipped"),
]
