"""The command line: `run(argv)` gives the exit status, 0 done, 1 the thing failed, 2 wrong use.

Invariant: a reason for failing goes to standard error in one or a few lines, never as a traceback of ours.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any

from cyclopts import App, CycloptsError, Group

from sereno import __version__
from sereno.cli import (
    alerts,
    approvals,
    backtests,
    connecting,
    consents,
    guardrails,
    installation,
    lists,
    orders,
    people,
    privacy,
    purchasing,
    reading,
    running,
    shops,
    stock,
    switches,
    webhooks,
)
from sereno.cli.flows import app as flows
from sereno.cli.output import Failed

EVERYDAY = Group("Every day", sort_key=1)
SETUP = Group("Setting up", sort_key=2)
LOOKING = Group("Looking in", sort_key=3)


def make_app() -> App:
    """The whole tree of commands."""
    app = App(
        name="sereno",
        help="The open, self-hosted automation of an online shop.",
        version=__version__,
        help_format="plaintext",
        help_flags=["--help", "-h"],
    )
    app.command(running.serve, group=EVERYDAY)
    app.command(running.work, group=EVERYDAY)
    app.command(running.demo, group=EVERYDAY)
    app.command(running.ingest, group=EVERYDAY)
    app.command(reading.reconcile, group=EVERYDAY)
    reading.backfill.group = (EVERYDAY,)
    app.command(reading.backfill)
    flows.group = (EVERYDAY,)
    app.command(flows)
    backtests.backtest.group = (EVERYDAY,)
    app.command(backtests.backtest)
    app.command(installation.init, group=SETUP)
    app.command(installation.migrate, group=SETUP)
    app.command(installation.doctor, group=SETUP)
    app.command(running.bench, group=SETUP)
    for part in (people.user, shops.key, shops.shop):
        part.group = (SETUP,)
        app.command(part)
    app.command(connecting.connect, group=SETUP)
    for part in (alerts.alert, connecting.connection, webhooks.webhook, guardrails.guardrails):
        part.group = (SETUP,)
        app.command(part)
    for part in (privacy.privacy, consents.consent):
        part.group = (SETUP,)
        app.command(part)
    for part in (switches.switch, switches.limits, approvals.approval):
        part.group = (EVERYDAY,)
        app.command(part)
    orders.order.group = (EVERYDAY,)
    app.command(orders.order)
    stock.stock.group = (EVERYDAY,)
    app.command(stock.stock)
    for part in (purchasing.purchase, purchasing.supplier, purchasing.demand):
        part.group = (EVERYDAY,)
        app.command(part)
    for part in (lists.event, lists.run, lists.effect, lists.delivery):
        part.group = (LOOKING,)
        app.command(part)
    return app


def run(argv: Sequence[str]) -> int:
    """Carry out one command. Never raises for what a user did wrong."""
    try:
        result: Any = make_app()(list(argv), exit_on_error=False, print_error=False, result_action="return_value")
        sys.stdout.flush()
    except CycloptsError as error:
        return _wrong_use(error, argv)
    except Failed as error:
        print(f"sereno: {error}", file=sys.stderr)
        return error.status
    except BrokenPipeError:
        # The reader went away (`| head`): not our failure. Python would complain again at exit without this.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        reason = _of_database(error)
        if reason is None:
            raise
        print(f"sereno: {reason}", file=sys.stderr)
        return 1
    return result if isinstance(result, int) else 0


def _of_database(error: Exception) -> str | None:
    """What to say when the database is locked, gone or full; None for anything else, which is a fault of ours."""
    chain: list[BaseException | None] = [error, error.__cause__, error.__context__]
    for one in chain:
        if type(one).__name__ in ("OperationalError", "Unwritable", "InterfaceError"):
            return f"the database cannot be used just now: {one}. `sereno doctor` looks at it."
    return None


def _wrong_use(error: CycloptsError, argv: Sequence[str]) -> int:
    first = next(iter(argv), "")
    command = f"sereno {first}" if first in make_app() else "sereno"
    print(f"sereno: {str(error).strip()}", file=sys.stderr)
    print(f"Try `{command} --help`.", file=sys.stderr)
    return 2
