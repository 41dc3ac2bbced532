"""The letters of a table: files come in many encodings, some in two at once, some spoilt on their way.

Invariant: a letter is never dropped in silence. What cannot be read stands as U+FFFD, which the reader of people's rows
holds back; spoilt letters are put right only where nothing else can have been meant.
"""

from __future__ import annotations

import re
from typing import Literal

Letters = Literal["", "utf-8", "windows-1252", "windows-1250"]
WESTERN = "cp1252"
LOST = "\ufffd"
_SPOILT = re.compile("[ÂÃÄÅÈâ][\u0080-\u00bf\u0152-\u0192\u02c6\u02dc\u2013-\u203a\u20ac\u2122]+")
"""UTF-8 that was read as Western letters: Ã© for é."""


def letters_of(body: bytes, letters: Letters = "") -> str:
    """The text of a file. `letters` "" finds them out, line by line where the whole is not UTF-8: two exports put into
    one file are common, and a Western line is hardly ever UTF-8 by chance."""
    if body[:2] in (b"\xff\xfe", b"\xfe\xff"):  # As a spreadsheet writes "Unicode text".
        return body.decode("utf-16", "replace")
    body = body.removeprefix(b"\xef\xbb\xbf")
    if letters:
        return body.decode(letters, "replace")
    if body[1:2] == b"\0" and body[3:4] == b"\0":  # The same, without its mark.
        return body.decode("utf-16-le", "replace")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return "".join(_line(line) for line in body.splitlines(keepends=True))


def mended(text: str) -> str:
    """The value with letters that were spoilt once or twice put right: JosÃ© is José."""
    for _ in range(2):
        if not _SPOILT.search(text):
            break
        try:
            text = b"".join(_byte(letter) for letter in text).decode("utf-8")
        except (UnicodeDecodeError, UnicodeEncodeError):
            break
    return text


def _line(line: bytes) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode(WESTERN, "replace")


def _byte(letter: str) -> bytes:
    """What it was before. Five bytes have no Western letter: programs leave them as they are."""
    if "\x80" <= letter <= "\x9f":
        return letter.encode("latin-1")
    return letter.encode(WESTERN)
