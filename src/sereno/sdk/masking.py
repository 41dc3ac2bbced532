"""What looks like a secret in an action's config: refused where it is written, hidden where it is shown.

Invariant: pure, and rather too careful: what a name or a shape gives away is never shown, whoever asks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast

HIDDEN = "••••••"
REFERENCE = re.compile(r"(?:(?:Bearer|Basic|Token)\s+)?secret:[A-Za-z0-9_.-]{1,64}")
"""A secret by its name among the shop's setting `secrets`."""
_SECRET_NAME = re.compile(
    r"(?:^|[-_])(?:(?:proxy[-_])?authori[sz]ation|cookie|set[-_]cookie|api[-_]?key|apikey|access[-_]?key|private[-_]?key"
    r"|(?:[a-z]+[-_])?token|secret|password|passwd|credentials?)$",
    re.IGNORECASE,
)
_SECRET_SHAPE = re.compile(
    r"\b(?:whsec_[A-Za-z0-9+/=_-]{16,}|sk_(?:live|test)_\w{8,}|rk_(?:live|test)_\w{8,}|xox[abprs]-[\w-]{10,}"
    r"|gh[pousr]_\w{20,}|shp(?:at|ca|pa|ss)_\w{16,}|AKIA[A-Z0-9]{16}|AIza[\w-]{30,}|sereno_[\w-]{20,}"
    r"|eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]*|(?:Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{12,})"
)
_QUERY = re.compile(r"([?&](?:[\w-]*(?:key|token|secret|password|signature|sig))=)[^&#\s]+", re.IGNORECASE)
_PLAIN_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,39}")


def is_secret_name(name: str) -> bool:
    """Whether what stands under this name is a secret: `Authorization`, `X-Api-Key`, `client_secret`."""
    return _SECRET_NAME.search(name) is not None


def is_secret_text(text: str) -> bool:
    """Whether the text has the shape of a key that services hand out."""
    return REFERENCE.fullmatch(text.strip()) is None and _SECRET_SHAPE.search(text) is not None


def masked(value: Any, name: str = "") -> Any:
    """The same with its secrets hidden. References by name stay."""
    if isinstance(value, Mapping):
        items = cast("Mapping[Any, Any]", value).items()
        return {key: masked(item, str(key)) for key, item in items}
    if isinstance(value, list | tuple):
        return [masked(item, name) for item in cast("list[Any]", value)]
    if not isinstance(value, str) or not value:
        return HIDDEN if name and is_secret_name(name) and value not in (None, "", True, False) else value
    if REFERENCE.fullmatch(value.strip()):
        return value
    if name.lower() == "secret" and _PLAIN_NAME.fullmatch(value) and not is_secret_text(value):
        return value  # The name of one in the shop's setting, most likely.
    if name and is_secret_name(name):
        return HIDDEN
    return _QUERY.sub(rf"\1{HIDDEN}", _SECRET_SHAPE.sub(HIDDEN, value))
