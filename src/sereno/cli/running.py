"""`sereno demo | ingest | bench`: what takes a while."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from sereno.cli import database
from sereno.cli.host import host
from sereno.cli.narrowing import Json
from sereno.cli.output import Failed, WrongUse, emit, no_such, progress, refusals, say, table


def demo(
    *,
    port: Annotated[int | None, Parameter(help="Port of the pages; DEMO_PORT does the same (8000).")] = None,
    quiet_store: Annotated[bool, Parameter(negative="", help="Do not run the store simulator.")] = False,
    setup_only: Annotated[bool, Parameter(negative="", help="Make the demo shop and stop.")] = False,
) -> int:
    """Serve a demo shop with a year of history and a simulated store that keeps selling.

    Everything is kept in SERENO_DATA_DIR (demo-data): starting again resumes, deleting the folder starts over.
    No mail leaves the machine.
    """
    if port is None:
        text = os.environ.get("DEMO_PORT") or "8000"
        if not text.isdigit():
            raise WrongUse(f"DEMO_PORT: {text!r} is not a port number")
        port = int(text)
    if not 0 < port < 65536:
        raise WrongUse(f"--port: {port} is not a port number")
    return host().demo(port, simulate=not quiet_store, setup_only=setup_only)


def ingest(
    connection: str,
    files: Annotated[list[Path], Parameter(negative=())],
    /,
    *,
    topic: str | None = None,
    json: Json = False,
) -> None:
    """Bring recorded deliveries in, by the door's own path but without the network.

    Parameters
    ----------
    connection
        The connection they belong to, as named by `sereno connect`.
    files
        .json (one delivery), .jsonl (one a line) or .csv.
    topic
        What the deliveries are, where the files do not say: orders/create, say.
    """
    host().prepare()
    database.ready()
    from sereno.store.models import Connection

    names = list(Connection.objects.order_by("name").values_list("name", flat=True))
    if connection not in names:
        raise no_such("connection", connection, names, "" if names else "Make one with `sereno connect`.")
    missing = [str(path) for path in files if not path.is_file()]
    if missing:
        raise WrongUse(f"there is no file {missing[0]}")
    with progress("Deliveries") as tell, refusals():
        report = host().ingest(connection, files, topic, tell)
    if json:
        emit(report)
    else:
        say(", ".join(f"{count} {name.replace('_', ' ')}" for name, count in report.items() if isinstance(count, int)))
    if report.get("unreadable"):
        lines = [f"  {error['file']}:{error['line']}: {error['message']}" for error in report["errors"]]
        raise Failed("\n".join([f"{report['unreadable']} could not be read; the rest was brought in:", *lines]))


def bench(name: str | None = None, /, *, json: Json = False) -> int:
    """Run the benchmarks of a checkout, or one of them.

    Parameters
    ----------
    name
        A benchmark: a file of `bench/` without its `.py`.
    """
    folder = _checkout() / "bench"
    known = sorted(path.stem for path in folder.glob("*.py") if _is_bench(path))
    if name is not None and name not in known:
        raise no_such("benchmark", name, known)
    results: dict[str, object] = {}
    failed: list[str] = []
    import msgspec

    with progress("Benchmarks") as tell:
        chosen = [name] if name else known
        for done, each in enumerate(chosen):
            tell(done, len(chosen))
            command = [sys.executable, str(folder / f"{each}.py"), "--json"]
            outcome = subprocess.run(command, stdout=subprocess.PIPE, cwd=folder.parent, check=False)
            try:
                results[each] = msgspec.json.decode(outcome.stdout)
            except msgspec.DecodeError:
                results[each] = {"error": f"exit status {outcome.returncode}, no JSON"}
            if outcome.returncode:
                failed.append(each)
    if json:
        emit(results)
    else:
        for each, result in results.items():
            say(each)
            lines = (
                result.items() if isinstance(result, dict) else enumerate(result if isinstance(result, list) else [])
            )
            table(["", ""], [[key, value] for key, value in lines], empty="no figures")
    if failed:
        raise Failed(f"failed: {', '.join(failed)}")
    return 0


def _checkout() -> Path:
    for folder in (Path.cwd(), *Path(__file__).resolve().parents):
        if (folder / "bench").is_dir() and (folder / "pyproject.toml").is_file():
            return folder
    raise WrongUse("the benchmarks are in the source: run this in a checkout of Sereno")


def _is_bench(path: Path) -> bool:
    """A benchmark can be run by itself; what they share cannot."""
    return "__main__" in path.read_text(encoding="utf-8")
