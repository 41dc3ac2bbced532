"""The real store of the shared folder, installed once by npm into the temporary folder and kept there."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from store_process import FOLDER

CACHE = Path(tempfile.gettempdir()) / "sereno-vendure-store"


def why_not() -> str | None:
    """The reason why the store cannot be run here, or None."""
    if not FOLDER.is_dir():
        return f"the store's files are not at {FOLDER}"
    for tool in ("npm", "node"):
        if shutil.which(tool) is None:
            return f"{tool} is not installed"
    return install()


def install() -> str | None:
    if (CACHE / "installed").exists():
        return None
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (CACHE / "installed").exists():
            return None
        shutil.copy(FOLDER / "package.json", CACHE)
        command = ["npm", "install", "--no-audit", "--no-fund", "--loglevel=error"]
        try:
            done = subprocess.run(command, cwd=CACHE, capture_output=True, text=True, timeout=600)
        except subprocess.TimeoutExpired:
            return "npm install took more than ten minutes"
        if done.returncode or not list(CACHE.glob("node_modules/better-sqlite3/build/Release/better_sqlite3.node")):
            return f"npm could not install the store: {(done.stderr or done.stdout)[-500:]}"
        (CACHE / "installed").touch()
    return None


@pytest.fixture(scope="session")
def vendure_folder() -> Path:
    reason = why_not()
    if reason is not None:
        message = f"NOT TESTED against the real Vendure store: {reason}"
        print(message, file=sys.__stderr__)
        pytest.skip(message)
    return CACHE
