"""How long a text message is: which alphabet it needs, how many segments it is sent (and paid) in. Pure.

After 3GPP TS 23.038 and 23.040: 160 characters of the GSM alphabet in one message, 153 in each part of a longer one;
70 and 67 where a single letter is outside that alphabet. Characters of the extension table count for two, and neither
they nor a surrogate pair are cut in two.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

Alphabet = Literal["gsm7", "ucs2"]

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = frozenset("\f^{}\\[~]|€")
ALONE: dict[Alphabet, int] = {"gsm7": 160, "ucs2": 70}
IN_PARTS: dict[Alphabet, int] = {"gsm7": 153, "ucs2": 67}
MOST_SEGMENTS = 10
WHATSAPP_BODY = 1024
WHATSAPP_NAME = re.compile(r"[a-z0-9_]{1,512}")
_OUTPUT = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_SPACED = re.compile(r"\n{3,}| {5,}|\t")


@dataclass(frozen=True, slots=True)
class Length:
    """`units` are septets or UTF-16 words; `left` how many still fit the last segment. `odd` are the characters that
    force the larger alphabet, each once, in order."""

    alphabet: Alphabet
    characters: int
    units: int
    segments: int
    left: int
    odd: tuple[str, ...]


def measure(text: str) -> Length:
    """The length of a text message. An empty one takes no segment."""
    text = text.replace("\r\n", "\n")
    odd = tuple(dict.fromkeys(one for one in text if one not in BASIC and one not in EXTENDED))
    alphabet: Alphabet = "ucs2" if odd else "gsm7"
    sizes = [_size(one, alphabet) for one in text]
    units = sum(sizes)
    if units <= ALONE[alphabet]:
        return Length(alphabet, len(text), units, 1 if units else 0, ALONE[alphabet] - units, odd)
    room = IN_PARTS[alphabet]
    segments, used = 1, 0
    for size in sizes:
        if used + size > room:
            segments, used = segments + 1, 0
        used += size
    return Length(alphabet, len(text), units, segments, room - used, odd)


def cost(length: Length, price: Any) -> Decimal | None:
    """What one message costs at this price per segment; None without a price."""
    try:
        found = Decimal(str(price))
    except ArithmeticError:
        return None
    return found * length.segments if found.is_finite() and found > 0 else None


def simpler(text: str) -> str:
    """The text with the usual culprits (curly quotes, dashes, no-break spaces) put into the GSM alphabet."""
    return "".join(_PLAIN.get(one, one) for one in text)


def placeholders(text: str) -> tuple[str, list[str]]:
    """A WhatsApp text as it is registered: values become `{{1}}`, `{{2}}`, the same value the same number; and which
    Liquid each stands for."""
    found: list[str] = []

    def number(match: re.Match[str]) -> str:
        value = match.group()
        if value not in found:
            found.append(value)
        return f"{{{{{found.index(value) + 1}}}}}"

    return _OUTPUT.sub(number, text), found


def whatsapp_problems(texts: Mapping[str, str], approved_name: str) -> list[tuple[str, str]]:
    """What WhatsApp would refuse: the text it is about (or `approved_name`), and a code."""
    body, _values = placeholders(texts.get("text", ""))
    found: list[tuple[str, str]] = []
    bare = body.strip()
    if len(body) > WHATSAPP_BODY:
        found.append(("text", "whatsapp.long"))
    if bare.startswith("{{") or bare.endswith("}}"):
        found.append(("text", "whatsapp.edge"))
    if re.search(r"\}\}\s*\{\{", body):
        found.append(("text", "whatsapp.adjacent"))
    if "{%" in body:
        found.append(("text", "whatsapp.logic"))
    if _SPACED.search(body):
        found.append(("text", "whatsapp.spaces"))
    for key in ("header", "footer", "button1", "button2", "button3"):
        limit = 25 if key.startswith("button") else 60
        if len(texts.get(key, "")) > limit:
            found.append((key, "whatsapp.part_long"))
        if key != "header" and "{{" in texts.get(key, ""):
            found.append((key, "whatsapp.value_here"))
    if not approved_name:
        found.append(("approved_name", "whatsapp.unnamed"))
    elif not WHATSAPP_NAME.fullmatch(approved_name):
        found.append(("approved_name", "whatsapp.name"))
    return found


def _size(character: str, alphabet: Alphabet) -> int:
    if alphabet == "gsm7":
        return 2 if character in EXTENDED else 1
    return 2 if ord(character) > 0xFFFF else 1


_PLAIN = {
    "‘": "'", "’": "'", "‚": ",", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "–": "-", "—": "-", "…": "...",
    "\u00a0": " ", "\u202f": " ", "á": "a", "í": "i", "ó": "o", "ú": "u", "Á": "A", "Í": "I", "Ó": "O", "Ú": "U",
    "â": "a", "ê": "e", "ô": "o", "ã": "a", "õ": "o", "ç": "c", "ă": "a", "ș": "s", "ț": "t", "î": "i",
    "Ă": "A", "Â": "A", "Ș": "S", "Ț": "T", "Î": "I",
}  # fmt: skip
