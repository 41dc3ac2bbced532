"""Pictures for messages: what is uploaded is looked at (not believed), made small in what it tells, and kept in a file
named by its SHA-256, so that its address stands for ever.

Only PNG, JPEG, GIF and WebP: an SVG can hold a program. What a camera wrote about place and owner is taken out.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

LARGEST = 1024 * 1024
"""Bytes; a mail's picture seldom needs a fifth of that."""
WIDEST = 4000
MOST = 500
"""Pictures a shop may keep."""
TYPES = {"png": "image/png", "jpg": "image/jpeg", "gif": "image/gif", "webp": "image/webp"}
_PNG_NOTES = frozenset({b"eXIf", b"tEXt", b"zTXt", b"iTXt", b"tIME"})
_WEBP_NOTES = frozenset({b"EXIF", b"XMP "})
_WEBP_HAS_NOTES = 0b1100
NAME = re.compile(r"([0-9a-f]{64})\.(png|jpg|gif|webp)")


class PictureInvalid(ValueError):  # noqa: N818
    """A file that is not taken; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Looked:
    """A picture as it is kept."""

    kind: str
    width: int
    height: int
    body: bytes

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.body).hexdigest()


def look(body: bytes) -> Looked:
    """What the bytes are. Raises PictureInvalid."""
    if not body:
        raise PictureInvalid("picture.empty")
    if len(body) > LARGEST:
        raise PictureInvalid("picture.large")
    try:
        found = _png(body) or _gif(body) or _webp(body) or _jpeg(body)
    except IndexError as error:
        raise PictureInvalid("picture.broken") from error
    if found is None:
        raise PictureInvalid("picture.kind")
    if not 0 < found.width <= WIDEST or not 0 < found.height <= WIDEST:
        raise PictureInvalid("picture.wide")
    return found


def path_of(data_dir: Path, name: str) -> Path | None:
    """Where a picture of this name is kept, when it is there."""
    if NAME.fullmatch(name) is None:
        return None
    path = data_dir / "media" / name[:2] / name
    return path if path.is_file() else None


def keep(data_dir: Path, picture: Looked) -> str:
    """Write the file, whole or not at all; gives its name. Keeping it twice is a no-op."""
    name = f"{picture.digest}.{picture.kind}"
    folder = data_dir / "media" / name[:2]
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / name).exists():
        with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:
            file.write(picture.body)
        made = Path(file.name)
        made.chmod(0o644)
        made.replace(folder / name)
    return name


def _png(body: bytes) -> Looked | None:
    if body[:8] != b"\x89PNG\r\n\x1a\n" or body[12:16] != b"IHDR":
        return None
    width, height = int.from_bytes(body[16:20], "big"), int.from_bytes(body[20:24], "big")
    return Looked("png", width, height, _png_without_notes(body))


def _png_without_notes(body: bytes) -> bytes:
    """Chunk by chunk to its end: what was written about it, and what hangs behind it, is left out."""
    kept, at = bytearray(body[:8]), 8
    while at + 12 <= len(body):
        kind, length = body[at + 4 : at + 8], int.from_bytes(body[at : at + 4], "big")
        if kind not in _PNG_NOTES:
            kept += body[at : at + 12 + length]
        at += 12 + length
        if kind == b"IEND":
            break
    return bytes(kept)


def _gif(body: bytes) -> Looked | None:
    if body[:6] not in (b"GIF87a", b"GIF89a"):
        return None
    return Looked("gif", int.from_bytes(body[6:8], "little"), int.from_bytes(body[8:10], "little"), body)


def _webp(body: bytes) -> Looked | None:
    if body[:4] != b"RIFF" or body[8:12] != b"WEBP":
        return None
    kind = body[12:16]
    if kind == b"VP8X":
        width, height = (int.from_bytes(body[at : at + 3], "little") + 1 for at in (24, 27))
    elif kind == b"VP8L":
        bits = int.from_bytes(body[21:25], "little")
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    elif kind == b"VP8 ":
        width, height = (int.from_bytes(body[at : at + 2], "little") & 0x3FFF for at in (26, 28))
    else:
        raise PictureInvalid("picture.broken")
    return Looked("webp", width, height, _webp_without_notes(body))


def _webp_without_notes(body: bytes) -> bytes:
    """As `_png_without_notes`; the header says no more that there are any, and how long the rest is."""
    kept, at = bytearray(), 12
    while at + 8 <= len(body):
        kind, length = body[at : at + 4], int.from_bytes(body[at + 4 : at + 8], "little")
        whole = 8 + length + length % 2
        if kind == b"VP8X":
            kept += body[at : at + 8] + bytes([body[at + 8] & ~_WEBP_HAS_NOTES]) + body[at + 9 : at + whole]
        elif kind not in _WEBP_NOTES:
            kept += body[at : at + whole]
        at += whole
    return body[:4] + (4 + len(kept)).to_bytes(4, "little") + body[8:12] + bytes(kept)


def _jpeg(body: bytes) -> Looked | None:
    """Walks the segments: the size stands in a frame header; application data but the colour profile is left out."""
    if body[:3] != b"\xff\xd8\xff":
        return None
    kept = bytearray(b"\xff\xd8")
    at, size = 2, (0, 0)
    while True:
        if body[at] != 0xFF:
            raise PictureInvalid("picture.broken")
        while body[at + 1] == 0xFF:
            at += 1
        mark = body[at + 1]
        length = int.from_bytes(body[at + 2 : at + 4], "big")
        if mark == 0xD9 or length < 2:
            raise PictureInvalid("picture.broken")
        if 0xC0 <= mark <= 0xCF and mark not in (0xC4, 0xC8, 0xCC):
            size = (int.from_bytes(body[at + 7 : at + 9], "big"), int.from_bytes(body[at + 5 : at + 7], "big"))
        if mark == 0xDA:
            kept += body[at:]
            return Looked("jpg", *size, bytes(kept))
        # Which way up a photograph is stands in what is left out; a mail program may not read it anyway.
        if mark not in (*range(0xE1, 0xF0), 0xFE) or mark in (0xE2, 0xEE):
            kept += body[at : at + 2 + length]
        at += 2 + length
