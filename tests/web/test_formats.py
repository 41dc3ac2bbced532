"""Dates, times, numbers and money, as each of the four languages writes them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils.translation import override

from sereno.web import formats, sentences

AT = datetime(2019, 11, 2, 14, 5, 9, tzinfo=UTC)
SPACE = "\xa0"
WRITTEN = {
    "en": {
        "number": "1,234,567.5", "euro": "€1,234.50", "yen": "¥1,235", "day": "Sat 2 Nov",
        "full": "2 Nov 2019, 15:05:09 CET", "hour": "3:05\u202fPM", "length": "1 day 12 hours",
    },
    "es": {
        "number": "1.234.567,5", "euro": f"1.234,50{SPACE}€", "yen": f"1.235{SPACE}JPY", "day": "sáb 2 nov",
        "full": "2 nov 2019, 15:05:09 CET", "hour": "15:05", "length": "1 día 12 horas",
    },
    "pt": {
        "number": f"1{SPACE}234{SPACE}567,5", "euro": f"1{SPACE}234,50{SPACE}€", "yen": f"1{SPACE}235{SPACE}JP¥",
        "day": "sábado 2 nov.",
        "full": "2 nov. 2019, 15:05:09 CET", "hour": "15:05", "length": "1 dia 12 horas",
    },
    "ro": {
        "number": "1.234.567,5", "euro": f"1.234,50{SPACE}EUR", "yen": f"1.235{SPACE}JPY", "day": "sâm. 2 nov.",
        "full": "2 nov. 2019, 15:05:09 CET", "hour": "15:05", "length": "1 zi 12 ore",
    },
}  # fmt: skip


@pytest.mark.parametrize("language", WRITTEN)
def test_values_are_written_as_the_language_writes_them(language: str) -> None:
    with override(language):
        found = {
            "number": formats.number(Decimal("1234567.5")),
            "euro": formats.money("1234.50", "EUR"),
            "yen": formats.money("1234.9", "JPY"),
            "day": formats.day(date(2019, 11, 2)),
            "full": formats.full(AT, "Europe/Madrid"),
            "hour": formats.hour(AT, "Europe/Madrid"),
            "length": sentences.duration("1d12h"),
        }
    assert found == WRITTEN[language]


@pytest.mark.parametrize(
    ("language", "words"), [("en", "3 min ago"), ("es", "hace 3 min"), ("pt", "há 3 min"), ("ro", "acum 3 min")]
)
def test_how_long_ago_is_said_in_the_language(language: str, words: str) -> None:
    with override(language):
        said = str(formats.ago(datetime.now(UTC) - timedelta(minutes=3))).replace(".", "")
    assert words in said


def test_summer_and_winter_are_told_apart() -> None:
    with override("en"):
        assert formats.full(datetime(2026, 7, 1, 12, tzinfo=UTC), "Europe/Bucharest").endswith("15:00:00 EEST")
        assert formats.full(datetime(2026, 1, 1, 12, tzinfo=UTC), "Europe/Bucharest").endswith("14:00:00 EET")
