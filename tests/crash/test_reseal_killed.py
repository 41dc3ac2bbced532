"""`sereno reseal` killed with signal 9 while it works: begun again it goes on, and every secret opens."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

from sereno.store import secrets

OLD, NEW = "the-key-of-before-that-somebody-read", "the-key-of-today-that-nobody-has-read"
COUNT = 700
"""More than a page of them."""


def run(folder: Path, *words: str, keys: tuple[str, str] = (OLD, "")) -> subprocess.Popen[bytes]:
    named = dict(zip(("SERENO_SECRET_KEY", "SERENO_FORMER_SECRET_KEYS"), keys, strict=True))
    environment = {**os.environ, "SERENO_DATA_DIR": str(folder), **{name: key for name, key in named.items() if key}}
    environment.pop("SERENO_DATABASE_URL", None)
    command = [sys.executable, "-c", "from sereno.site.command import main; main()", *words]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def ended(process: subprocess.Popen[bytes]) -> str:
    said = process.communicate(timeout=200)[0].decode()
    assert process.returncode == 0, said
    return said


def texts(folder: Path) -> dict[str, str]:
    with sqlite3.connect(folder / "sereno.sqlite3", timeout=60) as database:
        return dict(database.execute("SELECT name, secrets FROM connection"))


def test_resealing_that_is_killed_goes_on_and_loses_nothing(tmp_path: Path) -> None:
    ended(run(tmp_path, "init"))
    ended(run(tmp_path, "shop", "add", "lantern", "--currency", "EUR"))
    ended(run(tmp_path, "connect", "generic", "--shop", "lantern", "--name", "first", "--secret", "s-first"))
    before = secrets._keys
    try:
        secrets.configure(OLD)
        with sqlite3.connect(tmp_path / "sereno.sqlite3") as database:
            cursor = database.execute("SELECT * FROM connection")
            names = [column[0] for column in cursor.description]
            row = dict(zip(names, cursor.fetchone(), strict=True))
            del row["id"]
            places = ", ".join("?" * len(row))
            for number in range(COUNT):
                one = {**row, "name": f"c{number}", "secrets": secrets.encrypt([f"s-{number}"])}
                if "token" in row:
                    one["token"] = f"{row['token']}{number}"
                database.execute(f"INSERT INTO connection ({', '.join(row)}) VALUES ({places})", list(one.values()))
        first = texts(tmp_path)
        killed = 0
        for part in (0.15, 0.55, 0.9):
            process = run(tmp_path, "reseal", keys=(NEW, OLD))
            end = time.monotonic() + 120
            while process.poll() is None and time.monotonic() < end:
                if sum(text != first[name] for name, text in texts(tmp_path).items()) >= part * COUNT:
                    process.send_signal(signal.SIGKILL)
                    break
                time.sleep(0.005)
            process.communicate()
            killed += process.returncode == -signal.SIGKILL
        assert killed >= 1, "no kill came while it worked"
        said = ended(run(tmp_path, "reseal", keys=(NEW, OLD)))
        assert "Nothing stored needs a former key any more" in said
        secrets.configure(NEW)
        opened = {name: secrets.decrypt(text) for name, text in texts(tmp_path).items()}
        expected = {f"c{number}": [f"s-{number}"] for number in range(COUNT)} | {"first": ["s-first"]}
        assert opened == expected
    finally:
        if before:
            secrets.configure(*before)
