"""What a person sees who mistypes: exit status 2, one reason, the nearest right name, nothing on standard output."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage

import pytest

SLOW_MACHINE = 2.0
"""How much longer the same work takes where other processes fight for the caches."""


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["flo"], "flow"),
        (["run", "lst"], "list"),
        (["flow", "lint", "--jsn", "x.yaml"], "--jsn"),
        (["flow", "lint"], "give a flow file"),
        (["flow", "lint", "nowhere.yaml"], "there is no file nowhere.yaml"),
        (["connect", "shopfy"], "Did you mean 'shopify'?"),
        (["event", "schema", "order.creatd"], "Did you mean 'order.created'?"),
        (["event", "list", "--since", "yesterday"], "neither an instant"),
        (["event", "list", "--limit", "-1"], "--limit"),
        (["run", "list", "--status", "finshed"], "Did you mean 'finished'?"),
        (["run", "show", "abc"], "sereno run list"),
        (["effect", "show", "x"], "not the number of an effect"),
        (["effect", "replay"], "--failed"),
        (["delivery", "show", "7"], "there is no delivery 7"),
        (["flow", "publish", "nothing"], "there is no shop yet"),
        (["user", "add", "nobody"], "not an e-mail address"),
        (["shop", "add", "X", "--currency", "EUX"], "no currency 'EUX'"),
        (["shop", "add", "X", "--timezone", "Europe/Madird"], "Did you mean 'Europe/Madrid'?"),
        (["ingest", "nowhere", "x.json"], "there is no connection 'nowhere'"),
        (["flow", "templates", "--install", "cart-recovry"], "Did you mean 'cart-recovery'?"),
        (["bench", "nothing-such"], "there is no benchmark"),
    ],
)
def test_wrong_use(cli, argv: list[str], expected: str) -> None:
    outcome = cli(*argv)
    assert outcome.status == 2
    assert expected in outcome.err
    assert outcome.out == ""
    assert "Traceback" not in outcome.err


def test_a_database_not_set_up_names_the_next_step(cli, tmp_path: Path) -> None:
    from django.db import connections

    connections["default"].close()
    connections.databases["default"]["NAME"] = str(tmp_path / "empty.sqlite3")
    outcome = cli("event", "list", "--json")
    assert outcome.status == 1
    assert "sereno init" in outcome.err
    assert outcome.out == ""
    assert cli("init").status == 0
    assert cli("event", "list", "--json").json == []


def test_a_wrong_setting_is_refused_by_name(tmp_path: Path) -> None:
    outcome = _run("event", "list", SERENO_BIND="nonsense", SERENO_DATA_DIR=str(tmp_path))
    assert outcome.returncode == 2
    assert "SERENO_BIND" in outcome.stderr


def test_help_answers_at_once() -> None:
    """Half a second on a quiet machine; processor time is counted, because the tests keep this one busy."""
    seconds = []
    for _ in range(3):
        before = getrusage(RUSAGE_CHILDREN)
        assert _run("--help").returncode == 0
        after = getrusage(RUSAGE_CHILDREN)
        seconds.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert min(seconds) < 0.5 * SLOW_MACHINE


def test_checking_a_file_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "flow.yaml").write_text("flow: a\ntrigger: {event: order.paid}\nsteps: [{log: {text: hello}}]\n")
    outcome = _run("flow", "lint", "flow.yaml", cwd=tmp_path)
    assert outcome.returncode == 0, outcome.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["flow.yaml"]


def test_no_escape_sequences_without_a_terminal(cli) -> None:
    assert "\x1b" not in cli("flow", "templates").out
    assert "\x1b" not in _run("flow", "--help").stdout


def _run(*argv: str, cwd: Path | None = None, **variables: str) -> subprocess.CompletedProcess[str]:
    import os

    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SERENO_", "DJANGO_"))}
    command = [str(Path(sys.executable).parent / "sereno"), *argv]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=60, cwd=cwd, env={**kept, **variables}
    )
