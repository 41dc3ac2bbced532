"""DKIM signatures (RFC 6376, relaxed/relaxed, rsa-sha256), their keys, and the record that publishes a key.

Invariant: what is signed cannot be added to: From, To, Subject, Date and Reply-To are named once more than they stand
in the mail. One click of leaving (RFC 8058) is signed as well. `cryptography` is imported when first wanted.
"""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any

BITS = 2048
_SIGNED = (
    *("from", "to", "reply-to", "subject", "date", "message-id", "mime-version", "content-type"),
    *("content-transfer-encoding", "list-unsubscribe", "list-unsubscribe-post", "list-id", "feedback-id"),
    *("auto-submitted", "x-sereno-effect"),
)
_ONCE_MORE = ("from", "to", "reply-to", "subject", "date")
_GAPS = re.compile(rb"[ \t]{2,}|\t")
_DOMAIN = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")


@dataclass(frozen=True, slots=True)
class DkimKey:
    """`private_key` is PEM."""

    domain: str
    selector: str
    private_key: str

    def covers(self, address: str) -> bool:
        """Whether a mail from there may be signed with it: the domain itself, or one below it."""
        host = address.rpartition("@")[2].strip().rstrip(">").lower()
        return host == self.domain or host.endswith(f".{self.domain}")


def is_domain(text: str) -> bool:
    return _DOMAIN.fullmatch(text) is not None


def make_key() -> tuple[str, str]:
    """A new private key as PEM, and its public half as it stands in the record."""
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

    key = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return pem, b64encode(public).decode()


def record_of(public_key: str) -> str:
    """The text of the record at `<selector>._domainkey.<domain>`."""
    return f"v=DKIM1; k=rsa; p={public_key}"


def signed(message: bytes, key: DkimKey, now: datetime) -> bytes:
    """The message, with lines that end in CRLF, with its signature before it."""
    from cryptography.hazmat.primitives.asymmetric import padding
    from cryptography.hazmat.primitives.hashes import SHA256

    head, _blank, body = message.partition(b"\r\n\r\n")
    fields = _fields(head)
    names = [name for name in _SIGNED for _ in range(len(fields.get(name, ())) + (name in _ONCE_MORE))]
    digest = b64encode(sha256(_body(body)).digest()).decode()
    named = ":\r\n  ".join(":".join(names[start : start + 5]) for start in range(0, len(names), 5))
    value = (
        f" v=1; a=rsa-sha256; c=relaxed/relaxed; d={key.domain}; s={key.selector}; t={int(now.timestamp())};\r\n"
        f" h={named};\r\n bh={digest};\r\n b="
    )
    hashed = b"".join(_canonical(fields, names)) + b"dkim-signature:" + _relaxed(value.encode())
    made = b64encode(_loaded(key.private_key).sign(hashed, padding.PKCS1v15(), SHA256())).decode()
    folded = "\r\n  ".join(made[start : start + 72] for start in range(0, len(made), 72))
    return f"DKIM-Signature:{value}{folded}\r\n".encode() + message


@lru_cache(maxsize=64)
def _loaded(pem: str) -> Any:
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    return load_pem_private_key(pem.encode(), None)


def _fields(head: bytes) -> dict[str, list[bytes]]:
    """Canonical headers by name, the last of each first, as they are to be signed (5.4.2)."""
    found: dict[str, list[bytes]] = {}
    for line in re.sub(rb"\r\n(?=[ \t])", b"", head).split(b"\r\n"):
        name, _colon, value = line.partition(b":")
        low = name.strip().lower()
        found.setdefault(low.decode("ascii", "replace"), []).insert(0, low + b":" + _relaxed(value) + b"\r\n")
    return found


def _canonical(fields: dict[str, list[bytes]], names: list[str]) -> list[bytes]:
    left = {name: list(lines) for name, lines in fields.items()}
    return [left[name].pop(0) for name in names if left.get(name)]


def _relaxed(value: bytes) -> bytes:
    return re.sub(rb"[ \t\r\n]+", b" ", value).strip()


def _body(body: bytes) -> bytes:
    # Over the whole at once: line by line it would take longer than the signature.
    held = _GAPS.sub(b" ", body + b"\r\n").replace(b" \r\n", b"\r\n")
    while held.endswith(b"\r\n"):
        held = held[:-2]
    return held + b"\r\n" if held else b""
