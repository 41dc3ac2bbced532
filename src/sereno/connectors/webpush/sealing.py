"""What makes a push message safe: its content is sealed for one browser, and the request says who sends it.

After RFC 8291 (keys by ECDH on P-256 and HKDF-SHA256), RFC 8188 (one record of `aes128gcm`) and RFC 8292 (VAPID: a JWT
signed with ES256). Pure but for the random salt and key, which may be given.
"""

from __future__ import annotations

import base64
import json
import os
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

MOST = 3993
"""Bytes of content that fit the 4096 a push service must take: less the header of 86, the tag of 16 and the mark."""
LASTS = timedelta(hours=12)
"""How long a signature is good for; services take at most 24 hours."""


class SubscriptionInvalid(ValueError):  # noqa: N818
    """The browser's key is none."""


def make_key() -> str:
    """A new private key of a shop, as text."""
    from cryptography.hazmat.primitives.asymmetric import ec

    return _b64(ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value.to_bytes(32, "big"))


def public_of(key: str) -> str:
    """The public half, as a browser wants it (`applicationServerKey`)."""
    return _b64(_point(private(key)))


def private(key: str) -> EllipticCurvePrivateKey:
    from cryptography.hazmat.primitives.asymmetric import ec

    return ec.derive_private_key(int.from_bytes(from_b64(key), "big"), ec.SECP256R1())


def seal(content: bytes, p256dh: str, auth: str, *, salt: bytes | None = None, key: str | None = None) -> bytes:
    """The body of the request: header, and the content as one sealed record. Raises SubscriptionInvalid."""
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    if len(content) > MOST:
        raise ValueError(f"a push message holds at most {MOST} bytes")
    try:
        point, secret = from_b64(p256dh), from_b64(auth)
        theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError as error:
        raise SubscriptionInvalid("the browser's key is not a point on P-256") from error
    own = private(key or make_key())
    mine = _point(own)
    salt = salt or os.urandom(16)
    shared = own.exchange(ec.ECDH(), theirs)
    base = _hkdf(shared, secret, b"WebPush: info\0" + point + mine, 32)
    content_key = _hkdf(base, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _hkdf(base, salt, b"Content-Encoding: nonce\0", 12)
    sealed = AESGCM(content_key).encrypt(nonce, content + b"\x02", None)
    return salt + (4096).to_bytes(4, "big") + bytes([len(mine)]) + mine + sealed


def authorization(key: str, endpoint: str, contact: str, now: datetime) -> str:
    """The header `Authorization`: that whoever holds this key sends it, to this service, until `LASTS` from now."""
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
    from cryptography.hazmat.primitives.hashes import SHA256

    parts = urlsplit(endpoint)
    claims = {"aud": f"{parts.scheme}://{parts.netloc}", "exp": int((now + LASTS).timestamp()), "sub": contact}
    content = ".".join(_b64(json.dumps(part).encode()) for part in ({"typ": "JWT", "alg": "ES256"}, claims))
    one, other = decode_dss_signature(private(key).sign(content.encode(), ec.ECDSA(SHA256())))
    signature = _b64(one.to_bytes(32, "big") + other.to_bytes(32, "big"))
    return f"vapid t={content}.{signature}, k={public_of(key)}"


def _hkdf(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=info).derive(secret)


def _point(key: EllipticCurvePrivateKey) -> bytes:
    numbers = key.public_key().public_numbers()
    return b"\x04" + cast(int, numbers.x).to_bytes(32, "big") + cast(int, numbers.y).to_bytes(32, "big")


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def from_b64(text: str) -> bytes:
    """Base64 for addresses, with or without its padding. Raises ValueError."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
