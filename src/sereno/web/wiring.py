"""What the pages must be told by the composition root, which alone reads settings."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sereno.sdk.ports import Mailer


class Company(Protocol):
    """The OpenID Connect provider people may sign in through (`site.environment.Company`)."""

    @property
    def issuer(self) -> str: ...
    @property
    def client_id(self) -> str: ...
    @property
    def client_secret(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def domains(self) -> tuple[str, ...]: ...
    @property
    def role(self) -> str | None: ...
    @property
    def shop(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Wiring:
    """`base_url` is the address people and stores reach Sereno by, without a slash at its end. `make_mailer`
    gives what mails of Sereno itself go through (invitations, tests); None where no mail server is set."""

    base_url: str
    data_dir: Path
    can_mail: bool = False
    make_mailer: Callable[[], Mailer | None] = lambda: None
    trusted_proxies: tuple[str, ...] = ()
    second_factor_roles: frozenset[str] = frozenset()
    company: Company | None = None

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


class Refusal(Protocol):
    """An attempt the door refused for its signature; see `ingest.refusals`."""

    @property
    def at(self) -> int: ...
    @property
    def cause(self) -> str: ...
    @property
    def detail(self) -> str: ...


class Refusals(Protocol):
    """Those of one connection since the process began, the oldest kept first."""

    @property
    def total(self) -> int: ...
    @property
    def recent(self) -> Iterable[Refusal]: ...


_refusals_of: Callable[[str], Refusals | None] | None = None


def watch_door(refusals_of: Callable[[str], Refusals | None]) -> None:
    """Called once, by `site`, in the process that has a door."""
    global _refusals_of
    _refusals_of = refusals_of


def refusals_of(name: str) -> Refusals | None:
    """What the door refused at this connection's address; None where this process has no door, or nobody came."""
    return _refusals_of(name) if _refusals_of is not None else None
