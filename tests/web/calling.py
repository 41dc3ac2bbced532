"""A call of the API by somebody with a key."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client


def call(key: str, method: str, path: str, body: Any = None, status: int = 200, **headers: str) -> Any:
    """The answer's document; None where it has none. It must be of this status."""
    answer = Client().generic(
        method, f"/api/v1/{path}", json.dumps(body) if body is not None else "", "application/json",
        headers={"authorization": f"Bearer {key}", **headers},
    )  # fmt: skip
    assert answer.status_code == status, answer.content
    return json.loads(answer.content) if answer.content else None
