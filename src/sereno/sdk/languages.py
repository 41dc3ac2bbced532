"""Texts a shop writes in several languages, and which of them somebody reads. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

LOCALES = ("en", "es", "pt", "ro")
Words = Mapping[str, str]


class WordsInvalid(ValueError):  # noqa: N818
    """`code`: `not.a.mapping`, `text.language` or `text.long`."""

    def __init__(self, code: str, locale: str = "") -> None:
        super().__init__(code)
        self.code, self.locale = code, locale


def said(words: Words, locale: str, fallback: str = "en") -> str:
    """In this language, else the shop's, else any."""
    for one in (locale[:2], fallback[:2], *LOCALES):
        if words.get(one):
            return words[one]
    return ""


def words_of(value: Any, longest: int) -> dict[str, str]:
    """By language, without what is empty. Raises WordsInvalid."""
    held: Mapping[Any, Any] = cast("Mapping[Any, Any]", value) if isinstance(value, Mapping) else {}
    if value is not None and not isinstance(value, Mapping):
        raise WordsInvalid("not.a.mapping")
    found: dict[str, str] = {}
    for locale, text in held.items():
        if locale not in LOCALES or not isinstance(text, str):
            raise WordsInvalid("text.language")
        if len(text) > longest:
            raise WordsInvalid("text.long", str(locale))
        if text.strip():
            found[str(locale)] = " ".join(text.split())
    return found


def with_words(words: Words, locale: str, text: str) -> dict[str, str]:
    """The same with this text in this language; without it where the text is empty."""
    others = {key: value for key, value in words.items() if key != locale}
    return {**others, locale: text} if text.strip() else others


def matched(shown: Sequence[str], lines: Sequence[str]) -> list[int | None]:
    """Which of the choices `shown` one a line each of the `lines` is, now that somebody has edited them; None is a new
    one. What reads the same is the same, wherever it stands; lines that stand between the same neighbours, and are as
    many as were there, are those in other words. So to drop or move a line gives no choice the words of another."""
    found: list[int | None] = []
    for line in lines:
        found.append(next((at for at, one in enumerate(shown) if one == line and at not in found), None))
    start = 0
    while start < len(found):
        end = next((at for at in range(start, len(found)) if found[at] is not None), len(found))
        before, after = [-1, *found][start], [*found, len(shown)][end]
        if before is not None and after is not None:
            free = [at for at in range(before + 1, after) if at not in found]
            if len(free) == end - start:
                found[start:end] = free
        start = end + 1
    return found
