"""`sereno init | migrate | doctor | reseal`: from nothing to a working installation, what ails it, and its keys."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from sereno.cli import database
from sereno.cli.host import host
from sereno.cli.narrowing import Json
from sereno.cli.output import Failed, emit, say, table


def init() -> None:
    """Make the data folder, the secret key and the database. Harmless when they are there already."""
    host().prepare()
    applied = database.apply_migrations()
    settings = host().settings()
    say(f"Data folder  {settings.data_dir}")
    say(f"Database     {database.describe()}" + ("" if applied else "  (was up to date)"))
    from sereno.store.models import Shop

    if not Shop.objects.exists():
        say("\nNext: sereno shop add 'My shop' --currency EUR --timezone Europe/Madrid --locale es")


def migrate() -> None:
    """Bring the database, and the flows every shop has, to this version of Sereno."""
    host().prepare()
    applied = database.apply_migrations()
    from sereno.runtime.services import install_derived_everywhere

    install_derived_everywhere()
    say(f"{len(applied)} migrations applied." if applied else "The database is up to date.")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. `fail` makes `doctor` fail; `warn` does not."""

    check: str
    state: Literal["ok", "warn", "fail"]
    message: str


def doctor(*, json: Json = False) -> None:
    """Look the installation over, and say what to do about what is wrong."""
    findings: list[Finding] = []
    host().prepare()
    for check in (_python, _data_folder, _database, _secrets, _smtp, _worker, _attention):
        findings += _safely(check)
        if findings[-1].check == "database" and findings[-1].state == "fail":
            break
    if json:
        emit([{"check": item.check, "state": item.state, "message": item.message} for item in findings])
    else:
        table(["CHECK", "STATE", "WHAT"], [[item.check, item.state, item.message] for item in findings], empty="")
    failed = [item.check for item in findings if item.state == "fail"]
    if failed:
        raise Failed(f"not well: {', '.join(failed)}")


def _safely(check: Callable[[], Iterator[Finding]]) -> list[Finding]:
    """A check that breaks is itself a finding."""
    try:
        return list(check())
    except Exception as error:
        return [Finding(check.__name__.strip("_"), "fail", f"{type(error).__name__}: {error}")]


def _python() -> Iterator[Finding]:
    version = ".".join(str(part) for part in sys.version_info[:3])
    yield Finding("python", "ok" if sys.version_info >= (3, 11) else "fail", version)


def _data_folder() -> Iterator[Finding]:
    folder = host().settings().data_dir
    probe = folder / ".doctor"
    try:
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        yield Finding("data folder", "fail", f"cannot write in {folder}: {error.strerror}")
        return
    free = shutil.disk_usage(folder).free
    state = "ok" if free > 1 << 30 else "warn"
    yield Finding("data folder", state, f"{folder}, {free / (1 << 30):.1f} GiB free")


def _database() -> Iterator[Finding]:
    try:
        waiting = database.pending_migrations()
    except Failed as error:
        yield Finding("database", "fail", str(error))
        return
    if waiting:
        yield Finding("database", "fail", f"{len(waiting)} migrations not applied: run `sereno init`")
    else:
        yield Finding("database", "ok", database.describe())


def _secrets() -> Iterator[Finding]:
    from sereno.store.models import Connection
    from sereno.store.secrets import SecretsUnreadable, decrypt

    unreadable: list[str] = []
    total = 0
    for name, *sealed in Connection.objects.values_list("name", "secrets", "access"):
        total += 1
        try:
            for text in sealed:
                decrypt(text)
        except SecretsUnreadable:
            unreadable.append(name)
    if unreadable:
        names = ", ".join(unreadable)
        message = f"written with another SERENO_SECRET_KEY: {names}. Restore the key, or connect again with --replace"
        yield Finding("secrets", "fail", message)
    else:
        yield Finding("secrets", "ok", f"{total} connections readable")
    from sereno.store import resealing

    found = resealing.held()
    former = sum(one.former for one in found.values())
    if former:
        message = f"{former} stored secrets are still under a former secret key: run `sereno reseal`"
        yield Finding("secrets", "warn", message)


def reseal(*, dry_run: bool = False, json: Json = False) -> None:
    """Seal what former secret keys (SERENO_FORMER_SECRET_KEYS) still read under the present one. Cut off, it goes on
    when it is begun again.

    Parameters
    ----------
    dry_run
        Say how many stored secrets are under which key, and change nothing.
    """
    host().prepare()
    database.ready()
    from sereno.store import resealing

    done = {} if dry_run else resealing.reseal()
    found = resealing.held()
    if json:
        emit([{"table": name, "resealed": done.get(name, 0), **asdict(one)} for name, one in found.items()])
    else:
        lines = [
            [name, done.get(name, 0), one.newest, one.former, one.unreadable] for name, one in sorted(found.items())
        ]
        table(["TABLE", "SEALED ANEW", "PRESENT KEY", "FORMER KEY", "UNREADABLE"], lines, empty="No secret is stored.")
    if not dry_run and not any(one.former for one in found.values()):
        say("Nothing stored needs a former key any more. Links that were sent with one still do, while they last.")


def _smtp() -> Iterator[Finding]:
    from urllib.parse import urlsplit

    url = host().settings().smtp_url
    if url is None:
        message = "SERENO_SMTP_URL is not set: mail fails until it is (then `sereno effect replay --failed`)"
        yield Finding("mail", "warn", message)
        return
    import smtplib

    parts = urlsplit(url)
    kind = smtplib.SMTP_SSL if parts.scheme == "smtps" else smtplib.SMTP
    port = parts.port or (465 if parts.scheme == "smtps" else 25)
    try:
        with kind(parts.hostname or "localhost", port, timeout=5) as server:
            server.noop()
    except (OSError, smtplib.SMTPException) as error:
        yield Finding("mail", "fail", f"{parts.hostname}:{port} does not answer: {error}. Check SERENO_SMTP_URL")
        return
    yield Finding("mail", "ok", f"{parts.hostname}:{port} answers")


def _worker() -> Iterator[Finding]:
    from sereno.store.models import Delivery, EventQueue, Worker

    alive = Worker.objects.filter(seen_at__gte=datetime.now(UTC) - timedelta(seconds=15)).count()
    waiting = Delivery.objects.filter(status="pending").count() + EventQueue.objects.count()
    if alive:
        yield Finding("worker", "ok", f"{alive} alive, {waiting} deliveries and events waiting")
    else:
        message = f"none has been seen for 15 s, {waiting} deliveries and events waiting: start `sereno serve`"
        yield Finding("worker", "warn", message)


def _attention() -> Iterator[Finding]:
    from sereno.store.models import Delivery, Effect

    effects = Effect.objects.filter(status="failed").count()
    deliveries = Delivery.objects.filter(status="failed").count()
    if effects or deliveries:
        message = f"{effects} effects and {deliveries} deliveries failed: `sereno effect list --status failed`"
        yield Finding("attention", "warn", message)
    else:
        yield Finding("attention", "ok", "nothing failed")
