"""A call of the API by somebody with a key, and a page as it is read anew."""

from __future__ import annotations

import json
from typing import Any

from django.core.cache import cache
from django.test import Client


def call(key: str, method: str, path: str, body: Any = None, status: int = 200, **headers: str) -> Any:
    """The answer's document; None where it has none. It must be of this status."""
    answer = Client().generic(
        method, f"/api/v1/{path}", json.dumps(body) if body is not None else "", "application/json",
        headers={"authorization": f"Bearer {key}", **headers},
    )  # fmt: skip
    assert answer.status_code == status, answer.content
    return json.loads(answer.content) if answer.content else None


def text_of(client: Client, path: str, status: int = 200) -> str:
    """The page without what was counted a moment ago. It must be of this status."""
    cache.clear()
    answer = client.get(path)
    assert answer.status_code == status, path
    return answer.content.decode()
