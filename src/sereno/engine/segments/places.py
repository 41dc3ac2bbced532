"""Distances on the globe without trigonometry where they are compared: points of the unit sphere, and straight lines
through it, so that two databases and Python say the same."""

from __future__ import annotations

from math import cos, radians, sin

EARTH = 6371.0088
"""The mean radius in kilometres."""

Point = tuple[float, float, float]


def point(north: float, east: float) -> Point:
    """Of degrees of latitude and longitude."""
    up, round_ = radians(north), radians(east)
    return cos(up) * cos(round_), cos(up) * sin(round_), sin(up)


def chord(kilometres: float) -> float:
    """The straight line between two points of the unit sphere that are so far apart along its surface."""
    return 2 * sin(min(kilometres / EARTH, 3.141592653589793) / 2)
