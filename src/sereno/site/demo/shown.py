"""What the demo's site shows: a bar with dates, and the two campaigns its flows ask for."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

ADVENT: dict[str, Any] = {
    "title": "Adviento en la casa",
    "priority": 70,
    "pieces": [
        {
            "id": "bar",
            "kind": "bar",
            "place": "bar",
            "text": {
                "es": "Calendario de Adviento: una pieza pequeña cada día",
                "en": "Advent calendar: one small piece a day",
                "pt": "Calendário do Advento: uma peça pequena por dia",
                "ro": "Calendar de Advent: o piesă mică în fiecare zi",
            },
        }
    ],
}
ADVENT_PAGE: dict[str, Any] = {
    "kind": "page",
    "key": "adviento",
    "fields": {
        "title": "Calendario de Adviento",
        "body": "<p>Una pieza pequeña cada día, hasta que se acabe.</p><p>Desde el primero de diciembre.</p>",
        "seo_title": "Calendario de Adviento | Casa Azahar",
        "seo_description": "Veinticuatro piezas pequeñas hechas a mano, una cada día.",
        "is_published": True,
    },
}
"""Written into the store's own site while the campaign is on, and hidden at its end."""
ASKED: dict[str, dict[str, Any]] = {
    "back-in-stock": {
        "title": "De vuelta en la tienda",
        "is_asked": True,
        "pieces": [
            {
                "id": "badge",
                "kind": "badge",
                "place": "badge",
                "text": {"es": "De vuelta", "en": "Back again", "pt": "De volta", "ro": "Din nou în stoc"},
            }
        ],
    },
    "welcome-back": {
        "title": "Quien vuelve después de mirar",
        "is_asked": True,
        "pieces": [
            {
                "id": "banner",
                "kind": "banner",
                "place": "hero",
                "text": {
                    "es": "Qué bien verte otra vez. Lo que mirabas sigue aquí.",
                    "en": "Good to see you again. What you looked at is still here.",
                    "pt": "Que bom voltar a ver-te. O que viste continua aqui.",
                    "ro": "Ne bucurăm că ai revenit. Ce ai privit este încă aici.",
                },
            }
        ],
    },
}


def hang(shop_id: int, owner: str, now: datetime) -> None:
    """Before history, whose flows ask for them."""
    from sereno.modules.content.services import save, switch

    begins = now + timedelta(days=3)
    dates = {"starts_at": begins.isoformat(), "ends_at": (begins + timedelta(days=25)).isoformat()}
    for name, document in {"adviento": {**ADVENT, **dates, "writings": [ADVENT_PAGE]}, **ASKED}.items():
        save(shop_id, name, document, owner)
        switch(shop_id, name, True, owner)
