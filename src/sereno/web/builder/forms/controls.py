"""The controls of a form: each shows one part of a step, and writes it back when it was changed.

Invariant: what a person did not touch is left exactly as it was written, for a control compares what the browser sends
with what it would have sent unchanged, and only writes the difference.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any, Protocol

from django.utils.functional import Promise
from django.utils.translation import gettext as _

Said = str | Promise
Raw = dict[str, list[str]]
"""What a browser sends for one control: names and their values, in order."""
Part = MutableMapping[str, Any]
"""The mapping a control reads and changes: a step, its config, the trigger."""


class Post(Protocol):
    """What a browser sent; Django's QueryDict is one."""

    def getlist(self, key: str) -> list[str]: ...

    def keys(self) -> Any: ...


class Wrong(ValueError):  # noqa: N818 - reads as a sentence
    """What was typed cannot be used; the message says what to do. `field` is the input's name, if not the control's."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class Control:
    """A control by itself edits one key of a part as text. `name` begins the names of all its inputs."""

    name: str
    key: str
    label: Said = ""
    help: Said = ""
    required: bool = False

    kind = "text"

    def raw(self, part: Mapping[str, Any]) -> Raw:
        """What an untouched control sends."""
        value = part.get(self.key)
        return {self.name: ["" if value is None else lines(str(value))]}

    def write(self, part: Part, raw: Raw) -> None:
        """Change the part. Raises Wrong."""
        text = one(raw, self.name)
        if text.strip():
            part[self.key] = text
        elif self.required:
            raise Wrong(_("This is needed."))
        else:
            part.pop(self.key, None)

    def shown(self, raw: Raw) -> dict[str, Any]:
        """What the template needs beside the control itself."""
        return {"value": one(raw, self.name)}

    def posted(self, post: Post) -> Raw | None:
        """What the browser sent for this control; None when it was not on the page."""
        found = {
            str(key): [lines(value) for value in post.getlist(key)]
            for key in post.keys()  # noqa: SIM118 - a Post is not a mapping
            if key == self.name or str(key).startswith(f"{self.name}-")
        }
        return found or None


def one(raw: Raw, name: str, default: str = "") -> str:
    values = raw.get(name)
    return values[-1] if values else default


def lines(text: str) -> str:
    """Line ends as documents have them; browsers send others."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
