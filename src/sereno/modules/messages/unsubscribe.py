"""Signed tokens for the pages a recipient reaches from a mail. A token is sealed: the address in it is not to be read
from a server's log, and nobody can make one for somebody else.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import Annotated

import msgspec
from cryptography.fernet import Fernet, InvalidToken


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom a token speaks of, and by which message (its effect's key; empty where that is not known)."""

    shop_id: int
    address: str
    channel: str
    effect: str = ""


_Sealed = Annotated[list[int | str], msgspec.Meta(min_length=3, max_length=4)]
"""Tokens of before had three parts."""


class TokenInvalid(ValueError):  # noqa: N818
    """The token was not made here, or was changed on the way."""


def make_token(key: str, recipient: Recipient) -> str:
    """A token for the addresses `/unsubscribe/{token}` and `/preferences/{token}`. It does not expire: a person may
    follow the link in a mail years old."""
    document = msgspec.json.encode([recipient.shop_id, recipient.address, recipient.channel, recipient.effect])
    return _sealer(key).encrypt(document).decode().rstrip("=")


def read_token(key: str, token: str) -> Recipient:
    """Raises TokenInvalid."""
    try:
        document = _sealer(key).decrypt((token + "=" * (-len(token) % 4)).encode("ascii"))
        shop_id, address, channel, *effect = msgspec.json.decode(document, type=_Sealed)
    except (InvalidToken, UnicodeEncodeError, msgspec.DecodeError) as error:
        raise TokenInvalid("this link is not one of ours, or part of it is missing") from error
    return Recipient(int(shop_id), str(address), str(channel), *map(str, effect))


class SignedLinks:
    """The live `Links` port of one shop."""

    def __init__(self, key: str, base_url: str, shop_id: int) -> None:
        self._key = key
        self._base_url = base_url.rstrip("/")
        self._shop_id = shop_id

    def unsubscribe(self, address: str, channel: str, effect: str = "") -> str:
        return f"{self._base_url}/unsubscribe/{self._token(address, channel, effect)}"

    def preferences(self, address: str, channel: str, effect: str = "") -> str:
        return f"{self._base_url}/preferences/{self._token(address, channel, effect)}"

    def _token(self, address: str, channel: str, effect: str) -> str:
        return make_token(self._key, Recipient(self._shop_id, address.strip().lower(), channel, effect))


def _sealer(key: str) -> Fernet:
    # A key of its own, so that a token is good for nothing else that is sealed with the same secret.
    derived = hashlib.blake2b(b"sereno.unsubscribe", key=hashlib.sha256(key.encode()).digest(), digest_size=32).digest()
    return Fernet(base64.urlsafe_b64encode(derived))
