"""Cold start to ready, idle memory of `sereno serve`, and what `make setup` takes in time and space.

Prints one JSON document. `python bench/start.py [STARTS] [--setup]`: with `--setup` also makes a fresh environment from
`requirements.lock`, as `make setup` does; that takes minutes and needs the package index.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
IDLE_SECONDS = 5
_SERENO = [sys.executable, "-c", "from sereno.site.command import main; main()"]


def main() -> None:
    starts = next((int(part) for part in sys.argv[1:] if part.isdigit()), 5)
    with tempfile.TemporaryDirectory(prefix="sereno-bench-") as folder:
        environment = {**os.environ, "SERENO_DATA_DIR": folder}
        environment.pop("SERENO_DATABASE_URL", None)
        subprocess.run([*_SERENO, "init"], env=environment, check=True, stdout=subprocess.DEVNULL)
        found = [start(environment, Path(folder)) for _ in range(starts)]
    result: dict[str, Any] = {
        "seconds_to_ready": round(median(each["seconds"] for each in found), 2),
        "starts": [round(each["seconds"], 2) for each in found],
        "idle_megabytes": round(median(each["megabytes"] for each in found)),
        "idle_processor_percent": round(median(each["percent"] for each in found), 1),
        "seconds_to_stop": round(median(each["stop"] for each in found), 2),
        "goal": "ready < 3 s, idle < 150 MB, setup < 120 s and < 400 MB",
    }
    if "--setup" in sys.argv:
        result |= setup()
    print(json.dumps(result, indent=2))


def start(environment: dict[str, str], folder: Path) -> dict[str, float]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    began = time.perf_counter()
    with (folder / "log").open("ab") as log:
        environment = {**environment, "SERENO_BIND": f"127.0.0.1:{port}"}
        server = subprocess.Popen([*_SERENO, "serve"], env=environment, stderr=log)
    while not is_ready(port):
        if server.poll() is not None or time.perf_counter() - began > 60:
            raise SystemExit((folder / "log").read_text())
        time.sleep(0.02)
    ready = time.perf_counter() - began
    # A person looks at the pages once, then nothing happens for a while.
    for path in ("/", "/sign-in"):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            answer.read()
    used = processor_seconds(server.pid)
    time.sleep(IDLE_SECONDS)
    percent = (processor_seconds(server.pid) - used) / IDLE_SECONDS * 100
    megabytes = resident(server.pid)
    began = time.perf_counter()
    server.send_signal(signal.SIGTERM)
    server.wait(40)
    return {"seconds": ready, "megabytes": megabytes, "percent": percent, "stop": time.perf_counter() - began}


def is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5):
            return True
    except OSError:
        return False


def resident(process: int) -> float:
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024


def processor_seconds(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def setup() -> dict[str, Any]:
    """`make setup` in a copy of the checkout."""
    with tempfile.TemporaryDirectory(prefix="sereno-setup-") as folder:
        copy = Path(folder) / "sereno"
        kept_out = shutil.ignore_patterns(".venv", ".git", "node_modules", "data", "demo-data", "__pycache__")
        shutil.copytree(ROOT, copy, ignore=kept_out)
        began = time.perf_counter()
        subprocess.run(["make", "setup"], cwd=copy, check=True, stdout=subprocess.DEVNULL)
        seconds = time.perf_counter() - began
        size = sum(file.lstat().st_size for file in (copy / ".venv").rglob("*") if not file.is_dir())
    return {"setup_seconds": round(seconds), "setup_megabytes": round(size / 1024 / 1024)}


if __name__ == "__main__":
    main()
