"""Parts of a document that a person wrote, opened; what is wrong is refused with where it stands.

Invariant: a refusal names one place, as a path in the document (`fields[2].label.es`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, cast

from sereno.sdk.languages import WordsInvalid, words_of


class DocumentInvalid(ValueError):  # noqa: N818
    """`code` says why, `at` where."""

    def __init__(self, code: str, at: str = "") -> None:
        super().__init__(f"{at}: {code}" if at else code)
        self.code, self.at = code, at

    @classmethod
    def words(cls, value: Any, longest: int, at: str) -> dict[str, str]:
        """Words by language. Raises this."""
        try:
            return words_of(value, longest)
        except WordsInvalid as wrong:
            raise cls._of(wrong, at) from wrong

    @classmethod
    def mapping(cls, value: Any, at: str) -> Mapping[Any, Any]:
        """Raises this."""
        if not isinstance(value, Mapping):
            raise cls("not.a.mapping", at)
        return cast("Mapping[Any, Any]", value)

    @classmethod
    def _of(cls, wrong: WordsInvalid, at: str) -> Self:
        return cls(wrong.code, f"{at}.{wrong.locale}" if wrong.locale else at)
