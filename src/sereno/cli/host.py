"""What the command line needs from the installation it runs in. `site` implements it; this room never imports `site`.

Invariant: nothing here is imported or opened before a command asks for it, so that `sereno --help` answers at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from sereno.runtime.reading.working import Reader
    from sereno.sdk.plugin import Plugins

Progress = Callable[[int, int | None], None]
"""Told (done, total) now and then; `total` is None while it is not known."""


class Settings(Protocol):
    """The environment as read at start (`sereno.site.environment.Environment`)."""

    @property
    def data_dir(self) -> Path: ...
    @property
    def database(self) -> dict[str, object]: ...
    @property
    def bind(self) -> tuple[str, int]: ...
    @property
    def base_url(self) -> str: ...
    @property
    def smtp_url(self) -> str | None: ...


class Host(Protocol):
    """The composition root, as the command line sees it."""

    def settings(self) -> Settings:
        """Raises SettingInvalid (a ValueError) naming the setting."""
        ...

    def prepare(self, *, needs_data: bool = True) -> Plugins:
        """Set Django up and import every plugin. Opens no database. With `needs_data` false no data folder is made
        where there is none: checking a file leaves nothing behind."""
        ...

    def serve(self) -> int:
        """Pages, door and worker in one process until interrupted."""
        ...

    def work(self) -> int:
        """One more worker until interrupted."""
        ...

    def demo(self, port: int, *, simulate: bool, setup_only: bool) -> int: ...

    def ingest(
        self, connection: str, paths: Sequence[Path], topic: str | None, progress: Progress
    ) -> Mapping[str, Any]:
        """Recorded deliveries through the door's path; see `ingest.files`."""
        ...

    def reader(self) -> Reader:
        """Who reads stores back, here and now."""
        ...

    def backtest(
        self, documents: list[str], events: Iterable[Mapping[str, Any]], **options: Any
    ) -> Mapping[str, Any]: ...


_host: Host | None = None


def use(host: Host) -> None:
    """Say which installation the commands run in."""
    global _host
    _host = host


def host() -> Host:
    """Raises RuntimeError when nobody called `use`."""
    if _host is None:
        raise RuntimeError("the command line runs inside an installation: call sereno.cli.host.use first")
    return _host
