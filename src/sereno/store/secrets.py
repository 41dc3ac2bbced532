"""Secrets at rest: the signing secrets of connections, encrypted with keys made from `SERENO_SECRET_KEY`.

Invariant: what one process wrote, any process with the same secret key reads (or with that key among its former ones);
nothing is readable without it. `site` calls `configure` once at start.
"""

from __future__ import annotations

import base64
import json
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet

_keys: tuple[str, ...] = ()


class SecretsUnreadable(ValueError):  # noqa: N818
    """The stored secrets were written with another secret key: restore it, or set the secrets anew."""


def configure(*secret_keys: str) -> None:
    """Set the secret key; further ones are former keys, which still decrypt. Raises ValueError for an empty key."""
    global _keys
    if not secret_keys or not all(secret_keys):
        raise ValueError("the secret key is empty")
    _keys = secret_keys
    _box.cache_clear()
    decrypt.cache_clear()


def is_configured() -> bool:
    return bool(_keys)


def newest() -> str:
    """The key that tokens of today are sealed with. Raises RuntimeError before `configure`."""
    if not _keys:
        raise RuntimeError("sereno.store.secrets.configure was not called")
    return _keys[0]


def former_of(secret: str) -> tuple[str, ...]:
    """The former keys, where `secret` is the present one: what was sealed with them is still opened."""
    return _keys[1:] if _keys and secret == _keys[0] else ()


def is_newest(text: str) -> bool:
    """Whether this was encrypted under the present key."""
    from cryptography.fernet import InvalidToken

    try:
        _box(_keys[:1]).decrypt(text.encode("ascii"))
    except (InvalidToken, UnicodeEncodeError):
        return False
    return True


def keyed_hashes(text: str) -> list[str]:
    """What a text is known by once it is forgotten: 32 hex digits, one for each secret key, the newest first. Nobody
    without the key can try addresses against them. Raises RuntimeError before `configure`."""
    if not _keys:
        raise RuntimeError("sereno.store.secrets.configure was not called")
    return [blake2b(text.encode(), key=_hash_key(key), digest_size=16).hexdigest() for key in _keys]


@lru_cache(maxsize=8)
def _hash_key(key: str) -> bytes:
    return blake2b(key.encode(), digest_size=32, person=b"sereno erased 1").digest()


def encrypt(secrets: list[str]) -> str:
    """Text for the `secrets` column; "" for none. The same secrets give another text every time."""
    if not secrets:
        return ""
    return _box(_keys).encrypt(json.dumps(secrets, ensure_ascii=False).encode()).decode("ascii")


@lru_cache(maxsize=4096)
def decrypt(text: str) -> list[str]:
    """The secrets, newest first. Do not change the list: it is kept. Raises SecretsUnreadable."""
    if not text:
        return []
    from cryptography.fernet import InvalidToken

    try:
        return json.loads(_box(_keys).decrypt(text.encode("ascii")))
    except (InvalidToken, UnicodeEncodeError, json.JSONDecodeError) as error:
        raise SecretsUnreadable(
            "the secrets of this connection were written with another SERENO_SECRET_KEY: "
            "restore that key, or connect again with the secret"
        ) from error


@lru_cache(maxsize=8)
def _box(keys: tuple[str, ...]) -> MultiFernet:
    # Imported here: `cryptography` is a tenth of the start-up time, and pages without secrets never need it.
    from cryptography.fernet import Fernet, MultiFernet
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    if not keys:
        raise RuntimeError("sereno.store.secrets.configure was not called")
    return MultiFernet(
        [
            Fernet(
                base64.urlsafe_b64encode(
                    HKDF(algorithm=SHA256(), length=32, salt=None, info=b"sereno connection secrets 1").derive(
                        key.encode()
                    )
                )
            )
            for key in keys
        ]
    )
