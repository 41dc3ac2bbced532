"""The `sereno` command: the installation, as the command line sees it.

Invariant: nothing is read, imported or opened before a command asks for it, so that `--help` answers at once.
"""

from __future__ import annotations

import atexit
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from sereno.cli.output import WrongUse

if TYPE_CHECKING:
    from sereno.cli.host import Progress
    from sereno.runtime.reading.working import Reader
    from sereno.sdk.plugin import Plugins
    from sereno.site.environment import Environment


class Installation:
    """Implements `sereno.cli.host.Host`."""

    def settings(self) -> Environment:
        from django.conf import settings

        self.prepare()
        return settings.ENVIRONMENT

    def __init__(self) -> None:
        self._is_prepared = False

    def prepare(self, *, needs_data: bool = True) -> Plugins:
        """Set Django up and load every plugin; the second time costs nothing."""
        from sereno.sdk.plugin import registry

        if self._is_prepared:
            return registry()
        if not needs_data and not Path(os.environ.get("SERENO_DATA_DIR") or "data").exists():
            folder = TemporaryDirectory(prefix="sereno-")
            atexit.register(folder.cleanup)
            os.environ["SERENO_DATA_DIR"] = folder.name
        from sereno.site.environment import SettingInvalid

        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sereno.site.settings")
        import django

        try:
            django.setup()
        except SettingInvalid as error:
            raise WrongUse(str(error)) from error
        from django.conf import settings

        from sereno.modules.risk import places
        from sereno.modules.risk.cities import FileInvalid
        from sereno.runtime.deliverability import names
        from sereno.site.demo.forgetting import watch_inbox
        from sereno.site.plugins import load_plugins
        from sereno.store.secrets import configure

        configure(*settings.ENVIRONMENT.secret_keys)
        names.configure(settings.ENVIRONMENT.nameserver)
        try:
            places.configure(settings.ENVIRONMENT.ip_cities)
        except FileInvalid as error:
            raise WrongUse(f"SERENO_IP_CITIES: {error}") from error
        watch_inbox(settings.ENVIRONMENT.data_dir / "demo" / "inbox")
        self._is_prepared = True
        return load_plugins()

    def serve(self, on_ready: Callable[[], None] | None = None) -> int:
        from sereno.site.serve import serve

        return serve(on_ready=on_ready) or 0

    def work(self) -> int:
        from sereno.site.serve import work

        return work() or 0

    def demo(self, port: int, *, simulate: bool, setup_only: bool) -> int:
        from sereno.site.demo.command import demo

        return demo(self, port, simulate=simulate, setup_only=setup_only)

    def reader(self) -> Reader:
        from sereno.site.composition import build_reader
        from sereno.store.database import default_database

        return build_reader(self.settings(), default_database())

    def ingest(
        self, connection: str, paths: Sequence[Path], topic: str | None, progress: Progress
    ) -> Mapping[str, Any]:
        from sereno.site.bringing import bring

        return bring(self.settings(), connection, paths, topic=topic, progress=progress)

    def backtest(self, documents: list[str], events: Iterable[Mapping[str, Any]], **options: Any) -> Mapping[str, Any]:
        from sereno.runtime.backtest import backtest

        return backtest(documents, events, plugins=self.prepare(), **options)


def main() -> None:
    from sereno.cli import staying
    from sereno.cli.host import use

    use(Installation())
    status = staying.run(sys.argv[1:])
    if status is None:
        from sereno.cli.main import run

        status = run(sys.argv[1:])
    sys.exit(status)
