"""What an erased person's names are replaced by: keyed hashes, so that "once" still holds and a no stays a no, while
nobody without the installation's secret key can tell who it was."""

from __future__ import annotations

from sereno.store import secrets

PREFIX = "erased:"


def pseudonym(text: str) -> str:
    """The same for the same text, as long as the secret key is the same. 39 characters."""
    return text if is_pseudonym(text) else PREFIX + secrets.keyed_hashes(text)[0]


def is_pseudonym(text: str) -> bool:
    """Whether the text, or what stands after its kind (`customer:`), is one of ours."""
    return text.startswith(PREFIX) or f":{PREFIX}" in text


def known_as(text: str) -> list[str]:
    """The text, and what it is called where it was erased: whoever looks for it must look for all of them."""
    if not text or not secrets.is_configured() or is_pseudonym(text):
        return [text]
    return [text, *(PREFIX + found for found in secrets.keyed_hashes(text))]
