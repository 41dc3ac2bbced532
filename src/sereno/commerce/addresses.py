"""Addresses of mail: whether what somebody wrote is one that a message can be sent to.

Invariant: a yes says that it is written as one, not that somebody reads it.
"""

from __future__ import annotations

import re

LONGEST = 254
_EMAIL = re.compile(r"[^@\s,;:<>()\[\]\\\"]+@(?:[^@\s.,;:<>()\[\]\\\"_]+\.)+[^\W\d_]{2,}", re.UNICODE)


def is_email(text: str) -> bool:
    text = text.strip()
    return len(text) <= LONGEST and ".." not in text and bool(_EMAIL.fullmatch(text))
