"""The process that sends a newsletter, killed between any two statements, over and over: nobody gets it twice, and
nobody is missed but those it says it does not know about, who were in flight. The mail server holds one mail back until
the kill has come, so that none comes too late on a fast machine or too early on a slow one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
KILLS, CONNECTIONS = 3, 4


def test_killed_it_goes_on_without_a_double() -> None:
    command = [sys.executable, "bench/newsletter.py", "--people", "300", "--kills", str(KILLS)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout)
    assert found["kills"] == KILLS
    assert found["doubled"] == found["missed"] == found["said_sent_and_not_there"] == 0
    assert found["unknown"] <= KILLS * CONNECTIONS
