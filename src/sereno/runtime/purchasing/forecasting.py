"""Forecasts of demand among what is reckoned once a day: for every shop that buys by price lists."""

from __future__ import annotations

from sereno.runtime.nightly import Command, Kind


def forecasts_by(command: Command) -> Kind:
    return Kind(command, "any_open_forecast", "ask_days_forecasts", "give_up_forecasts", "claim_forecast")
