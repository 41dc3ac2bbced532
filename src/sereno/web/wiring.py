"""What the pages must be told by the composition root, which alone reads settings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Wiring:
    """`base_url` is the address people and stores reach Sereno by, without a slash at its end. `secret_key` seals
    the tokens in customers' links."""

    base_url: str
    data_dir: Path
    secret_key: str

    @property
    def demo_inbox(self) -> Path:
        """Where the demo's mail server keeps the mails it took. The folder exists only in a demo."""
        return self.data_dir / "demo" / "inbox"


_wiring: Wiring | None = None


def configure(wiring: Wiring) -> None:
    """Called once, by `site`."""
    global _wiring
    _wiring = wiring


def wiring() -> Wiring:
    """Raises RuntimeError before `configure`."""
    if _wiring is None:
        raise RuntimeError("the pages are not wired: site must call sereno.web.wiring.configure first")
    return _wiring
