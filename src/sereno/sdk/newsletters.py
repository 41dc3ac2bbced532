"""How a newsletter's mails are written: the port between who sends them and who knows messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from sereno.sdk.context import Context
from sereno.sdk.ports import Consents, Mail


class Unwritable(Exception):  # noqa: N818
    """A mail that cannot be written for this reader; `reason` is a stable code, the text says more."""

    def __init__(self, reason: str, text: str = "") -> None:
        super().__init__(text or reason)
        self.reason = reason


class Press(Protocol):
    """One newsletter, compiled once for each language. May be used by several threads."""

    def write(self, ctx: Context, to: str, variant: str) -> Mail:
        """The mail for the reader in `ctx.records`, with the subject of this variant (`b`, else the message's own).
        Raises Unwritable."""
        ...

    def is_tried(self, ctx: Context) -> bool:
        """Whether the second subject can be said to this reader: whether there is one in the language they get."""
        ...

    def refusal(
        self, consents: Consents, address: str, customer: Mapping[str, Any] | None, topic: str | None = None
    ) -> str | None:
        """Why they may not be written to about this, as a code; None when they may."""
        ...


class Presses(Protocol):
    """Of one shop."""

    def press(self, document: Mapping[str, Any], subjects: Mapping[str, str]) -> Press:
        """For a message as it was kept when the newsletter was scheduled; `subjects` are variant b's, by language.
        Raises Unwritable for a document that cannot be used any more."""
        ...
