"""`sereno demo`: makes the demo shop the first time, then serves it with a simulated store and a mailbox of its own."""

from __future__ import annotations

import json
import os
import secrets
import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from sereno.cli.database import apply_migrations
from sereno.cli.output import Failed, note, progress, refusals, say

if TYPE_CHECKING:
    from sereno.site.command import Installation

OWNER = "owner@casa-azahar.example"
SEED = 20261122


def demo(installation: Installation, port: int, *, simulate: bool, setup_only: bool) -> int:
    """Serve the demo until interrupted."""
    _refuse_busy(port)
    data = Path(os.environ.get("SERENO_DATA_DIR") or "demo-data").expanduser().absolute()
    folder = data / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    from sereno.site.demo.mailbox import Mailbox

    mailbox = Mailbox(folder / "inbox")
    os.environ["SERENO_DATA_DIR"] = str(data)
    os.environ["SERENO_BIND"] = f"127.0.0.1:{port}"
    os.environ["SERENO_BASE_URL"] = f"http://127.0.0.1:{port}"
    os.environ["SERENO_SMTP_URL"] = f"smtp://127.0.0.1:{mailbox.port}"
    _start_over_if_unfinished(data, folder)
    plugins = installation.prepare()
    mailbox.start()
    simulator = gateway = None
    try:
        from sereno.site.demo import setting_up
        from sereno.site.demo.gateway import Gateway

        if (folder / "ready").exists():
            apply_migrations()
        else:
            _set_up(plugins, folder)
        password = (folder / "password").read_text().strip()
        if setup_only:
            return 0
        if simulate:
            simulator = _simulator(plugins, folder, port, setting_up.connection_secrets())
            setting_up.open_office(simulator.office_port)
            gateway = Gateway(folder / "inbox", port)
            setting_up.open_gateway(gateway, os.environ["SERENO_BASE_URL"])
        _greet(port, password, folder)
        return installation.serve(on_ready=simulator.start if simulator else None)
    finally:
        if simulator:
            simulator.stop()
        if gateway:
            gateway.stop()
        mailbox.stop()


def _refuse_busy(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise Failed(f"port {port} is in use: choose another, DEMO_PORT={port + 10} make demo") from error


def _start_over_if_unfinished(data: Path, folder: Path) -> None:
    """A first start that was interrupted leaves half a year: throw it away."""
    if (folder / "ready").exists() or os.environ.get("SERENO_DATABASE_URL"):
        return
    for suffix in ("", "-wal", "-shm"):
        (data / f"sereno.sqlite3{suffix}").unlink(missing_ok=True)
    (folder / "world.json").unlink(missing_ok=True)


def _set_up(plugins: Any, folder: Path) -> None:
    from sereno.site.demo import (
        answered,
        audience,
        buying,
        captured,
        checkout,
        history,
        masterdata,
        news,
        posts,
        season,
        setting_up,
        shown,
        suspicions,
    )
    from sereno.site.demo.segments import make_segments
    from sereno.site.demo.world import World

    started = perf_counter()
    note("Setting up Casa Azahar, a small shop with a year behind it ...")
    with refusals():
        made = setting_up.make_shop(OWNER, folder)
    # The last minutes are left to the simulator.
    end = datetime.now(UTC) - timedelta(minutes=2)
    start = end - timedelta(days=history.DAYS)
    world = World(SEED)
    with setting_up.hurried(made.database):
        maker = history.History(made.database, plugins, made.ports, made.shop_id, made.connections(plugins), start)
        audience.open_program(made.shop_id, OWNER, end)
        shown.hang(made.shop_id, OWNER, end)
        with progress("A year of history") as tell:
            maker.bring(history.past(world, start, end), lambda at: tell(max(0, (at - start).days), history.DAYS))
            suspicions.come(made.shop_id, made.database, end)
            audience.speak(made.shop_id, made.database, OWNER, end)
            answered.come(made.shop_id, made.database, end)
            masterdata.come(made.shop_id, made.database, end)
            maker.finish(end)
        make_segments(made.shop_id, OWNER, "es")
        buying.buy(made.shop_id, made.database, end)
        checkout.open_checkout(made.shop_id, made.database, OWNER, end)
        news.write(made.shop_id, OWNER, end)
        posts.write(made.shop_id, OWNER, end, season.ZONE)
        captured.write(made.shop_id, OWNER, end)
    masterdata.lead(made.shop_id, OWNER)
    setting_up.quicken(made, OWNER)
    keeper(folder)(world.document())
    (folder / "ready").touch()
    seconds = perf_counter() - started
    note(f"{maker.events:,} events of the past year brought in, {seconds:.0f} s.")


def keeper(folder: Path) -> Callable[[dict[str, Any]], None]:
    """Writes the store's state so that a torn write never replaces a whole one."""

    def keep(document: dict[str, Any]) -> None:
        part = folder / "world.part"
        part.write_text(json.dumps(document))
        part.replace(folder / "world.json")

    return keep


def _simulator(plugins: Any, folder: Path, port: int, known: dict[str, Any]) -> Any:
    from sereno.site.demo.simulator import Simulator
    from sereno.site.demo.world import World

    seed = secrets.randbits(32)
    try:
        world = World.restore(json.loads((folder / "world.json").read_text()), seed)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Failed(f"the demo's store cannot be resumed ({error}): delete {folder.parent} and start again") from error
    connectors = {channel: plugins.connectors.get(channel) for channel in known}
    return Simulator(world, connectors, known, port, keeper(folder))


def _greet(port: int, password: str, folder: Path) -> None:
    say(
        f"\n  Sereno demo    http://127.0.0.1:{port}\n"
        f"  Sign in with   {OWNER}\n"
        f"  Password       {password}\n\n"
        f"  Mail goes nowhere but to {folder / 'inbox'}\n"
        "  Ctrl-C stops; the same command goes on where it stopped.\n"
    )
