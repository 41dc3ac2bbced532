"""A value that is not what its column holds; and names told apart by their letters alone.

Invariant: the text of the refusal is the code of the fault, which pages say in words.
"""

from __future__ import annotations

import re
import unicodedata


class Odd(ValueError):  # noqa: N818
    """The text is the code of the fault."""


def bare(text: str) -> str:
    """In small letters, without accents and signs."""
    parted = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(one for one in parted if not unicodedata.combining(one))
    return " ".join(re.sub(r"[\W_]+", " ", letters).split())
