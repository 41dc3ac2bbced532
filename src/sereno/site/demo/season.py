"""When people shop: by the hour, the day of the week and the time of the year.

Invariant: pure functions of the instant; whatever is drawn is drawn from the chance handed in.
"""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/Madrid")
VISITS_A_DAY = 4.1

_WEEKDAY = (1.12, 1.02, 0.98, 1.0, 0.92, 0.86, 1.1)
# Share of the day's visits by local hour: a bump at noon, a larger one in the evening.
_HOUR = (2, 1, 1, 0, 0, 1, 2, 4, 7, 10, 13, 14, 13, 10, 8, 8, 10, 12, 14, 17, 20, 22, 17, 8)
_MONTH = (0.78, 0.82, 0.88, 0.92, 1.06, 0.95, 0.84, 0.66, 0.92, 1.0, 1.32, 1.78)
_SPREE = {(11, 27): 2.4, (11, 28): 2.6, (11, 29): 2.2, (11, 30): 2.0, (12, 24): 0.4, (12, 25): 0.3, (1, 5): 1.7}


def busyness(day: date) -> float:
    """How much more than usual is bought on this day."""
    return _WEEKDAY[day.weekday()] * _MONTH[day.month - 1] * _SPREE.get((day.month, day.day), 1.0)


def visits(chance: random.Random, day: date, growth: float) -> list[datetime]:
    """The instants (UTC) at which somebody comes to the shop on this local day."""
    expected = VISITS_A_DAY * busyness(day) * growth
    count = max(0, round(chance.gauss(expected, expected**0.5)))
    hours = chance.choices(range(24), _HOUR, k=count)
    found = [
        datetime.combine(day, time(hour, chance.randint(0, 59), chance.randint(0, 59)), ZONE).astimezone(UTC)
        for hour in hours
    ]
    return sorted(found)


def next_packing(chance: random.Random, after: datetime) -> datetime:
    """When the warehouse gets to an order: on working days between nine and five, some hours later."""
    local = (after + timedelta(hours=chance.uniform(2, 16))).astimezone(ZONE)
    while local.weekday() >= 5 or not 9 <= local.hour < 17:
        if local.weekday() < 5 and local.hour < 9:
            local = local.replace(hour=9, minute=chance.randint(0, 59))
        else:
            local = (local + timedelta(days=1)).replace(hour=9, minute=chance.randint(0, 59))
    return local.astimezone(UTC)
