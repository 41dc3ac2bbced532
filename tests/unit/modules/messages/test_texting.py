"""Lengths of text messages, against the limits of 3GPP TS 23.038 and 23.040; what WhatsApp takes."""

from __future__ import annotations

from decimal import Decimal

import pytest

from sereno.modules.messages.texting import cost, measure, placeholders, simpler, whatsapp_problems


@pytest.mark.parametrize(
    ("text", "alphabet", "units", "segments", "left"),
    [
        ("", "gsm7", 0, 0, 160),
        ("a", "gsm7", 1, 1, 159),
        ("a" * 160, "gsm7", 160, 1, 0),
        ("a" * 161, "gsm7", 161, 2, 145),
        ("a" * 306, "gsm7", 306, 2, 0),
        ("a" * 307, "gsm7", 307, 3, 152),
        # The extension table counts two.
        ("€" * 80, "gsm7", 160, 1, 0),
        ("€" * 81, "gsm7", 162, 2, 143),
        ("^{}\\[~]|€\f", "gsm7", 20, 1, 140),
        # An extended character is not cut in two: the 153rd septet of the first part stays empty.
        ("a" * 152 + "€" + "b" * 152, "gsm7", 306, 3, 152),
        ("@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà", "gsm7", 42, 1, 118),
        ("ș" * 70, "ucs2", 70, 1, 0),
        ("ș" * 71, "ucs2", 71, 2, 63),
        ("ș" * 134, "ucs2", 134, 2, 0),
        ("ș" * 135, "ucs2", 135, 3, 66),
        # A character beyond the basic plane is two words, never cut in two.
        ("😀" * 35, "ucs2", 70, 1, 0),
        ("😀" * 36, "ucs2", 72, 2, 61),
        ("ș" * 66 + "😀" + "ș" * 66, "ucs2", 134, 3, 66),
    ],
)
def test_a_text_is_as_long_as_the_standard_says(text: str, alphabet: str, units: int, segments: int, left: int) -> None:
    found = measure(text)
    assert (found.alphabet, found.units, found.segments, found.left) == (alphabet, units, segments, left)


def test_one_odd_letter_is_named() -> None:
    assert measure("Ñandú á").odd == ("ú", "á")
    assert measure("Ça va, señor? à è é ì ò ù").odd == ()
    assert measure("a\r\nb").units == 3


def test_it_can_be_written_plainly() -> None:
    plain = simpler("“Mulțumim” – comanda ta a plecat…")
    assert plain == '"Multumim" - comanda ta a plecat...'
    assert measure(plain).alphabet == "gsm7"


def test_it_costs_its_segments() -> None:
    assert cost(measure("a" * 161), "0.045") == Decimal("0.090")
    for price in (None, "", "free", "NaN", "-1", "0"):
        assert cost(measure("a"), price) is None


def test_values_are_numbered_for_whatsapp() -> None:
    assert placeholders("Hola {{ name }}, {{ order_number }}. Gracias, {{ name }}.") == (
        "Hola {{1}}, {{2}}. Gracias, {{1}}.",
        ["{{ name }}", "{{ order_number }}"],
    )


@pytest.mark.parametrize(
    ("texts", "code"),
    [
        ({"text": "{{ name }}, hola"}, "whatsapp.edge"),
        ({"text": "Hola {{ name }}"}, "whatsapp.edge"),
        ({"text": "Hola {{ name }} {{ order_number }} adiós"}, "whatsapp.adjacent"),
        ({"text": "Hola {% if name %}a{% endif %} adiós"}, "whatsapp.logic"),
        ({"text": "a\n\n\nb"}, "whatsapp.spaces"),
        ({"text": "a" * 1025}, "whatsapp.long"),
        ({"text": "a", "button1": "a" * 26}, "whatsapp.part_long"),
        ({"text": "a", "footer": "{{ name }}"}, "whatsapp.value_here"),
    ],
)
def test_what_whatsapp_would_refuse_is_said(texts: dict[str, str], code: str) -> None:
    assert [found for _part, found in whatsapp_problems(texts, "order_update")] == [code]


def test_an_approved_name_has_a_form() -> None:
    assert whatsapp_problems({"text": "a"}, "") == [("approved_name", "whatsapp.unnamed")]
    assert whatsapp_problems({"text": "a"}, "Order Update") == [("approved_name", "whatsapp.name")]
    assert whatsapp_problems({"text": "a"}, "order_update_2") == []
