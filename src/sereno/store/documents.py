"""JSON as the store keeps it: text, exact, the same bytes for the same value."""

from __future__ import annotations

from typing import Any

import msgspec

_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder()


def encode(value: Any) -> str:
    """Decimals and aware datetimes become strings. Raises TypeError for what JSON cannot say."""
    return _encoder.encode(value).decode()


def decode(text: str | bytes) -> Any:
    return _decoder.decode(text)
