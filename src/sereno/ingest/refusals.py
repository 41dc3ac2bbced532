"""Attempts the door refused for their signature: how many, the last of them, and what is probably wrong.

Invariant: nothing of the body and no secret is kept; however many strangers knock, the memory stays the same and the
cause is looked for a few times a second at most.
"""

from __future__ import annotations

from base64 import b64encode
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hmac import compare_digest, digest
from typing import Any

from sereno.sdk.connector import Connector

KEPT = 20
SPACING = 250_000
"""Microseconds between two attempts whose cause is looked for."""
_LIKE = ("signature", "hmac", "-sign")


@dataclass(frozen=True, slots=True)
class Refusal:
    """`at` in microseconds. `cause` is one of `no_secret`, `too_old`, `unsigned` (the header `detail` is missing),
    `other_header` (it came in the header `detail`), `other_encoding` (it is written in `detail`), `secret_spaces`,
    `other_secret`; "" when nobody looked."""

    at: int
    cause: str
    detail: str = ""


@dataclass(slots=True)
class Refusals:
    """Belongs to the loop's thread; others may read."""

    total: int = 0
    last_at: int = 0
    recent: deque[Refusal] = field(default_factory=lambda: deque[Refusal](maxlen=KEPT))

    def note(
        self,
        connector: Connector,
        secrets: Sequence[str],
        headers: Mapping[str, str],
        body: bytes,
        at: int,
        verdict: str,
        settings: Mapping[str, Any],
    ) -> None:
        self.total += 1
        if at - self.last_at >= SPACING:
            self.last_at = at
            self.recent.append(Refusal(at, *diagnose(connector, secrets, headers, body, at, verdict, settings)))


def diagnose(
    connector: Connector,
    secrets: Sequence[str],
    headers: Mapping[str, str],
    body: bytes,
    at: int,
    verdict: str,
    settings: Mapping[str, Any],
) -> tuple[str, str]:
    """What is probably wrong, and the name it is about; see Refusal."""
    if not secrets:
        return "no_secret", ""
    if verdict == "too_old":
        return "too_old", ""
    now = datetime.fromtimestamp(at / 1_000_000).astimezone()
    expected = _signature_header(connector, now, settings)
    if expected and not headers.get(expected):
        other = next((name for name in headers if name != expected and any(one in name for one in _LIKE)), None)
        return ("other_header", other) if other else ("unsigned", expected)
    try:
        if connector.verify([secret.strip() for secret in secrets], headers, body, now, settings) == "ok":
            return "secret_spaces", ""
    except Exception:  # a connector that stumbles has no cause to give
        return "other_secret", ""
    found = headers.get(expected, "").strip()
    written = next((how for secret in secrets for how in _written(secret, body, found)), None)
    return ("other_encoding", written) if written else ("other_secret", "")


def _signature_header(connector: Connector, now: datetime, settings: Mapping[str, Any]) -> str:
    """The header the platform signs in, lower case."""
    try:
        names = connector.sign("an example, long enough", b"{}", {}, now, settings)
    except Exception:
        return ""
    found = [name.lower() for name in names]
    return next((name for name in found if any(one in name for one in _LIKE)), found[0] if found else "")


def _written(secret: str, body: bytes, found: str) -> list[str]:
    """How the right signature stands in the header, if it does."""
    right = digest(secret.encode(), body, "sha256")
    ways = {"hex": right.hex(), "base64": b64encode(right).decode()}
    given = found.rpartition(",")[2]
    return [
        how
        for how, text in ways.items()
        for end in (given[-len(text) :].lower() if how == "hex" else given[-len(text) :],)
        if compare_digest(end.encode(), text.encode())
    ]
