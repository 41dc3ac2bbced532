"""The README's first flow in five minutes, run as it is written."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_first_flow_works_as_written(tmp_path: Path) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"(?ms)^```sh\n(.*?)^```$", text)
    assert len(blocks) >= 6
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SERENO_", "DJANGO_"))}
    path = f"{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}"
    outcome = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(blocks)],
        cwd=tmp_path,
        env={**kept, "PATH": path},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert outcome.returncode == 0, outcome.stderr
    assert "big-orders is good" in outcome.stdout
    assert "big-orders: published, version 1" in outcome.stdout
    assert "/hooks/try-out" in outcome.stdout
    assert "order.paid started the run" in outcome.stdout
    assert "order.total >= 200 was false (order.total is 20)" in outcome.stdout
    assert "2 events, 1 runs, 2 effects" in outcome.stdout
