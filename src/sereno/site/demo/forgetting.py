"""The demo's inbox as a place where people are found and erased: mails to them, or that name them, are deleted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import cast

from sereno.runtime.privacy import outside
from sereno.runtime.privacy.person import Cloak, Person


def watch_inbox(folder: Path) -> None:
    """Name the folder among the places beyond the database. It need not be there."""
    outside.add("inbox", lambda tokens: sum(1 for _ in _naming(folder, tokens)), lambda tokens: _forget(folder, tokens))


def _forget(folder: Path, tokens: Sequence[str]) -> int:
    found = list(_naming(folder, tokens))
    for path in found:
        path.unlink(missing_ok=True)
    return len(found)


def _naming(folder: Path, tokens: Sequence[str]) -> Iterator[Path]:
    if not tokens or not folder.is_dir():
        return
    mails = {token for token in tokens if "@" in token}
    cloak = Cloak(Person(0, emails=mails, phones=set(tokens) - mails))
    for path in folder.glob("*.eml"):
        try:
            raw = path.read_bytes()
        except FileNotFoundError:
            continue
        if cloak.holds(raw.decode("utf-8", "replace")) or cloak.holds(_text(raw)):
            yield path


def _text(raw: bytes) -> str:
    """The parts as they read, whatever they are packed in."""
    mail = cast(EmailMessage, message_from_bytes(raw, policy=policy.default))
    parts = [part.get_content() for part in mail.walk() if part.get_content_maintype() == "text"]
    return "\n".join(str(part) for part in parts)
