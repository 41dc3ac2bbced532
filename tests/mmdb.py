"""Writes a database in MaxMind's format, small and as its specification says, for tests of what reads it."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from ipaddress import ip_network
from typing import Any


def database(
    entries: Mapping[str, Any], *, record_size: int = 24, ip_version: int = 6, kind: str = "Test-City"
) -> bytes:
    """`entries` by network, such as `81.2.69.0/24`."""
    data, at = bytearray(), {}
    tree: list[list[Any]] = [[None, None]]
    for network, record in entries.items():
        at[network] = len(data)
        data += value(record)
        parsed = ip_network(network)
        bits = f"{int(parsed.network_address):0{parsed.max_prefixlen}b}"[: parsed.prefixlen]
        if parsed.version == 4 and ip_version == 6:
            bits = "0" * 96 + bits
        node = 0
        for bit in bits[:-1]:
            if not isinstance(tree[node][int(bit)], int):
                tree.append([None, None])
                tree[node][int(bit)] = len(tree) - 1
            node = tree[node][int(bit)]
        tree[node][int(bits[-1])] = ("data", network)
    count = len(tree)

    def pointed(branch: Any) -> int:
        return count if branch is None else branch if isinstance(branch, int) else count + 16 + at[branch[1]]

    nodes = b"".join(_node(pointed(left), pointed(right), record_size) for left, right in tree)
    told = {
        "binary_format_major_version": 2, "binary_format_minor_version": 0, "build_epoch": 1_780_000_000,
        "database_type": kind, "description": {"en": "made by a test"}, "ip_version": ip_version,
        "languages": ["en"], "node_count": count, "record_size": record_size,
    }  # fmt: skip
    return nodes + bytes(16) + bytes(data) + b"\xab\xcd\xefMaxMind.com" + value(told)


def _node(left: int, right: int, size: int) -> bytes:
    if size == 28:
        middle = (left >> 24) << 4 | right >> 24
        return (left & 0xFFFFFF).to_bytes(3, "big") + bytes([middle]) + (right & 0xFFFFFF).to_bytes(3, "big")
    return left.to_bytes(size // 8, "big") + right.to_bytes(size // 8, "big")


def value(held: Any) -> bytes:
    match held:
        case bool():
            return _head(14, int(held))
        case str():
            text = held.encode()
            return _head(2, len(text)) + text
        case float():
            return _head(3, 8) + struct.pack(">d", held)
        case int():
            raw = held.to_bytes((held.bit_length() + 7) // 8, "big")
            return _head(6 if len(raw) <= 4 else 9, len(raw)) + raw
        case dict():
            return _head(7, len(held)) + b"".join(value(key) + value(one) for key, one in held.items())
        case list():
            return _head(11, len(held)) + b"".join(value(one) for one in held)
        case _:
            raise TypeError(held)


def _head(kind: int, size: int) -> bytes:
    control, more = (kind << 5, b"") if kind < 8 else (0, bytes([kind - 7]))
    if size < 29:
        return bytes([control | size]) + more
    if size < 285:
        return bytes([control | 29]) + more + bytes([size - 29])
    return bytes([control | 30]) + more + (size - 285).to_bytes(2, "big")
