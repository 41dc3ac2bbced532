"""What is like what by its own description: for things nobody has bought yet, for "similar", dearer ones and larger
packs. Pure.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from math import log
from typing import Any

KEPT = 40
COMMON = 400
"""A trait that more things share says too little to look for others by it; of those only so many are looked at."""
WEIGHTS = {"k": 3.0, "c": 2.0, "v": 1.0, "t": 1.0, "w": 1.0}
"""Of a trait's kind: type, category, vendor, tag, word of the title."""
_WORD = re.compile(r"[^\W\d_]{3,}")
_PACK = re.compile(
    r"(?:(?:pack|set|box|case|lot|caja|paquete|lote|pacote|conjunto|caixa|set|pachet|cutie)\s*(?:of|de|cu|x)?\s*(\d{1,3}))"
    r"|(?:(\d{1,3})\s*(?:-?\s*pack\b|\s*x\b|\s*(?:pcs|pieces|uds|unidades|un|buc|bucăți)\b))",
    re.IGNORECASE,
)


def traits(facts: Mapping[str, Any]) -> frozenset[str]:
    """What a thing shares with others, one word each, by kind."""
    found = {f"k:{_plain(facts['type'])}"} if facts.get("type") else set[str]()
    found |= {f"v:{_plain(facts['vendor'])}"} if facts.get("vendor") else set()
    found |= {f"c:{_plain(one)}" for one in facts.get("categories") or ()}
    found |= {f"t:{_plain(one)}" for one in facts.get("tags") or ()}
    return frozenset(found | {f"w:{word}" for word in words(str(facts.get("title") or ""))})


def words(title: str) -> set[str]:
    return {word[:12] for word in _WORD.findall(_plain(title))}


class Index:
    """Of all things of a shop, by their traits."""

    def __init__(self, things: Mapping[str, frozenset[str]]) -> None:
        self._traits = things
        self._holding: dict[str, list[str]] = defaultdict(list)
        for item in sorted(things):
            for trait in things[item]:
                self._holding[trait].append(item)

    def like(self, item: str, kept: int = KEPT) -> list[tuple[str, float]]:
        """The most similar by shared traits, rare ones more (1 is the thing itself), ties by name."""
        mine = self._traits.get(item, frozenset())
        weights = {trait: self._weight(trait) for trait in mine}
        whole = sum(weights.values())
        found: Counter[str] = Counter()
        for trait, weight in weights.items():
            for other in self._holding[trait][:COMMON]:
                found[other] += weight  # type: ignore[assignment]
        found.pop(item, None)
        best = sorted(found.items(), key=lambda one: (-one[1], one[0]))[:kept]
        return [(other, round(score / whole, 4)) for other, score in best] if whole else []

    def _weight(self, trait: str) -> float:
        return WEIGHTS[trait[0]] * log(1 + len(self._traits) / len(self._holding[trait]))


def pack_size(title: str) -> int:
    """How many a pack holds, by its name in any of the four languages; 1 where it does not say."""
    found = _PACK.search(_plain(title))
    size = int(next(one for one in found.groups() if one)) if found else 1
    return size if size > 1 else 1


def is_larger_pack(title: str, size: int, other: str, other_size: int) -> bool:
    """Whether the other is the same thing in a larger pack: all words of the shorter name but those of packing."""
    if other_size <= size:
        return False
    mine, theirs = words(_PACK.sub(" ", _plain(title))), words(_PACK.sub(" ", _plain(other)))
    return bool(mine) and len(mine & theirs) >= 0.8 * len(mine)


def price_of(text: object) -> Decimal | None:
    try:
        found = Decimal(str(text))
    except InvalidOperation:
        return None
    return found if found.is_finite() and found > 0 else None


def dearer(price: Decimal, others: Iterable[tuple[str, Decimal | None]], least: str, most: str) -> set[str]:
    """Those that cost between `least` and `most` times as much."""
    low, high = price * Decimal(least), price * Decimal(most)
    return {item for item, other in others if other is not None and low <= other <= high}


def names_of(facts: Mapping[str, Any]) -> Sequence[str]:
    """The shelves a thing stands on."""
    names = [*(facts.get("categories") or ()), facts.get("type") or ""]
    return sorted({str(name).strip().casefold()[:200] for name in names if str(name).strip()})


def _plain(text: object) -> str:
    """Lower case, without accents: `Ceràmica` and `ceramica` are one."""
    parted = unicodedata.normalize("NFKD", str(text).casefold())
    return " ".join("".join(one for one in parted if not unicodedata.combining(one)).split())
