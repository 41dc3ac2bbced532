"""How late an effect may begin after a switch: workers as processes of their own under load, the shop switched off in
the middle, and the latest beginning after the switch was committed.

`python bench/kill_switch.py [--postgres URL] [--workers 1,4,8]` prints JSON. Without a URL it uses SQLite files."""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

FLOW = "flow: caller\ntrigger: {event: custom.begun}\nsteps:\n  - bench.call: {to: x}\n    on_error: continue\n"
EFFECTS = 6000
SECONDS_EACH = 0.05
WATCHED = 4.0
"""Seconds after the switch in which beginnings are looked for."""


def prepare(url: str) -> None:
    os.environ["SERENO_DATABASE_URL"] = url
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sereno.site.settings")
    import django

    django.setup()
    from sereno.sdk.config import Config, text
    from sereno.sdk.context import Context
    from sereno.sdk.plugin import action, registry
    from sereno.sdk.result import Done, Result

    if registry().actions.get("bench.call") is not None:
        return

    class CallConfig(Config):
        to: str = text("To")

    @action("bench.call", label="Call {to}", config=CallConfig, connection=lambda config: "bench")
    def call(config: CallConfig, ctx: Context) -> Result:
        """Take a moment, and say when it began."""
        with Path(os.environ["BEGUN"]).open("a") as begun:
            begun.write(f"{time.time()} {os.getpid()}\n")
        time.sleep(SECONDS_EACH)
        return Done({})


def work(url: str, number: int, stop: Any) -> None:
    prepare(url)
    import threading

    from sereno.runtime.ports import no_ports
    from sereno.runtime.runtime import Runtime
    from sereno.runtime.worker import Worker
    from sereno.sdk.plugin import registry
    from sereno.store.database import open_database

    over = threading.Event()
    worker = Worker(Runtime(open_database(url), registry(), no_ports, worker_name=f"bench-{number}", threads=8))

    def watch() -> None:
        stop.wait()
        over.set()
        worker.notify()

    threading.Thread(target=watch, daemon=True).start()
    worker.run(over)


def _workers(begun: Path) -> set[str]:
    """Those that have begun something."""
    return {line.split()[1] for line in begun.read_text().splitlines() if line.count(" ") == 1}


def measure(url: str, workers: int, folder: Path) -> dict[str, Any]:
    begun = folder / f"begun-{workers}"
    begun.touch()
    os.environ["BEGUN"] = str(begun)
    prepare(url)
    from sereno.runtime import services
    from sereno.runtime.limiting import switches
    from sereno.sdk.connector import NewEvent
    from sereno.store.database import open_database

    database = open_database(url)
    slug = f"bench-{workers}-{os.getpid()}"
    shop = services.create_shop(slug=slug, name="Bench", currency="EUR", timezone="UTC", locale="en", database=database)
    services.save_draft(shop, FLOW, database=database)
    services.publish(shop, "caller", "bench", database=database)
    now = datetime.now(UTC)
    events = [
        NewEvent(f"{slug}-{number}", "custom.begun", f"thing:{number}", now, {}, {"thing": str(number)})
        for number in range(EFFECTS)
    ]
    services.insert_events(shop, None, "bench", events, database=database)
    stop = multiprocessing.Event()
    processes = [
        multiprocessing.Process(target=work, args=(url, number, stop), daemon=True) for number in range(workers)
    ]
    for process in processes:
        process.start()
    deadline = time.time() + 120
    while len(_workers(begun)) < workers and time.time() < deadline:
        time.sleep(0.05)
    at_work = len(_workers(begun))
    time.sleep(1.0)
    switches.switch_off(shop, "shop", "", "bench", "bench", database=database)
    switched = time.time()
    time.sleep(WATCHED)
    times = sorted(float(line.split()[0]) for line in begun.read_text().splitlines())
    stop.set()
    for process in processes:
        process.join(20)
        if process.is_alive():
            process.kill()
    with database.read() as tx:
        waiting = switches.waiting(tx, shop)("shop", "").count
    after = [at - switched for at in times if at > switched]
    database.close()
    return {
        "workers": at_work,
        "begun_before": len(times) - len(after),
        "begun_after": len(after),
        "latest_begin_after_seconds": round(max(after, default=0.0), 3),
        "kept": waiting,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--postgres")
    parser.add_argument("--workers", default="1,4,8")
    given = parser.parse_args()
    multiprocessing.set_start_method("spawn")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["SERENO_DATA_DIR"] = name
        url = given.postgres or f"sqlite:///{folder / 'bench.sqlite3'}"
        prepare(url)
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        found = [measure(url, int(workers), folder) for workers in given.workers.split(",")]
    print(json.dumps({"database": url.partition(":")[0], "effects": EFFECTS, "runs": found}, indent=2))
    return 0 if all(one["latest_begin_after_seconds"] <= 2.0 for one in found) else 1


if __name__ == "__main__":
    sys.exit(main())
