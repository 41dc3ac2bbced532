"""Reads a city database in MaxMind's format (`.mmdb`) that the operator supplies: an IP address becomes a place and how
far off that may be.

Invariant: the file is mapped, never read whole; whatever is broken in it gives `FileInvalid` when it is opened and
nothing when it is asked, for an order is judged without it too. Format: MaxMind DB File Format Specification 2.0.
"""

from __future__ import annotations

import mmap
import struct
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import IPv4Address, ip_address
from pathlib import Path
from typing import Any

MARKER = b"\xab\xcd\xefMaxMind.com"
SEARCHED = 128 * 1024
"""Bytes at the end in which the description of the file begins."""
GAP = 16
"""Bytes between the tree and what it points to."""
DEEPEST = 64


class FileInvalid(ValueError):  # noqa: N818
    """This is no city database; the message says why."""


@dataclass(frozen=True, slots=True)
class Place:
    """`radius` in kilometres: within it the address is used, most likely. `country` by its ISO 3166 code."""

    latitude: float
    longitude: float
    radius: float
    country: str | None
    city: str


class Cities:
    """One file, open. Safe to be asked by several threads."""

    def __init__(self, path: Path) -> None:
        try:
            with path.open("rb") as file:
                self._bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError) as error:
            raise FileInvalid(f"{path.name} cannot be read: {error}") from error
        try:
            self._describe()
        except (KeyError, IndexError, TypeError, struct.error, ValueError, RecursionError) as error:
            self._bytes.close()
            raise FileInvalid(f"{path.name} is no database in MaxMind's format: {error}") from error

    def _describe(self) -> None:
        begin = self._bytes.rfind(MARKER, max(0, len(self._bytes) - SEARCHED))
        if begin < 0:
            raise ValueError("it has no description")
        told, _next = self._value(begin + len(MARKER), begin + len(MARKER), 0)
        self.kind = str(told["database_type"])
        self.built_at = datetime.fromtimestamp(int(told["build_epoch"]), UTC)
        self._nodes, self._size = int(told["node_count"]), int(told["record_size"])
        self._is_six = int(told["ip_version"]) == 6
        if self._size not in (24, 28, 32) or int(told["binary_format_major_version"]) != 2:
            raise ValueError("this version is not known")
        self._data = self._nodes * self._size // 4 + GAP
        if self._data > begin:
            raise ValueError("it is cut off")
        self._four = 0
        if self._is_six:
            for _ in range(96):
                self._four = self._four if self._four >= self._nodes else self._branch(self._four, 0)

    def find(self, address: str) -> Place | None:
        """None for what is no public address, is not in the file, or has no place there."""
        try:
            found = ip_address(address)
            if not found.is_global:
                return None
            return _place(self._record(found.packed, isinstance(found, IPv4Address)))
        except (KeyError, IndexError, TypeError, struct.error, ValueError, RecursionError):
            return None

    def _record(self, packed: bytes, is_four: bool) -> Any:
        if not is_four and not self._is_six:
            return None
        node = self._four if is_four else 0
        for at in range(len(packed) * 8):
            if node >= self._nodes:
                break
            node = self._branch(node, packed[at // 8] >> (7 - at % 8) & 1)
        if node <= self._nodes:
            return None
        return self._value(self._data + node - self._nodes - GAP, self._data, 0)[0]

    def _branch(self, node: int, bit: int) -> int:
        """The left (0) or right (1) record of a node."""
        width = self._size // 4
        held = self._bytes[node * width : (node + 1) * width]
        if len(held) < width:
            raise IndexError("beyond the end")
        if self._size == 28:
            high = held[3] >> 4 if bit == 0 else held[3] & 0x0F
            return high << 24 | int.from_bytes(held[:3] if bit == 0 else held[4:], "big")
        half = width // 2
        return int.from_bytes(held[:half] if bit == 0 else held[half:], "big")

    def _value(self, at: int, base: int, depth: int) -> tuple[Any, int]:
        """What stands at a place, and where the next begins. Pointers count from `base`."""
        if depth > DEEPEST:
            raise ValueError("it is nested too deep")
        control = self._bytes[at]
        at += 1
        kind = control >> 5
        if kind == 1:
            target, following = self._pointer(control, at)
            return self._value(base + target, base, depth + 1)[0], following
        if kind == 0:
            kind = 7 + self._bytes[at]
            at += 1
        size, at = self._length(control & 0x1F, at)
        if kind == 7:
            return self._map(size, at, base, depth)
        if kind == 11:
            listed: list[Any] = []
            for _ in range(size):
                one, at = self._value(at, base, depth + 1)
                listed.append(one)
            return listed, at
        if kind == 14:
            return bool(size), at
        return _scalar(kind, self._bytes[at : at + size], size), at + size

    def _map(self, size: int, at: int, base: int, depth: int) -> tuple[dict[str, Any], int]:
        found: dict[str, Any] = {}
        for _ in range(size):
            key, at = self._value(at, base, depth + 1)
            found[str(key)], at = self._value(at, base, depth + 1)
        return found, at

    def _pointer(self, control: int, at: int) -> tuple[int, int]:
        width = (control >> 3 & 3) + 1
        held = int.from_bytes(self._bytes[at : at + width], "big")
        high = (control & 7) << 8 * width if width < 4 else 0
        return (high | held) + (0, 2048, 526_336, 0)[width - 1], at + width

    def _length(self, size: int, at: int) -> tuple[int, int]:
        if size < 29:
            return size, at
        width = size - 28
        held = int.from_bytes(self._bytes[at : at + width], "big")
        return held + (29, 285, 65_821)[width - 1], at + width


def _scalar(kind: int, held: bytes, size: int) -> Any:
    if len(held) < size:
        raise IndexError("beyond the end")
    match kind:
        case 2:
            return held.decode()
        case 3:
            return struct.unpack(">d", held)[0]
        case 4:
            return held
        case 5 | 6 | 9 | 10:
            return int.from_bytes(held, "big")
        case 8:
            return int.from_bytes(held, "big", signed=size == 4)
        case 15:
            return struct.unpack(">f", held)[0]
        case _:
            raise ValueError(f"there is no kind {kind}")


def _place(record: Any) -> Place | None:
    if not isinstance(record, dict) or not isinstance(record.get("location"), dict):
        return None
    location = record["location"]
    latitude, longitude = float(location["latitude"]), float(location["longitude"])
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        return None
    country = (record.get("country") or {}).get("iso_code")
    names = (record.get("city") or {}).get("names") or {}
    city = str(names.get("en") or next(iter(names.values()), ""))
    return Place(latitude, longitude, float(location.get("accuracy_radius") or 0), country and str(country), city)
